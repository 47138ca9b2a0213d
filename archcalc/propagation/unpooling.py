"""Rules of unpooling, as deconvnets have it: pooling backwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import prod

from archcalc.propagation.grid import Values, cells, crossed, inside, spread
from archcalc.propagation.rule import Rule, nothing
from archcalc.propagation.state import At, Gradient, Seen, Signal, grid_of


class Switched(Rule):
    """Each value goes to one place of its window, any as likely: E y² = Σ E x² / n over the windows of n there.

    A value gets the gradient of its place.
    """

    note = "switches are taken as independent of values and of each other"

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        x, units = inputs[0], _units(at)
        parts = [1 / n for n in _sizes(at)]
        taps, shape = [inside(axis) for axis in units], x.grid.shape
        square, mean = (spread([p * v for p, v in zip(parts, values, strict=True)], shape, taps)
                        for values in (x.square, x.mean))
        means = [mean[a] * mean[b] for a, b in at.grid.pairs]
        whole = [q + m * m - sum_of for q, m, sum_of in zip(square, mean, spread(
            [(p * m) ** 2 for p, m in zip(parts, x.mean, strict=True)], shape, taps), strict=True)]
        return Signal(at.grid, whole, mean, means, means)

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        sizes = _sizes(at)
        back = at.returned(0, gradient.square)
        return [Gradient([v / n for v, n in zip(back, sizes, strict=True)]), *map(nothing, inputs[1:])]


class Evenly(Rule):
    """Each value is spread over the n places of its window: a place has Σ x / n over the windows that it is in."""

    note = "places of one window are taken as apart"

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        x, units = inputs[0], _units(at)
        parts = [1 / n for n in _sizes(at)]
        taps, shape = [inside(axis) for axis in units], [n * n for n in x.grid.shape]
        both = [crossed(axis, n) for axis, n in zip(units, x.grid.shape, strict=True)]

        def summed(values: Values) -> Values:
            return spread([v * parts[a] * parts[b] for v, (a, b) in zip(values, x.grid.pairs, strict=True)], shape,
                          both)

        same = summed(x.same)
        apart = [(q - x.same[k]) * p * p for q, k, p in zip(x.square, x.grid.diagonal, parts, strict=True)]
        own = spread(apart, x.grid.shape, taps)
        cross = same if x.same is x.cross else summed(x.cross)
        mean = spread([p * m for p, m in zip(parts, x.mean, strict=True)], x.grid.shape, taps)
        square = [same[k] + v for k, v in zip(at.grid.diagonal, own, strict=True)]
        return Signal(at.grid, square, mean, cross, same)

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        sizes = _sizes(at)
        back = at.returned(0, gradient.square)
        return [Gradient([v / n**2 * (1 + gradient.alike * (n - 1)) for v, n in zip(back, sizes, strict=True)],
                         alike=gradient.alike)]


def _units(at: At) -> Seen:
    """The windows that each place of the output is in."""
    units = at.seen()
    assert units is not None  # unpooling keeps space as it is
    return units


def _sizes(at: At) -> Values:
    """Places that each window has."""
    x, out, ways = at.call.inputs[0], at.call.out, at.call.sights[0].axes
    counts = []
    for axis in out.space:
        way, n = ways[axis], x.dims[axis]
        assert way is not None  # each place sees windows
        seen = Counter(i for p in range(out.dims[axis]) for i in way[1].units(p))
        counts.append([seen[i] for i, _ in cells(n, at.edge)])
    found = [float(prod(counts[k][i] for k, i in enumerate(point))) for point in grid_of(x, at.edge).points]
    return [max(found)] * len(found) if getattr(at.layer, "count_include_pad", False) else found
