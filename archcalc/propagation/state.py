"""What the analysis carries along: second moments forward, those of gradients backward."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import inf
from typing import Any, NamedTuple, TypeAlias

from archcalc.analysis.shapes import Call
from archcalc.layers.base import Layer
from archcalc.propagation.gaussian import Curve
from archcalc.propagation.grid import Grid, Values, gathered, grid, inside, paired, seen, spread
from archcalc.propagation.initialization import Scheme
from archcalc.propagation.marginal import Marginal, applied
from archcalc.tensor import Tensor

Seen: TypeAlias = Sequence[Sequence[Sequence[int | None]]]
"""For each spatial axis, what its output cells see."""


class Signal(NamedTuple):
    """A layer's output over channels, weights and samples, cell by cell of its map.

    ``square`` is E x², ``mean`` E x.  ``cross`` is E x x' of the same channel at pairs of places in two samples,
    ``same`` at two places of one sample.  ``before`` is the function that made it and what that was given, while
    that was Gaussian.
    """

    grid: Grid
    square: Values
    mean: Values
    cross: Values
    same: Values
    before: tuple[Curve, Signal] | None = None
    marginal: Marginal | None = None
    "The values' distribution over all places, where they are a sum of what is no Gaussian."
    fan: float = inf
    "Weights of each value, where a layer of weights gave it."

    @property
    def second_moment(self) -> float:
        """E x² over all positions."""
        return self.grid.mean(self.square)

    @property
    def variance(self) -> float:
        """Var x over all channels, positions and samples."""
        return self.second_moment - self.grid.mean(self.mean) ** 2

    @property
    def gaussian(self) -> bool:
        """Whether the values are taken for Gaussians."""
        return self.before is None and self.marginal is None

    @property
    def distribution(self) -> Marginal:
        """The values' distribution over all places."""
        if self.marginal is not None:
            return self.marginal
        if self.before is not None:
            return applied(self.before[0], self.before[1].distribution).marginal
        return Marginal(((self.grid.mean(self.mean), 1.0),), max(0.0, self.variance))

    @property
    def spans(self) -> Values:
        """Var x cell by cell."""
        return [max(0.0, q - m * m) for q, m in zip(self.square, self.mean, strict=True)]

    def pairs(self, change: Callable[[Values], Values], **others: Any) -> Signal:
        """The signal with both kinds of pairs changed alike, once where they are the same."""
        cross = change(self.cross)
        same = cross if self.same is self.cross else change(self.same)
        return self._replace(cross=cross, same=same, **({"before": None, "marginal": None, "fan": inf} | others))

    def scaled(self, factor: float) -> Signal:
        """The signal of the values times a factor."""
        square = factor * factor
        return self.pairs(lambda values: [square * v for v in values], square=[square * v for v in self.square],
                          mean=[factor * v for v in self.mean])

    def collapsed(self) -> Signal:
        """The signal where places are no longer told apart."""
        if not self.grid.sizes:
            return self
        g = self.grid
        diagonal = [g.mean([self.cross[k] for k in g.diagonal])]
        same = diagonal if self.same is self.cross else [g.pair_mean(self.same)]
        return Signal(grid((), 0), [g.mean(self.square)], [g.mean(self.mean)], diagonal, same)

    def over(self, into: Grid) -> Signal:
        """A signal without places, the same at every place of a map."""
        if not into.sizes:
            return self
        n = len(into.points)
        cross = self.cross[:1] * n * n
        return Signal(into, self.square[:1] * n, self.mean[:1] * n, cross,
                      cross if self.same is self.cross else self.same[:1] * n * n)

    def moved(self, into: Grid, seen: Seen) -> Signal:
        """Sums over what each place of another map sees, as independent weights of variance 1 give them."""
        taps = [inside(units) for units in seen]
        both = [paired(units, n) for units, n in zip(seen, self.grid.shape, strict=True)]
        shape = [n * n for n in self.grid.shape]
        return self.pairs(lambda values: spread(values, shape, both), grid=into, square=spread(
            self.square, self.grid.shape, taps), mean=spread(self.mean, self.grid.shape, taps))


