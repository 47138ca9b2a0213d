"""A network spread over devices: what each holds and computes, and what crosses between them.

With filters split, each device has an equal part of every layer's channels; a layer whose channel
groups do not divide so needs the parts of the others.  The network's inputs are on every device.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from archcalc.analysis.memory import beside
from archcalc.analysis.parameters import owned
from archcalc.analysis.shapes import calls
from archcalc.analysis.storage import Storages, nbytes, storages
from archcalc.net import Net, Node

Share = Fraction
"""The part of a layer's channels that a device has: 0, 1 / devices or 1."""


class Crossing(NamedTuple):
    """Bytes that cross between devices, per batch and in one direction, for a layer to read another."""

    source: str
    layer: str
    bytes: int


class Device(NamedTuple):
    """What one device holds and does: integers for the batch; peak and activations in bytes."""

    params: int
    macs: int
    activations: int
    peak: int


class Spread(NamedTuple):
    """Each device, and every crossing. Training sends as many bytes of gradients back."""

    devices: tuple[Device, ...]
    crossings: tuple[Crossing, ...]

    @property
    def forward(self) -> int:
        """Bytes that cross in a forward pass."""
        return sum(c.bytes for c in self.crossings)

    @property
    def training(self) -> int:
        """Bytes that cross forward and, as gradients, back."""
        return 2 * self.forward


def spread(net: Net, devices: int, split: bool, layers: Mapping[str, Sequence[int]] | None = None,
           dtype: str = "float32", batch: int = 1) -> Spread:
    """A network over devices: filters split, or everything on device 0, but for whole layers placed by name.

    Raises the origin's error where a split does not divide a layer's channels.
    """
    held_by = shares(net, devices, split, layers)
    received = _received(net, held_by, dtype, batch)
    crossings = [Crossing(net.nodes[k].name, net.nodes[i].name, sum(each)) for (i, k), each in received.items()
                 if sum(each)]
    found = calls(net)
    own = owned(net)
    held = storages(net, dtype, batch)
    result = []
    for d in range(devices):
        part = [s[d] for s in held_by]
        params = sum(int(p * sum(w.size for w in t.values())) for p, t in zip(part, own, strict=True) if t)
        macs = sum(int(p * c.macs) for p, c in zip(part, found, strict=True) if p) * batch
        activations = sum(int(part[s] * size) for s, size in held.bytes.items() if s >= net.n_inputs)
        result.append(Device(params, macs, activations, _peak(net, held, part, received, d, dtype, batch)))
    return Spread(tuple(result), tuple(crossings))


def shares(net: Net, devices: int, split: bool,
           layers: Mapping[str, Sequence[int]] | None = None) -> list[tuple[Share, ...]]:
    """The part of each node's channels that each device has. Raises as `spread` does."""
    return [_shares(net, i, devices, split, layers or {}) for i in range(len(net.nodes))]


def _shares(net: Net, i: int, devices: int, split: bool, layers: Mapping[str, Sequence[int]]) -> tuple[Share, ...]:
    node = net.nodes[i]
    if i < net.n_inputs:
        return (Share(1),) * devices
    placed = _placed(node.name, layers)
    if placed is not None or not split:
        return tuple(Share(d in (placed or (0,))) for d in range(devices))
    out = calls(net)[i].out
    if out.channels % devices:
        raise node.origin.error(f"{out.channels} channels do not divide over {devices} devices", node.name)
    return (Share(1, devices),) * devices


def _placed(name: str, layers: Mapping[str, Sequence[int]]) -> Sequence[int] | None:
    """Devices of a layer: those of its own name, or of the innermost block around it."""
    while name:
        if name in layers:
            return layers[name]
        name = name.rpartition(".")[0]
    return None


Received = dict[tuple[int, int], list[int]]
"""Bytes that each device receives, by reader and source."""


def _received(net: Net, shares: Sequence[tuple[Share, ...]], dtype: str, batch: int) -> Received:
    found: Received = {}
    for i, (node, call) in enumerate(zip(net.nodes, calls(net), strict=True)):
        for k in node.inputs:
            size = nbytes(call.inputs[node.inputs.index(k)], dtype, batch)
            found[i, k] = [int(size * _missing(node, call.layer.channel_groups(*call.inputs), mine, theirs))
                           for mine, theirs in zip(shares[i], shares[k], strict=True)]
    return found


def _missing(node: Node, groups: int, mine: Share, theirs: Share) -> Share:
    """The part of an input that a device needs and has not."""
    parts = mine.denominator
    needed = Share(0) if not mine else mine if groups % parts == 0 else Share(1)
    return max(needed - theirs, Share(0))


def _peak(net: Net, held: Storages, part: Sequence[Share], received: Received, d: int, dtype: str, batch: int) -> int:
    """Peak of one device in a forward pass; what a layer receives is there while it runs."""
    ends = held.ends()
    extra = beside(net, dtype, batch)
    live = sum(held.bytes[i] for i in range(net.n_inputs))
    most = live
    for i, node in enumerate(net.nodes):
        if i >= net.n_inputs and held.of[i] == i:
            live += int(part[i] * held.bytes[i])
        arrived = sum(received[i, k][d] for k in set(node.inputs))
        most = max(most, live + arrived + int(part[i] * extra[i]))
        live -= sum(int(part[s] * held.bytes[s]) for s in ends.get(i, ()))
    return most
