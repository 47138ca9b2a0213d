"""Receptive fields as nested windows on the input, each where the unit in the middle of its layer sees it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from archcalc.diagrams import theme
from archcalc.diagrams.bars import WIDE, bar, fitted
from archcalc.diagrams.compose import Ids
from archcalc.diagrams.drawing import Drawing, Run, wrapped
from archcalc.diagrams.figures import Figures
from archcalc.diagrams.paint import finished
from archcalc.diagrams.scene import Item, Path, Rect, Scene, Text
from archcalc.diagrams.text import clip, width
from archcalc.diagrams.windows import Window, growing, named, windows_of
from archcalc.errors import UsageError

SIDE = 300.0
"Pixels of the input's longer side."
STRIP = 64.0
"Height of an input with one axis."
CELLS = 27
"Cells of the grid along the longer side; inputs of up to 32 pixels have one for each pixel."
FEW = 5
"Rows below which a network's fields are better seen without global layers."
STEP = 22.0
"From one bar to the next."
TOP = 14.0
"Where the first begins."
NAMES = 140.0
"The most that names are wide."


def field_picture(figures: Figures, ids: Ids, layers: Sequence[str] | None = None) -> Scene:
    """Receptive fields of the layers named, or of those where it grows, in eval mode.

    Raises `UsageError` for a network without fields, and for a layer that is not there or has none.
    """
    figures = Figures(figures.net.in_mode("eval"), figures.style)
    net = figures.net
    which = next((i for i in range(net.n_inputs) if figures.out(i).spatial), None)
    if which is None:
        shapes = " and ".join(map(figures.shape, range(net.n_inputs)))
        raise UsageError(f"'{clip(net.name, 80)}' has no receptive fields: its input {shapes} has no space")
    every = windows_of(figures, which)
    windows = named(figures, which, layers) if layers else growing(every)
    if not windows:
        raise UsageError(f"'{clip(net.name, 80)}' has no local receptive fields: every layer sees the input through "
                         "attention, dense layers or global pooling alone")
    roles = {window.role for window in windows}
    drawing = Drawing(ids.prefix, clip(net.name, 80), _subtitle(figures, which),
                      _description(figures, windows), (), (),
                      legend=tuple(role for role in theme.FAMILY_WORDS if role in roles))
    names = [ids(window.part.name) for window in windows]
    left, low = _left(windows, names, ids)
    right, end = _right(figures, windows, " ".join(_notes(figures, windows, every)), names, ids)
    return finished(drawing, [*left, *right], WIDE, max(low, end))


def _subtitle(figures: Figures, which: int) -> str:
    pieces = [f"receptive field on the {figures.shape(which)} input, of the unit in the middle of each layer"]
    if figures.style.local:
        pieces.append("through windows alone, without attention, dense layers and global pooling")
    if len(figures.out(which).spatial) > 2:
        pieces.append("of three axes the last two are drawn")
    return " · ".join([*pieces, "dashed: reaches beyond the input", "/n: pixels from one unit to the next"])


def _description(figures: Figures, windows: Sequence[Window]) -> str:
    told = ", ".join(f"{clip(window.part.name)} {'×'.join(map(str, window.sizes))}" for window in windows)
    return f"Receptive fields of {clip(figures.net.name, 80)} as nested windows on the input: {told}."


# ── the windows ──


def scale_of(sizes: Sequence[int]) -> tuple[float, float, float]:
    """Pixels per pixel of the input, and height and width of the input's picture."""
    scale = SIDE / max(sizes[-2:])
    return scale, scale * sizes[-2] if len(sizes) > 1 else STRIP, scale * sizes[-1]


def _left(windows: Sequence[Window], names: Sequence[str], ids: Ids) -> tuple[list[Item], float]:
    sizes = windows[0].input
    _, high, wide = scale_of(sizes)
    words = "×".join(map(str, sizes))
    paper: tuple[Rect | Path, ...] = (Rect(0, 0, wide, high, "io", "io"), *_grid(sizes))
    items = [Item(ids("grid"), "io", paper, f"input: {words} pixels")]
    drawn = sorted(zip(windows, names, strict=True), key=lambda one: math.prod(one[0].sizes), reverse=True)
    rects = [rect_of(window) for window, _ in drawn]
    for k, ((window, name), rect) in enumerate(zip(drawn, rects, strict=True)):
        inner = min((other.y for other in rects[k + 1:]), default=rect.y + rect.height)
        label = clip(window.part.name)
        shapes: list[Rect | Text] = [rect]
        if inner - rect.y >= 10 and width(label, theme.COUNTS) <= rect.width - 6:
            shapes.append(Text(rect.x + 3, rect.y + 8, (Run(label, theme.COUNTS),), "start"))
        seen = " × ".join(f"{a} … {b}" for a, b in window.seen)
        tooltip = f"{clip(window.part.name, 200)}: {window.text}; sees pixels {seen}"
        items.append(Item(f"{name}.window", window.role, tuple(shapes), tooltip, window.part.name))
    return items, high


