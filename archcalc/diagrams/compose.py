"""Parts of a network as a drawing: what boxes, arrows, subtitle and legend say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from archcalc.analysis.shapes import calls
from archcalc.diagrams import theme
from archcalc.diagrams.drawing import Arrow, Box, Drawing, Line, Run
from archcalc.diagrams.figures import Figures
from archcalc.diagrams.parts import Part
from archcalc.diagrams.repeats import main_path
from archcalc.diagrams.text import clip
from archcalc.diagrams.wiring import Wiring, wiring
from archcalc.net import Net

NAMED = 2
"Layers that the subtitle names, where something is fused into few of a kind."
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


def short_name(name: str) -> str:
    """The last word of a name that is no number, with what follows.

    >>> short_name("a.b"), short_name("conv3.2")
    ('b', 'conv3.2')
    """
    words = name.split(".")
    at = max((k for k, word in enumerate(words) if not word.isdigit()), default=0)
    return ".".join(words[at:])


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


# ── words ──


def subtitle(figures: Figures, parts: Sequence[Part], roomy: bool, heads: bool = False) -> str:
    """Totals, what is fused, and what the counts are; ``heads``: whether auxiliary heads are drawn."""
    pieces = [figures.headline]
    if figures.style.heat:
        pieces.append(figures.heat_words)
    elif not roomy and figures.style.counts == "both":
        pieces.append("in boxes: params, then MACs")
    if heads:
        pieces.append("totals without auxiliary heads")
    return " · ".join([*pieces, *fused_words([layer for part in parts for layer in part.layers()], figures.net)])


def fused_words(layers: Iterable[Part], net: Net) -> Iterator[str]:
    """What is fused into layers of a kind, each said once: ``relu after every conv and fc6``."""
    hosts: dict[str, int] = Counter()
    after: dict[tuple[str, str], dict[str, list[str]]] = {}
    for layer in layers:
        host = net.nodes[layer.main].layer.kind
        hosts[host] += 1
        for i in layer.nodes:
            if i != layer.main and not net.nodes[i].layer.reuse:
                where = "before" if i < layer.main else "after"
                found = after.setdefault((net.nodes[i].layer.kind, where), {})
                found.setdefault(host, []).append(short_name(layer.name))
    for (kind, where), by_host in after.items():
        said = [_hosts(host, list(dict.fromkeys(names)), len(names), hosts[host]) for host, names in by_host.items()]
        yield clip(f"{kind} {where} {' and '.join(said)}".replace("_", " "), 200)


def _hosts(host: str, names: Sequence[str], n: int, of: int) -> str:
    if n >= of > 1:
        return f"every {host}"
    return " and ".join(names) if n <= NAMED else f"{n} of {of} {host}"


def description(figures: Figures, parts: Sequence[Part]) -> str:
    """One sentence for those who cannot see the picture."""
    totals = figures.totals
    return (f"Layer graph of {clip(figures.net.name, 80)}: {len(parts)} parts from "
            f"{' and '.join(figures.shape(i) for i in range(figures.net.n_inputs))} to "
            f"{' and '.join(figures.shape(i) for i in figures.net.outputs)}, {totals.layers:,} layers, "
            f"{totals.params:,} parameters, {totals.macs:,} MACs.")


def legend(boxes: Sequence[Box], arrows: Sequence[Arrow], figures: Figures) -> tuple[str, ...]:
    """Roles that occur, in the order of the theme; then kinds of arrows."""
    if not figures.style.legend:
        return ()
    if figures.style.heat:
        return tuple(f"heat{i}" for i in range(len(theme.RAMP)))
    roles = {box.role for box in boxes}
    styles = {arrow.style for arrow in arrows}
    if "fc" in roles and any(call.layer.family == "fc" and len(call.products) != 1 for call in calls(figures.net)):
        roles = {*roles, "products"} - {"fc"}
    return tuple([role for role in theme.FAMILY_WORDS if role in roles and role != "io"]
                 + [style for style in ("shortcut", "projection", "cross", "aux") if style in styles])

