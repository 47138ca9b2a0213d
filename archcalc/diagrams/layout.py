"""A drawing with places, as an engine gives them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from archcalc.diagrams.dot import RANKSEP, dot
from archcalc.diagrams.drawing import Arrow, Drawing
from archcalc.diagrams.engine import run
from archcalc.diagrams.scene import Point
from archcalc.diagrams.text import width
from archcalc.diagrams.theme import EDGE


class Placed(NamedTuple):
    """Centres of boxes, curves and label centres of arrows in order, frames of groups; pixels, y downwards."""

    drawing: Drawing
    width: float
    height: float
    boxes: dict[str, Point]
    curves: tuple[tuple[Point, ...], ...]
    labels: tuple[Point | None, ...]
    frames: dict[str, tuple[float, float, float, float]]


def place(drawing: Drawing, engine: str = "auto", rankdir: str = "TB", ranksep: float = RANKSEP) -> Placed:
    """The drawing laid out by Graphviz."""
    source = dot(drawing, rankdir=rankdir, bare=True, ranksep=ranksep)
    found = json.loads(run(engine, "dot", "json0", source))
    left, bottom, right, top = _numbers(found["bb"])

    def at(x: float, y: float) -> Point:
        return round(x - left, 1), round(top - y, 1)

    boxes: dict[str, Point] = {}
    frames: dict[str, tuple[float, float, float, float]] = {}
    for thing in found.get("objects", ()):
        if "pos" in thing:
            boxes[thing["name"]] = at(*_numbers(thing["pos"]))
        elif "bb" in thing:
            x0, y0, x1, y1 = _numbers(thing["bb"])
            frames[thing["name"].removeprefix("cluster_")] = (*at(x0, y1), round(x1 - x0, 1), round(y1 - y0, 1))
    edges = {edge["id"]: edge for edge in found.get("edges", ())}
    inorder = [edges[f"{drawing.id}-e{k}"] for k in range(len(drawing.arrows))]
    curves = tuple(_curve(edge, at) for edge in inorder)
    labels = tuple(at(*_numbers(edge["lp"])) if edge.get("lp") else _beside(arrow, curve)
                   for edge, arrow, curve in zip(inorder, drawing.arrows, curves, strict=True))
    reach = max([right - left, *(x + width(arrow.label, EDGE) / 2 for arrow, x, _ in
                                 ((a, *at) for a, at in zip(drawing.arrows, labels, strict=True) if at))])
    return Placed(drawing, reach, top - bottom, boxes, curves, labels, frames)


def _beside(arrow: Arrow, curve: tuple[Point, ...]) -> Point | None:
    """Where the label of a lone arrow stands: right of its middle."""
    if not arrow.label:
        return None
    (x0, y0), (x1, y1) = curve[0], curve[-1]
    return (x0 + x1) / 2 + width(arrow.label, EDGE) / 2 + 3, (y0 + y1) / 2 - 1


def _curve(edge: dict[str, Any], at: Any) -> tuple[Point, ...]:
    """The spline of an edge, drawn out to its arrow's tip."""
    points: list[Point] = []
    tip: Point | None = None
    for word in edge["pos"].split():
        point = at(*_numbers(word.removeprefix("e,").removeprefix("s,")))
        if word.startswith("e,"):
            tip = point
        elif not word.startswith("s,"):
            points.append(point)
    return (*points, tip) if tip else tuple(points)


def _numbers(text: str) -> Iterable[float]:
    return map(float, text.split(","))
