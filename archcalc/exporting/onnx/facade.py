"""The facade that kinds see when their torch equivalent is written as ONNX operators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from archcalc.errors import RuleError
from archcalc.exporting.onnx.graph import FLOAT, INT, Graph, Size
from archcalc.exporting.onnx.modules import Module, Modules, attended
from archcalc.exporting.onnx.sizes import broadcast
from archcalc.exporting.onnx.value import Value
from archcalc.layers._facade import Facade, Operators


class _Parts:
    """A module as its own function sees it: its parts by name."""


class Functions(Operators):
    """``torch``: its functions of values."""

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

    def tensor(self, value: float) -> Value:
        return Value(self.graph, self._number(value, FLOAT), ())

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


class OnnxTorch(Facade):
    """torch as kinds see it, for one graph."""

    F = Functional()

    def __init__(self, graph: Graph) -> None:
        self.graph, self.nn, self.torch = graph, Modules(graph), Functions(graph)

    @staticmethod
    def function(function: Callable[..., Any]) -> Any:
        return function

    def around(self, inner: Any, before: Callable[..., Any], after: Callable[..., Any]) -> Any:
        return lambda *x: after(inner(before(*x)))

    def module(self, function: Callable[..., Any], **parts: Any) -> Any:
        held = _Parts()
        for word, part in parts.items():
            if isinstance(part, Module):
                part.word = word
            elif isinstance(part, tuple):
                part = Value(self.graph, self.graph.tensor(word, part), part)
            else:  # a buffer: its values are the graph's, if it is not one that is learnt
                part = self._buffer(word, part)
            setattr(held, word, part)
        return lambda *x: function(held, *x)

    def _buffer(self, word: str, value: Value) -> Value:
        if value.name in self.graph.constants:
            return Value(self.graph, self.graph.tensor(word, value.shape), value.shape)  # type: ignore[arg-type]
        return value

    @staticmethod
    def parameter(*shape: int) -> tuple[int, ...]:
        return shape

    def torchvision(self, module: str) -> Any:
        if module != "models.swin_transformer":
            raise RuleError("its equivalent is a module of torchvision, which has none in ONNX here")
        from archcalc.exporting.onnx.swin import Swin

        return Swin(self)
