"""A chart along depth: mean squares of signals and gradients of networks at initialisation, on logarithmic scales."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil, floor, log10
from typing import NamedTuple

from archcalc.diagrams import theme
from archcalc.diagrams.bars import GAP, WIDE
from archcalc.diagrams.compose import Ids
from archcalc.diagrams.drawing import Drawing, Run, wrapped
from archcalc.diagrams.paint import finished
from archcalc.diagrams.scene import Circle, Item, Path, Point, Rect, Scene, Text
from archcalc.diagrams.text import clip, width
from archcalc.errors import UsageError

HIGH = 190.0
"Height of a panel."
LEFT = 40.0
"Room for the numbers of a scale."
STROKES = ("conv", "special", "pool", "fc", "norm", "act", "head", "block")
"Roles of the lines, in order."
LEAST = 1e-300


class Series(NamedTuple):
    """A line of the chart: what it is, and points of depth with signal and gradient."""

    label: str
    points: Sequence[tuple[int, tuple[float, float]]]
    verdict: str


Place = Callable[[float, float], Point]
"""Where a depth and a value are in a panel."""


class _Panel(NamedTuple):
    """A heading and which number of a point it shows."""

    head: str
    words: str
    which: int


PANELS = (_Panel("signal", "E x² at the output of each layer with weights", 0),
          _Panel("gradient", "E (∂L/∂x)² at the output of each layer with weights", 1))


def depth_chart(series: Sequence[Series], title: str, subtitle: str, ids: Ids) -> Scene:
    """Both panels over each other, with a legend that says what each line comes to.

    Raises `UsageError` for no lines, for more than there are colours, and where no layer has weights.
    """
    if not 0 < len(series) <= len(STROKES):
        raise UsageError(f"a chart along depth shows 1 to {len(STROKES)} lines, found {len(series)}")
    if not any(one.points for one in series):
        raise UsageError("a chart along depth needs layers with weights, and there are none")
    deepest = max(point[0] for one in series for point in one.points)
    items, top = list(_legend(series, ids)), 0.0
    top = max(_bottom(item) for item in items) + 1.6 * GAP
    for panel in PANELS:
        items += _panel(series, panel, deepest, top, ids)
        top += HIGH + 2.6 * GAP
    told = "; ".join(f"{one.label}: {one.verdict}" for one in series)
    drawing = Drawing(ids.prefix, clip(title, 80), subtitle, f"Signal and gradient along depth. {told}.", (), ())
    return finished(drawing, items, WIDE, top - GAP)


def _bottom(item: Item) -> float:
    return max(shape.y for shape in item.shapes if isinstance(shape, Text))


def _legend(series: Sequence[Series], ids: Ids) -> Iterator[Item]:
    y = 6.0
    for k, one in enumerate(series):
        label = clip(one.label)
        start = 26 + width(label + "  ", theme.SUBTITLE, True)
        shapes: list[Path | Circle | Text] = [
            Path(((0, y - 3), (20, y - 3)), STROKES[k], pen=1.8), Circle(10, y - 3, 2.2, STROKES[k], STROKES[k]),
            Text(26, y, (Run(label, theme.SUBTITLE, True),), "start")]
        for line in wrapped(one.verdict, theme.SUBTITLE, WIDE - start):
            shapes.append(Text(start, y, (Run(line, theme.SUBTITLE, False, "muted"),), "start"))
            y += 1.4 * theme.SUBTITLE
        yield Item(ids(f"legend-{k}"), "legend", tuple(shapes))


def _panel(series: Sequence[Series], panel: _Panel, deepest: int, top: float, ids: Ids) -> Iterator[Item]:
    values = [max(point[1][panel.which], LEAST) for one in series for point in one.points]
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    high = max(high, low + 1)
    room = WIDE - LEFT - 8

    def at(depth: float, value: float) -> Point:
        share = (log10(max(value, LEAST)) - low) / (high - low)
        return LEFT + room * (depth - 0.5) / max(deepest, 1), top + HIGH * (1 - share)

    yield Item(ids(f"{panel.head}-scale"), "scale", tuple(_scales(panel, low, high, deepest, top, at)))
    for k, one in enumerate(series):
        if one.points:
            yield _line(one, k, panel, at, ids)


def _scales(panel: _Panel, low: int, high: int, deepest: int, top: float, at: Place) -> Iterator[Rect | Path | Text]:
    yield Rect(LEFT, top, WIDE - LEFT - 8, HIGH, "group", "group")
    head = (Run(panel.head, theme.GROUP, True), Run(f"\u00a0\u00a0{panel.words}", theme.LEGEND, False, "muted"))
    yield Text(LEFT, top - 6, head, "start")
    step = max(1, ceil((high - low) / 8))
    for exponent in range(low, high + 1, step):
        _, y = at(1, 10.0**exponent)
        yield Path(((LEFT, y), (WIDE - 8, y)), "group", pen=0.5)
        yield from _power(LEFT - 4, y + 3, exponent)
    every = max(1, ceil(deepest / 12))
    marks = [1, *range(every if every > 1 else 2, deepest + 1, every)]
    for depth in dict.fromkeys(marks):
        x, _ = at(depth, 1.0)
        yield Text(x, top + HIGH + 11, (Run(str(depth), theme.LEGEND, False, "muted"),))
    yield Text(WIDE - 8, top + HIGH + 22, (Run("depth in layers with weights", theme.LEGEND, False, "muted"),), "end")


def _power(x: float, y: float, exponent: int) -> Iterator[Text]:
    small = (Run(str(exponent).replace("-", "−"), theme.LEGEND - 2, False, "muted"),)
    yield Text(x, y - 3, small, "end")
    yield Text(x - width(small[0].text, theme.LEGEND - 2) - 1, y, (Run("10", theme.LEGEND, False, "muted"),), "end")


def _line(one: Series, k: int, panel: _Panel, at: Place, ids: Ids) -> Item:
    """Dots for all layers, and a line through the geometric mean of each depth."""
    by_depth: dict[int, list[float]] = {}
    for point in one.points:
        by_depth.setdefault(point[0], []).append(log10(max(point[1][panel.which], LEAST)))
    means = [(depth, 10 ** (sum(logs) / len(logs))) for depth, logs in sorted(by_depth.items())]
    way = tuple(at(depth, value) for depth, value in means)
    shapes: list[Path | Circle] = [Path(way, STROKES[k], pen=1.4)] if len(way) > 1 else []
    radius = 2.2 if len(one.points) <= 120 else 1.0
    for point in one.points:
        x, y = at(point[0], point[1][panel.which])
        shapes.append(Circle(x, y, radius, STROKES[k] if STROKES[k] != "special" else "paper", STROKES[k]))
    return Item(ids(f"{panel.head}-{k}"), "line", tuple(shapes), f"{one.label}: {one.verdict}")
