"""The rule of maxima."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod, sqrt
from typing import NamedTuple

from archcalc.propagation.elementwise import mapped
from archcalc.propagation.gaussian import Curve, Moments, largest, product_moment, rounded
from archcalc.propagation.grid import Grid, Values, crossed, grid, inside, spread
from archcalc.propagation.pooling import channels_of, times, windows_of
from archcalc.propagation.rule import Rule
from archcalc.propagation.state import At, Gradient, Picked, Seen, Signal


class Largest(Rule):
    """The largest of a window: of Gaussians of equal correlation, the mean of all pairs in the window.

    A gradient goes to the largest alone, and on to what made it with the slope there; where windows overlap, gradients
    add up as far as they are alike.  What is neither Gaussian nor a function of one is taken for a Gaussian.
    """

    note = ("a window's values are taken as equally correlated Gaussians, maxima that windows share as of "
            "independent ones")

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        curve, x = _source(inputs[0])
        units = at.seen()
        if units is None:
            return _one(at, x, curve)
        out, counts, channels = at.grid, _elements(at, units), channels_of(at)
        taps = [inside(axis) for axis in units]
        square, mean = (spread(values, x.grid.shape, taps) for values in (x.square, x.mean))
        within = _within(x, units, counts, channels)
        found = [_moments(curve, n * channels, r, m / n, q / n)
                 for n, r, q, m in zip(counts, within, square, mean, strict=True)]
        window = Windows(x, out, units, [n * channels for n in counts], within, found)
        cross = window.pairs(x.cross, [x.cross[k] for k in x.grid.diagonal])
        same = window.pairs(x.same, x.square)
        return Signal(out, [f.square for f in found], [f.mean for f in found], cross, same)

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        _, x = _source(inputs[0])
        units, blank, channels = at.seen(), [0.0] * len(x.square), channels_of(at)
        if units is None:
            n = times(at)
            back = [at.grid.mean(gradient.square) / (n * channels)] * len(x.square)
            return [Gradient(blank, {Picked(n * channels, _apart(x, n, channels)): back})]
        counts = _elements(at, units)
        more = 1 + gradient.alike * _shared(at, units)
        back = at.returned(0, [more * g / (n * channels) for g, n in zip(gradient.square, counts, strict=True)])
        within = at.grid.mean(_within(x, units, counts, channels))
        alike = min(1.0, gradient.alike * windows_of(at, units) / max(counts) / more)
        return [Gradient(blank, {Picked(max(counts) * channels, rounded(within)): back}, alike=alike)]


class Windows(NamedTuple):
    """Windows of n values, their correlation within, and the moments of the function of their largest."""

    x: Signal
    out: Grid
    units: Seen
    counts: Sequence[int]
    within: Values
    found: Sequence[Moments]

    def pairs(self, values: Values, own: Values) -> Values:
        """E f f' of the largest of two windows each, from pairs of their values; ``own`` where both see one place.

        The largest is what a window's values have in common and the largest of what is each one's own.  The first is
        followed by its coefficients; of the second, what is linear in single values, and the rest as a square.
        """
        x, shape = self.x, [n * n for n in self.x.grid.shape]
        taps = [inside(axis) for axis in self.units]
        centred = [v - x.mean[a] * x.mean[b] for v, (a, b) in zip(values, x.grid.pairs, strict=True)]
        met = [[[i for i in one if i in other and cells[i][1] == 1] for one in axis for other in axis]
               for axis, cells in zip(taps, x.grid.axes, strict=True)]
        sums = spread(centred, shape, [crossed(axis, n) for axis, n in zip(self.units, x.grid.shape, strict=True)])
        shared, alike, wrong = (spread(of, x.grid.shape, met) for of in (
            [1.0] * len(own), [v - m * m for v, m in zip(own, x.mean, strict=True)],
            [centred[k] for k in x.grid.diagonal]))
        spans = [v / n for v, n in zip(spread(x.spans, x.grid.shape, taps), self._places(taps), strict=True)]
        return [self._pair(a, b, v - w, s, d, sqrt(spans[a] * spans[b])) for (a, b), v, w, s, d in zip(
            self.out.pairs, sums, wrong, shared, alike, strict=True)]

    def _places(self, taps: Sequence[Sequence[Sequence[int]]]) -> list[int]:
        return [prod(len(axis[i]) for axis, i in zip(taps, point, strict=True)) for point in self.out.points]

    def _pair(self, a: int, b: int, apart: float, shared: float, alike: float, span: float) -> float:
        f, g = self.found[a], self.found[b]
        n, within = sqrt(self.counts[a] * self.counts[b]), sqrt(self.within[a] * self.within[b])
        if not span or not n:
            return f.mean * g.mean
        between = apart / span / max(1.0, n * n - shared)
        common = max(-1.0, min(1.0, between / within)) if within else 0.0
        each = max(0.0, min(1.0, (alike / shared / span - between) / (1 - within))) if shared and within < 1 else 0.0
        linear, rest = (sqrt(p * q) for p, q in zip(_own(f, self.counts[a], within, span),
                                                    _own(g, self.counts[b], within, span), strict=True))
        part = each * shared / n
        return product_moment(f.coefficients, g.coefficients, common) + part * linear + part * part * rest


def _own(found: Moments, count: int, within: float, span: float) -> tuple[float, float]:
    """Of E f² what is not common to a window's values: linear in single ones, E f′²·Var / n, and the rest."""
    whole = max(0.0, found.square - sum(a * a for a in found.coefficients))
    linear = min(whole, (1 - within) * span * found.rise**2 / count)
    return linear, whole - linear


