"""torch's functions of values as operators of ONNX: ``torch`` and ``torch.nn.functional``."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from archcalc.errors import RuleError
from archcalc.exporting.onnx.graph import FLOAT, INT, Graph, Size
from archcalc.exporting.onnx.modules import attended
from archcalc.exporting.onnx.sizes import broadcast
from archcalc.exporting.onnx.value import Value
from archcalc.layers._facade import Operators


class Functions(Operators):
    """``torch``: its functions of values."""

    int64 = INT

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def __getattr__(self, word: str) -> Any:
        raise RuleError(f"torch.{word} has no equivalent in ONNX here")

    def _number(self, value: float, dtype: str) -> str:
        return self.graph.constant([value], (), dtype)

    @staticmethod
    def cat(values: Sequence[Value], axis: int) -> Value:
        first, axis = values[0], values[0].axis(axis)
        size = sum(v.shape[axis] for v in values)  # type: ignore[misc]
        shape = (*first.shape[:axis], size, *first.shape[axis + 1:])
        return first.op("Concat", *values[1:], shape=shape, axis=axis)

    def arange(self, n: int, device: Any = None) -> Value:
        names = [self._number(v, INT) for v in (0, n, 1)]
        return Value(self.graph, self.graph.emit("Range", names)[0], (n,), INT)

    def full(self, size: Sequence[Size], value: float, device: Any = None) -> Value:
        shape = self.graph.constant(tuple(size), (len(size),), INT)
        return Value(self.graph, self.graph.emit("ConstantOfShape", [shape], value=value)[0], size)

    def full_like(self, of: Value, value: float) -> Value:
        return _filled(of, value)

    def ones_like(self, of: Value) -> Value:
        return _filled(of, 1.0)

    def ones(self, *size: Any) -> Value:
        size = tuple(size[0]) if len(size) == 1 and isinstance(size[0], (tuple, list)) else size
        return Value(self.graph, self.graph.constant([1.0] * prod(size), size, FLOAT), size)

    def zeros(self, size: tuple[int, ...], dtype: str = FLOAT) -> Value:
        return Value(self.graph, self.graph.constant([0] * prod(size), size, dtype), size, dtype)

    def tensor(self, value: float | tuple[float, ...]) -> Value:
        values, shape = (value, (len(value),)) if isinstance(value, tuple) else ((value,), ())
        return Value(self.graph, self.graph.constant(values, shape, FLOAT), shape)

    @staticmethod
    def outer(a: Value, b: Value) -> Value:
        return a.unsqueeze(1) * b.unsqueeze(0)

    @staticmethod
    def where(condition: Value, a: Value, b: Value) -> Value:
        return condition.op("Where", a, b, shape=broadcast(condition.shape, broadcast(a.shape, b.shape)), dtype=a.dtype)

    @staticmethod
    def cartesian_prod(a: Value, b: Value) -> Value:
        m, n = a.shape[0], b.shape[0]
        rows = [a.unsqueeze(1).expand(m, n).reshape(m * n, 1), b.unsqueeze(0).expand(m, n).reshape(m * n, 1)]  # type: ignore[operator]
        return Functions.cat(rows, 1)

    @staticmethod
    def mean(v: Value, axes: Any, keepdim: bool) -> Value:
        return v.mean(axes, keepdim)

    @staticmethod
    def sum(v: Value, axes: Any, keepdim: bool) -> Value:
        return v.sum(axes, keepdim)

    @staticmethod
    def amax(v: Value, axes: Any, keepdim: bool) -> Value:
        return v.amax(axes, keepdim)

    @staticmethod
    def amin(v: Value, axes: Any, keepdim: bool) -> Value:
        return v.amin(axes, keepdim)


def _filled(of: Value, value: float) -> Value:
    shape = of.op("Shape", shape=(of.ndim,), dtype=INT)
    return shape.op("ConstantOfShape", shape=of.shape, dtype=FLOAT, value=value)


class Functional:
    """``torch.nn.functional``."""

    @staticmethod
    def pad(v: Value, pads: Sequence[int], mode: str = "constant", value: float | None = 0.0) -> Value:
        before, after = [0] * v.ndim, [0] * v.ndim
        for i in range(len(pads) // 2):
            before[-1 - i], after[-1 - i] = pads[2 * i], pads[2 * i + 1]
        shape = [n if not (a or b) else n + a + b for n, a, b in zip(v.shape, before, after, strict=True)]  # type: ignore[operator]
        names = {"replicate": "edge", "circular": "wrap"}
        filler = [v.like(float(value or 0.0))] if mode == "constant" else []
        return v.op("Pad", v.ints(*before, *after), *filler, shape=shape, mode=names.get(mode, mode))

    @staticmethod
    def conv2d(v: Value, weight: Value, bias: Value | None = None, stride: Sequence[int] = (1, 1),
               padding: Sequence[int] = (0, 0), dilation: Sequence[int] = (1, 1), groups: Any = 1) -> Value:
        if not isinstance(groups, int):
            raise RuleError("it is a convolution in as many groups as there are samples, a number that ONNX fixes")
        kernel = weight.shape[2:]
        space = [(n + 2 * p - d * (k - 1) - 1) // s + 1  # type: ignore[operator]
                 for n, k, s, p, d in zip(v.shape[2:], kernel, stride, padding, dilation, strict=True)]
        return v.op("Conv", *filter(None, [weight, bias]), shape=(v.shape[0], weight.shape[0], *space),
                    kernel_shape=kernel, strides=stride, pads=(*padding, *padding), dilations=dilation, group=groups)

    @staticmethod
    def normalize(v: Value, dim: int) -> Value:
        return v / v.reduced("ReduceL2", dim, True).clamp(min=1e-12)

    @staticmethod
    def scaled_dot_product_attention(q: Value, k: Value, v: Value, attn_mask: Value | None = None,
                                     is_causal: bool = False, scale: float | None = None,
                                     enable_gqa: bool = False) -> Value:
        width, times = q.shape[-1], q.shape[-3] // k.shape[-3]  # type: ignore[operator]
        assert isinstance(width, int)
        if times > 1:
            k, v = k.repeat_interleave(times, k.ndim - 3), v.repeat_interleave(times, v.ndim - 3)
        if is_causal:
            size = (q.shape[-2], k.shape[-2])
            attn_mask = Functions(q.graph).full(size, float("-inf")).triu(1)
        return attended(q, k, v, attn_mask, width**-0.5 if scale is None else scale)
