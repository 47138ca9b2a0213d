"""Memory at a type and batch: peak of inference, what is saved for the backward pass, and training.

Peak and saved bytes are those of torch on the CPU: the peak as `torch.fx.Interpreter` has it, which
drops each value after its last reader (the inputs count throughout, parameters and buffers do not);
saved bytes as hooks on saved tensors see them, each storage once, without parameters and buffers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from archcalc.analysis.shapes import Call, calls
from archcalc.analysis.storage import BYTES, Storages, storages
from archcalc.collector import paused
from archcalc.net import Net

OPTIMIZERS = {"sgd": 0, "momentum": 1, "adam": 2}
"""Copies of the parameters that an optimizer keeps."""


class Peak(NamedTuple):
    """The most bytes alive at once, the layer during which, and what is alive then, by name.

    ``minimum`` leaves out what torch has there and mathematics does not need (indices of max pooling).
    """

    bytes: int
    minimum: int
    layer: str
    alive: tuple[tuple[str, int], ...]


class Saved(NamedTuple):
    """Bytes kept for the backward pass; ``minimum`` is what mathematics needs; by layer in order."""

    bytes: int
    minimum: int
    layers: dict[str, int]
    surplus: dict[str, int]
    "Bytes by name of tensor that torch keeps and mathematics does not need."


class Training(NamedTuple):
    """Bytes of a training step. ``working`` is an estimate: the most gradients of activations alive at once
    while everything saved is still held."""

    params: int
    gradients: int
    optimizer: int
    saved: int
    working: int

    @property
    def total(self) -> int:
        """The sum of all."""
        return self.params + self.gradients + self.optimizer + self.saved + self.working


@paused()
def peak(net: Net, dtype: str = "float32", batch: int = 1) -> Peak:
    """The peak of inference of a network in its order of execution."""
    held = storages(net, dtype, batch)
    best = (-1, 0)
    minimum = 0
    for i, live, extra, needed in _steps(net, held, dtype, batch):
        minimum = max(minimum, live + needed)
        if live + extra > best[0]:
            best = (live + extra, i)
    at = best[1]
    alive = [(net.nodes[s].name, size) for s, size in held.bytes.items()
             if size and (s <= at <= held.last[s] or s < net.n_inputs)]
    extras = [(f"{net.nodes[at].name} {name}", size) for name, size, _ in _kept(calls(net)[at], dtype, batch, True)]
    return Peak(best[0], minimum, net.nodes[at].name, tuple(sorted([*alive, *extras], key=lambda a: -a[1])))


@paused()
def liveness(net: Net, dtype: str = "float32", batch: int = 1) -> list[tuple[str, int]]:
    """Bytes alive while each node runs for inference, inputs included, in order of execution; the most is the peak."""
    held = storages(net, dtype, batch)
    return [(net.nodes[i].name, live + extra) for i, live, extra, _ in _steps(net, held, dtype, batch)]


def _steps(net: Net, held: Storages, dtype: str, batch: int) -> Iterator[tuple[int, int, int, int]]:
    """Per node: its index, bytes alive while it runs, and what it needs beside, with torch and at least."""
    ends = held.ends()
    live = sum(held.bytes[i] for i in range(net.n_inputs))
    for i, call in enumerate(calls(net)):
        if i >= net.n_inputs and held.of[i] == i:
            live += held.bytes[i]
        extras = _kept(call, dtype, batch, True)
        yield i, live, sum(size for _, size, _ in extras), sum(needed for _, _, needed in extras)
        for storage in ends.get(i, ()):
            live -= held.bytes[storage]


def beside(net: Net, dtype: str, batch: int) -> list[int]:
    """Bytes that each layer has beside inputs and output while it runs for inference."""
    return [sum(size for _, size, _ in _kept(call, dtype, batch, True)) for call in calls(net)]


def _kept(call: Call, dtype: str, batch: int, inference: bool) -> list[tuple[str, int, int]]:
    """Name, bytes with torch and bytes needed of what a layer keeps beside inputs and output."""
    found = []
    for name, kept in call.keeps.items():
        if kept.inference if inference else kept.backward:
            count = kept.size * (1 if kept.per_batch else batch)
            each = BYTES[dtype] if kept.bytes is None else kept.bytes
            found.append((name, count * each, count * (each if kept.needed is None else min(kept.needed, each))))
    return found


@paused()
def saved(net: Net, dtype: str = "float32", batch: int = 1) -> Saved:
    """What the backward pass keeps of a network in training mode."""
    held = storages(net, dtype, batch)
    total = minimum = sum(held.bytes[s] for s in held.saved)
    layers = {net.nodes[s].name: held.bytes[s] for s in held.saved if held.bytes[s]}
    surplus: dict[str, int] = {}
    for i, (node, call) in enumerate(zip(net.nodes, calls(net), strict=True)):
        for name, size, needed in _kept(call, dtype, batch, False) if held.needs_grad[i] else ():
            total += size
            minimum += needed
            layers[node.name] = layers.get(node.name, 0) + size
            if size > needed:
                surplus[name] = surplus.get(name, 0) + size - needed
    return Saved(total, minimum, layers, surplus)


def training(net: Net, n_params: int, n_tensors: int, dtype: str = "float32", batch: int = 1, optimizer: str = "adam",
             state_dtype: str = "float32", checkpoint: bool = False) -> Training:
    """Bytes of a training step of a network in training mode.

    Adam also keeps a float32 step count per tensor, as torch does. With ``checkpoint``, only what passes
    between top-level blocks is saved, and each block is run again for its backward pass.
    """
    params = n_params * BYTES[dtype]
    states = OPTIMIZERS[optimizer] * n_params * BYTES[state_dtype] + (4 * n_tensors if optimizer == "adam" else 0)
    kept = checkpointed(net, dtype, batch) if checkpoint else saved(net, dtype, batch).bytes
    return Training(params, params, states, kept, _working(net, dtype, batch))


@paused()
def checkpointed(net: Net, dtype: str, batch: int) -> int:
    """Bytes saved with checkpoints at top-level blocks: what passes between them, and the largest inside."""
    held = storages(net, dtype, batch)
    block = [node.name.split(".")[0] for node in net.nodes]
    between = {held.of[k] for i, node in enumerate(net.nodes) for k in node.inputs if block[k] != block[i]}
    inside: dict[str, int] = {}
    for s in held.saved:
        if s not in between:
            inside[block[s]] = inside.get(block[s], 0) + held.bytes[s]
    for i, call in enumerate(calls(net)):
        for _, size, _ in _kept(call, dtype, batch, False) if held.needs_grad[i] else ():
            inside[block[i]] = inside.get(block[i], 0) + size
    return sum(held.bytes[s] for s in between) + max(inside.values(), default=0)


@paused()
def _working(net: Net, dtype: str, batch: int) -> int:
    """Most bytes of activations' gradients alive at once: each from its first use until its maker has run."""
    held = storages(net, dtype, batch)
    live = sum({held.of[k]: held.bytes[held.of[k]] for k in net.outputs}.values())
    alive = {held.of[k] for k in net.outputs}
    most = live
    for i in range(len(net.nodes) - 1, net.n_inputs - 1, -1):
        for k in net.nodes[i].inputs:
            storage = held.of[k]
            if held.needs_grad[k] and held.of[i] != storage and storage not in alive:
                alive.add(storage)
                live += held.bytes[storage]
        most = max(most, live)
        if held.of[i] == i and i in alive:
            alive.remove(i)
            live -= held.bytes[i]
    return most