class Picked(NamedTuple):
    """That a gradient stands only where the largest of ``size`` values of correlation ``within`` was."""

    size: int
    within: float


class Gradient(NamedTuple):
    """E δ² cell by cell: apart what stands anywhere, and what stands at the largest values of windows.

    ``alike`` is the correlation of two places of one sample: 1 behind a global mean, 0 where each place has weights of
    its own.  ``profile`` is E δ² where the value is at each of its `Marginal`'s places, over the mean; None is the
    same at all.  ``few`` is how much larger it is than what passes the few weights before it.
    """

    plain: Values
    picked: Mapping[Picked, Values] = {}
    profile: Values | None = None
    alike: float = 0.0
    few: float = 1.0

    @property
    def square(self) -> Values:
        """All of it."""
        total = self.plain
        for values in self.picked.values():
            total = [a + b for a, b in zip(total, values, strict=True)]
        return total

    def scaled(self, factor: float) -> Gradient:
        """All mean squares times a factor."""
        picked = {where: [factor * v for v in values] for where, values in self.picked.items()}
        return self._replace(plain=[factor * v for v in self.plain], picked=picked)

    def plus(self, other: Gradient) -> Gradient:
        """The sum of uncorrelated gradients."""
        picked, profile = dict(self.picked), self.profile
        a, b = sum(self.square), sum(other.square)
        if other.profile is not None or profile is not None:
            n = len(profile or other.profile or ())
            profile = [(a * p + b * q) / (a + b) if a + b else 1.0
                       for p, q in zip(profile or [1.0] * n, other.profile or [1.0] * n, strict=True)]
        for key, values in other.picked.items():
            picked[key] = [p + q for p, q in zip(picked[key], values, strict=True)] if key in picked else values
        alike, few = ((a * p + b * q) / (a + b) if a + b else p for p, q in (
            (self.alike, other.alike), (self.few, other.few)))
        return Gradient([p + q for p, q in zip(self.plain, other.plain, strict=True)], picked, profile, alike, few)


class At(NamedTuple):
    """A layer in its place: its call, how weights are drawn, whether it trains, and its output's grid."""

    call: Call
    scheme: Scheme
    training: bool
    edge: int

    @property
    def layer(self) -> Layer:
        """The layer."""
        return self.call.layer

    @property
    def grid(self) -> Grid:
        """The grid of the output."""
        return grid_of(self.call.out, self.edge)

    def seen(self, which: int = 0) -> Seen | None:
        """What the output's cells see along each spatial axis of an input; None where space does not stay space."""
        x, out = self.call.inputs[which], self.call.out
        sight = next((s for s in self.call.sights if s.input == which), None)
        if sight is None or len(x.space) != len(out.space) or not out.space:
            return None
        found = []
        for from_axis, axis in zip(x.space, out.space, strict=True):
            way = sight.axes[axis]
            if way is None or way[0] != from_axis:
                return None
            found.append(seen(way[1], x.dims[from_axis], out.dims[axis], self.edge))
        return found

    def given(self, which: int, signal: Signal) -> Signal:
        """An input's signal at the output's places: copied along, or repeated where it has one place."""
        units = self.seen(which)
        if units is not None:
            return signal if self._same(which, units) else signal.moved(self.grid, units)
        return signal.collapsed().over(self.grid)

    def returned(self, which: int, values: Values) -> Values:
        """What the output's places send back to those of an input that they see, summed."""
        units, x = self.seen(which), self.call.inputs[which]
        if units is not None:
            return values if self._same(which, units) else gathered(values, self.grid, grid_of(x, self.edge), units)
        into = grid_of(x, self.edge)
        return [self.grid.mean(values)] * len(into.points)

    def _same(self, which: int, units: Seen) -> bool:
        return self.call.inputs[which].spatial == self.call.out.spatial and all(
            tuple(tap) == (i,) for axis in units for i, tap in enumerate(axis))


def grid_of(x: Tensor, edge: int) -> Grid:
    """The grid of a tensor's spatial axes."""
    return grid(x.spatial, edge)


@cache
def curve_of(layer: Layer) -> Curve:
    """The function of a layer, one for all that are equal."""
    return layer.curve
