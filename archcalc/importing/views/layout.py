"""Views of a tensor as arithmetic: which element of a base stands where, through any chain of reshapes,
permutations and slices.

Each axis of a view is a list of factors (n, stride) over the elements of its base, the slowest first. A reshape
joins and splits factors, a permutation moves axes, a slice shortens one; so two chains give the same tensor exactly
when their layouts are equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import prod
from operator import mul
from typing import NamedTuple

Factors = tuple[tuple[int, int], ...]


class Layout(NamedTuple):
    """A view: the factors of each axis, and the first element."""

    axes: tuple[Factors, ...]
    offset: int = 0

    @property
    def dims(self) -> tuple[int, ...]:
        return tuple(prod(n for n, _ in axis) for axis in self.axes)


def whole(dims: Sequence[int]) -> Layout:
    """The base itself.

    >>> whole((2, 1, 3))
    Layout(axes=(((2, 3),), (), ((3, 1),)), offset=0)
    """
    strides = list(accumulate([1, *reversed(dims[1:])], mul))[::-1] if dims else []
    return Layout(tuple(_joined([(n, s)]) for n, s in zip(dims, strides, strict=True)))


def _joined(factors: Iterable[tuple[int, int]]) -> Factors:
    """Factors without those of 1, neighbours that run on as one."""
    found: list[tuple[int, int]] = []
    for n, s in factors:
        if n == 1:
            continue
        if found and found[-1][1] == n * s:
            found[-1] = (found[-1][0] * n, s)
        else:
            found.append((n, s))
    return tuple(found)


def permuted(x: Layout, order: Sequence[int]) -> Layout:
    """The axes in another order."""
    return Layout(tuple(x.axes[i] for i in order), x.offset)


def reshaped(x: Layout, dims: Sequence[int]) -> Layout | None:
    """The same elements in other axes; None where an axis would begin within a factor that does not split there.

    >>> reshaped(whole((8, 6)), (2, 4, 6)).axes
    (((2, 24),), ((4, 6),), ((6, 1),))
    """
    left = list(_joined(f for axis in x.axes for f in axis))[::-1]
    axes = []
    for size in dims:
        axis = []
        while size > 1:
            if not left:
                return None
            n, s = left.pop()
            if size % n == 0:
                axis.append((n, s))
                size //= n
            elif n % size == 0:
                axis.append((size, s * (n // size)))
                left.append((n // size, s))
                size = 1
            else:
                return None
        axes.append(_joined(axis))
    return None if left else Layout(tuple(axes), x.offset)


def sliced(x: Layout, axis: int, start: int, size: int, step: int = 1) -> Layout | None:
    """Every step-th element of an axis from a start; None where that cuts through its factors."""
    factors = x.axes[axis]
    inner = prod(n for n, _ in factors[1:])
    if size == prod(n for n, _ in factors):
        return x
    if len(factors) > 1 and (step != 1 or start % inner or size % inner) and size != 1:
        return None
    if size == 1:
        moved, rest = 0, start
        for k, (_, s) in enumerate(factors):
            below = prod(n for n, _ in factors[k + 1:])
            moved, rest = moved + rest // below * s, rest % below
        part: Factors = ()
    else:
        (_, s), moved = factors[0], start // inner * factors[0][1]
        part = _joined([(size // inner, s * step), *factors[1:]])
    return Layout((*x.axes[:axis], part, *x.axes[axis + 1:]), x.offset + moved)


class Cut(NamedTuple):
    """What a view takes of an axis of its base."""

    axis: int
    start: int
    size: int
    step: int


class Recipe(NamedTuple):
    """A view in at most four steps: slices, a reshape that splits, a permutation, a reshape that joins."""

    cuts: tuple[Cut, ...]
    split: tuple[int, ...] | None
    order: tuple[int, ...] | None
    dims: tuple[int, ...] | None

    @property
    def length(self) -> int:
        return len(self.cuts) + sum(part is not None for part in self[1:])


def recipe(base: Sequence[int], x: Layout) -> Recipe | None:
    """The steps from a base to a view; None where an axis is taken with holes."""
    plain = whole(base)
    steps = [axis[0][1] if axis else 0 for axis in plain.axes]
    parts: list[list[tuple[int, int, int]]] = [[] for _ in base]    # (stride, n, where in the view)
    flat = [(n, s) for axis in x.axes for n, s in axis]
    for place, (n, s) in enumerate(flat):
        owner = next((i for i, t in enumerate(steps) if t and s % t == 0 and (n - 1) * s < t * base[i]), None)
        if owner is None:
            return None
        parts[owner].append((s, n, place))
    cuts = _cuts(base, x.offset, steps, parts)
    if cuts is None:
        return None
    ordered = [part for own in parts for part in sorted(own, reverse=True)]
    order = tuple(sorted(range(len(ordered)), key=lambda k: ordered[k][2]))
    sizes = [c.size for c in cuts]
    needed = tuple(c for c, n in zip(cuts, base, strict=True) if c.size != n)
    return _steps(tuple(sizes), tuple(n for _, n, _ in ordered), order, x.dims, needed)


def _steps(sizes: tuple[int, ...], split: tuple[int, ...], order: tuple[int, ...], dims: tuple[int, ...],
           cuts: tuple[Cut, ...]) -> Recipe:
    """The reshapes and the permutation that are needed between the cut base and the view."""
    if order == tuple(range(len(order))):
        return Recipe(cuts, None, None, None if sizes == dims else dims)
    if split == tuple(n for n in sizes if n > 1) and len(sizes) == len(dims):     # axes move as they are
        seats = [i for i, n in enumerate(sizes) if n > 1]
        full = _with_ones(dims, [seats[k] for k in order], [i for i, n in enumerate(sizes) if n == 1])
        if full is not None:
            return Recipe(cuts, None, full, None)
    turned = tuple(split[k] for k in order)
    if turned == tuple(n for n in dims if n > 1) and 0 < sizes.count(1) == dims.count(1):
        return Recipe(cuts, *_kept(split, order, dims), None)
    return Recipe(cuts, None if sizes == split else split, order, None if turned == dims else dims)


def _kept(split: Sequence[int], order: Sequence[int], dims: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """A split with the view's axes of 1 where they are in the view, and a permutation that leaves these there."""
    left, seats = iter(split), [i for i, n in enumerate(dims) if n > 1]
    moved = iter(order)
    return (tuple(1 if n == 1 else next(left) for n in dims),
            tuple(i if n == 1 else seats[next(moved)] for i, n in enumerate(dims)))


def _with_ones(dims: Sequence[int], moved: Sequence[int], ones: list[int]) -> tuple[int, ...] | None:
    """A permutation whose axes of 1 stand where the view has some; None where axes were joined or split."""
    given, left = iter(moved), iter(ones)
    found = [next(left if n == 1 else given, -1) for n in dims]
    return None if -1 in found else tuple(found)


def _cuts(base: Sequence[int], offset: int, steps: Sequence[int],
          parts: Sequence[Sequence[tuple[int, int, int]]]) -> list[Cut] | None:
    found = []
    for i, n in enumerate(base):
        start = 0 if not steps[i] else offset // steps[i] % n
        size, every = 1, 1
        for s, m, _ in sorted(parts[i]):
            if size == 1:
                every = s // steps[i]
            elif s != size * every * steps[i]:
                return None
            size *= m
        if start + (size - 1) * every >= n:
            return None
        found.append(Cut(i, start, size, every))
    return found
