"""Bar charts: where parameters, MACs, memory and receptive fields of a network are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from archcalc.diagrams import theme
from archcalc.diagrams.compose import Ids, family
from archcalc.diagrams.drawing import Drawing, Run, wrapped
from archcalc.diagrams.figures import HEATS, Figures
from archcalc.diagrams.paint import MARGIN, finished
from archcalc.diagrams.parts import Part
from archcalc.diagrams.scene import Item, Path, Rect, Scene, Text
from archcalc.diagrams.text import clip, short, width
from archcalc.diagrams.view import layers
from archcalc.diagrams.windows import percent
from archcalc.errors import UsageError
from archcalc.reports.columns import field_text
from archcalc.words import listed, suggest

ROWS = 40
"Layers up to which each has a row; otherwise blocks have."
STEP, THICK = 15.0, 9.0
"From one row to the next; thickness of a bar."
NAMES = 150.0
"The most that names are wide."
GAP = 14.0
"Between columns."
WIDE = theme.WIDTH - 2 * MARGIN


class Quantity(NamedTuple):
    """What a column shows: its heading, what its total counts, the number of a part and the unit of its text."""

    head: str
    words: str
    of: Callable[[Figures, Part], int]
    unit: str = ""
    sums: bool = True


def _field(figures: Figures, part: Part) -> int:
    field = figures.numbers.field(figures.row(part.main))
    return max((f.size for f in field), default=0) if field else 0


QUANTITIES = {
    "params": Quantity("params", "weights, biases and normalization; shared ones where they are first", Figures.params),
    "macs": Quantity("MACs", "multiply-accumulates of convolutions, dense layers and matrix products, for one input",
                     Figures.macs),
    "memory": Quantity("bytes", "outputs of all layers for one input, in float32", Figures.memory, "B"),
    "field": Quantity("receptive field", "pixels along an axis", _field, sums=False),
}
"""Columns by key; they are those that heat can show."""


def bars(figures: Figures, ids: Ids, what: Sequence[str] = ("params", "macs")) -> Scene:
    """Bars for each layer, or for blocks where there are many layers; in eval mode.

    Raises `UsageError` for an unknown quantity, and for none.
    """
    for key in what:
        if key not in QUANTITIES:
            raise UsageError(f"bars show {listed(HEATS)}, found '{key[:40]}'{suggest(key, QUANTITIES)}")
    if not what:
        raise UsageError(f"bars need something to show: {listed(HEATS)}")
    figures = Figures(figures.net.in_mode("eval"), figures.style)
    view = layers(figures.net, ROWS)
    roles = [family(figures.net, part) for part in view.parts]
    drawing = Drawing(ids.prefix, clip(figures.net.name, 80), _subtitle(figures, view.parts),
                      _description(figures, what), (), (),
                      legend=tuple(role for role in theme.FAMILY_WORDS if role in roles))
    quantities = [QUANTITIES[key] for key in dict.fromkeys(what)]
    items, height = _chart(figures, view.parts, roles, quantities, ids)
    return finished(drawing, items, WIDE, height)


def _subtitle(figures: Figures, parts: Sequence[Part]) -> str:
    n = sum(len(list(part.layers())) for part in parts)
    return f"{figures.headline} · " + (f"{n:,} layers in {len(parts)} rows" if n > len(parts) else
                                       "activations and normalizations with their layer") + " · linear scales"


def _description(figures: Figures, what: Sequence[str]) -> str:
    totals = figures.totals
    heads = ", ".join(QUANTITIES[key].head for key in what)
    return (f"Bar chart of {heads} per layer of {clip(figures.net.name, 80)}: {totals.params:,} parameters, "
            f"{totals.macs:,} MACs in all.")


# ── rows and columns ──


def _chart(figures: Figures, parts: Sequence[Part], roles: Sequence[str], quantities: Sequence[Quantity],
           ids: Ids) -> tuple[list[Item], float]:
    names = [fitted(part.name, theme.SUBTITLE, NAMES) for part in parts]
    left = max(width(name, theme.SUBTITLE) for name in names) + 8
    each = (WIDE - left - GAP * (len(quantities) - 1)) / len(quantities)
    starts = [left + k * (each + GAP) for k in range(len(quantities))]
    columns = [_Column(figures, quantity, parts, each) for quantity in quantities]
    top = max(column.high for column in columns)
    shapes = [shape for x, column in zip(starts, columns, strict=True) for shape in column.header(x)]
    low = top + STEP * len(parts)
    items = [Item(ids("columns"), "columns", (*shapes, *(
        Path(((x, top), (x, low)), "group", pen=1) for x in starts)))]
    for k, (part, role) in enumerate(zip(parts, roles, strict=True)):
        y = top + STEP * (k + 0.5)
        drawn = [shape for x, column in zip(starts, columns, strict=True) for shape in column.bar(k, x, y, role)]
        label = Text(left - 6, y + 0.35 * theme.SUBTITLE, (Run(names[k], theme.SUBTITLE),), "end")
        items.append(Item(ids(part.name), role, (label, *drawn), figures.tooltip(part), part.name))
    return items, low


class _Column:
    """One quantity of all parts, in a width."""

    def __init__(self, figures: Figures, quantity: Quantity, parts: Sequence[Part], wide: float) -> None:
        self.quantity = quantity
        self.values = [quantity.of(figures, part) for part in parts]
        total = sum(self.values) if quantity.sums else 0
        self.texts = [self._text(n, total) if quantity.sums else
                      field_text(figures.numbers, figures.row(part.main)) if n else "–"
                      for n, part in zip(self.values, parts, strict=True)]
        sizes = figures.out(0).spatial
        heads = [f"{total:,} {quantity.head}", f"{short(total)} {quantity.head}"] if quantity.sums else [quantity.head]
        self.head = next((head for head in heads if width(head, theme.GROUP, True) <= wide), heads[-1])
        words = quantity.words if quantity.sums or not sizes else f"{quantity.words}, of {'×'.join(map(str, sizes))}"
        self.words = wrapped(words, theme.LEGEND, wide)
        room = wide - max(width(text, theme.COUNTS) for text in self.texts) - 5
        self.scale = room / max(1, *self.values)

    def _text(self, n: int, total: int) -> str:
        if not n:
            return "0"
        unit = self.quantity.unit and (" " if n < 1000 else "") + self.quantity.unit
        return f"{short(n)}{unit} · {percent(n, total)}"

    @property
    def high(self) -> float:
        """Height of the heading."""
        return 16 + 1.25 * theme.LEGEND * len(self.words) + 5

    def header(self, x: float) -> Iterator[Text]:
        """The total and what it counts, above the bars."""
        yield Text(x, 10, (Run(self.head, theme.GROUP, True),), "start")
        for k, line in enumerate(self.words):
            yield Text(x, 21 + 1.25 * theme.LEGEND * k, (Run(line, theme.LEGEND, False, "muted"),), "start")

    def bar(self, k: int, x: float, y: float, role: str) -> Iterator[Rect | Text]:
        """The bar of a part, with its text."""
        return bar(x, y, self.scale * self.values[k], role, self.texts[k])


def bar(x: float, y: float, length: float, role: str, text: str, dashed: bool = False) -> Iterator[Rect | Text]:
    """A bar around a height, and its text at its end."""
    if length:
        yield Rect(x, y - THICK / 2, length, THICK, role, role, 0, dashed, 0.9)
    yield Text(x + length + 4, y + 0.35 * theme.COUNTS, (Run(text, theme.COUNTS, False, "ink" if length else "muted"),),
               "start")


def fitted(text: str, size: float, most: float, bold: bool = False) -> str:
    """A cleaned text no wider than ``most``, cut in the middle."""
    length = min(len(text), 80)
    while width(clip(text, length), size, bold) > most and length > 1:
        length -= 1
    return clip(text, length)
