"""The funnel of boxes: what flows along the main path, each tensor a box of height, width and channels.

Boxes stand on one axis in cabinet projection: heights upright, channels along the axis, widths receding at
45° and half their length, so that the face of H×W is the one that looks to the right.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from archcalc.diagrams import theme
from archcalc.diagrams.compose import Ids
from archcalc.diagrams.drawing import Drawing, Run
from archcalc.diagrams.figures import Figures
from archcalc.diagrams.paint import MARGIN, finished
from archcalc.diagrams.scene import Item, Path, Polygon, Scene, Text, moved
from archcalc.diagrams.stages import Stage, is_chain, stages_of, together
from archcalc.diagrams.text import clip, width
from archcalc.errors import UsageError
from archcalc.reports.columns import shape_text

WIDE = theme.WIDTH - 2 * MARGIN
FACE = 168.0
"Pixels of the longest side of a face."
HALF = math.sqrt(0.5) / 2
"What cabinet projection leaves of a receding unit, along either axis of the picture."
BOXES = 44
"Boxes that are tried to be fitted at all."
LEAST = 1.6
"Pixels of the thinnest side."
NAME = 24
"Characters of a name."
FORMS = (("names", True, 10), ("names", False, 8), ("ends", False, 8), ("shapes", False, 6), ("groups", False, 3))
"""What labels surely say (names and shapes, ends of names and shapes, shapes, channels over sizes of groups), whether
there are arrows, and the least scale in twentieths."""
LINE = 10.5
"From one line of a label to the next."
BAR = 7.0
"Thickness of a vector's bar."


class Solid(NamedTuple):
    """A box in pixels: thickness along the axis, height, and how far it recedes to the right and upwards."""

    thick: float
    high: float
    deep: float

    @property
    def low(self) -> float:
        """Where its front ends, from the height of its centre."""
        return (self.high + self.deep) / 2


class Row(NamedTuple):
    """Boxes in their places: left ends of their fronts, and the width of what may be written below each."""

    solids: tuple[Solid, ...]
    fronts: tuple[float, ...]
    columns: tuple[float, ...]
    form: str
    arrows: bool

    def centre(self, k: int) -> float:
        """The middle of a box's front."""
        return self.fronts[k] + self.solids[k].thick / 2

    @property
    def low(self) -> float:
        """Where the lowest box ends."""
        return max(solid.low for solid in self.solids)

    @property
    def right(self) -> float:
        """Where the picture ends."""
        return max(max(x + s.thick + s.deep for x, s in zip(self.fronts, self.solids, strict=True)),
                   self.centre(len(self.solids) - 1) + self.columns[-1] / 2)


def volume(figures: Figures, ids: Ids) -> Scene:
    """A network as boxes along its main path, in eval mode. Raises `UsageError` without a spatial input."""
    net = figures.net.in_mode("eval")
    if not any(figures.out(i).spatial for i in range(figures.net.n_inputs)):
        raise UsageError(f"the volume picture needs an input with space (an image, a signal, a video), but "
                         f"{clip(net.name, 80)} has {' and '.join(map(figures.shape, range(figures.net.n_inputs)))}")
    figures = figures if net is figures.net else Figures(net, figures.style)
    row, stages = arranged(stages_of(figures), figures.style.layout)
    roles = {stage.role for stage in stages if stage.part}
    drawing = Drawing(ids.prefix, clip(net.name, 80), _subtitle(figures, stages), _description(figures, stages), (), (),
                      legend=tuple(role for role in theme.FAMILY_WORDS if role in roles))
    labels = tuple(_labels(figures, stages, row))
    items = [Item(f"{ids.prefix}-leaders", "leaders", tuple(_leaders(row))), *_boxes(figures, stages, row, ids),
             Item(f"{ids.prefix}-labels", "labels", labels)]
    low = max(shape.y for shape in labels if isinstance(shape, Text))
    top = -min(y for item in items for shape in item.shapes if isinstance(shape, Polygon) for _, y in shape.points)
    return finished(drawing, [moved(item, 0, top) for item in items], math.ceil(row.right), math.ceil(low + top + 4))


