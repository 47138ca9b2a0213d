"""A picture with places: shapes in pixels, the origin at the top left; nothing of networks."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.diagrams.drawing import Line

Point = tuple[float, float]


class Rect(NamedTuple):
    """A rectangle with rounded corners; ``fill`` and ``stroke`` are roles, empty for none."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    stroke: str = ""
    radius: float = 0
    dashed: bool = False
    pen: float = 1.2
    opacity: float = 1


class Circle(NamedTuple):
    """A circle around a centre."""

    x: float
    y: float
    radius: float
    fill: str
    stroke: str = ""
    pen: float = 1.2


class Polygon(NamedTuple):
    """A closed polygon; ``shade`` below 0 darkens and above 0 lightens its fill, from −1 to 1."""

    points: tuple[Point, ...]
    fill: str
    stroke: str = ""
    pen: float = 1
    shade: float = 0


class Path(NamedTuple):
    """Lines or cubic Bézier curves: a first point, then one or three for each piece. ``arrow`` ends it in a head."""

    points: tuple[Point, ...]
    stroke: str
    curved: bool = False
    pen: float = 1.1
    dashed: bool = False
    arrow: bool = False


class Text(NamedTuple):
    """A line of text on its baseline; ``anchor`` is start, middle or end."""

    x: float
    y: float
    line: Line
    anchor: str = "middle"


class Item(NamedTuple):
    """Shapes that are one thing: a node, an edge, a group; with a tooltip and perhaps a link."""

    id: str
    role: str
    shapes: tuple[Rect | Circle | Polygon | Path | Text, ...]
    tooltip: str = ""
    layer: str = ""


class Scene(NamedTuple):
    """A whole picture."""

    id: str
    title: str
    desc: str
    width: float
    height: float
    items: tuple[Item, ...]


def moved(item: Item, dx: float, dy: float) -> Item:
    """An item somewhere else."""
    return item._replace(shapes=tuple(_moved(shape, dx, dy) for shape in item.shapes))


def _moved(shape: Rect | Circle | Polygon | Path | Text, dx: float, dy: float) -> Rect | Circle | Polygon | Path | Text:
    if isinstance(shape, (Polygon, Path)):
        return shape._replace(points=tuple((x + dx, y + dy) for x, y in shape.points))
    return shape._replace(x=shape.x + dx, y=shape.y + dy)
