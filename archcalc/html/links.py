"""Which layers each box of a diagram stands for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from archcalc.diagrams.diagram import Diagram
from archcalc.diagrams.parts import fused
from archcalc.net import Net

SEVERAL = " … "
"""Between the first and the last name of a box that stands for several parts."""


class Box(NamedTuple):
    """A box by its id: the layer or block that it is named for, and the layers it stands for, as indices of nodes."""

    id: str
    name: str
    nodes: tuple[int, ...]


def boxes(diagram: Diagram, net: Net) -> list[Box]:
    """The boxes of a diagram that stand for layers of a network, which may lack some that are drawn."""
    drawn = diagram.net
    hosts = {part.name: part.nodes for part in fused(drawn)}
    inputs = {node.name for node in drawn.inputs}
    found = []
    for item in diagram.scene.items:
        if item.layer and item.layer not in inputs:
            names = [drawn.nodes[i].name for i in _nodes(item.layer, hosts, drawn)]
            found.append(Box(item.id, item.layer, tuple(net.index[name] for name in names if name in net.index)))
    return [box for box in found if box.nodes]


def _nodes(name: str, hosts: Mapping[str, Sequence[int]], drawn: Net) -> Sequence[int]:
    """The layers of a box: with what is fused into it, below it, or from its first name to its last."""
    own = hosts.get(name) or _below(name, drawn)
    if own or SEVERAL not in name:
        return own
    ends = [hosts.get(word) or _below(word, drawn) for word in (name.split(SEVERAL)[0], name.split(SEVERAL)[-1])]
    return range(min(ends[0]), max(ends[1]) + 1) if all(ends) else ()


def _below(name: str, drawn: Net) -> list[int]:
    """A layer of a name, and what is below it."""
    return [i for i, node in enumerate(drawn.nodes) if node.name == name or node.name.startswith(f"{name}.")]


def ranges(numbers: Iterable[int]) -> list[list[int]]:
    """Whole numbers in order, as first and last of each run.

    >>> ranges([1, 2, 3, 7, 9, 10])
    [[1, 3], [7, 7], [9, 10]]
    """
    ordered = sorted(set(numbers))
    if not ordered:
        return []
    cuts = [k for k, (a, b) in enumerate(pairwise(ordered), 1) if b != a + 1]
    return [[ordered[a], ordered[b - 1]] for a, b in pairwise([0, *cuts, len(ordered)])]
