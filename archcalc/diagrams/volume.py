"""The funnel of boxes: what flows along the main path, each tensor a box of height, width and channels.

Boxes stand on one axis in cabinet projection: heights upright, channels along the axis, widths receding at
45° and half their length, so that the face of H×W is the one that looks to the right.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

from archcalc.diagrams import theme
from archcalc.diagrams.chain import is_chain
from archcalc.diagrams.compose import Ids
from archcalc.diagrams.drawing import Drawing, Run
from archcalc.diagrams.figures import Figures
from archcalc.diagrams.funnel import Row, Solid, arranged, lines_of, sizes_text
from archcalc.diagrams.paint import finished
from archcalc.diagrams.parts import fused
from archcalc.diagrams.scene import Item, Path, Polygon, Scene, Text, moved
from archcalc.diagrams.stages import Stage, stages_of
from archcalc.diagrams.text import clip
from archcalc.errors import UsageError
from archcalc.reports.columns import shape_text

LINE = 10.5
"From one line of a label to the next."


def volume(figures: Figures, ids: Ids) -> Scene:
    """A network as boxes along its main path, in eval mode. Raises `UsageError` without a spatial input."""
    figures = Figures(figures.net.in_mode("eval"), figures.style)
    net = figures.net
    if not any(figures.out(i).spatial for i in range(net.n_inputs)):
        raise UsageError(f"the volume picture needs an input with space (an image, a signal, a video), but "
                         f"'{clip(net.name, 80)}' has {' and '.join(map(figures.shape, range(net.n_inputs)))}; "
                         "draw it in another form")
    row, stages = arranged(stages_of(figures), figures.style.layout)
    roles = {stage.role for stage in stages if stage.part}
    drawing = Drawing(ids.prefix, clip(net.name, 80), _subtitle(figures, stages), _description(figures, stages), (), (),
                      legend=tuple(role for role in theme.FAMILY_WORDS if role in roles))
    labels = tuple(_labels(figures, stages, row))
    items = [*_boxes(figures, stages, row, ids), Item(ids("labels"), "labels", labels)]
    items.insert(0, Item(ids("leaders"), "leaders", tuple(_leaders(row))))
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
    if not is_chain(figures.net, fused(figures.net)):
        pieces.append("main path only")
    return " · ".join(pieces)


def _description(figures: Figures, stages: Sequence[Stage]) -> str:
    shapes = ", ".join(dict.fromkeys(shape_text(stage.out, figures.style.layout) for stage in stages))
    return f"Tensors along the main path of {clip(figures.net.name, 80)}, as boxes: {shapes}."


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
            yield Item(ids("arrow"), "edge", (Path(ends, "line", arrow=True),))


def faces(solid: Solid, x: float, role: str) -> Iterator[Polygon]:
    """Front, top and side of a box whose centre is at height 0."""
    thick, high, deep = solid
    top, bottom, right = deep / 2 - high / 2, deep / 2 + high / 2, x + thick
    back, up = right + deep, top - deep
    yield Polygon(((x, top), (right, top), (right, bottom), (x, bottom)), role, role)
    yield Polygon(((x, top), (x + deep, up), (back, up), (right, top)), role, role, 1, 0.22)
    yield Polygon(((right, top), (back, up), (back, bottom - deep), (right, bottom)), role, role, 1, -0.12)


def _leaders(row: Row) -> Iterator[Path]:
    """Lines from boxes down to their labels."""
    low = row.low
    for k, solid in enumerate(row.solids):
        if low - solid.low > 14:
            yield Path(((row.centre(k), solid.low + 3), (row.centre(k), low + 4)), "group", dashed=True, pen=0.8)


def _labels(figures: Figures, stages: Sequence[Stage], row: Row) -> Iterator[Text | Path]:
    for k, stage in enumerate(stages):
        room = row.room(k)
        for j, (text, bold) in enumerate(lines_of(stage, figures.style.layout, row.form, room)):
            if text:
                run = Run(text, theme.COUNTS, bold, "ink" if j < 2 else "muted")
                yield Text(row.centre(k), row.low + 14 + LINE * j, (run,))
    if row.form == "groups":
        yield from _brackets(stages, row, row.low + 14 + 2.6 * LINE)


def _brackets(stages: Sequence[Stage], row: Row, y: float) -> Iterator[Text | Path]:
    at = 0
    for sizes, group in groupby(stages, lambda stage: stage.sizes):
        last = at + len(list(group)) - 1
        left, right = row.centre(at) - row.columns[at] / 2 + 1.5, row.centre(last) + row.columns[last] / 2 - 1.5
        if sizes:
            yield Path(((left, y - 4), (left, y), (right, y), (right, y - 4)), "group", pen=1)
            yield Text((left + right) / 2, y + 11, (Run(sizes_text(sizes), theme.COUNTS, True),))
        at = last + 1
