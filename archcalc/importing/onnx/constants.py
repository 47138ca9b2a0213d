"""Constants of an ONNX graph, and what operators make of them: the arithmetic on shapes that exporters write."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import prod
from typing import Any

from archcalc.importing.onnx.state import Constant
from archcalc.importing.onnx.tensors import FLOATS
from archcalc.importing.sketch import Refused
from archcalc.importing.views.batched import Value

MAX_COMPUTED = 1 << 16
"""Numbers that are computed: an index of the pairs of places in a window is made of so many."""


def _divided(a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int):
        return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)     # ONNX rounds to 0
    return a / b


ELEMENTS: dict[str, Callable[..., Any]] = {
    "Add": lambda a, b: a + b, "Sub": lambda a, b: a - b, "Mul": lambda a, b: a * b, "Div": _divided,
    "Equal": lambda a, b: a == b, "Less": lambda a, b: a < b, "Greater": lambda a, b: a > b,
    "LessOrEqual": lambda a, b: a <= b, "GreaterOrEqual": lambda a, b: a >= b, "Not": lambda a: not a,
    "And": lambda a, b: a and b, "Or": lambda a, b: a or b, "Xor": lambda a, b: bool(a) != bool(b),
    "Where": lambda a, b, c: b if a else c, "Neg": lambda a: -a, "Sqrt": lambda a: a ** 0.5, "Abs": abs,
    "Floor": math.floor, "Ceil": math.ceil, "Round": round, "Mod": lambda a, b: a % b, "Max": max, "Min": min,
    "Pow": lambda a, b: a ** b if abs(a) < 1e6 and abs(b) < 64 else math.inf, "Reciprocal": lambda a: 1 / a,
    "Exp": math.exp, "Log": math.log, "Sin": math.sin, "Cos": math.cos, "Sign": lambda a: (a > 0) - (a < 0)}

OF_TRIANGLES = ("Equal", "Not", "Where")
"""Operators with a rule of their own for masks of which only the side of the diagonal is known."""


def numbers(x: Any) -> tuple[Any, ...]:
    """The numbers of a constant."""
    if x is None or isinstance(x, Value) or x.numbers is None:
        raise Refused("depends on numbers that are not in the file")
    return tuple(x.numbers)


def constant(values: Any, dims: tuple[int, ...] | None = None) -> Constant:
    """A constant of the numbers given."""
    values = tuple(values)
    return Constant((len(values),) if dims is None else dims, values, learned=False)


def unknown(dims: Sequence[int], fill: Any = None) -> Constant:
    """A constant whose numbers are too many to be a shape; ``fill`` if all are that."""
    return Constant(tuple(dims), None, learned=False, fill=fill)


def broadcast(*shapes: Sequence[int]) -> tuple[int, ...]:
    """The shape of an operation on constants. Raises `Refused` where they do not fit."""
    size = max(map(len, shapes))
    full = [(*[1] * (size - len(s)), *s) for s in shapes]
    dims = tuple(next((n for n in column if n != 1), 1) for column in zip(*full, strict=True))
    if any(n not in (1, m) for s in full for n, m in zip(s, dims, strict=True)):
        raise Refused("joins constants of different shapes")
    return dims


def spread(x: Constant, dims: Sequence[int]) -> Iterator[Any]:
    """The numbers of a constant repeated to a shape."""
    assert x.numbers is not None
    own = (*[1] * (len(dims) - len(x.dims)), *x.dims)
    steps = [prod(own[i + 1:]) if n > 1 else 0 for i, n in enumerate(own)]
    for place in product(*map(range, dims)):
        yield x.numbers[sum(map(int.__mul__, place, steps))]


def computed(kind: str, operands: Sequence[Any]) -> Constant | None:
    """The constant that an elementwise operator makes of constants, None where it has no such rule.

    >>> computed("Mul", [constant([2, 3]), constant([4], ())]).numbers
    (8, 12)
    """
    if kind not in ELEMENTS or not operands or any(not isinstance(x, Constant) for x in operands):
        return None
    dims = broadcast(*(x.dims for x in operands))
    if kind in OF_TRIANGLES and any(x.triangle for x in operands):
        return None
    if any(x.numbers is None for x in operands) or prod(dims) > MAX_COMPUTED:
        return None if any(x.learned and x.name and prod(x.dims) > 1 for x in operands) else unknown(dims)
    rows = zip(*(spread(x, dims) for x in operands), strict=True)
    try:
        return constant((ELEMENTS[kind](*row) for row in rows), dims)
    except (ArithmeticError, ValueError, TypeError):
        return None


def cast(x: Constant, kind: Any) -> Constant:
    """A constant as another data type of onnx.proto."""
    if x.numbers is None:
        return x if kind == 7 else x._replace(more=None)
    if kind == 9:
        return x._replace(numbers=tuple(bool(n) for n in x.numbers))
    if kind in FLOATS or kind is None:
        return x._replace(numbers=tuple(float(n) for n in x.numbers))
    if not all(math.isfinite(n) for n in x.numbers):
        raise Refused("makes integers of what is no number")
    return x._replace(numbers=tuple(int(n) for n in x.numbers))


def picked(x: Constant, axis: int, places: Sequence[int], inner: tuple[int, ...] | None = None) -> Constant:
    """Elements of an axis of a constant; ``inner`` is the shape that stands in the axis's place."""
    dims = (*x.dims[:axis], *((len(places),) if inner is None else inner), *x.dims[axis + 1:])
    if x.numbers is None:
        return unknown(dims)
    behind, n = prod(x.dims[axis + 1:]), x.dims[axis]
    if any(not -n <= p < n for p in places):
        raise Refused("picks elements that are not there")
    found = (x.numbers[(row * n + p % n) * behind:][:behind] for row in range(prod(x.dims[:axis])) for p in places)
    return constant((v for part in found for v in part), dims)


