"""torch's pooling as operators of ONNX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from archcalc.errors import RuleError
from archcalc.exporting.onnx.graph import FLOAT
from archcalc.exporting.onnx.value import Value

Run = Callable[..., Value]


def _per_axis(value: Any, rank: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * rank


def _positions(n: Any, k: int, s: int, p: int, d: int, ceil: bool) -> Any:
    room = n + 2 * p - d * (k - 1) - 1
    return min(-(-room // s) + 1, -(-(n + p) // s)) if ceil else room // s + 1


def maximum(rank: int, kernel: Any, stride: Any, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False) -> Run:
    """`torch.nn.MaxPool`: the last windows' overhang is padding, which no maximum sees."""
    kernel, stride, padding, dilation = (_per_axis(v, rank) for v in (kernel, stride, padding, dilation))

    def run(m: Any, x: Value) -> Value:
        space, behind = [], []
        for n, k, s, p, d in zip(x.shape[2:], kernel, stride, padding, dilation, strict=True):
            assert isinstance(n, int)
            space.append(_positions(n, k, s, p, d, ceil_mode))
            behind.append(max((space[-1] - 1) * s + d * (k - 1) + 1 - n - p, p if not ceil_mode else 0))
        return x.op("MaxPool", shape=(*x.shape[:2], *space), kernel_shape=kernel, strides=stride,
                    pads=[*padding, *behind], dilations=dilation)
    return run


def average(rank: int, kernel: Any, stride: Any, padding: Any = 0, ceil_mode: bool = False,
            count_include_pad: bool = True) -> Run:
    """`torch.nn.AvgPool`."""
    kernel, stride, padding = (_per_axis(v, rank) for v in (kernel, stride, padding))

    def run(m: Any, x: Value) -> Value:
        space = [_positions(n, k, s, p, 1, ceil_mode)
                 for n, k, s, p in zip(x.shape[2:], kernel, stride, padding, strict=True)]
        over = any((o - 1) * s + k > n + 2 * p
                   for o, s, k, n, p in zip(space, stride, kernel, x.shape[2:], padding, strict=True))
        return x.op("AveragePool", shape=(*x.shape[:2], *space), kernel_shape=kernel, strides=stride, pads=padding * 2,
                    ceil_mode=int(over), count_include_pad=int(count_include_pad))
    return run


def _bounds(n: int, m: int) -> list[tuple[int, int]]:
    """Where each of m windows of adaptive pooling over n begins and ends."""
    return [(i * n // m, -(-(i + 1) * n // m)) for i in range(m)]


def adaptive_average(rank: int, size: Any) -> Run:
    """`torch.nn.AdaptiveAvgPool`: a pooling where sizes divide, else a product with each axis's matrix of means."""
    def run(m: Any, x: Value) -> Value:
        sizes = _per_axis(size, rank)
        even = _even(x, sizes)
        if even is not None:
            return x.op("AveragePool", shape=(*x.shape[:2], *sizes), kernel_shape=even, strides=even)
        for axis, (n, out) in enumerate(zip(x.shape[2:], sizes, strict=True), 2):
            assert isinstance(n, int)
            shares = [1 / (last - first) if first <= i < last else 0.0
                      for i in range(n) for first, last in _bounds(n, out)]
            means = Value(x.graph, x.graph.constant(shares, (n, out), FLOAT), (n, out))
            x = (x.movedim(axis, -1) @ means).movedim(-1, axis)
        return x
    return run


def adaptive_maximum(rank: int, size: Any) -> Run:
    """`torch.nn.AdaptiveMaxPool`: a pooling where sizes divide, else a maximum of each window of each axis."""
    def run(m: Any, x: Value) -> Value:
        sizes = _per_axis(size, rank)
        even = _even(x, sizes)
        if even is not None:
            return x.op("MaxPool", shape=(*x.shape[:2], *sizes), kernel_shape=even, strides=even)
        for axis, (n, out) in enumerate(zip(x.shape[2:], sizes, strict=True), 2):
            assert isinstance(n, int)
            parts = [x.slice(axis, *bounds).amax(axis, True) for bounds in _bounds(n, out)]
            shape = (*x.shape[:axis], out, *x.shape[axis + 1:])
            x = parts[0].op("Concat", *parts[1:], shape=shape, axis=axis) if out > 1 else parts[0]
        return x
    return run


def _even(x: Value, sizes: Sequence[int]) -> tuple[int, ...] | None:
    found = []
    for n, out in zip(x.shape[2:], sizes, strict=True):
        if not isinstance(n, int):
            raise RuleError("its ONNX equivalent pools along the batch")
        if n % out:
            return None
        found.append(n // out)
    return tuple(found)