def _subtitle(figures: Figures, stages: Sequence[Stage]) -> str:
    pieces = [figures.headline, "faces H×W to scale", "thickness grows as √channels"]
    if any(not stage.sizes for stage in stages):
        pieces.append("bars as √units")
    if any(len(stage.sizes) == 1 for stage in stages):
        pieces.append("slabs: length or tokens upright")
    if any(len(stage.sizes) > 2 for stage in stages):
        pieces.append("of more axes the last two are drawn")
    if not is_chain(figures.net):
        pieces.append("main path only")
    return " · ".join(pieces)


def _description(figures: Figures, stages: Sequence[Stage]) -> str:
    shapes = ", ".join(dict.fromkeys(shape_text(stage.out, figures.style.layout) for stage in stages))
    return f"Tensors along the main path of {clip(figures.net.name, 80)}, as boxes: {shapes}."


# ── where it stands ──


def arranged(stages: list[Stage], layout: str) -> tuple[Row, list[Stage]]:
    """The largest row that fits the width; neighbours become one box where none does."""
    while True:
        row = _fitted(stages, layout) if len(stages) <= BOXES else None
        if row:
            return row, stages
        at = min(range(1, len(stages) - 1), key=lambda k: (
            stages[k].sizes != stages[k + 1].sizes, sum(len(s.part.nodes) for s in stages[k:k + 2] if s.part)))
        stages = [*stages[:at], together(stages[at:at + 2]), *stages[at + 2:]]


def _fitted(stages: Sequence[Stage], layout: str) -> Row | None:
    for form, arrows, least in FORMS:
        columns = _columns(stages, layout, form)
        if sum(columns) > WIDE:
            continue
        for step in range(20, least - 1, -1):
            row = _row(stages, columns, step / 20, form, arrows)
            if row.right <= WIDE:
                return row
    return None


def _columns(stages: Sequence[Stage], layout: str, form: str) -> tuple[float, ...]:
    if form != "groups":
        return tuple(max(width(text, theme.COUNTS, bold) for text, bold in _lines(stage, layout, form)) + 6
                     for stage in stages)
    found = []
    for sizes, group in groupby(stages, lambda stage: stage.sizes):
        members = list(group)
        share = width(_sizes(sizes), theme.COUNTS, True) / len(members)
        found += [max(share, *(width(text, theme.COUNTS) for text, _ in _lines(stage, layout, form))) + 4
                  for stage in members]
    return tuple(found)


def _lines(stage: Stage, layout: str, form: str, room: float = 0) -> list[tuple[str, bool]]:
    """Name, shape and count, bold or not; the longest name that has room where the form promises none."""
    words = stage.name.split(".")
    names = [clip(".".join(words[k:]), NAME) for k in range(len(words)) if not k or not words[k].isdigit()]
    fits = [name for name in names if width(name, theme.COUNTS, True) <= room]
    name = names[0] if form == "names" else names[-1] if form == "ends" else next(iter(fits), "")
    n, what = stage.many
    if form == "groups":
        return [(name, True), (f"{stage.channels}", False), (f"×{n:,}" if n > 1 else "", False)]
    return [(name, True), (shape_text(stage.out, layout), False), (f"{n:,} {what}" if n > 1 else "", False)]


def _sizes(sizes: Sequence[int]) -> str:
    return "×".join(map(str, sizes))


def _row(stages: Sequence[Stage], columns: tuple[float, ...], scale: float, form: str, arrows: bool) -> Row:
    """Boxes as near to one another as labels and sight allow; ``scale`` is that of thickness and gaps."""
    solids = _solids(stages, 2.2 * scale)
    fronts = [max(0.0, (columns[0] - solids[0].thick) / 2)]
    for k in range(1, len(solids)):
        a, b = solids[k - 1], solids[k]
        gap = 2 + 18 * scale + (b.deep / 2 if arrows else 0)
        clear = fronts[-1] + a.thick + gap + max(0.0, (a.deep - b.deep) / 2)
        centre = fronts[-1] + a.thick / 2 + (columns[k - 1] + columns[k]) / 2
        fronts.append(max(clear, centre - b.thick / 2))
    return Row(tuple(solids), tuple(fronts), columns, form, arrows)


