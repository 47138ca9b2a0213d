"""What a diagram says, before anything has a place: boxes with lines of text, arrows, groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archcalc.diagrams.text import width

PAD_X, PAD_Y = 7.2, 3.6
"Between a box's text and its border."
LEADING = 1.2
"Height of a line in sizes of its text."
CIRCLE = 17.0
"Diameter of a join drawn as a circle."
DOUBLE = 3.0
"Between the two borders of a folded block."


class Run(NamedTuple):
    """Text of one look; ``role`` is that of its colour."""

    text: str
    size: float
    bold: bool = False
    role: str = "ink"


Line = tuple[Run, ...]


class Box(NamedTuple):
    """A node: its lines, the role of its fill, and how its border is drawn."""

    id: str
    lines: tuple[Line, ...]
    role: str
    tooltip: str
    layer: str = ""
    "The full name of the layer or block, for links."
    circle: bool = False
    double: bool = False
    dashed: bool = False
    special: bool = False
    "A projection: its border has the colour of shortcuts."
    least: float = 28.0
    "The least inner width."

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        if self.circle:
            return CIRCLE, CIRCLE
        margin = DOUBLE if self.double else 0
        inner = max(map(line_width, self.lines), default=0)
        return (max(self.least, inner + 2 * PAD_X) + 2 * margin,
                sum(map(line_height, self.lines)) + 2 * PAD_Y + 2 * margin)


class Arrow(NamedTuple):
    """An edge from one box to another: data, shortcut, projection, cross or aux."""

    tail: str
    head: str
    style: str = "data"
    label: str = ""
    tooltip: str = ""


class Group(NamedTuple):
    """Boxes inside one frame."""

    id: str
    label: str
    boxes: tuple[str, ...]
    tooltip: str = ""
    role: str = "group"
    right: bool = False
    "Whether the label stands at the right."


class Drawing(NamedTuple):
    """A picture to be laid out. ``legend`` has the roles that occur; ``side`` are drawings beside it."""

    id: str
    title: str
    subtitle: str
    desc: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    groups: tuple[Group, ...] = ()
    legend: tuple[str, ...] = ()
    side: tuple[Drawing, ...] = ()


def line_width(line: Line) -> float:
    """Width of a line of text."""
    return sum(width(run.text, run.size, run.bold) for run in line)


def line_height(line: Line) -> float:
    """Height of a line of text."""
    return LEADING * max((run.size for run in line), default=0)


def wrapped(text: str, size: float, most: float) -> list[str]:
    """A text in lines no wider than ``most``, broken at `` · `` or at spaces."""
    lines: list[str] = []
    for chunk in text.split(" · "):
        joined = f"{lines[-1]} · {chunk}" if lines else chunk
        if lines and width(joined, size) <= most:
            lines[-1] = joined
        else:
            lines += _words(chunk, size, most)
    return lines


def _words(text: str, size: float, most: float) -> Sequence[str]:
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if width(joined, size) <= most or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines
