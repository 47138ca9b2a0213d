"""Parts of a network as a drawing: what boxes and arrows say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from archcalc.analysis.shapes import calls
from archcalc.diagrams import theme
from archcalc.diagrams.captions import description, legend, subtitle
from archcalc.diagrams.drawing import Arrow, Box, Drawing, Line, Run
from archcalc.diagrams.figures import Figures
from archcalc.diagrams.parts import Part
from archcalc.diagrams.repeats import main_path
from archcalc.diagrams.text import clip, short_name
from archcalc.diagrams.wiring import Wiring, wiring
from archcalc.net import Net

PATH = 4
"Layers of a block's main path that its box names."


def drawing(figures: Figures, parts: Sequence[Part], ids: Ids, *, roomy: bool = False) -> Drawing:
    """A network, cut into parts, as a drawing."""
    net = figures.net
    wires = wiring(net, parts)
    names = [ids(part.name) for part in parts]
    inputs = [ids(node.name) for node in net.inputs]
    boxes = [input_box(figures, i, name) for i, name in enumerate(inputs)]
    boxes += [part_box(figures, part, name, k in wires.projections, k in wires.aux, roomy)
              for k, (part, name) in enumerate(zip(parts, names, strict=True))]
    arrows = arrows_of(figures, parts, wires, names, inputs)
    words = subtitle(figures, parts, roomy, bool(wires.aux))
    return Drawing(ids.prefix, clip(net.name, 80), words, description(figures, parts), tuple(boxes),
                   tuple(arrows), legend=legend(boxes, arrows, figures))


RESERVED = ("t", "d", "head", "line", "special", "aux")
"""Ids of the title, the description, the title block and the arrow heads."""


class Ids:
    """Ids of one picture: a prefix, and the words of a name; each is given once."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self._given = Counter(f"{prefix}-{word}" for word in RESERVED)

    def __call__(self, name: str) -> str:
        base = found = f"{self.prefix}-{slug(name)}"
        while found in self._given:
            self._given[base] += 1
            found = f"{base}_{self._given[base]}"
        self._given[found] += 1
        return found


def slug(name: str) -> str:
    """A name as part of an id: ASCII letters, digits, ``_`` and ``-``."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name)[:60] or "_"


# ── boxes ──


def input_box(figures: Figures, i: int, name: str) -> Box:
    """An input with its shape."""
    node = figures.net.nodes[i]
    line = (Run(clip(node.name), theme.NAME, True), Run(f"\u00a0{figures.shape(i)}", theme.SPEC))
    return Box(name, (line,), "io", f"input {clip(node.name, 200)}: {figures.shape(i)}", node.name)


def part_box(figures: Figures, part: Part, name: str, projection: bool, aux: bool, roomy: bool,
             share: int = 1) -> Box:
    """A layer, block or run, or one of ``share`` equal shares of its channels."""
    layer = figures.net.nodes[part.main].layer
    role = family(figures.net, part)
    tooltip = figures.tooltip(part)
    if part.is_layer and layer.symbol:
        return Box(name, ((Run(layer.symbol, theme.NAME, True),),), role, tooltip, part.name, circle=True)
    if aux and not part.is_layer:
        role = "head"
    if figures.style.heat:
        role = theme.heat(figures.share(part))
    lines = layer_lines(figures, part) if part.is_layer else block_lines(figures, part, aux)
    lines += [*counts_lines(figures, part, roomy, aux), *shape_lines(figures, part, share)]
    if role.startswith("heat"):
        lines = [tuple(run._replace(role=theme.text_on(role)) for run in line) for line in lines]
    return Box(name, tuple(lines), role, tooltip, part.name, double=not part.is_layer, dashed=projection or aux,
               special=projection)


def family(net: Net, part: Part) -> str:
    """The role of a part's fill."""
    if not part.is_layer:
        return "block"
    call = calls(net)[part.main]
    grouped = call.layer.family == "conv" and getattr(call.layer, "groups", 1) > 1
    return "dwconv" if grouped else call.layer.family


def layer_lines(figures: Figures, part: Part) -> list[Line]:
    """Name and fields of a layer; a join that changes the shape says it."""
    layer = figures.net.nodes[part.main].layer
    name = short_name(part.name)
    words = layer.kind.replace("_", " ")
    if layer.family == "merge":
        return [(Run(words, theme.NAME, True), Run(f"\u00a0{figures.shape(part.nodes[-1])}", theme.SPEC))]
    known = layer.kind.replace("_", "") in name.lower().replace("_", "")
    spec = layer.label() or ("" if known else words)
    return [(Run(clip(name), theme.NAME, True), *([Run(f"\u00a0{clip(spec)}", theme.SPEC)] if spec else []))]


