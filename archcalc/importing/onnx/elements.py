"""Elements of constants that a file computes and that are too many to list: each is computed when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import nan, prod
from typing import Any

from archcalc.importing.onnx.constants import ELEMENTS
from archcalc.importing.onnx.file import Operation
from archcalc.importing.onnx.state import Constant, State
from archcalc.importing.onnx.tensors import FLOATS

Place = tuple[int, ...]
Read = Callable[[Place], Any]
"""The element of a tensor at a place."""

DEEPEST = 48
"""Nodes between a constant and what it is computed of."""


class Elements(Sequence[Any]):
    """The numbers of a constant in order, computed one by one; those that cannot be are no number, like nothing."""

    def __init__(self, dims: Sequence[int], read: Read) -> None:
        self.dims, self.read = tuple(dims), read

    def __len__(self) -> int:
        return prod(self.dims)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        try:
            return self.read(_place(index, self.dims))
        except (ArithmeticError, ValueError, TypeError, IndexError):
            return nan


def elements(state: State, x: Constant, operation: Operation) -> Sequence[Any] | None:
    """The numbers of an operand of a node, where they can be computed."""
    if x.known is not None:
        return x.known
    name = next((name for name in operation.inputs if state.known.get(name) is x), None)
    read = None if name is None else _read(state, name, {}, 0)
    return None if read is None else Elements(x.dims, read)


def _place(index: int, dims: Sequence[int]) -> Place:
    found = []
    for n in reversed(dims):
        index, at = divmod(index, n)
        found.append(at)
    return tuple(reversed(found))


def _index(place: Place, dims: Sequence[int]) -> int:
    index = 0
    for at, n in zip(place, dims, strict=True):
        index = index * n + at
    return index


def _read(state: State, name: str, seen: dict[str, Read | None], depth: int) -> Read | None:
    """How to read a tensor at a place; None where it depends on more than numbers, or in ways that are not followed."""
    if name not in seen:
        seen[name] = _found(state, name, seen, depth)
    return seen[name]


def _found(state: State, name: str, seen: dict[str, Read | None], depth: int) -> Read | None:
    x, maker = state.known.get(name), state.maker(name)
    if not isinstance(x, Constant) or depth > DEEPEST:
        return None
    if (known := x.known) is not None:
        dims = x.dims
        return lambda place: known[_index(place, dims)]
    if maker is None or maker.outputs[0] != name:
        return None
    sources = [state.known.get(i) for i in maker.inputs]
    if any(not isinstance(s, Constant) for s, i in zip(sources, maker.inputs, strict=True) if i):
        return None
    rule = _RULES.get(maker.kind) or (_elementwise if maker.kind in ELEMENTS else None)
    count = 1 if rule in (_same_order, _spread, _turned, _cast) else len(maker.inputs)
    reads = [_read(state, i, seen, depth + 1) if i else None for i in maker.inputs[:count]]
    if rule is None or any(r is None for r, i in zip(reads, maker.inputs, strict=False) if i):
        return None
    return rule(maker, x.dims, [None if s is None else s.dims for s in sources], reads)


def _at(place: Place, dims: Place) -> Place:
    """The place in a tensor that is repeated along axes to give another."""
    last = place[len(place) - len(dims):]
    return tuple(0 if n == 1 else i for i, n in zip(last, dims, strict=True))


def _elementwise(op: Operation, dims: Place, shapes: list[Any], reads: list[Any]) -> Read:
    function = ELEMENTS[op.kind]
    return lambda place: function(*(read(_at(place, s)) for read, s in zip(reads, shapes, strict=True)))


def _picked(op: Operation, dims: Place, shapes: list[Any], reads: list[Any]) -> Read:
    """Of two elements only the one that is picked is computed: the logarithm of 0 is what the other is for."""
    def read(place: Place) -> Any:
        which = 1 if reads[0](_at(place, shapes[0])) else 2
        return reads[which](_at(place, shapes[which]))
    return read


def _same_order(op: Operation, dims: Place, shapes: list[Any], reads: list[Any]) -> Read | None:
    return (lambda place: reads[0](_place(_index(place, dims), shapes[0]))) if prod(dims) == prod(shapes[0]) else None


def _spread(op: Operation, dims: Place, shapes: list[Any], reads: list[Any]) -> Read:
    return lambda place: reads[0](_at(place, shapes[0]))


def _turned(op: Operation, dims: Place, shapes: list[Any], reads: list[Any]) -> Read:
    order = op.attributes.get("perm") or range(len(dims))[::-1]
    return lambda place: reads[0](tuple(place[list(order).index(i)] for i in range(len(dims))))


def _cast(op: Operation, dims: Place, shapes: list[Any], reads: list[Any]) -> Read:
    to = op.attributes.get("to")
    made = bool if to == 9 else float if to in FLOATS else int
    return lambda place: made(reads[0](place))


def _joined(op: Operation, dims: Place, shapes: list[Any], reads: list[Any]) -> Read:
    axis = op.attributes.get("axis", 0) % len(dims)

    def read(place: Place) -> Any:
        at = place[axis]
        for part, shape in zip(reads, shapes, strict=True):
            if at < shape[axis]:
                return part((*place[:axis], at, *place[axis + 1:]))
            at -= shape[axis]
        raise IndexError
    return read


def _product(op: Operation, dims: Place, shapes: list[Any], reads: list[Any]) -> Read | None:
    (a, b), (one, other) = shapes, reads
    if min(len(a), len(b)) < 2:
        return None
    return lambda place: sum(one(_at((*place[:-1], k), a)) * other(_at((*place[:-2], k, place[-1]), b))
                             for k in range(a[-1]))


def _outer(op: Operation, dims: Place, shapes: list[Any], reads: list[Any]) -> Read | None:
    words, _, out = op.attributes.get("equation", "").replace(" ", "").partition("->")
    one, _, other = words.partition(",")
    if len(one) != 1 or len(other) != 1 or out != one + other:
        return None
    return lambda place: reads[0](place[:1]) * reads[1](place[1:])


def _range(op: Operation, dims: Place, shapes: list[Any], reads: list[Any]) -> Read:
    start, step = reads[0](()), reads[2](())
    return lambda place: start + place[0] * step


def _clipped(op: Operation, dims: Place, shapes: list[Any], reads: list[Any]) -> Read:
    low, high = (read(()) if read is not None else None for read in (*reads[1:], None, None)[:2])

    def read(place: Place) -> Any:
        found = reads[0](place)
        found = found if low is None else max(found, low)
        return found if high is None else min(found, high)
    return read


def _taken(op: Operation, dims: Place, shapes: list[Any], reads: list[Any]) -> Read:
    axis, rank = op.attributes.get("axis", 0) % len(shapes[0]), len(shapes[1])
    n = shapes[0][axis]
    return lambda place: reads[0]((*place[:axis], int(reads[1](place[axis:axis + rank])) % n, *place[axis + rank:]))


def _cut(op: Operation, dims: Place, shapes: list[Any], reads: list[Any]) -> Read | None:
    starts, ends, *more = ([read((i,)) for i in range(prod(shape))] for read, shape in
                           zip(reads[1:], shapes[1:], strict=True))
    axes = more[0] if more else range(len(starts))
    steps = more[1] if len(more) > 1 else [1] * len(starts)
    ranges = [range(n) for n in shapes[0]]
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        at = int(axis) % len(ranges)
        ranges[at] = ranges[at][slice(int(start), int(end), int(step))]
    return lambda place: reads[0](tuple(r[i] for r, i in zip(ranges, place, strict=True)))


_RULES: dict[str, Callable[[Operation, Place, list[Any], list[Any]], Read | None]] = {
    **dict.fromkeys(("Reshape", "Unsqueeze", "Squeeze", "Flatten", "Identity"), _same_order), "Expand": _spread,
    "Transpose": _turned, "Cast": _cast, "Concat": _joined, "MatMul": _product, "Einsum": _outer, "Range": _range,
    "Clip": _clipped, "Where": _picked, "Gather": _taken, "Slice": _cut}
