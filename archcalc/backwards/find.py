"""The layers that a signal goes back through, the unit that it starts from, and the patch which that unit sees."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.analysis.receptive_field import field_of, fields
from archcalc.analysis.region import region
from archcalc.analysis.shapes import calls
from archcalc.errors import UsageError
from archcalc.net import Net
from archcalc.words import listed, suggest


def chosen(net: Net, name: str) -> int:
    """The index of a layer, or of the last layer of a block. Raises `UsageError` where there is none."""
    inside = [i for i, node in enumerate(net.nodes) if node.name == name or node.name.startswith(f"{name}.")]
    index = net.index.get(name, inside[-1] if inside else -1)
    if index < 0:
        there = " outside of training" if name in net.in_mode("train").index else ""
        hint = suggest(name, net.parts) if not there else ""
        raise UsageError(f"'{name[:80]}' is no layer of {net.name}{there}{hint}")
    if index < net.n_inputs:
        raise UsageError(f"'{name[:80]}' is an input of {net.name}, from which nothing goes back")
    if not calls(net)[index].out.dims:
        raise UsageError(f"'{name[:80]}' gives a single number without axes, which no spec has as its input")
    return index


def between(net: Net, target: int, source: str | None) -> tuple[int, list[int]]:
    """The source's index, and in order those of the layers on the paths from there to the target."""
    layer = net.nodes[target].name
    seen = [i for i in range(net.n_inputs) if _paths(net, i, target)] if source is None else [_index(net, source)]
    if len(seen) != 1:
        names = [net.nodes[i].name for i in seen]
        raise UsageError(f"'{layer}' sees several inputs, {listed(names)}: name one as the source" if seen else
                         f"'{layer}' sees no input")
    path = _paths(net, seen[0], target)
    if not path:
        raise UsageError(f"'{layer}' does not see '{net.nodes[seen[0]].name}': no path leads back to it")
    return seen[0], path


def _index(net: Net, name: str) -> int:
    return net.index[name] if name in net.index and net.index[name] < net.n_inputs else chosen(net, name)


def _paths(net: Net, source: int, target: int) -> list[int]:
    """Layers that see the source and that the target sees, the target with them, in order."""
    found = calls(net)
    reads = [{node.inputs[sight.input] for sight in call.sights} for node, call in zip(net.nodes, found, strict=True)]
    after = {source}
    for i in range(source + 1, target + 1):
        after |= {i} if not after.isdisjoint(reads[i]) else set()
    needed = {target}
    for i in range(target, source, -1):
        needed |= reads[i] if i in needed else set()
    return [i for i in range(source + 1, target + 1) if i in after and i in needed] if target in after else []


def place(net: Net, layer: str, unit: Sequence[int]) -> tuple[int, ...]:
    """The unit's index in the layer's output. Raises `UsageError` where the layer has no such unit."""
    out = calls(net)[net.index[layer]].out
    if len(unit) != len(out.dims):
        raise UsageError(f"'{layer}' is {out}, {out.roles()}: a unit takes {len(out.dims)} indices, found {len(unit)}")
    for axis, (i, n) in enumerate(zip(unit, out.dims, strict=True)):
        if not 0 <= i < n:
            raise UsageError(f"'{layer}' is {out}: it has no unit {i} along axis {axis} ({out.axes[axis]}); "
                             f"they are 0 to {n - 1}")
    return tuple(unit)


def patch(net: Net, layer: str, unit: Sequence[int], source: str) -> tuple[range, ...]:
    """What a unit sees of the source, per spatial axis of it; ``unit`` has an index per axis of the layer.

    >>> import archcalc
    >>> patch(archcalc.load("alexnet"), "conv2", (7, 0, 0), "input")
    (range(0, 35), range(0, 35))
    """
    place(net, layer, unit)
    out, x = (calls(net)[net.index[name]].out for name in (layer, source))
    if not x.space:
        return ()
    if out.space:
        return region(net, layer, tuple(unit[axis] for axis in out.space), source)
    index = net.index
    found = field_of(fields(net)[index[layer]], calls(net)[index[layer]], index[source]) \
        if index[source] < net.n_inputs else None
    return tuple(range(max(f.start or 0, 0), min((f.start or 0) + f.size, n)) for f, n in zip(found, x.spatial,
                 strict=True)) if found else tuple(range(n) for n in x.spatial)
