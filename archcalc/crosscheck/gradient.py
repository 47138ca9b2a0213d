"""Receptive fields by gradients: where a unit's gradient is not 0, it depends on the pixel."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

import torch
from torch import nn

from archcalc.analysis.shapes import calls
from archcalc.crosscheck.build import Built
from archcalc.crosscheck.facade import Torch
from archcalc.net import Net

FLOOR = 1e-42
"""A gradient so much smaller than the largest is none: windows of attention are masked with −100 where −∞ is
meant, which leaves e⁻¹⁰⁰ ≈ 4·10⁻⁴⁴. The rim of fifty 3×3 convolutions is at 3⁻⁵⁰ ≈ 10⁻²⁴."""


class Gradients:
    """A network run once on ones with every weight 1/n, and the gradients of its units.

    Gradients stop at the layers in ``stopped``. All in float64 on the CPU.
    """

    def __init__(self, net: Net, stopped: Iterable[str] = ()) -> None:
        self.net = net
        model = Built(net, _positive(), dtype=torch.float64).eval()
        with torch.no_grad():
            for name, tensor in model.named_parameters():
                tensor.fill_(0 if name.endswith("bias") else 1 / prod(tensor.shape[1:]))
        for name in stopped:
            model.layer(name).register_forward_hook(lambda module, given, out: out.detach())
        given = {name: torch.ones_like(x).requires_grad_() for name, x in model.example().items()}
        self.values = {**given, **dict(model.steps(given))}

    def box(self, layer: str, unit: tuple[int, ...], source: str) -> tuple[range, ...]:
        """The bounding box of the non-zero gradient of a unit, all channels of it together."""
        spaces = {name: call.out.space for name, call in zip(self.net.index, calls(self.net), strict=True)}
        place: list[Any] = [slice(None)] * self.values[layer].ndim
        for axis, i in zip(spaces[layer], unit, strict=True):
            place[axis + 1] = i
        total = self.values[layer][tuple(place)].sum()
        gradient = torch.zeros_like(self.values[source])
        if total.requires_grad:
            gradient, = torch.autograd.grad(total, self.values[source], retain_graph=True, materialize_grads=True)
        found = (gradient[0].abs() > FLOOR * gradient.abs().max()).nonzero()
        ends = [(int(found[:, axis].min()), int(found[:, axis].max())) if len(found) else (0, -1)
                for axis in spaces[source]]
        return tuple(range(first, last + 1) for first, last in ends)


def _mean(rank: int) -> Any:
    """A stand-in for torch's max pooling of the rank: the mean of each window, zeros for its padding."""
    pooling, conv = getattr(nn, f"MaxPool{rank}d"), getattr(nn.functional, f"conv{rank}d")

    def made(kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool = False) -> Any:
        shape = pooling(kernel, stride, padding, dilation, ceil_mode=ceil_mode)
        weight = torch.full((1, 1, *kernel), 1 / prod(kernel), dtype=torch.float64)
        pads = padding if isinstance(padding, tuple) else (padding,) * rank

        def run(x: Any) -> Any:
            with torch.no_grad():
                sizes = shape(x).shape[2:]
            behind = [max((m - 1) * s + d * (k - 1) + 1 - n - p, 0) for m, s, d, k, n, p in
                      zip(sizes, stride, dilation, kernel, x.shape[2:], pads, strict=True)]
            flat = [v for pair in reversed(list(zip(pads, behind, strict=True))) for v in pair]
            channels = x.shape[1]
            out = conv(nn.functional.pad(x, flat), weight.expand(channels, *weight.shape[1:]), None, stride, 0,
                       dilation, channels)
            return out[(..., *(slice(m) for m in sizes))]

        return Torch.function(run)
    return made


def _positive() -> Any:
    """torch in which no gradient vanishes by chance: means for maxima, sums for products, no norms, no ceiling."""
    class Operations:
        mul = staticmethod(torch.add)

        def __getattr__(self, name: str) -> Any:
            return getattr(torch, name)

    class Modules:
        MaxPool1d, MaxPool2d, MaxPool3d = (staticmethod(_mean(rank)) for rank in (1, 2, 3))
        BatchNorm2d = LayerNorm = LocalResponseNorm = ReLU6 = staticmethod(lambda *_: nn.Identity())

        def __getattr__(self, name: str) -> Any:
            return getattr(nn, name)

    class Positive(Torch):
        nn, torch = Modules(), Operations()

        def padded(self, module: Any, pads: Any, value: float = 0.0) -> Any:
            return super().padded(module, pads, value if value == 1 else 0.0)

    return Positive()