def block_lines(figures: Figures, part: Part, aux: bool) -> list[Line]:
    """Name of a block and how often it stands; the layers of its main path."""
    head = [Run(clip(part.name), theme.NAME, True)]
    if part.is_run:
        head.append(Run(f"\u00a0× {len(part.parts):,}", theme.NAME, True, "blockname"))
    if aux:
        return [tuple(head)]
    inner = part.parts[-1] if part.is_run else part
    join = figures.net.nodes[next(reversed(list(inner.layers()))).main].layer
    if join.family == "merge" and not join.symbol and "channel" in figures.out(inner.nodes[-1]).axes:
        return [(*head, Run(f"\u00a0→ {figures.out(inner.nodes[-1]).channels}", theme.SPEC))]
    looks = path_labels(figures.net, inner)
    if not looks or len(looks) > PATH:
        blocks = sum(not p.is_layer for p in inner.parts)
        text = f"{blocks} blocks" if blocks > 1 else f"{len(list(inner.layers()))} layers"
    else:
        text = " · ".join(looks)
        first = {label for label in path_labels(figures.net, part.parts[0]) if "/" in label} if part.is_run else ()
        text += f"\u00a0/{min(first).rpartition('/')[2]}" if first and "/" not in text else ""
    return [tuple(head), (Run(text, theme.COUNTS + 1),)]


def path_labels(net: Net, part: Part) -> list[str]:
    """Fields of the layers that compute on a block's main path: ``3×3 64``."""
    path = [calls(net)[layer.main] for layer in main_path(net, list(part.layers()))]
    return [call.layer.label().replace(", ", " ") or call.layer.kind for call in path if call.macs]


def counts_lines(figures: Figures, part: Part, roomy: bool, aux: bool) -> list[Line]:
    """The line of counts, or of a share with heat."""
    if figures.style.heat:
        return [(Run(f"{figures.share(part):.1f}%", theme.COUNTS),)]
    text = figures.counts(figures.params(part), figures.macs(part), roomy)
    text = " · ".join(filter(None, [text, "training only" if aux and not part.is_layer else ""]))
    return [(Run(text, theme.COUNTS, False, "muted"),)] if text else []


def shape_lines(figures: Figures, part: Part, share: int) -> list[Line]:
    """The line of the output's shape, where the reader wants it in boxes and it does not stand there."""
    joins = part.is_layer and figures.net.nodes[part.main].layer.family == "merge"
    if figures.style.shapes != "nodes" or joins:
        return []
    last = part.nodes[-1]
    return [(Run(figures.share_of(last, share) if share > 1 else figures.shape(last), theme.COUNTS, False, "muted"),)]


# ── arrows ──


def arrows_of(figures: Figures, parts: Sequence[Part], wires: Wiring, names: Sequence[str],
              inputs: Sequence[str], entering: str = "") -> list[Arrow]:
    """Arrows between parts, with shapes where they change; ``entering`` is what a block reads from outside."""
    shown: dict[int, str] = {}
    owned = {i for part in parts for i in part.nodes}
    for k, part in enumerate(parts):
        if entering and any(s not in owned for i in part.nodes for s in figures.net.nodes[i].inputs):
            shown[k] = entering
    for i in range(len(inputs)):
        shown[-1 - i] = figures.shape(i)
    told: set[tuple[int, str]] = set()
    found = []
    by_ends: dict[tuple[int, int], list[int]] = {}
    for node, a, b in wires.links:
        by_ends.setdefault((a, b), []).append(node)
    for (a, b), nodes in sorted(by_ends.items(), key=lambda ends: wires.style(*ends[0]) == "aux"):
        style = wires.style(a, b)
        shape = tensors([figures.shape(node) for node in nodes])
        joined = a >= 0 and parts[a].is_layer and figures.net.nodes[parts[a].main].layer.family == "merge"
        quiet = joined or (a, shape) in told or shape == shown.get(a, "") or figures.style.shapes != "edges"
        told |= set() if quiet else {(a, shape)}
        tail = names[a] if a >= 0 else inputs[-1 - a]
        found.append(Arrow(tail, names[b], style, "" if quiet else shape, shape))
        if style == "data" or b not in shown:
            shown[b] = shape
    return found


def tensors(shapes: Sequence[str]) -> str:
    """Shapes on one arrow: ``55×55×96``, or ``3 of 55×55×96``."""
    many = Counter(shapes)
    return ", ".join(shape if n == 1 else f"{n} of {shape}" for shape, n in list(many.items())[:2]) + (
        ", …" if len(many) > 2 else "")