def _solids(stages: Sequence[Stage], thickness: float) -> list[Solid]:
    scale = FACE / max(max(stage.sizes[-2:]) for stage in stages if stage.sizes)
    most = max((stage.channels for stage in stages if not stage.sizes), default=1)
    unit = min(2.0, 0.75 * FACE / math.sqrt(most))
    found = []
    for stage in stages:
        root = math.sqrt(stage.channels)
        if not stage.sizes:
            found.append(Solid(BAR, max(LEAST, unit * root), BAR * HALF))
        else:
            high, wide = stage.sizes[-2:] if len(stage.sizes) > 1 else (stage.sizes[0], 1)
            found.append(Solid(max(LEAST, thickness * root), max(LEAST, scale * high), max(LEAST, HALF * scale * wide)))
    return found


# ── shapes ──


def _boxes(figures: Figures, stages: Sequence[Stage], row: Row, ids: Ids) -> Iterator[Item]:
    """Boxes from left to right, so that each hides what lies behind, with arrows where they have room."""
    for k, stage in enumerate(stages):
        solid, x = row.solids[k], row.fronts[k]
        shape = shape_text(stage.out, figures.style.layout)
        tooltip = figures.tooltip(stage.part) if stage.part else f"input {clip(stage.name, 200)}: {shape}"
        yield Item(ids(stage.name), stage.role, tuple(faces(solid, x, stage.role)), tooltip, stage.name)
        if row.arrows and k + 1 < len(stages):
            ends = (x + solid.thick + solid.deep / 2 + 2, 0.0), (row.fronts[k + 1] - 1.5, 0.0)
            yield Item(f"{ids.prefix}-to-{k + 1}", "edge", (Path(ends, "line", arrow=True),))


def faces(solid: Solid, x: float, role: str) -> Iterator[Polygon]:
    """Front, top and side of a box whose centre is at height 0."""
    thick, high, deep = solid
    top, bottom, right = deep / 2 - high / 2, deep / 2 + high / 2, x + thick
    back, up = right + deep, top - deep
    yield Polygon(((x, top), (right, top), (right, bottom), (x, bottom)), role, role)
    yield Polygon(((x, top), (x + deep, up), (back, up), (right, top)), role, role, 1, 0.3)
    yield Polygon(((right, top), (back, up), (back, bottom - deep), (right, bottom)), role, role, 1, -0.12)


def _leaders(row: Row) -> Iterator[Path]:
    """Lines from boxes down to their labels."""
    low = row.low
    for k, solid in enumerate(row.solids):
        if low - solid.low > 14:
            yield Path(((row.centre(k), solid.low + 3), (row.centre(k), low + 4)), "group", dashed=True, pen=0.8)


def _labels(figures: Figures, stages: Sequence[Stage], row: Row) -> Iterator[Text | Path]:
    for k, stage in enumerate(stages):
        room = _room(row, k)
        for j, (text, bold) in enumerate(_lines(stage, figures.style.layout, row.form, room)):
            if text:
                run = Run(text, theme.COUNTS, bold, "ink" if j < 2 else "muted")
                yield Text(row.centre(k), row.low + 14 + LINE * j, (run,))
    if row.form == "groups":
        yield from _brackets(stages, row, row.low + 14 + 2.6 * LINE)


def _room(row: Row, k: int) -> float:
    """What a label may measure so that it meets no other."""
    near = [abs(row.centre(j) - row.centre(k)) - 3 for j in (k - 1, k + 1) if 0 <= j < len(row.fronts)]
    return max(row.columns[k], min(near, default=WIDE))


def _brackets(stages: Sequence[Stage], row: Row, y: float) -> Iterator[Text | Path]:
    at = 0
    for sizes, group in groupby(stages, lambda stage: stage.sizes):
        last = at + len(list(group)) - 1
        left, right = row.centre(at) - row.columns[at] / 2 + 1.5, row.centre(last) + row.columns[last] / 2 - 1.5
        if sizes:
            yield Path(((left, y - 4), (left, y), (right, y), (right, y - 4)), "group", pen=1)
            yield Text((left + right) / 2, y + 11, (Run(_sizes(sizes), theme.COUNTS, True),))
        at = last + 1
