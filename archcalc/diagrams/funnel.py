"""Where the boxes of a funnel stand, and what there is room to write below each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from archcalc.diagrams import theme
from archcalc.diagrams.paint import MARGIN
from archcalc.diagrams.stages import Stage, together
from archcalc.diagrams.text import clip, width
from archcalc.reports.columns import shape_text

WIDE = theme.WIDTH - 2 * MARGIN
FACE = 168.0
"Pixels of the longest side of a face."
THICK = 100.0
"Pixels of the thickest box."
HALF = math.sqrt(0.5) / 2
"What cabinet projection leaves of a receding unit, along either axis of the picture."
BOXES = 44
"Boxes that are tried to be fitted at all."
LEAST = 1.0
"Pixels of the thinnest side."
NAME = 24
"Characters of a name."
FORMS = (("names", True, 10), ("names", False, 8), ("ends", False, 8), ("shapes", False, 6), ("groups", False, 3))
"""What labels surely say (names and shapes, ends of names and shapes, shapes, channels over sizes of groups), whether
there are arrows, and the least scale in twentieths."""
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

    def room(self, k: int) -> float:
        """What a line below a box may measure: its column, and what is free on either side of it."""
        ends = [(self.centre(j) - n / 2, self.centre(j) + n / 2) for j, n in enumerate(self.columns)]
        left = ends[k][0] - ends[k - 1][1] if k else 2 * ends[0][0]
        right = ends[k + 1][0] - ends[k][1] if k + 1 < len(ends) else 2 * (self.right - ends[k][1])
        return self.columns[k] + max(0.0, min(left, right) - 3)

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
        return tuple(max(width(text, theme.COUNTS, bold) for text, bold in lines_of(stage, layout, form)) + 6
                     for stage in stages)
    found = []
    for sizes, group in groupby(stages, lambda stage: stage.sizes):
        members = list(group)
        share = width(sizes_text(sizes), theme.COUNTS, True) / len(members)
        found += [max(share, *(width(text, theme.COUNTS) for text, _ in lines_of(stage, layout, form))) + 4
                  for stage in members]
    return tuple(found)


def lines_of(stage: Stage, layout: str, form: str, room: float = 0) -> list[tuple[str, bool]]:
    """Name, shape and count, bold or not; the longest name that has room where the form promises none."""
    words = stage.name.split(".")
    names = [clip(".".join(words[k:]), NAME) for k in range(len(words)) if not k or not words[k].isdigit()]
    fits = [name for name in names if width(name, theme.COUNTS, True) <= room]
    name = names[0] if form == "names" else names[-1] if form == "ends" else next(iter(fits), "")
    n, what = stage.many
    if form == "groups":
        return [(name, True), (f"{stage.channels}", False), (f"×{n:,}" if n > 1 else "", False)]
    return [(name, True), (shape_text(stage.out, layout), False), (f"{n:,} {what}" if n > 1 else "", False)]


def sizes_text(sizes: Sequence[int]) -> str:
    return "×".join(map(str, sizes))


def _row(stages: Sequence[Stage], columns: tuple[float, ...], scale: float, form: str, arrows: bool) -> Row:
    """Boxes as near to one another as labels and sight allow; ``scale`` is that of thickness and gaps."""
    solids = _solids(stages, scale)
    fronts = [max(0.0, (columns[0] - solids[0].thick) / 2)]
    for k in range(1, len(solids)):
        a, b = solids[k - 1], solids[k]
        gap = 2 + 18 * scale + (b.deep / 2 if arrows else 0)
        clear = fronts[-1] + a.thick + gap + max(0.0, (a.deep - b.deep) / 2)
        centre = fronts[-1] + a.thick / 2 + (columns[k - 1] + columns[k]) / 2
        fronts.append(max(clear, centre - b.thick / 2))
    return Row(tuple(solids), tuple(fronts), columns, form, arrows)


def _solids(stages: Sequence[Stage], thickness: float) -> list[Solid]:
    thickness *= min(2.2, THICK / math.sqrt(max((stage.channels for stage in stages if stage.sizes), default=1)))
    scale = FACE / max((max(stage.sizes[-2:]) for stage in stages if stage.sizes), default=1)
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
