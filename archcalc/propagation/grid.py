"""Maps with zero padding, kept small: borders position by position, the inside as one.

Zero padding takes away a part of the sum at the borders, and layer after layer this moves inwards.  A `Grid` has a
cell for each of the first and last ``edge`` positions of an axis, and one for all between; a map of up to
2·edge + 1 positions is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property
from itertools import product
from math import prod
from operator import mul

from archcalc.reach import Reach

Values = list[float]
Matrix = list[list[float]]
Taps = Sequence[Sequence[int]]
"""For each cell of an output axis, the cells of the input axis that it sums."""


class Grid:
    """Cells of the spatial axes, and pairs of cells; equal grids are one object, made by `grid`."""

    def __init__(self, sizes: tuple[int, ...], edge: int) -> None:
        self.sizes, self.edge = sizes, edge
        self.axes = [cells(n, edge) for n in sizes]

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Number of cells along each axis."""
        return tuple(len(axis) for axis in self.axes)

    @cached_property
    def weights(self) -> Values:
        """Share of all positions that each cell stands for."""
        whole = prod(self.sizes)
        return [prod(times for _, times in cell) / whole for cell in product(*self.axes)]

    @cached_property
    def points(self) -> list[tuple[int, ...]]:
        """The cells' numbers along each axis."""
        return list(product(*map(range, self.shape)))

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        """Pairs of cells in the order in which pair values stand: axis by axis, both cells' numbers along it."""
        numbers = [list(product(range(n), repeat=2)) for n in self.shape]
        return [(self._number(a for a, _ in pair), self._number(b for _, b in pair)) for pair in product(*numbers)]

    @cached_property
    def mirror(self) -> list[int]:
        """For each pair, where the same two cells stand the other way round."""
        where = {pair: k for k, pair in enumerate(self.pairs)}
        return [where[b, a] for a, b in self.pairs]

    @cached_property
    def diagonal(self) -> list[int]:
        """Where each cell's pair with itself stands."""
        found = {a: k for k, (a, b) in enumerate(self.pairs) if a == b}
        return [found[i] for i in range(len(self.points))]

    @cached_property
    def pair_weights(self) -> Values:
        """Share of all pairs of positions that each pair of cells stands for."""
        return [self.weights[a] * self.weights[b] for a, b in self.pairs]

    def _number(self, numbers: object) -> int:
        index = 0
        for n, size in zip(numbers, self.shape, strict=True):  # type: ignore[call-overload]
            index = index * size + n
        return index

    def mean(self, values: Sequence[float]) -> float:
        """The mean over positions."""
        return sum(map(mul, self.weights, values), 0.0)

    def pair_mean(self, values: Sequence[float]) -> float:
        """The mean over pairs of positions."""
        return sum(map(mul, self.pair_weights, values), 0.0)

    def matrix(self, values: Sequence[float]) -> Matrix:
        """Pair values as a symmetric matrix over the cells."""
        found = [[0.0] * len(self.points) for _ in self.points]
        for (a, b), v in zip(self.pairs, values, strict=True):
            found[a][b] = v
        return found

    def matrix_product(self, a: Matrix, b: Matrix) -> Matrix:
        """The product of symmetric matrices, as the mean over positions in the middle."""
        weighted = [list(map(mul, row, self.weights)) for row in a]
        return [[sum(map(mul, row, column)) for column in b] for row in weighted]

    def rows(self, values: Sequence[float]) -> Values:
        """For each cell, the mean of its pairs with all positions."""
        found = [0.0] * len(self.points)
        for (a, b), v in zip(self.pairs, values, strict=True):
            found[a] += self.weights[b] * v
        return found


@cache
def grid(sizes: tuple[int, ...], edge: int) -> Grid:
    """The grid of the sizes."""
    return Grid(sizes, edge)


@cache
def cells(n: int, edge: int) -> tuple[tuple[int, int], ...]:
    """Position and number of positions of each cell of an axis.

    >>> cells(5, 3), cells(100, 2)
    (((0, 1), (1, 1), (2, 1), (3, 1), (4, 1)), ((0, 1), (1, 1), (50, 96), (98, 1), (99, 1)))
    """
    if n <= 2 * edge + 1:
        return tuple((i, 1) for i in range(n))
    return (*((i, 1) for i in range(edge)), (n // 2, n - 2 * edge), *((i, 1) for i in range(n - edge, n)))


def cell_of(position: int, n: int, edge: int) -> int | None:
    """The number of a position's cell; None outside."""
    if not 0 <= position < n:
        return None
    if n <= 2 * edge + 1 or position < edge:
        return position
    return edge if position < n - edge else position - (n - 2 * edge - 1)


@cache
def seen(reach: Reach, n: int, outputs: int, edge: int) -> tuple[tuple[int | None, ...], ...]:
    """For each cell of an output axis, the cells of the n inputs that it sees; None is padding."""
    return tuple(tuple(cell_of(i, n, edge) for i in reach.units(position)) for position, _ in cells(outputs, edge))


def inside(seen: Sequence[Sequence[int | None]]) -> Taps:
    """What is seen, without padding."""
    return [[i for i in units if i is not None] for units in seen]


def paired(seen: Sequence[Sequence[int | None]], n: int) -> Taps:
    """For pairs of outputs, the pairs of inputs that meet the same weight: those at the same place of the window."""
    return [[a * n + b for a, b in zip(one, other, strict=False) if a is not None and b is not None]
            for one in seen for other in seen]


def crossed(seen: Sequence[Sequence[int | None]], n: int) -> Taps:
    """For pairs of outputs, all pairs of inputs that they see."""
    return [[a * n + b for a in one for b in other if a is not None and b is not None]
            for one in seen for other in seen]


def spread(values: Sequence[float], shape: Sequence[int], taps: Sequence[Taps]) -> Values:
    """Sums of values over what each output cell sees, axis by axis.

    >>> spread([1, 2, 3, 4], [2, 2], [[[0, 1]], [[0], [0, 1]]])
    [4, 10]
    """
    sizes = list(shape)
    for axis, outputs in enumerate(taps):
        inner, n = prod(sizes[axis + 1:]), sizes[axis]
        found: Values = []
        for base in range(0, len(values), n * inner):
            if inner == 1:
                block = values[base:base + n]
                found += [sum([block[i] for i in tap]) for tap in outputs]
            else:
                rows = [values[base + i * inner:base + (i + 1) * inner] for i in range(n)]
                for tap in outputs:
                    found += map(sum, zip(*[rows[i] for i in tap], strict=True)) if tap else [0.0] * inner
        values, sizes[axis] = found, len(outputs)
    return list(values)


def gathered(values: Sequence[float], out: Grid, into: Grid, seen: Sequence[Sequence[Sequence[int | None]]]) -> Values:
    """The transpose of `spread`: what outputs send back to the inputs they see, as the mean over a cell's positions."""
    whole = prod(out.sizes)
    sent = [v * w * whole for v, w in zip(values, out.weights, strict=True)]
    back = []
    for axis, units in enumerate(seen):
        to: list[list[int]] = [[] for _ in range(into.shape[axis])]
        for j, several in enumerate(units):
            for i in several:
                if i is not None:
                    to[i].append(j)
        back.append(to)
    found = spread(sent, out.shape, back)
    whole = prod(into.sizes)
    return [v / (w * whole) for v, w in zip(found, into.weights, strict=True)]