def permuted(x: Constant, order: Sequence[int]) -> Constant:
    """The axes of a constant in another order; a weight stays the one that it is."""
    dims = tuple(x.dims[i] for i in order)
    if x.numbers is None or x.name is not None:
        return x._replace(dims=dims, numbers=None, more=None)
    steps = [prod(x.dims[i + 1:]) for i in order]
    return constant((x.numbers[sum(map(int.__mul__, place, steps))] for place in product(*map(range, dims))), dims)


def joined(parts: Sequence[Constant], axis: int) -> Constant:
    """Constants joined along an axis."""
    rank = len(parts[0].dims)
    axis %= max(rank, 1)
    dims = (*parts[0].dims[:axis], sum(p.dims[axis] for p in parts), *parts[0].dims[axis + 1:])
    if any(p.numbers is None for p in parts):
        return unknown(dims)
    rows = prod(dims[:axis])
    steps = [prod(p.dims[axis:]) for p in parts]
    return constant((n for row in range(rows) for p, step in zip(parts, steps, strict=True)
                     for n in numbers(p)[row * step:(row + 1) * step]), dims)


def scattered(x: Constant, indices: Constant, updates: Constant) -> Constant:
    """A constant with slices of it replaced (`ScatterND`)."""
    if x.numbers is None or indices.numbers is None or updates.numbers is None:
        return unknown(x.dims)
    found, depth = list(x.numbers), indices.dims[-1]
    step = prod(x.dims[depth:])
    strides = [prod(x.dims[i + 1:]) for i in range(depth)]
    for row in range(prod(indices.dims[:-1])):
        place = indices.numbers[row * depth:(row + 1) * depth]
        start = sum(int(i) % n * s for i, n, s in zip(place, x.dims, strides, strict=False))
        found[start:start + step] = updates.numbers[row * step:(row + 1) * step]
    if len(found) != len(x.numbers):
        raise Refused("replaces what is not there")
    return constant(found, x.dims)


def rounded(value: float) -> float:
    """A number of the file's 32 bits as it was meant: the shortest that gives the same bits.

    >>> rounded(0.10000000149011612)
    0.1
    """
    shorter = (float(f"{value:.{digits}g}") for digits in range(1, 9))
    try:
        bits = struct.pack("<f", value)
        return next((n for n in shorter if struct.pack("<f", n) == bits), float(value))
    except OverflowError:
        return float(value)
