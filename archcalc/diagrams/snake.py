"""The column snake: a chain with shortcuts in columns that run down and up, one a stage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from archcalc.analysis.shapes import calls
from archcalc.diagrams import theme
from archcalc.diagrams.captions import description, legend, subtitle
from archcalc.diagrams.chain import Residual, cell_box, residual, source_box
from archcalc.diagrams.compose import Ids
from archcalc.diagrams.drawing import CIRCLE, Arrow, Drawing, Run
from archcalc.diagrams.figures import Figures
from archcalc.diagrams.paint import box_item, edge_item, finished, unique
from archcalc.diagrams.parts import Part
from archcalc.diagrams.scene import Item, Point, Rect, Scene, Text
from archcalc.diagrams.text import clip, common

PITCH, LANE, LABEL = 42.0, 28.0, 12.0
"Between the centres of rows at least, room for arcs beside a column, for the label of a frame."
ARROW = 11.0
"Between boxes of a column at least."
OFFSET = 4.0
"Of a shortcut from the middle of a join, so that it does not run along another edge."
COLUMNS, ROWS = 5, 24
"The most that a page has room for."


def columns(figures: Figures, parts: Sequence[Part], found: Residual) -> list[list[int]]:
    """Positions on the line by column: a new one for each stage of shortcuts with another map."""
    net = figures.net
    joins = [k for k in found.line if k in found.shortcuts]
    result: list[list[int]] = [[]]
    size = None
    for k in found.line:
        nearest = next((j for j in joins if j >= k), None)
        if nearest is not None:
            here = calls(net)[parts[nearest].main].out.spatial
            if size is not None and here != size and _leads(found, k, nearest):
                result.append([])
            size = here if _leads(found, k, nearest) else size
        result[-1].append(k)
    return result


def _leads(found: Residual, k: int, join: int) -> bool:
    """Whether a part stands between a join and the fork of its shortcut."""
    return k > found.shortcuts[join][0]


def snake(figures: Figures, parts: Sequence[Part], ids: Ids) -> Scene | None:
    """The scene, or None where the network is no such chain or does not fit."""
    found = residual(figures.net, parts)
    if found is None or not found.shortcuts:
        return None
    order = columns(figures, parts, found)
    if len(order) > COLUMNS or max(map(len, order)) + 1 > ROWS:
        return None
    page = _Page(figures, parts, found, order, ids)
    items = page.items()
    boxes = [*page.boxes.values(), page.source]
    arrows = [Arrow("", "", style) for style in page.styles]
    drawing = Drawing(ids.prefix, clip(figures.net.name, 80), subtitle(figures, parts, False),
                      description(figures, parts), tuple(boxes), (), legend=legend(boxes, arrows, figures))
    return finished(drawing, unique(items), page.width, page.height)


class _Page:
    """Where every box stands; the input is at key −1."""

    def __init__(self, figures: Figures, parts: Sequence[Part], found: Residual, order: list[list[int]],
                 ids: Ids) -> None:
        self.figures, self.parts, self.found, self.order, self.ids = figures, parts, found, order, ids
        self.source = source_box(figures, ids)
        self.boxes = {k: cell_box(figures, parts[k], ids) for k in found.line}
        self.column = {k: c for c, keys in enumerate(order) for k in keys} | {-1: 0}
        self.styles: dict[str, None] = {}
        self.pitch = max(PITCH, ARROW + max(box.size[1] for box in self.boxes.values()))
        rows = self._rows()
        top = min(rows.values())
        self.at: dict[int, Point] = {}
        x = 0.0
        self.edges: list[tuple[float, float]] = []
        for c, keys in enumerate(order):
            wide = max(self._size(k)[0] for k in [*keys, *([-1] if not c else [])])
            left = x + (LANE if self._enters(c) else 0)
            for k in [*keys, *([-1] if not c else [])]:
                self.at[k] = (left + wide / 2, self.pitch * (rows[k] - top + 1 / 2))
            self.edges.append((x, left + wide + LANE))
            x = left + wide + LANE + 16
        self.width = x - 16
        self.height = max(y for _, y in self.at.values()) + self.pitch / 2 + LABEL + 2

    def _size(self, k: int) -> tuple[float, float]:
        return (self.source if k < 0 else self.boxes[k]).size

    def _enters(self, c: int) -> bool:
        """Whether a shortcut comes into a column from the one before."""
        return any(self.column[join] == c != self.column[fork] for join, (fork, _) in self.found.shortcuts.items())

    def _rows(self) -> dict[int, float]:
        """Rows, so that each column begins beside the end of the one before."""
        rows, at = {-1: 0.0}, 0.0
        for c, keys in enumerate(self.order):
            step = 1 if c % 2 == 0 else -1
            framed = self._framed(keys)
            for n, k in enumerate(keys):
                at += step if n or not c else 0
                at += step / 2 if n and (k in framed) != (keys[n - 1] in framed) else 0
                rows[k] = at
        return rows

    def items(self) -> list[Item]:
        """Frames, edges, boxes."""
        found = [*self._frames(), *self._line(), *self._shortcuts()]
        found.append(box_item(self.source, *self.at[-1]))
        return found + [box_item(box, *self.at[k]) for k, box in self.boxes.items()]

    def _framed(self, keys: Sequence[int]) -> list[int]:
        """What lies between the first fork and the last join of a column."""
        joins = [k for k in keys if k in self.found.shortcuts]
        return [k for k in keys if joins and self.found.shortcuts[joins[0]][0] < k <= joins[-1]]

    def _frames(self) -> Iterator[Item]:
        """A frame around the blocks of each column, with their name and map."""
        for c, keys in enumerate(self.order):
            inner = self._framed(keys)
            if not inner:
                continue
            ys = [self.at[k][1] for k in inner]
            x0, x1 = self.edges[c]
            y0, y1 = min(ys) - self.pitch / 2, max(ys) + self.pitch / 2 + LABEL
            last = self.parts[inner[-1]]
            name = common([self.parts[k].name for k in inner])[:1]
            size = "×".join(map(str, calls(self.figures.net)[last.main].out.spatial))
            label = clip(" · ".join([*name, size]), 24)
            yield Item(self.ids(f"stage-{c + 1}"), "group", (
                Rect(x0 - 4, y0, x1 - x0 + 4, y1 - y0, "group", "group", 10),
                Text(x0 + 6, y1 - 7, (Run(label, theme.GROUP, True, "muted"),), "start")))

    def _line(self) -> Iterator[Item]:
        previous = -1
        for k in self.found.line:
            (x0, y0), (x1, y1) = self.at[previous], self.at[k]
            if self.column[previous] == self.column[k]:
                down = 1 if y1 > y0 else -1
                points = [(x0, y0 + down * self._size(previous)[1] / 2), (x1, y1 - down * (self._size(k)[1] / 2 + 1))]
            else:
                points = [(x0 + self._size(previous)[0] / 2, y0), (x1 - self._size(k)[0] / 2 - 1, y1)]
            yield self._edge(previous, k, "data", points)
            previous = k

    def _shortcuts(self) -> Iterator[Item]:
        for join, (fork, projecting) in self.found.shortcuts.items():
            style = "shortcut" if projecting is None else "projection"
            self.styles[style] = None
            (x0, y0), (x1, y1) = self.at[fork], self.at[join]
            if self.column[fork] == self.column[join]:
                wide, half = max(self._size(k)[0] for k in self.order[self.column[join]]) / 2, self._size(fork)[0] / 2
                lane = x0 + wide + LANE * 0.55
                nudge = OFFSET if y1 > y0 else -OFFSET
                y0, y1 = y0 + nudge, y1 - nudge
                half = half - 1 if self._size(fork)[0] == CIRCLE else half
                points = _rounded([(x0 + half, y0), (lane, y0), (lane, y1), (x1 + self._size(join)[0] / 2, y1)])
            else:
                lane = self.edges[self.column[join]][0] + LANE * 0.45
                points = _rounded([(lane, y0), (lane, y1), (x1 - self._size(join)[0] / 2 - 1, y1)])
            yield self._edge(fork, join, style, points)

    def _edge(self, a: int, b: int, style: str, points: Sequence[Point]) -> Item:
        part = self.found.shortcuts[b][1] if style == "projection" else None
        shape = self.figures.shape(self.parts[a].nodes[-1] if a >= 0 else 0)
        tooltip = self.figures.tooltip(self.parts[part]) if part is not None else shape
        tail = self.source.id if a < 0 else self.boxes[a].id
        return edge_item(f"{tail}--{self.boxes[b].id.removeprefix(self.ids.prefix + '-')}", style, _straight(points),
                         "", None, tooltip)


def _straight(points: Sequence[Point]) -> list[Point]:
    """A polyline as the curves that edges are made of."""
    if len(points) % 3 == 1 and len(points) > 2:
        return list(points)
    found = [points[0]]
    for a, b in pairwise(points):
        found += [a, b, b]
    return found


def _rounded(points: Sequence[Point], radius: float = 8) -> list[Point]:
    """A polyline with round corners, as cubic curves."""
    found = [points[0]]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        into, out = _toward(corner, before, radius), _toward(corner, after, radius)
        found += [found[-1], into, into, corner, corner, out]
    return [*found, found[-1], points[-1], points[-1]]


def _toward(a: Point, b: Point, distance: float) -> Point:
    length = max(abs(b[0] - a[0]) + abs(b[1] - a[1]), 1e-9)
    share = min(distance / length, 0.5)
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share
