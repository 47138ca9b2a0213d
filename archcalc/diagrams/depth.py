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
from archcalc.diagrams.scene import Circle, Item, Path, Point, Polygon, Rect, Scene, Text
from archcalc.diagrams.text import clip, width
from archcalc.errors import UsageError

HIGH = 190.0
"Height of a panel."
LEFT = 40.0
"Room for the numbers of a scale."
SIDE = 14.0
"Room inside a panel, at both sides, for the letters of lines."
ROOM = WIDE - LEFT - 8 - 2 * SIDE
"Width of all depths together."
STROKES = ("conv", "curve", "pool", "fc", "norm", "act", "head", "block")
"Roles of the lines, in order."
LEAST = 1e-300
DENSE = 2.2
"Pixels between layers below which a line is a band from its lowest to its highest values."
PIECE = 3.0
"Pixels of a band within which the extremes are taken."


class Series(NamedTuple):
    """A line of the chart: what it is, and points of depth with signal and gradient."""

    label: str
    points: Sequence[tuple[int, tuple[float, float]]]
    verdict: str


Place = Callable[[float, float], Point]
"""Where a depth and a value are in a panel."""


class _Panel(NamedTuple):
    """A heading, which number of a point it shows, and the end of a line at which its letter stands."""

    head: str
    words: str
    which: int
    end: int


PANELS = (_Panel("signal", "E x² at the output of each layer with weights", 0, -1),
          _Panel("gradient", "E (∂L/∂x)² at the output of each layer with weights", 1, 0))


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
    if ROOM / deepest < DENSE:
        subtitle += " · bands: the lowest to the highest of neighbouring layers"
    told = "; ".join(f"{one.label}: {one.verdict}" for one in series)
    drawing = Drawing(ids.prefix, clip(title, 80), subtitle, f"Signal and gradient along depth. {told}.", (), ())
    return finished(drawing, items, WIDE, top - GAP)


def letter(k: int) -> str:
    """What marks a line, so that nobody need tell it by its colour.

    >>> letter(2)
    'C'
    """
    return chr(ord("A") + k)


def _bottom(item: Item) -> float:
    return max(shape.y for shape in item.shapes if isinstance(shape, Text))


def _legend(series: Sequence[Series], ids: Ids) -> Iterator[Item]:
    y = 6.0
    for k, one in enumerate(series):
        label = f"{letter(k)}  {clip(one.label)}" if len(series) > 1 else clip(one.label)
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

    def at(depth: float, value: float) -> Point:
        share = (log10(max(value, LEAST)) - low) / (high - low)
        return LEFT + SIDE + ROOM * (depth - 0.5) / deepest, top + HIGH * (1 - share)

    yield Item(ids(f"{panel.head}-scale"), "scale", tuple(_scales(panel, low, high, deepest, top, at)))
    for k in sorted(range(len(series)), key=lambda k: -len(series[k].points)):     # what is short over what is long
        if series[k].points:
            yield _line(series[k], k, panel, at, ids)
    if len(series) > 1:
        yield Item(ids(f"{panel.head}-letters"), "letters", tuple(_letters(series, panel, top, at)))


def _letters(series: Sequence[Series], panel: _Panel, top: float, at: Place) -> Iterator[Text | Polygon]:
    """The letters of lines beside their ends, those of one depth pushed apart, over what is behind them."""
    by_depth: dict[int, list[tuple[float, int]]] = {}
    for k, one in enumerate(series):
        if one.points:
            depth, value = _means(one, panel)[panel.end]
            by_depth.setdefault(depth, []).append((at(depth, value)[1], k))
    for depth, ends in by_depth.items():
        x, _ = at(depth, 1.0)
        for y, k in apart(sorted(ends), 1.1 * theme.LEGEND, top + theme.LEGEND, top + HIGH - 4):
            side = -6 if panel.end == 0 else 6
            (low, high), half = sorted((x + side, x + 2 * side)), theme.LEGEND / 2
            yield Polygon(((low, y - half), (high, y - half), (high, y + half), (low, y + half)), "group")
            yield Text(x + side, y + 3, (Run(letter(k), theme.LEGEND, True),), "end" if side < 0 else "start")