def _grid(sizes: Sequence[int]) -> Iterator[Path]:
    _, high, wide = scale_of(sizes)
    cells = max(sizes[-2:]) if max(sizes[-2:]) <= 32 else CELLS
    step = SIDE / cells
    for k in range(1, round(wide / step)):
        yield Path(((k * step, 0), (k * step, high)), "group", pen=0.5)
    for k in range(1, round(high / step) if len(sizes) > 1 else 1):
        yield Path(((0, k * step), (wide, k * step)), "group", pen=0.5)


def rect_of(window: Window) -> Rect:
    """A window on the picture of the input, cut where it reaches beyond."""
    scale, high, _ = scale_of(window.input)
    spans = [(scale * a, scale * (b + 1)) for a, b in window.inside[-2:]]
    (top, bottom), (left, right) = spans if len(spans) > 1 else [(0.0, high), *spans]
    return Rect(left, top, right - left, bottom - top, window.role, window.role, 0, window.beyond, 1.2, 0.75)


# ── the bars beside them ──


def _right(figures: Figures, windows: Sequence[Window], note: str, names: Sequence[str],
           ids: Ids) -> tuple[list[Item], float]:
    x = scale_of(windows[0].input)[2] + 24
    labels = [fitted(window.part.name, theme.SUBTITLE, NAMES) for window in windows]
    start = x + max(width(label, theme.SUBTITLE) for label in labels) + 8
    room = WIDE - start - max(width(window.text, theme.COUNTS) for window in windows) - 5
    full = max(windows[0].input)
    scale = room / max(full, *(max(window.sizes) for window in windows))
    items = [Item(ids("scale"), "scale", tuple(_axis(start, scale, full, windows)))]
    for k, (window, name, label) in enumerate(zip(windows, names, labels, strict=True)):
        y = TOP + STEP * (k + 0.5)
        text = Text(start - 6, y + 0.35 * theme.SUBTITLE, (Run(label, theme.SUBTITLE),), "end")
        drawn = bar(start, y, scale * max(window.sizes), window.role, window.text, window.beyond)
        items.append(Item(name, window.role, (text, *drawn), figures.tooltip(window.part), window.part.name))
    low = TOP + STEP * len(windows) + 4
    lines = wrapped(note, theme.SUBTITLE, WIDE - x) if note else []
    told = tuple(Text(x, low + theme.SUBTITLE * (1 + 1.3 * k), (Run(line, theme.SUBTITLE, False, "muted"),), "start")
                 for k, line in enumerate(lines))
    return [*items, Item(ids("note"), "note", told)], low + 1.3 * theme.SUBTITLE * len(lines) + 2


def _notes(figures: Figures, windows: Sequence[Window], every: Sequence[Window]) -> Iterator[str]:
    """Which layers see all of the input, and what the bars leave out."""
    covering = [clip(window.part.name) for window in every if window.covers]
    if covering:
        more = f" and {len(covering) - 3:,} more" if len(covering) > 3 else ""
        yield f"Fields as large as the input: {', '.join(covering[:3])}{more}."
    largest = max(every, key=lambda window: math.prod(window.sizes))
    if largest.covers and math.prod(largest.sizes) > max(math.prod(window.sizes) for window in windows):
        yield f"The largest is {'×'.join(map(str, largest.sizes))}, of {clip(largest.part.name)}."
    if len(windows) < FEW < len(every) and not figures.style.local:
        yield "--local shows fields through windows alone, without attention, dense layers and global pooling."


def _axis(start: float, scale: float, size: int, windows: Sequence[Window]) -> Iterator[Path | Text]:
    """The zero of the bars, and the size of the input where it does not cross their texts."""
    low = TOP + STEP * len(windows)
    yield Path(((start, TOP), (start, low)), "group", pen=1)
    x = start + scale * size
    for k, window in enumerate(windows):
        end = start + scale * max(window.sizes)
        if not end < x < end + 8 + width(window.text, theme.COUNTS):
            yield Path(((x, TOP + STEP * k), (x, TOP + STEP * (k + 1))), "io", dashed=True, pen=0.8)
    words = f"input {size:,}"
    yield Text(min(x, WIDE - width(words, theme.LEGEND) / 2), TOP - 5, (Run(words, theme.LEGEND, False, "muted"),))
