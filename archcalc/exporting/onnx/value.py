"""A tensor of an ONNX graph with the methods of torch's: each notes down operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.errors import RuleError
from archcalc.exporting.onnx.arithmetic import Arithmetic
from archcalc.exporting.onnx.graph import FLOAT, Batch, Graph, Size
from archcalc.exporting.onnx.sizes import inferred, multiplied


class Value(Arithmetic):
    """A tensor in the graph: its name, its shape with the batch as a `Batch`, its type."""

    def __init__(self, graph: Graph, name: str, shape: Sequence[Size], dtype: str = FLOAT) -> None:
        super().__init__(graph, name, shape, dtype)
        self.device = None

    def detach(self) -> Value:
        return self

    def reshape(self, *shape: Any) -> Value:
        sizes = list(shape[0] if len(shape) == 1 and isinstance(shape[0], (list, tuple)) and not
                     isinstance(shape[0], Batch) else shape)
        return self._reshaped(inferred(self.shape, sizes))

    view = reshape

    def _reshaped(self, shape: Sequence[Size]) -> Value:
        if tuple(shape) == self.shape:
            return self
        return self.op("Reshape", self.ints(*(-1 if isinstance(n, Batch) else n for n in shape)), shape=shape)

    def flatten(self, start: int = 0, end: int = -1) -> Value:
        start, end = self.axis(start), self.axis(end)
        return self._reshaped((*self.shape[:start], multiplied(self.shape[start:end + 1]), *self.shape[end + 1:]))

    def unflatten(self, axis: int, sizes: Sequence[Any]) -> Value:
        axis = self.axis(axis)
        inner = inferred((self.shape[axis],), list(sizes))
        return self._reshaped((*self.shape[:axis], *inner, *self.shape[axis + 1:]))

    def unsqueeze(self, axis: int) -> Value:
        axis = axis % (len(self.shape) + 1)
        return self.op("Unsqueeze", self.ints(axis), shape=(*self.shape[:axis], 1, *self.shape[axis:]))

    def squeeze(self, axis: int) -> Value:
        axis = self.axis(axis)
        return self.op("Squeeze", self.ints(axis), shape=(*self.shape[:axis], *self.shape[axis + 1:]))

    def permute(self, *order: int) -> Value:
        if list(order) == list(range(len(order))):
            return self
        return self.op("Transpose", shape=[self.shape[i] for i in order], perm=list(order))

    def transpose(self, a: int, b: int) -> Value:
        order = list(range(self.ndim))
        order[a], order[b] = order[b], order[a]
        return self.permute(*order)

    def movedim(self, source: int, to: int) -> Value:
        order = [i for i in range(self.ndim) if i != self.axis(source)]
        order.insert(self.axis(to), self.axis(source))
        return self.permute(*order)

    def expand(self, *sizes: Any) -> Value:
        before = len(sizes) - self.ndim
        shape = [self.shape[i - before] if n == -1 else n for i, n in enumerate(sizes)]
        if all(not isinstance(n, Batch) or (i >= before and self.shape[i - before] == n) for i, n in enumerate(shape)):
            wanted = self.ints(*(1 if isinstance(n, Batch) else n for n in shape))
        else:
            wanted = self.sizes(shape)
        return self.op("Expand", wanted, shape=shape)

    def sizes(self, shape: Sequence[Size]) -> str:
        """A vector of sizes in which the batch is read off an input of the graph."""
        first = next(name for name, (dims, _) in self.graph.shapes.items() if dims[:1] == (Batch(),))
        batch, = self.graph.emit("Shape", [first], start=0, end=1)
        parts = [batch if isinstance(n, Batch) else self.ints(n) for n in shape]
        if any(isinstance(n, Batch) and n.times != 1 for n in shape):
            raise RuleError("its ONNX equivalent repeats over a part of the batch, which is not supported")
        found, = self.graph.emit("Concat", parts, axis=0)
        return found

    # Parts

    def slice(self, axis: int, start: int, stop: int, step: int = 1) -> Value:
        """The elements from start up to stop along an axis of known size."""
        axis, n = self.axis(axis), self.shape[self.axis(axis)]
        if isinstance(n, Batch):
            raise RuleError("its ONNX equivalent takes a part of the batch, which is not supported")
        found = range(n)[start:stop:step]
        if len(found) == n and step == 1:
            return self
        return self.op("Slice", self.ints(found.start), self.ints(found.stop), self.ints(axis), self.ints(step),
                       shape=(*self.shape[:axis], len(found), *self.shape[axis + 1:]))

    def narrow(self, axis: int, start: int, length: int) -> Value:
        return self.slice(axis, start, start + length)

    def split(self, sizes: Any, dim: int = 0) -> list[Value]:
        n = self.shape[self.axis(dim)]
        if isinstance(sizes, int):
            assert isinstance(n, int)
            sizes = [min(sizes, n - i) for i in range(0, n, sizes)]
        return self._split([*sizes], self.axis(dim))

    def _split(self, sizes: list[int], axis: int) -> list[Value]:
        if len(sizes) == 1:
            return [self]
        names = self.graph.emit("Split", [self.name, self.ints(*sizes)], len(sizes), axis=axis)
        return [Value(self.graph, name, (*self.shape[:axis], size, *self.shape[axis + 1:]), self.dtype)
                for name, size in zip(names, sizes, strict=True)]

    def chunk(self, chunks: int, dim: int = 0) -> list[Value]:
        n = self.shape[self.axis(dim)]
        assert isinstance(n, int)
        return self.split(-(-n // chunks), dim)

    def roll(self, shifts: Sequence[int], axes: Sequence[int]) -> Value:
        found = self
        for shift, axis in zip(shifts, axes, strict=True):
            n = found.shape[axis]
            assert isinstance(n, int)
            if shift % n:
                parts = [found.slice(axis, n - shift % n, n), found.slice(axis, 0, n - shift % n)]
                found = parts[0].op("Concat", parts[1], shape=found.shape, axis=axis)
        return found

    def __getitem__(self, index: Any) -> Value:
        if isinstance(index, Value):
            return self.op("Gather", index, shape=(*index.shape, *self.shape[1:]), axis=0)
        index = index if isinstance(index, tuple) else (index,)
        if Ellipsis in index:
            place = index.index(Ellipsis)
            given = sum(i is not None for i in index) - 1
            index = (*index[:place], *[slice(None)] * (self.ndim - given), *index[place + 1:])
        found, axis = self, 0
        for part in index:
            if part is None:
                found, axis = found.unsqueeze(axis), axis + 1
            elif isinstance(part, int):
                n = found.shape[axis]
                assert isinstance(n, int)
                found = found.slice(axis, part % n, part % n + 1).squeeze(axis)
            else:
                if part != slice(None):
                    n = found.shape[axis]
                    assert isinstance(n, int)
                    found = found.slice(axis, *part.indices(n))
                axis += 1
        return found

    def index_select(self, axis: int, index: Value) -> Value:
        shape = (*self.shape[:axis], *index.shape, *self.shape[axis + 1:])
        return self.op("Gather", index, shape=shape, axis=axis)

    def repeat_interleave(self, times: int, axis: int) -> Value:
        grown = self.unsqueeze(axis + 1)
        shape = (*self.shape[:axis + 1], times, *self.shape[axis + 1:])
        wanted = self.ints(*(times if i == axis + 1 else 1 for i in range(len(shape))))
        return grown.op("Expand", wanted, shape=shape).flatten(axis, axis + 1)