def apart(ends: Sequence[tuple[float, int]], least: float, low: float, high: float) -> list[tuple[float, int]]:
    """Heights in rising order moved so that neighbours are ``least`` apart, between bounds as far as they fit.

    >>> apart([(5, 0), (6, 1), (30, 2)], 10, 0, 30)
    [(5, 0), (15, 1), (30, 2)]
    """
    found = [max(low, y) for y, _ in ends]
    for i in range(1, len(found)):
        found[i] = max(found[i], found[i - 1] + least)
    for i in reversed(range(len(found))):
        found[i] = min(found[i], high if i == len(found) - 1 else found[i + 1] - least)
    return [(y, k) for y, (_, k) in zip(found, ends, strict=True)]


def _scales(panel: _Panel, low: int, high: int, deepest: int, top: float, at: Place) -> Iterator[Rect | Path | Text]:
    yield Rect(LEFT, top, WIDE - LEFT - 8, HIGH, "group", "group")
    head = (Run(panel.head, theme.GROUP, True), Run(f"\u00a0\u00a0{panel.words}", theme.LEGEND, False, "muted"))
    yield Text(LEFT, top - 6, head, "start")
    step = max(1, ceil((high - low) / 8))
    for exponent in range(ceil(low / step) * step, high + 1, step):
        _, y = at(1, 10.0**exponent)
        yield Path(((LEFT, y), (WIDE - 8, y)), "group", pen=0.5)
        yield from _power(LEFT - 4, y + 3, exponent)
    every = next(n * 10**k for k in range(20) for n in (1, 2, 5) if 12 * n * 10**k >= deepest)
    marks = [1, *range(every if every > 1 else 2, deepest + 1, every)]
    for depth in dict.fromkeys(marks):
        x, _ = at(depth, 1.0)
        yield Text(x, top + HIGH + 11, (Run(str(depth), theme.LEGEND, False, "muted"),))
    yield Text(WIDE - 8, top + HIGH + 22, (Run("depth in layers with weights", theme.LEGEND, False, "muted"),), "end")


def _power(x: float, y: float, exponent: int) -> Iterator[Text]:
    small = (Run(str(exponent).replace("-", "−"), theme.LEGEND - 2, False, "muted"),)
    yield Text(x, y - 3, small, "end")
    yield Text(x - width(small[0].text, theme.LEGEND - 2) - 1, y, (Run("10", theme.LEGEND, False, "muted"),), "end")


def _apart(at: Place) -> float:
    return at(2, 1.0)[0] - at(1, 1.0)[0]


def _means(one: Series, panel: _Panel) -> list[tuple[int, float]]:
    """The geometric mean of each depth."""
    by_depth: dict[int, list[float]] = {}
    for point in one.points:
        by_depth.setdefault(point[0], []).append(log10(max(point[1][panel.which], LEAST)))
    return [(depth, 10 ** (sum(logs) / len(logs))) for depth, logs in sorted(by_depth.items())]


def _line(one: Series, k: int, panel: _Panel, at: Place, ids: Ids) -> Item:
    """Dots for all layers, and a line through the geometric mean of each depth; of very many layers a band."""
    shapes: list[Path | Circle | Polygon] = []
    if _apart(at) < DENSE:
        shapes.append(Polygon(tuple(_band(one, panel, at)), STROKES[k], STROKES[k], pen=0.8))
    else:
        way = tuple(at(depth, value) for depth, value in _means(one, panel))
        shapes += [Path(way, STROKES[k], pen=1.4)] if len(way) > 1 else []
        radius = 2.2 if len(one.points) <= 120 else 1.0
        for point in one.points:
            x, y = at(point[0], point[1][panel.which])
            shapes.append(Circle(x, y, radius, STROKES[k], STROKES[k]))
    return Item(ids(f"{panel.head}-{k}"), "line", tuple(shapes), f"{one.label}: {one.verdict}")


def _band(one: Series, panel: _Panel, at: Place) -> Iterator[Point]:
    """Along the highest values of neighbouring depths, and back along the lowest."""
    size = ceil(PIECE / _apart(at))
    pieces = [one.points[i:i + size] for i in range(0, len(one.points), size)]
    for best, order in ((max, pieces), (min, pieces[::-1])):
        for piece in order:
            depth, values = best(piece, key=lambda point: point[1][panel.which])
            yield at(depth, values[panel.which])
