"""The arithmetic of a tensor of an ONNX graph, as torch has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from archcalc.exporting.onnx.graph import BOOL, FLOAT, INT, Graph, Shape, Size
from archcalc.exporting.onnx.sizes import broadcast


class Arithmetic:
    """Operators and functions of tensors, element by element and along axes."""

    def __init__(self, graph: Graph, name: str, shape: Sequence[Size], dtype: str = FLOAT) -> None:
        self.graph, self.name, self.dtype = graph, name, dtype
        self.shape: Shape = tuple(shape)
        graph.shapes.setdefault(name, (self.shape, dtype))

    def op(self, op: str, *others: Arithmetic | str, shape: Sequence[Size] | None = None, dtype: str | None = None,
           **attributes: Any) -> Self:
        """What an operator of this and others gives; by default a tensor of this shape and type."""
        names = [o if isinstance(o, str) else o.name for o in others]
        found, = self.graph.emit(op, [self.name, *names], **attributes)
        return type(self)(self.graph, found, self.shape if shape is None else shape, dtype or self.dtype)

    def ints(self, *values: int) -> str:
        """A constant vector of integers."""
        return self.graph.constant(values, (len(values),), INT)

    def to(self, dtype: str) -> Self:
        """The tensor in another type."""
        return self if dtype == self.dtype else self.op("Cast", dtype=dtype, to=dtype)

    def long(self) -> Self:
        return self.to(INT)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def axis(self, which: int) -> int:
        """An axis's number from the front."""
        return which % len(self.shape)

    def _with(self, op: str, other: Any, turned: bool = False, dtype: str | None = None) -> Self:
        a: Any = self
        b: Any = other if isinstance(other, Arithmetic) else self.like(other, op == "Div")
        if FLOAT in (a.dtype, b.dtype) or op == "Div":
            a, b = a.to(FLOAT), b.to(FLOAT)
        elif BOOL in (a.dtype, b.dtype):
            a, b = a.to(INT), b.to(INT)
        a, b = (b, a) if turned else (a, b)
        found: Self = a.op(op, b, shape=broadcast(a.shape, b.shape), dtype=dtype)
        return found

    def like(self, number: float, exact: bool = False) -> Self:
        """A number as a constant, of this type if it can be."""
        whole = self.dtype != FLOAT and isinstance(number, int) and not exact
        dtype = INT if whole else FLOAT
        return type(self)(self.graph, self.graph.constant([number], (), dtype), (), dtype)

    def __add__(self, other: Any) -> Self:
        return self._with("Add", other)

    def __sub__(self, other: Any) -> Self:
        return self._with("Sub", other)

    def __mul__(self, other: Any) -> Self:
        return self._with("Mul", other)

    def __truediv__(self, other: Any) -> Self:
        return self._with("Div", other)

    def __radd__(self, other: Any) -> Self:
        return self._with("Add", other, True)

    def __rmul__(self, other: Any) -> Self:
        return self._with("Mul", other, True)

    def __rpow__(self, other: Any) -> Self:
        return self.to(FLOAT)._with("Pow", float(other), True)

    def __lt__(self, other: Any) -> Self:
        return self._with("Less", other, dtype=BOOL)

    def __gt__(self, other: Any) -> Self:
        return self._with("Greater", other, dtype=BOOL)

    def __neg__(self) -> Self:
        return self.op("Neg")

    def __matmul__(self, other: Self) -> Self:
        shape = (*broadcast(self.shape[:-2], other.shape[:-2]), self.shape[-2], other.shape[-1])
        return self.op("MatMul", other, shape=shape)

    def clamp(self, min: Any = None, max: Any = None) -> Self:
        bounds = ["" if b is None else self.like(b if self.dtype == INT else float(b)).name for b in (min, max)]
        return self.op("Clip", *(bounds if bounds[1] else bounds[:1]))

    def square(self) -> Self:
        return self * self

    def abs(self) -> Self:
        return self.op("Abs")

    def exp(self) -> Self:
        return self.op("Exp")

    def sqrt(self) -> Self:
        return self.op("Sqrt")

    def log(self) -> Self:
        return self.to(FLOAT).op("Log")

    def cos(self) -> Self:
        return self.op("Cos")

    def sin(self) -> Self:
        return self.op("Sin")

    def triu(self, diagonal: int = 0) -> Self:
        return self.op("Trilu", self.graph.constant([diagonal], (), INT), upper=1)

    def reduced(self, op: str, axes: Any, keepdim: bool) -> Self:
        """A reduction along axes."""
        numbers = sorted(self.axis(a) for a in (axes if isinstance(axes, (list, tuple)) else [axes]))
        shape = [1 if i in numbers else n for i, n in enumerate(self.shape) if keepdim or i not in numbers]
        return self.op(op, self.ints(*numbers), shape=shape, keepdims=int(keepdim))

    def mean(self, dim: Any, keepdim: bool = False) -> Self:
        return self.reduced("ReduceMean", dim, keepdim)

    def sum(self, dim: Any, keepdim: bool = False) -> Self:
        return self.reduced("ReduceSum", dim, keepdim)

    def amax(self, dim: Any, keepdim: bool = False) -> Self:
        return self.reduced("ReduceMax", dim, keepdim)

    def amin(self, dim: Any, keepdim: bool = False) -> Self:
        return self.reduced("ReduceMin", dim, keepdim)
