"""The network with its runs folded, and the blocks that repeat drawn once beside it."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.diagrams import theme
from archcalc.diagrams.compose import Ids, arrows_of, part_box
from archcalc.diagrams.drawing import Arrow, Box, Drawing, Run, line_width
from archcalc.diagrams.figures import Figures
from archcalc.diagrams.layout import place
from archcalc.diagrams.paint import GAP, MARGIN, body, unique
from archcalc.diagrams.parts import Part
from archcalc.diagrams.scene import Item, Rect, Text, moved
from archcalc.diagrams.text import clip
from archcalc.diagrams.view import opened
from archcalc.diagrams.wiring import wiring

HEADER = 100.0
"What a title block takes at most, as a rule."
INSET, HEAD = 12.0, 26.0
"Inside a panel's frame, and over its first box."
INSIDE = 24
"""Boxes of a panel up to which the blocks inside a block are opened."""


class Panel:
    """A block drawn on its own: a frame with its caption, what enters, its layers, what leaves."""

    def __init__(self, figures: Figures, caption: str, part: Part, ids: Ids, engine: str) -> None:
        inner = Ids(ids(f"{part.name}-panel"))
        drawing = inside(figures, part, inner, caption)
        placed = place(drawing, engine)
        self.drawing = drawing
        label = (Run(clip(caption), theme.GROUP, True, "blockname"),)
        self.width = max(placed.width, line_width(label)) + 2 * INSET
        self.height = placed.height + INSET + HEAD
        shift = (self.width - placed.width) / 2
        frame = Item(inner("frame"), "group", (
            Rect(0, 0, self.width, self.height, "panel", "panel", 10, dashed=True), Text(INSET, 15, label, "start")))
        self.items = [frame, *(moved(item, shift, HEAD) for item in body(placed))]


def panels(figures: Figures, parts: Sequence[Part], ids: Ids, engine: str, chosen: Sequence[Part]) -> list[Panel]:
    """The panels of the blocks chosen, or of the run that says most: the first whose first block differs."""
    if chosen:
        return [panel for part in chosen for panel in _of(figures, part, ids, engine)]
    runs = [part for part in parts if part.is_run]
    found = sorted(runs, key=lambda run: (len(set(run.classes)) == 1, not _shrinks(figures, run), parts.index(run)))
    return [panel for run in found[:1] for panel in _of(figures, run, ids, engine)]


def _shrinks(figures: Figures, run: Part) -> bool:
    """Whether a run's first block makes the map smaller."""
    first = run.parts[0]
    entering = [k for i in first.nodes for k in figures.net.nodes[i].inputs if k not in first.nodes][:1]
    return any(figures.out(k).spatial != figures.out(first.nodes[-1]).spatial for k in entering)


def _of(figures: Figures, part: Part, ids: Ids, engine: str) -> list[Panel]:
    """One panel for each sort of block in a run, at most two; or the one of a block."""
    if not part.is_run:
        return [Panel(figures, part.name, part, ids, engine)]
    found = []
    for number in list(dict.fromkeys(part.classes))[:2]:
        places = [k + 1 for k, c in enumerate(part.classes) if c == number]
        block = part.parts[places[0] - 1]
        found.append(Panel(figures, f"{part.name}, {_places(places, len(part.parts))}", block, ids, engine))
    return found


def _places(places: Sequence[int], of: int) -> str:
    """``block 1``, ``blocks 2–4``, ``each of 12 blocks``."""
    if len(places) == of:
        return f"each of {of:,} blocks"
    if len(places) == 1:
        return f"block {places[0]}"
    whole = places[-1] - places[0] == len(places) - 1
    return f"blocks {places[0]}–{places[-1]}" if whole else f"{len(places)} of {of:,} blocks"


def inside(figures: Figures, part: Part, ids: Ids, caption: str) -> Drawing:
    """A block's layers between what enters and what leaves it."""
    parts = sorted(opened(part, INSIDE), key=lambda inner: inner.main)
    net = figures.net
    owned = set(part.nodes)
    sources = list(dict.fromkeys(k for i in part.nodes for k in net.nodes[i].inputs if k not in owned))
    enters, leaves = ids("in"), ids("out")
    names = [ids(p.name) for p in parts]
    wires = wiring(net, parts, inside=True)
    boxes = [_end(figures, enters, "in", sources[0] if sources else part.nodes[0])]
    boxes += [part_box(figures, p, name, k in wires.projections, False, False)
              for k, (p, name) in enumerate(zip(parts, names, strict=True))]
    boxes.append(_end(figures, leaves, "out", part.nodes[-1]))
    arrows = []
    for k, p in enumerate(parts):
        reads = {s for i in p.nodes for s in net.nodes[i].inputs}
        for source in sources:
            if source in reads:
                arrows.append(Arrow(enters, names[k], wires.style(-1, k), "", figures.shape(source)))
                break
    arrows += arrows_of(figures, parts, wires, names, [], figures.shape(sources[0]) if sources else "")
    arrows += [Arrow(name, leaves, "data", "", figures.shape(part.nodes[-1])) for name in names[-1:]]
    return Drawing(ids.prefix, clip(caption), "", "", tuple(boxes), tuple(arrows))


def _end(figures: Figures, name: str, word: str, node: int) -> Box:
    line = (Run(word, theme.NAME, True), Run(f"\u00a0{figures.shape(node)}", theme.SPEC))
    return Box(name, (line,), "io", f"{word}: {figures.shape(node)}")


def beside(items: list[Item], width: float, height: float,
           found: Sequence[Panel]) -> tuple[list[Item], float, float, list[Panel]]:
    """Panels to the right of a picture, or under it, as far as the page has room; and which found room."""
    room = theme.WIDTH - 2 * MARGIN
    right = width + GAP + max((p.width for p in found), default=0) <= room
    x0, y = (width + GAP, 0.0) if right else (0.0, height + GAP)
    x, row = x0, 0.0
    total, bottom = width, height
    shown: list[Panel] = []
    for panel in found:
        if x > x0 and x + panel.width > room:
            x, y, row = x0, y + row + GAP, 0.0
        if shown and y + panel.height > theme.HEIGHT - HEADER:
            break
        items = [*items, *(moved(item, x, y) for item in panel.items)]
        shown.append(panel)
        total, bottom = max(total, x + panel.width), max(bottom, y + panel.height)
        x, row = x + panel.width + GAP, max(row, panel.height)
    return unique(items), total, bottom, shown
