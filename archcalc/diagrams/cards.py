"""Stage cards: a chain as one card per stage, from left to right, in as many rows as needed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from archcalc.analysis.shapes import calls
from archcalc.diagrams import theme
from archcalc.diagrams.captions import description, legend, subtitle
from archcalc.diagrams.chain import cell_box, source_box, stages
from archcalc.diagrams.compose import Ids
from archcalc.diagrams.drawing import Box, Drawing, Run
from archcalc.diagrams.figures import Figures
from archcalc.diagrams.paint import MARGIN, box_item, finished, unique
from archcalc.diagrams.parts import Part
from archcalc.diagrams.scene import Item, Path, Point, Rect, Scene, Text
from archcalc.diagrams.text import clip, common

GAP, ROW, EDGE, HEAD = 20.0, 3.0, 5.0, 15.0
"Between cards, between boxes, inside a card's border, over its first box."
ROWS = 24
"Boxes of a card above which equal neighbours become one."


class Card:
    """A stage: its heading and boxes, and its size."""

    def __init__(self, name: str, heading: str, boxes: Sequence[Box]) -> None:
        self.name, self.heading = name, heading
        widest = max(box.size[0] for box in boxes)
        self.boxes = [box._replace(least=widest) for box in boxes]
        self.framed = len(boxes) > 1 or bool(heading)
        inset = EDGE if self.framed else 0
        self.width = widest + 2 * inset
        self.height = sum(box.size[1] + ROW for box in boxes) - ROW + 2 * inset + (HEAD if heading else 0)

    def items(self, x: float, y: float) -> list[Item]:
        """The card with its upper left corner at a place."""
        centre = x + self.width / 2
        shapes: list[Rect | Text] = [Rect(x, y, self.width, self.height, "group", "group", 10)]
        top = y + (EDGE if self.framed else 0)
        if self.heading:
            shapes.append(Text(centre, top + 9, (Run(self.heading, 9, True, "muted"),)))
            top += HEAD
        found = [Item(self.name, "group", tuple(shapes))] if self.framed else []
        for box in self.boxes:
            found.append(box_item(box, centre, top + box.size[1] / 2))
            top += box.size[1] + ROW
        return found


def cards(figures: Figures, parts: Sequence[Part], ids: Ids) -> Scene:
    """The scene of a chain."""
    first = Card(ids("input-card"), "", [_two_lines(source_box(figures, ids))])
    every = {family: kernel for family in ("conv", "pool") if (kernel := _kernel(figures, parts, family))}
    found = [_card(figures, [parts[k] for k in stage], ids, every) for stage in stages(figures.net, parts)]
    items, width, height = flow([first, *found], ids)
    boxes = [box for card in (first, *found) for box in card.boxes]
    words = " · ".join([subtitle(figures, parts, False), *(f"every {theme.FAMILY_WORDS[family]} is {kernel}"
                                                            for family, kernel in every.items())])
    drawing = Drawing(ids.prefix, clip(figures.net.name, 80), words, description(figures, parts), tuple(boxes), (),
                      legend=legend(boxes, (), figures))
    return finished(drawing, unique(items), width, height)


def _two_lines(box: Box) -> Box:
    """The input with its shape under its name."""
    name, shape = box.lines[0]
    return box._replace(lines=((name._replace(size=theme.NAME - 1),),
                               (shape._replace(text=shape.text.strip(), size=theme.COUNTS, role="muted"),)))


def _kernel(figures: Figures, parts: Sequence[Part], family: str) -> str:
    """The kernel that all layers of a family have, if there are several."""
    labels = [_label(figures, part).partition(",")[0] for part in parts
              if calls(figures.net)[part.main].layer.family == family]
    return labels[0] if len(labels) > 1 and len(set(labels)) == 1 else ""


def _label(figures: Figures, part: Part) -> str:
    return figures.net.nodes[part.main].layer.label()


def _card(figures: Figures, parts: Sequence[Part], ids: Ids, every: dict[str, str]) -> Card:
    if len(parts) > ROWS:
        parts = _equal_neighbours(figures, parts)
    boxes = [_short(cell_box(figures, part, ids), every.get(calls(figures.net)[part.main].layer.family, ""))
             for part in parts]
    out = calls(figures.net)[parts[0].main].out
    stage = common([part.name for part in parts])[:1] if len(parts) > 1 else []
    size = ["×".join(map(str, out.spatial))] if out.space else []
    heading = " · ".join([*(clip(word, 12) for word in stage), *size])
    name = parts[0].name.rpartition(".")[0] or parts[0].name
    return Card(ids(f"{name}-card"), heading, boxes)


def _short(box: Box, every: str) -> Box:
    """A box whose spec leaves out what is said of all."""
    head = tuple(run._replace(text=run.text.replace(f"\u00a0{every}, ", "\u00a0" if "/" in run.text[:9] else "\u00a0· ")
                              if every else run.text, size=run.size - 1) for run in box.lines[0])
    return box._replace(lines=(head, *box.lines[1:])) if not box.circle else box


def _equal_neighbours(figures: Figures, parts: Sequence[Part]) -> list[Part]:
    found = []
    for _, group in groupby(parts, key=lambda p: (_label(figures, p), figures.params(p), figures.macs(p))):
        same = list(group)
        nodes = tuple(i for part in same for i in part.nodes)
        found.append(same[0] if len(same) == 1 else Part(
            f"{same[0].name} … × {len(same)}".replace(".", "\u2024"), nodes, same[-1].main))
    return found


def flow(found: Sequence[Card], ids: Ids) -> tuple[list[Item], float, float]:
    """Cards in rows of the page's width, with arrows between them; items, width and height."""
    rows: list[list[Card]] = [[]]
    used = 0.0
    for card in found:
        if rows[-1] and used + card.width > theme.WIDTH - 2 * MARGIN:
            rows.append([])
            used = 0.0
        rows[-1].append(card)
        used += card.width + GAP
    items: list[Item] = []
    top = width = 0.0
    previous: tuple[float, float, float] | None = None
    for row in rows:
        height = max(card.height for card in row)
        x = 0.0
        for card in row:
            y = top + (height - card.height) / 2
            items += card.items(x, y)
            if previous:
                items.append(_arrow(ids, card, previous, x, top + height / 2, x == 0.0, top))
            previous = (x + card.width, top + height / 2, top + height)
            x += card.width + GAP
        width = max(width, x - GAP)
        top += height + GAP
    return items, width, top - GAP


def _arrow(ids: Ids, card: Card, previous: tuple[float, float, float], x: float, y: float, wraps: bool,
           top: float) -> Item:
    right, before, _ = previous
    points: tuple[Point, ...] = ((right, before), (x - 1, y))
    if wraps:
        lane = top - GAP / 2
        points = ((right, before), (right + 8, before), (right + 8, lane), (x + card.width / 2, lane),
                  (x + card.width / 2, y - card.height / 2 - 1))
    return Item(ids(f"to-{card.name}"), "edge", (Path(points, "line", arrow=True),))
