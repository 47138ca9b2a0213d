"""torch's normalizations as operators of ONNX."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any

from archcalc.exporting.onnx.value import Value

Run = Callable[..., Any]


def batch_norm(rank: int, channels: int, eps: float, momentum: float, affine: bool = True) -> Run:
    """`torch.nn.BatchNorm`."""
    def run(m: Any, x: Value) -> Value:
        given = [m.norm(word, affine, channels) for word in ("weight", "bias")]
        kept = [m.tensor(word, channels) for word in ("running_mean", "running_var")]
        return x.op("BatchNormalization", *given, *kept, epsilon=eps, momentum=1 - momentum)
    return run


def layer_norm(shape: Any, eps: float, affine: bool = True, bias: bool = True) -> Run:
    """`torch.nn.LayerNorm`."""
    shape = tuple(shape)

    def run(m: Any, x: Value) -> Value:
        given = [m.norm("weight", affine, *shape), *([m.tensor("bias", *shape)] if affine and bias else [])]
        return x.op("LayerNormalization", *given, axis=-len(shape), epsilon=eps)
    return run


def group_norm(groups: int, channels: int, eps: float, affine: bool = True) -> Run:
    """`torch.nn.GroupNorm`."""
    def run(m: Any, x: Value) -> Value:
        given = [m.norm(word, affine, channels) for word in ("weight", "bias")]
        return x.op("GroupNormalization", *given, num_groups=groups, epsilon=eps)
    return run


def instance_norm(rank: int, channels: int, eps: float, affine: bool = False) -> Run:
    """`torch.nn.InstanceNorm`."""
    return lambda m, x: x.op("InstanceNormalization", *(m.norm(w, affine, channels) for w in ("weight", "bias")),
                             epsilon=eps)


def rms_norm(channels: int, eps: float, affine: bool = True) -> Run:
    """`torch.nn.RMSNorm`, by its definition."""
    def run(m: Any, x: Value) -> Value:
        out = x / (x.square().mean([-1], True) + eps).op("Sqrt")
        return out * m.tensor("weight", channels) if affine else out
    return run


def local_response_norm(size: int, alpha: float, beta: float, k: float) -> Run:
    """`torch.nn.LocalResponseNorm`."""
    def even(m: Any, x: Value) -> Value:
        """torch's windows, which ONNX would centre otherwise: one more channel before than behind."""
        sides = [0, size // 2, *[0] * (x.ndim - 2)], [0, (size - 1) // 2, *[0] * (x.ndim - 2)]
        channels: Any = x.shape[1]
        squares = x.square().op("Pad", x.ints(*sides[0], *sides[1]), x.like(0.0),
                                shape=(x.shape[0], channels + size - 1, *x.shape[2:]), mode="constant")
        total = reduce(add, (squares.narrow(1, i, channels) for i in range(size)))
        return x / (total * (alpha / size) + k).op("Pow", x.like(beta))

    def odd(m: Any, x: Value) -> Value:
        space = x.shape[2:]     # of which onnxruntime wants two
        flat = x if len(space) == 2 else x.reshape(*x.shape[:2], 1, -1)
        out = flat.op("LRN", size=size, alpha=alpha, beta=beta, bias=k)
        return out if len(space) == 2 else out.reshape(*x.shape)
    return odd if size % 2 else even
