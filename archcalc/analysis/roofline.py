"""The roofline: how long a network's arithmetic and its traffic with memory take at a device's peaks.

Williams, Waterman, Patterson: Roofline: An Insightful Visual Performance Model for Multicore Architectures, 2009.
A layer takes the longer of FLOPs / peak and bytes / bandwidth. This is an estimate, and no bound: algorithms of
fewer products (Winograd's) and caches may beat it. The floor is what neither can.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from archcalc.analysis.parameters import owned
from archcalc.analysis.shapes import Call, calls
from archcalc.analysis.storage import BYTES, nbytes, storages
from archcalc.dims import product
from archcalc.net import Net
from archcalc.tensor import Weights


class Peaks(NamedTuple):
    """What a device does at most: FLOPs and bytes of memory per second, and bytes that its cache holds."""

    flops: float
    bandwidth: float
    cache: int = 0


class Cost(NamedTuple):
    """A layer's FLOPs in a forward pass, and the bytes that it reads and writes."""

    name: str
    flops: int
    bytes: int

    @property
    def intensity(self) -> Fraction | None:
        """FLOPs per byte; None for a view, which moves nothing."""
        return Fraction(self.flops, self.bytes) if self.bytes else None


class Roofline(NamedTuple):
    """Seconds of a forward pass: the sum over layers, and the ``floor``, below which none can be.

    ``arithmetic`` are the seconds of layers that arithmetic bounds; memory bounds the others.
    """

    seconds: float
    arithmetic: float
    floor: float


def costs(net: Net, dtype: str = "float32", batch: int = 1) -> list[Cost]:
    """Each layer's FLOPs and bytes, in order.

    A layer reads its inputs, parameters and buffers and writes its output, each once; a view moves nothing, and a
    layer without arithmetic (a concatenation, an embedding) reads as many bytes as it writes.
    """
    varies = storages(net, dtype, batch).varies
    sizes = [nbytes(call.out, dtype, batch if each else 1) for call, each in zip(calls(net), varies, strict=True)]
    found = []
    for i, (node, call) in enumerate(zip(net.nodes, calls(net), strict=True)):
        flops = call.flops * (batch if varies[i] else 1)
        read = sum(sizes[k] for k in set(node.inputs)) + _bytes(call.params, dtype) + _bytes(call.buffers, dtype)
        moved = 0 if call.layer.reuse == "view" else sizes[i] + (read if flops else sizes[i])
        found.append(Cost(node.name, flops, moved))
    return found[net.n_inputs:]


def roofline(net: Net, peaks: Peaks, dtype: str = "float32", batch: int = 1) -> Roofline:
    """The time of a forward pass at a device's peaks."""
    times = [(cost.flops / peaks.flops, cost.bytes / peaks.bandwidth) for cost in costs(net, dtype, batch)]
    return Roofline(sum(map(max, times)), sum(a for a, b in times if a > b), _floor(net, peaks, dtype, batch))


def _floor(net: Net, peaks: Peaks, dtype: str, batch: int) -> float:
    """Seconds that no algorithm and no cache can go below.

    Any bilinear algorithm of convolution has at least one product for each output and pair of channels (Winograd
    1980), where the direct one has the kernel's area of them; causal attention may skip half of its products. Of
    the weights that are multiplied, what the cache cannot hold from the last pass must be read.
    """
    varies = storages(net, dtype, batch).varies
    products = sum(Fraction(call.macs * (batch if each else 1), _saving(call))
                   for call, each in zip(calls(net), varies, strict=True))
    read = sum(_bytes(own, dtype) for own, call in zip(owned(net), calls(net), strict=True) if call.macs)
    return max(float(2 * products) / peaks.flops, max(read - peaks.cache, 0) / peaks.bandwidth)


def _saving(call: Call) -> int:
    """By how much an algorithm can divide a layer's products at most."""
    areas = [product(n for name, n in w.axes if name.startswith("kernel")) for w in call.params.values()]
    return int(max(areas, default=1)) * (2 if getattr(call.layer, "causal", False) else 1)


def _bytes(tensors: Weights, dtype: str) -> int:
    return sum(w.size * (8 if w.role == "index" else BYTES[dtype]) for w in tensors.values())
