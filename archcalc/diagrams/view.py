"""How much of a network a diagram shows: all layers, blocks, folded runs, or fewer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from archcalc.analysis.shapes import calls
from archcalc.diagrams.parts import Part, block, fused, links
from archcalc.diagrams.repeats import folded
from archcalc.diagrams.tree import blocks
from archcalc.net import Net

AIM = 26
"Boxes up to which blocks are opened."
MOST = 60
"Boxes that a diagram has at most, unless the reader says otherwise."
ALL = 600
"Boxes at most where all layers are asked for: layout takes more than a second beyond."


SPANS = 1500
"Ranks that the edges of all layers may span together: each is a node of its own in layout."


class View(NamedTuple):
    """Parts to be drawn, and what was left together because it was too much."""

    parts: tuple[Part, ...]
    note: str = ""


def layers(net: Net, most: int | None = None) -> View:
    """Every layer, as far as the limit allows: the one given, or what is laid out in a second or two."""
    parts = fused(net)
    if len(parts) <= (most or ALL) and (most or _spans(net, parts) <= SPANS):
        return View(tuple(parts))
    most = most or MOST
    found = limited(net, _opened(net, False, most), most, len(parts)).parts
    return View(found, _note(len(parts), len(found)))


def _spans(net: Net, parts: Sequence[Part]) -> int:
    rank = [0] * len(parts)
    edges = [(a, b) for _, a, b in links(net, parts) if a >= 0]
    for a, b in edges:
        rank[b] = max(rank[b], rank[a] + 1)
    return sum(rank[b] - rank[a] for a, b in edges)


def folded_view(net: Net, most: int = MOST, aim: int = AIM) -> View:
    """Blocks and folded runs; blocks are opened while that gives no more than ``aim`` boxes."""
    return limited(net, _opened(net, True, min(aim, most)), most, len(fused(net)))


def at_depth(net: Net, depth: int, fold: bool, most: int) -> View:
    """Names cut to so many words; runs of blocks folded or not."""
    parts = fused(net)
    whole = {".".join(part.name.split(".")[:depth]) for part in parts}
    tree = blocks(net, parts)
    found = _cut(folded(net, tree) if fold else tree, lambda part: part.name in whole or part.is_run)
    return limited(net, found, most, len(parts))


def _cut(parts: Sequence[Part], closed: Callable[[Part], bool]) -> list[Part]:
    return [inner for part in parts
            for inner in ([part] if part.is_layer or closed(part) else _cut(part.parts, closed))]


def _opened(net: Net, fold: bool, aim: int) -> list[Part]:
    """Top-level parts; blocks that hold nothing but blocks are opened, level by level, as long as there are few.

    A network of few layers is opened wholly.
    """
    layers = fused(net)
    if len(layers) <= aim and not fold:
        return layers
    tree = blocks(net, layers)
    found = folded(net, tree) if fold else tree
    while True:
        inner = [p for part in found for p in (part.parts if _holds_blocks(net, part) else [part])]
        if len(inner) == len(found) or len(inner) > aim:
            return layers if len(layers) <= aim and not any(part.is_run for part in found) else found
        found = inner


def _holds_blocks(net: Net, part: Part) -> bool:
    """Whether a block is a sequence of blocks and nothing else."""
    return not part.is_layer and not part.is_run and not any(inner.is_layer for inner in part.parts) and all(
        _reads(net, b, a) for a, b in zip(part.parts, part.parts[1:], strict=False))


def _reads(net: Net, b: Part, a: Part) -> bool:
    return not set(a.nodes).isdisjoint(k for i in b.nodes for k in net.nodes[i].inputs)


def opened(part: Part, most: int) -> list[Part]:
    """What is inside a block: its layers, or if these are too many its blocks."""
    found = list(part.parts)
    while not all(inner.is_layer for inner in found):
        inner = [p for inside in found for p in (inside.parts or [inside])]
        if len(inner) > most:
            break
        found = inner
    return found


def limited(net: Net, parts: Sequence[Part], most: int, layers: int) -> View:
    """At most so many parts: neighbours of one spatial size become one, then neighbours of any size."""
    if len(parts) <= most:
        return View(tuple(parts))
    found = _merged(parts, lambda part: calls(net)[part.nodes[-1]].out.spatial)
    if len(found) > most:
        size = -(-len(found) // most)
        order = {id(part): k // size for k, part in enumerate(found)}
        found = _merged(found, lambda part: order[id(part)])
    return View(tuple(found), _note(layers, len(found)))


def _note(layers: int, boxes: int) -> str:
    return f"{layers:,} layers are drawn as {boxes} boxes; --max-nodes allows more, --depth chooses blocks by name"


def _merged(parts: Sequence[Part], key: Callable[[Part], object]) -> list[Part]:
    found: list[list[Part]] = []
    for part in parts:
        if found and key(found[-1][-1]) == key(part):
            found[-1].append(part)
        else:
            found.append([part])
    return [p[0] if len(p) == 1 else block(f"{p[0].name} … {p[-1].name}", p) for p in found]


def find(net: Net, name: str) -> Part | None:
    """The block or run of a name, wherever it stands."""
    stack = list(folded(net, blocks(net, fused(net))))
    while stack:
        part = stack.pop(0)
        if part.name == name and not part.is_layer:
            return part
        stack += part.parts
    return None


def block_names(net: Net) -> list[str]:
    """Names of all blocks and runs."""
    found: dict[str, None] = {}
    stack = list(folded(net, blocks(net, fused(net))))
    while stack:
        part = stack.pop(0)
        if not part.is_layer:
            found[part.name] = None
            stack += part.parts
    return list(found)
