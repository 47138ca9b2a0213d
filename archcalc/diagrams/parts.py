"""Parts of a network: a layer with what is fused into it, a block of parts, a run of equal blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from archcalc.analysis.shapes import calls
from archcalc.net import Net


class Part(NamedTuple):
    """Nodes that are drawn as one, by index, in order.

    ``main`` is the node that gives a layer its look; in a block, the last. A run's ``parts`` are its
    blocks, ``classes`` a number for each, the same for those that are equal.
    """

    name: str
    nodes: tuple[int, ...]
    main: int
    parts: tuple[Part, ...] = ()
    classes: tuple[int, ...] = ()

    @property
    def is_layer(self) -> bool:
        """Whether it is one layer, and not a block or a run."""
        return not self.parts

    @property
    def is_run(self) -> bool:
        """Whether it is a run of blocks."""
        return bool(self.classes)

    def layers(self) -> Iterator[Part]:
        """The layers inside, in order."""
        if self.is_layer:
            yield self
        for part in self.parts:
            yield from part.layers()


def block(name: str, parts: Sequence[Part], classes: Sequence[int] = ()) -> Part:
    """Parts as one: a block, or with classes a run."""
    nodes = tuple(i for part in parts for i in part.nodes)
    return Part(name, nodes, parts[-1].main, tuple(parts), tuple(classes))


def fused(net: Net) -> list[Part]:
    """Every layer but the inputs as parts, in order of their main nodes.

    A normalization, an activation or a mere view is fused into the layer that it alone reads or, in
    front of the layer that alone reads it, into that one.
    """
    readers = _readers(net)
    host: dict[int, int] = {}
    for i in range(net.n_inputs, len(net.nodes)):
        source = net.nodes[i].inputs[0] if net.nodes[i].inputs else -1
        if (source >= net.n_inputs and readers[source] == [i] and source not in net.outputs and _quiet(net, i)
                and (_beside(net, source, i) or _beside(net, host.get(source, source), i))):
            host[i] = host.get(source, source)
    ends = {host[i]: i for i in sorted(host)}
    for i in reversed(range(net.n_inputs, len(net.nodes))):
        end = ends.get(i, i)
        if i not in host and _quiet(net, i) and len(readers[end]) == 1 and end not in net.outputs:
            reader = readers[end][0]
            if len(set(net.nodes[reader].inputs)) == 1 and reader not in host and _has_look(net, reader):
                host[i] = reader
    members: dict[int, list[int]] = {}
    for i in range(net.n_inputs, len(net.nodes)):
        members.setdefault(_root(host, i), []).append(i)
    return [Part(net.nodes[main].name, tuple(nodes), main) for main, nodes in sorted(members.items())]


def _root(host: dict[int, int], i: int) -> int:
    while i in host:
        i = host[i]
    return i


def _readers(net: Net) -> list[list[int]]:
    readers: list[list[int]] = [[] for _ in net.nodes]
    for i, node in enumerate(net.nodes):
        for k in dict.fromkeys(node.inputs):
            readers[k].append(i)
    return readers


def _quiet(net: Net, i: int) -> bool:
    """Whether a layer is drawn inside another: it has no weights and leaves the shape, or is a view of all it reads."""
    node, call = net.nodes[i], calls(net)[i]
    if len(node.inputs) != 1:
        return False
    same = call.out.dims == call.inputs[0].dims
    whole = call.out.size == call.inputs[0].size
    return (node.layer.reuse == "view" and whole) or (same and node.layer.family in ("norm", "act"))


def _beside(net: Net, source: int, i: int) -> bool:
    """Whether a layer stands in the same block as its source, or belongs to it by name.

    A normalization behind a join belongs to what follows.
    """
    if net.nodes[source].layer.family == "merge" and net.nodes[i].layer.family == "norm":
        return False
    a, b = net.nodes[source].name, net.nodes[i].name
    return a.rpartition(".")[0] == b.rpartition(".")[0] or b.startswith(f"{a}.")


def _has_look(net: Net, i: int) -> bool:
    return not _quiet(net, i) and net.nodes[i].layer.family not in ("norm", "act", "merge")


def owners(net: Net, parts: Iterable[Part]) -> dict[int, int]:
    """The index of the part of each node."""
    return {i: k for k, part in enumerate(parts) for i in part.nodes}


def links(net: Net, parts: Sequence[Part]) -> list[tuple[int, int, int]]:
    """What flows between parts: (node read, index of its part, index of the reader); −1 − i for input i.

    One per node and reader, in order.
    """
    owner = owners(net, parts)
    found: dict[tuple[int, int, int], None] = {}
    for k, part in enumerate(parts):
        for i in part.nodes:
            for source in net.nodes[i].inputs:
                origin = owner.get(source, -1 - source if source < net.n_inputs else None)
                if origin is not None and origin != k:
                    found[source, origin, k] = None
    return sorted(found, key=lambda link: (link[2], link[1], link[0]))
