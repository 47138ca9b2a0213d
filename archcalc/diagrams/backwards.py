"""A network and what goes back through it, side by side: each layer at the height of the one that it undoes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archcalc.analysis.shapes import calls
from archcalc.backwards.derive import Backward
from archcalc.backwards.text import AT_RECTIFIERS, Seen
from archcalc.diagrams import theme
from archcalc.diagrams.captions import legend
from archcalc.diagrams.compose import Ids, drawing, slug
from archcalc.diagrams.drawing import PAD_X, Box, Drawing, Group, Line, Run, line_width
from archcalc.diagrams.figures import Figures, Style
from archcalc.diagrams.layout import Placed, place
from archcalc.diagrams.paint import body, box_item, edge_item, finished, group_item, unique
from archcalc.diagrams.parts import Part
from archcalc.diagrams.scene import Item, Point, Scene, moved
from archcalc.diagrams.text import clip, short_name
from archcalc.diagrams.view import MOST, folded_view, layers
from archcalc.net import Net, Node
from archcalc.reports.columns import shape_text

ALL_LAYERS = 24
"Layers up to which each has its box; above, blocks are folded."
TALL = 1000
"Height above which ranks are drawn closer."
TITLES = {"deconvnet": "deconvnet", "guided": "guided backpropagation", "gradient": "gradient"}
BETWEEN, RIM, TOP, FOOT = 96.0, 10.0, 24.0, 46.0
"Pixels between the two networks; around each; above it, for its name; below it, for the unit."


class _Pair(NamedTuple):
    """A part forwards and backwards: their boxes, which have one size."""

    part: Part
    ahead: Box
    back: Box | None
    notes: tuple[str, ...]
    "What the way back takes of the forward pass: switches, slopes, value."


def picture(back: Backward, seen: Seen, prefix: str | None = None, engine: str = "auto") -> Scene:
    """The forward path at the left, the derived network at the right, and dashed what goes from one to the other.

    Raises `Unavailable` where no layout engine is there.
    """
    net = _path(back.forward, back.forward.index[back.layer])
    figures = Figures(net, Style())
    parts = layers(net, MOST).parts if len(net) <= MOST else ()
    if not 0 < len(parts) <= ALL_LAYERS:
        parts = folded_view(net).parts
    ids = Ids(prefix or f"ac-{slug(back.forward.spec.rpartition('/')[2])}-back")
    made = drawing(figures, parts, ids)
    pairs = _pairs(back, net, parts, made, ids)
    made = made._replace(boxes=(*made.boxes[:net.n_inputs], *(pair.ahead for pair in pairs)))
    placed = place(made, engine)
    placed = place(made, engine, ranksep=0.1) if placed.height > TALL else placed
    return _Sheet(back, seen, figures, placed, pairs).scene()


def _path(net: Net, target: int) -> Net:
    """The network up to a layer: all that this one needs."""
    needed = {target}
    for i in range(target, -1, -1):
        needed |= set(net.nodes[i].inputs) if i in needed else set()
    kept = sorted(needed)
    place = {i: k for k, i in enumerate(kept)}
    nodes = [Node(node.name, node.layer, tuple(place[i] for i in node.inputs), node.origin,
                  {name: (place[i], theirs) for name, (i, theirs) in node.share.items() if i in place})
             for node in (net.nodes[i] for i in kept)]
    return Net(nodes, sum(i < net.n_inputs for i in kept), [place[target]], spec=net.spec, document=net.document,
               parameters=net.parameters, mode=net.mode)


def _pairs(back: Backward, net: Net, parts: Sequence[Part], made: Drawing, ids: Ids) -> list[_Pair]:
    undone: dict[str, list[Node]] = {}
    for node in back.net.layers:
        undone.setdefault(back.undoes[node.name], []).append(node)
    outs = {node.name: call.out for node, call in zip(back.net.nodes, calls(back.net), strict=True)}
    noted: dict[str, list[str]] = {}
    for note in back.notes:
        noted.setdefault(note.layer, []).append(note.what)
    pairs = []
    for part, box in zip(parts, made.boxes[net.n_inputs:], strict=True):
        names = [net.nodes[i].name for i in part.nodes]
        steps = [node for name in reversed(names) for node in undone.get(name, ())]
        gives = shape_text(outs[steps[-1].name], "hwc") if steps else "as it is"
        lines = _lines(part, box, steps, undone.get(net.nodes[part.main].name, ()), f"gives {gives}")
        least = max(box.least, *(line_width(line) + 2 * PAD_X for line in (*lines, *box.lines)))
        done = ", ".join(f"{node.layer.kind} {node.layer.label()}".rstrip() for node in steps[:12]) or "as it is"
        mirror = box._replace(id=ids(f"{part.name}-back"), lines=tuple(lines), least=least,
                              tooltip=f"back through {part.name}: {done}")
        pairs.append(_Pair(part, box._replace(least=least), mirror if steps or box.circle else None,
                           tuple(dict.fromkeys(what for name in names for what in noted.get(name, ())))))
    return pairs


def _lines(part: Part, box: Box, steps: Sequence[Node], main: Sequence[Node], gives: str) -> list[Line]:
    """As many lines as the box forwards, of the same sizes: the name, what is done, and the shape that it gives."""
    if box.circle:
        return [box.lines[0]]
    label = next((node.layer.label() for node in main if node.layer.label()), "") if part.is_layer else ""
    kinds = list(dict.fromkeys(node.layer.kind.replace("_", " ") for node in steps))
    done = f"{len(steps)} layers back" if len(kinds) > 4 or not part.is_layer else " · ".join(kinds)
    spec = label if len(box.lines) > 1 else done
    head: Line = (Run(clip(short_name(part.name)), theme.NAME, True),
                  *([Run(f"\u00a0{clip(spec)}", theme.SPEC)] if spec else []))
    rest = [(Run(clip(words, 60), max(run.size for run in line), False, "muted"),)
            for line, words in zip(box.lines[1:], (done, gives), strict=False)]
    return [head, *rest]


class _Sheet(NamedTuple):
    """Both networks with places: the one that goes back is the mirror image of the other."""

    back: Backward
    seen: Seen
    figures: Figures
    placed: Placed
    pairs: list[_Pair]

    @property
    def across(self) -> float:
        """Width of both, and the sum of a place and its mirror image."""
        return 2 * self.placed.width + BETWEEN

    def mirrored(self, name: str) -> Point:
        """Where the box stands that undoes a box."""
        x, y = self.placed.boxes[name]
        return self.across - x, y

    def scene(self) -> Scene:
        """The picture."""
        made, height = self.placed.drawing, self.placed.height + FOOT
        frames = [group_item(Group(f"{made.id}-{word}", title, (), title), x - RIM, -TOP,
                             self.placed.width + 2 * RIM, height + TOP + 2)
                  for word, title, x in (("ahead", "forward", 0.0),
                                         ("back", TITLES[self.back.method], self.placed.width + BETWEEN))]
        source = self.projection()
        items = [*frames, *body(self.placed), *self._arrows(source), *self._notes(), *self._foot(),
                 *(box_item(pair.back, *self.mirrored(pair.ahead.id)) for pair in self.pairs if pair.back is not None),
                 box_item(source, *self.mirrored(made.boxes[self.figures.net.index[self.back.source]].id))]
        return finished(self._titled(), [moved(item, RIM, TOP) for item in unique(items)], self.across + 2 * RIM,
                        height + TOP + 4)

    def projection(self) -> Box:
        """Where the way back ends."""
        words = self.figures.shape(self.figures.net.index[self.back.source])
        return _end(f"{self.placed.drawing.id}-projection", "projection", words,
                    f"what the unit's signal becomes at {self.back.source}")

    def _arrows(self, source: Box) -> list[Item]:
        """The forward arrows mirrored, and the other way round."""
        made = self.placed.drawing
        names = {pair.ahead.id: pair.back.id for pair in self.pairs if pair.back is not None}
        names[made.boxes[self.figures.net.index[self.back.source]].id] = source.id
        return [edge_item(f"{names[arrow.head]}--{names[arrow.tail].removeprefix(made.id + '-')}", arrow.style,
                          _reversed(curve, self.across), "", None, arrow.tooltip)
                for arrow, curve in zip(made.arrows, self.placed.curves, strict=True)
                if arrow.tail in names and arrow.head in names]

    def _notes(self) -> list[Item]:
        """Dashed arrows for what the way back takes of the forward pass."""
        items = []
        for pair in self.pairs:
            if pair.notes and pair.back is not None:
                (x, y), (u, v) = self.placed.boxes[pair.ahead.id], self.mirrored(pair.ahead.id)
                half = pair.ahead.size[0] / 2
                items.append(edge_item(f"{pair.ahead.id}--note", "switch" if "switches" in pair.notes else "note",
                                       ((x + half, y), (u - half, v)), "", None,
                                       f"{' and '.join(pair.notes)} of {pair.part.name}"))
        return items

    def _foot(self) -> list[Item]:
        """The one unit that is kept, and its way to the network that goes back."""
        name, last = self.placed.drawing.id, self.pairs[-1].ahead
        words = f"of {self.figures.shape(self.figures.net.index[self.back.layer])}"
        unit = ", ".join(map(str, self.seen.unit))
        box = _end(f"{name}-signal", "one unit", words, f"{self.back.layer} with all but unit {unit} set to 0")
        (left, bottom), (x, y) = self.placed.boxes[last.id], self.mirrored(last.id)
        (width, height), half, foot = box.size, last.size[1] / 2, self.placed.height + FOOT - 12
        over = (left, bottom + half), (left, foot), (left, foot), (x - width / 2, foot)
        return [edge_item(f"{name}-unit--signal", "note", over, "", None, f"unit {unit} of {self.back.layer}"),
                edge_item(f"{name}-signal--back", "data", ((x, foot - height / 2), (x, y + half)), "", None,
                          f"the signal at {self.back.layer}"), box_item(box, x, foot)]

    def _titled(self) -> Drawing:
        """The title block."""
        made = self.placed.drawing
        boxes = [*made.boxes, *(pair.back for pair in self.pairs if pair.back is not None)]
        switches = any("switches" in pair.notes for pair in self.pairs)
        words = (f"unit {', '.join(map(str, self.seen.unit))} of {self.back.layer} sees {self.seen} of "
                 f"{self.back.source} · at rectifiers the signal is {AT_RECTIFIERS[self.back.method]}")
        return made._replace(
            title=clip(self.back.net.name, 80), subtitle=words,
            desc=f"{clip(self.back.forward.name, 80)} up to {clip(self.back.layer, 80)}, and beside it the network of "
                 f"{len(self.back.net):,} layers that goes back to {clip(self.back.source, 80)}; {words}.",
            legend=(*legend(boxes, made.arrows, self.figures), *(["switch"] if switches else []), "note"))


def _end(name: str, head: str, words: str, tooltip: str) -> Box:
    """Where the way back begins or ends."""
    return Box(name, ((Run(head, theme.NAME, True), Run(f"\u00a0{words}", theme.SPEC)),), "io", tooltip)


def _reversed(curve: tuple[Point, ...], across: float) -> tuple[Point, ...]:
    """A forward arrow's curve, mirrored and run from its end to its beginning."""
    pieces = (len(curve) - 1) // 3 * 3
    points = [*curve[:pieces], curve[-1]] if pieces else list(curve)     # the tip is the last curve's end
    return tuple((across - x, y) for x, y in reversed(points))