def _source(signal: Signal) -> tuple[Curve, Signal]:
    """The function that made a signal, and the Gaussian it was given."""
    return signal.before or (_identity, signal)


def _identity(x: float) -> float:
    return x


def _elements(at: At, units: Seen) -> list[int]:
    """How many elements each output takes the largest of."""
    taps = [inside(axis) for axis in units]
    return [prod(len(axis[i]) for axis, i in zip(taps, point, strict=True)) for point in at.grid.points]


def _within(x: Signal, units: Seen, counts: Sequence[int], channels: int) -> Values:
    """For each output, the mean correlation of two values of its window, in so many channels."""
    shape, taps = [n * n for n in x.grid.shape], [inside(axis) for axis in units]
    both = [[[i * n + j for i in tap for j in tap] for tap in axis] for axis, n in zip(taps, x.grid.shape, strict=True)]
    centred = [v - x.mean[a] * x.mean[b] for v, (a, b) in zip(x.same, x.grid.pairs, strict=True)]
    sums = spread(centred, shape, both)
    own = spread([centred[k] for k in x.grid.diagonal], x.grid.shape, taps)
    whole = spread(x.spans, x.grid.shape, taps)
    return [max(0.0, min(1.0, round((s - o) / (w * (n * channels - 1)), 3))) if n * channels > 1 and w > 0 else 1.0
            for s, o, w, n in zip(sums, own, whole, counts, strict=True)]


def _apart(x: Signal, places: int, channels: int) -> float:
    """The mean correlation of two of so many values of a map, those of different channels independent."""
    g, span = x.grid, x.grid.mean(x.spans)
    pairs = g.pair_mean(x.same) - g.mean(x.mean) ** 2
    one = (places - 1) / max(1, places * channels - 1) if channels > 1 else 1.0
    return rounded(max(0.0, min(1.0, one * pairs / span))) if span > 0 else 1.0


def _moments(curve: Curve, count: int, within: float, mean: float, square: float) -> Moments:
    return largest(curve, count, within, mean, max(square - mean * mean, 0.0))


def _one(at: At, x: Signal, curve: Curve) -> Signal:
    """The largest of all places."""
    g, places, channels = x.grid, times(at), channels_of(at)
    n = places * channels
    within, mean, square = _apart(x, places, channels), g.mean(x.mean), g.mean(x.square)
    found = _moments(curve, n, within, mean, square)
    flat = Signal(grid((), 0), [square], [mean], [g.pair_mean(x.cross)], [g.pair_mean(x.cross)])
    cross = mapped(flat, flat.cross, flat.spans, [found.coefficients], [within])
    return Signal(flat.grid, [found.square], [found.mean], cross, cross).over(at.grid)


def _shared(at: At, units: Seen) -> float:
    """How many other windows are expected to have the same largest element, of independent ones: Σ |∩| / |∪|."""
    middle = [axis[len(axis) // 2] for axis in units]
    steps = [_step(axis) for axis in units]
    sizes = [len(tap) for tap in middle]
    reach = [range(-((n - 1) // step), (n - 1) // step + 1) for n, step in zip(sizes, steps, strict=True)]
    found = 0.0
    for offsets in product(*reach):
        common = prod(n - abs(k) * step for n, k, step in zip(sizes, offsets, steps, strict=True))
        there = prod(max(0.0, 1 - abs(k) / m) for k, m in zip(offsets, at.call.out.spatial, strict=True))
        found += there * common / (2 * prod(sizes) - common)
    return found - 1


def _step(axis: Sequence[Sequence[int | None]]) -> int:
    """The stride, as the cells of the first windows tell it."""
    firsts = [next((t - i for i, t in enumerate(tap) if t is not None), 0) for tap in axis[:2]]
    return max(1, firsts[1] - firsts[0]) if len(firsts) > 1 else max(1, len(axis[0]))
