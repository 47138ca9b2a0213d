"""Layers grouped by their names, as modules that hold others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archcalc.net import Net

OUTPUTS = 3
"""Outputs of a block above which its items stand around it."""
BRANCHES = 2
"""Branches of a join up to which their layers stand in the block itself."""


class Group(NamedTuple):
    """A layer (``node``), or a block of items in order (node −1); ``path`` is its full name, ``word`` its last part.

    ``of`` is the layer that the block has its name from, and what the spec puts behind it with `then`.
    """

    path: str
    word: str
    node: int = -1
    items: tuple[Group, ...] = ()
    of: int = -1

    def nodes(self) -> Iterator[int]:
        """The layers inside, in order."""
        if self.node >= 0:
            yield self.node
        for item in self.items:
            yield from item.nodes()


class _Name:
    __slots__ = ("below", "node")

    def __init__(self) -> None:
        self.node = -1
        self.below: dict[str, _Name] = {}


def grouped(net: Net) -> list[Group]:
    """The items of the whole network."""
    root = _Name()
    for i, node in enumerate(net.layers, net.n_inputs):
        place = root
        for word in node.name.split("."):
            place = place.below.setdefault(word, _Name())
        place.node = i
    return _items(net, root, "")


def _items(net: Net, place: _Name, path: str) -> list[Group]:
    found: list[Group] = []
    for word, child in place.below.items():
        found += _group(net, child, f"{path}.{word}" if path else word, word)
    return sorted(found, key=lambda item: next(item.nodes()))


def _group(net: Net, place: _Name, path: str, word: str) -> list[Group]:
    """What stands under a name: a block; its layer; or all its items, where they cannot be one module."""
    own = [Group(path, word, place.node)] if place.node >= 0 else []
    items = sorted([*own, *_items(net, place, path)], key=lambda item: next(item.nodes()))
    items = _dissolved(net, items, place.node) if own else _joined(net, items) if path else items
    if len(items) == 1:
        return [items[0]._replace(path=path, word=word)]
    first = _hoisted(net, items)
    inside = items[first:]
    nodes = [i for item in inside for i in item.nodes()]
    if len(inside) == 1 or nodes[-1] - nodes[0] != len(nodes) - 1:
        return items
    read = {k for node in net.nodes[nodes[-1] + 1:] for k in node.inputs} | set(net.outputs)
    if len(read & set(nodes)) > OUTPUTS:
        return [item._replace(word=f"{word}_{item.word}") for item in items]
    return [*items[:first], Group(path, word, -1, tuple(_called(net, inside, place.node)), place.node)]


def _called(net: Net, items: Sequence[Group], own: int) -> list[Group]:
    """With the layer that a block has its name from called by its kind there."""
    node = net.nodes[own]
    free = own >= 0 and node.layer.family != "merge" and node.layer.kind not in {item.word for item in items}
    return [item._replace(word=node.layer.kind) if free and item.node == own else item for item in items]


def _dissolved(net: Net, items: list[Group], join: int) -> list[Group]:
    """With the branches of a join of few replaced by what is in them, unless names clash."""
    inputs = set(net.nodes[join].inputs)
    branches = [item for item in items if item.items and item.of < 0 and set(item.nodes()) & inputs
                and max(item.nodes()) < join]
    flat = [inner for item in items for inner in (item.items if item in branches else (item,))]
    words = [item.word for item in flat]
    return items if len(inputs) > BRANCHES or len(set(words)) < len(words) or any(w.isdigit() for w in words) else flat


def _joined(net: Net, items: list[Group]) -> list[Group]:
    """With joins of few branches replaced by what is in them: names that clash have the join's before them."""
    joins = [item for item in items if item.of >= 0 and item.items and net.nodes[item.of].layer.family == "merge"
             and len(set(net.nodes[item.of].inputs)) <= BRANCHES]
    flat = [(item.word, inner) for item in items for inner in (item.items if item in joins else (item,))]
    words = [inner.word for _, inner in flat]
    found = [inner if words.count(inner.word) == 1 else inner._replace(word=f"{word}_{inner.word}")
             for word, inner in flat]
    clear = len({item.word for item in found}) == len(found) and not any(w.isdigit() for w in words)
    return found if clear else items


def _hoisted(net: Net, items: Sequence[Group]) -> int:
    """1 where a block begins with a join whose inputs it reads nowhere else, so that the join may stand before it."""
    first = items[0].node
    if first < 0 or net.nodes[first].layer.family != "merge":
        return 0
    inputs = set(net.nodes[first].inputs)
    return int(not any(inputs & set(net.nodes[i].inputs) for item in items[1:] for i in item.nodes()))


def alike(items: Sequence[Group]) -> list[list[Group]]:
    """Blocks that the spec repeats, each with its repetitions of the same size."""
    found: dict[tuple[str, int], list[Group]] = {}

    def visit(group: Group) -> None:
        stem = re.sub(r"\.\d+(?=\.|$)", "", group.path)
        if group.items and stem != group.path:
            found.setdefault((stem, sum(1 for _ in group.nodes())), []).append(group)
        for item in group.items:
            visit(item)

    for item in items:
        visit(item)
    return list(found.values())
