"""Storages: which outputs share memory, how large they are, and when they are last read."""

from __future__ import annotations

from archcalc.analysis.shapes import Call, calls
from archcalc.net import Net
from archcalc.tensor import Tensor

BYTES = {"bool": 1, "int8": 1, "uint8": 1, "float16": 2, "bfloat16": 2, "int16": 2, "int32": 4, "float32": 4,
         "int64": 8, "float64": 8}


def nbytes(x: Tensor, dtype: str, batch: int) -> int:
    """Bytes of a batch of a tensor; ``dtype`` is that of floating-point tensors."""
    size: int = x.size * batch * BYTES[x.dtype or dtype]
    return size


class Storages:
    """``of`` is each node's storage, named by the node that made it; ``bytes`` and ``last`` are by storage.

    ``last`` is the index of the last node that reads a storage, or that of the end for outputs, for
    inputs (which their caller holds) and for what nobody reads. ``saved`` are the storages that the
    backward pass keeps; ``needs_grad`` says of each node whether the backward pass reaches it, ``varies``
    whether it differs from sample to sample: what does not is there once, whatever the batch.
    """

    def __init__(self) -> None:
        self.of: list[int] = []
        self.bytes: dict[int, int] = {}
        self.last: dict[int, int] = {}
        self.saved: dict[int, None] = {}
        self.needs_grad: list[bool] = []
        self.varies: list[bool] = []

    def ends(self) -> dict[int, list[int]]:
        """Storages by the index of the last node that reads them."""
        found: dict[int, list[int]] = {}
        for storage, last in self.last.items():
            found.setdefault(last, []).append(storage)
        return found


def storages(net: Net, dtype: str, batch: int) -> Storages:
    """The storages of a network in its mode; what is kept for the backward pass only in training.

    A view has its input's storage; if it sees nothing of its input, it is a view of its own parameters, which do
    not count. A layer that works in place overwrites its input's storage if nothing reads that later, the backward
    pass included, and if it is not the network's input.
    """
    found = Storages()
    last = last_readers(net)
    training = net.mode == "train"
    for i, (node, call) in enumerate(zip(net.nodes, calls(net), strict=True)):
        first = found.of[node.inputs[0]] if node.inputs else i
        view = call.layer.reuse == "view"
        own = bool(node.inputs) and not call.sights
        found.varies.append(not node.inputs or any(found.varies[node.inputs[s.input]] for s in call.sights))
        shared = (view and not own) or _overwrites(net, found, call, first, i, dtype, batch)
        storage = first if shared and node.inputs else i
        found.of.append(storage)
        if storage == i:
            found.bytes[i] = 0 if view and own else nbytes(call.out, dtype, batch if found.varies[i] else 1)
        found.last[storage] = max(found.last.get(storage, 0), last[i])
        grad = bool(call.params) or any(found.needs_grad[k] for k in node.inputs)
        found.needs_grad.append(grad)
        if training and grad:  # x keeps all inputs, a digit the input of that number, y the output
            found.saved.update({found.of[k]: None for at, k in enumerate(node.inputs)
                                if "x" in call.saved or str(at) in call.saved})
            if "y" in call.saved:
                found.saved[storage] = None
    return found


def _overwrites(net: Net, found: Storages, call: Call, first: int, i: int, dtype: str, batch: int) -> bool:
    return (getattr(call.layer, "inplace", False) and first >= net.n_inputs and found.last[first] <= i
            and first not in found.saved and found.bytes[first] == nbytes(call.out, dtype, batch))


def last_readers(net: Net) -> list[int]:
    """Index of the last reader of each node; one past the last node for outputs, inputs and unread nodes."""
    end = len(net.nodes)
    last = [-1] * end
    for i, node in enumerate(net.nodes):
        for k in node.inputs:
            last[k] = i
    for k in (*net.outputs, *range(net.n_inputs)):
        last[k] = end
    return [end if k < 0 else k for k in last]
