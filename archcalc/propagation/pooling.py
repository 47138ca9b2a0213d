"""Rules of pooling."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

from archcalc.propagation.gaussian import Curve, Moments, largest, rounded
from archcalc.propagation.grid import Values, crossed, grid, inside, spread
from archcalc.propagation.rules import Rule, mapped
from archcalc.propagation.state import At, Gradient, Picked, Seen, Signal


class Average(Rule):
    """A mean of n values: E y² = Σ E x x' / n² over all pairs that it takes in; E δx² = E δy² / n².

    Gradients of windows that overlap add up as far as they are alike.
    """

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        x, units = inputs[0], at.seen()
        return _whole(at, x) if units is None else _windows(at, x, units)

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        units, x = at.seen(), inputs[0]
        if units is None:
            times = _times(at)
            return [Gradient([at.grid.mean(gradient.square) / times**2] * len(x.square), alike=1.0)]
        each = _windows_of(at, units)
        more, alike = 1 + gradient.alike * max(0.0, each - 1), gradient.alike
        back = at.returned(0, [more * g / n**2 for g, n in zip(gradient.square, _counts(at, units), strict=True)])
        return [Gradient(back, alike=min(1.0, alike * each / more))]


def _windows_of(at: At, units: Seen) -> float:
    """Windows that an element is in, on average."""
    window = prod(max(map(len, axis)) for axis in units)
    return window * prod(at.call.out.spatial) / float(prod(at.call.inputs[0].spatial))


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


def _times(at: At) -> int:
    """How many elements go into one."""
    return max(1, int(at.call.inputs[0].size // at.call.out.size))


def _whole(at: At, x: Signal) -> Signal:
    """The mean over all places, or over the elements of a sequence; independent of each other across samples."""
    n, g = _times(at), x.grid
    places = prod(g.sizes)
    if places > 1:
        apart = g.pair_mean(x.same) - g.mean([x.same[k] for k in g.diagonal]) / places
        square = apart + g.mean(x.square) / places
    else:
        square = x.square[0] / n + (1 - 1 / n) * x.same[0]
    cross = [g.pair_mean(x.cross)]
    found = Signal(grid((), 0), [square], [g.mean(x.mean)], cross, cross)
    return found.over(at.grid)


def _counts(at: At, units: Seen) -> Values:
    """What each output divides by: the window, or what of it is inside."""
    padded = getattr(at.layer, "count_include_pad", False)
    counts = [[len(tap) if padded else len(taps) for tap, taps in zip(axis, inside(axis), strict=True)]
              for axis in units]
    return [float(prod(axis[i] for axis, i in zip(counts, point, strict=True))) for point in at.grid.points]


def _windows(at: At, x: Signal, units: Seen) -> Signal:
    out, counts = at.grid, _counts(at, units)
    both = [crossed(axis, n) for axis, n in zip(units, x.grid.shape, strict=True)]
    taps, shape = [inside(axis) for axis in units], [n * n for n in x.grid.shape]

    def means(values: Values) -> Values:
        sums = spread(values, shape, both)
        return [v / (counts[a] * counts[b]) for v, (a, b) in zip(sums, out.pairs, strict=True)]

    inner = spread(x.same, shape, both)
    own = spread([x.same[k] for k in x.grid.diagonal], x.grid.shape, taps)
    squares = spread(x.square, x.grid.shape, taps)
    square = [(inner[k] - o + s) / n**2 for k, o, s, n in zip(out.diagonal, own, squares, counts, strict=True)]
    mean = [m / n for m, n in zip(spread(x.mean, x.grid.shape, taps), counts, strict=True)]
    return x.pairs(means, grid=out, square=square, mean=mean)


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
        out, counts = at.grid, _elements(at, units)
        taps = [inside(axis) for axis in units]
        square, mean = (spread(values, x.grid.shape, taps) for values in (x.square, x.mean))
        within = _within(x, units, counts)
        found = [_moments(curve, n, r, m / n, q / n) for n, r, q, m in zip(counts, within, square, mean, strict=True)]
        middles = [[tap[len(tap) // 2:len(tap) // 2 + 1] for tap in axis] for axis in units]
        inner = x.moved(out, middles)
        return inner.pairs(lambda values: mapped(inner, values, inner.spans, [f.coefficients for f in found], within),
                           square=[f.square for f in found], mean=[f.mean for f in found])

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        _, x = _source(inputs[0])
        units, blank = at.seen(), [0.0] * len(x.square)
        if units is None:
            n = _times(at)
            back = [at.grid.mean(gradient.square) / n] * len(x.square)
            return [Gradient(blank, {Picked(n, _apart(x)): back})]
        counts = _elements(at, units)
        more = 1 + gradient.alike * _shared(at, units)
        back = at.returned(0, [more * g / n for g, n in zip(gradient.square, counts, strict=True)])
        within = at.grid.mean(_within(x, units, counts))
        alike = min(1.0, gradient.alike * _windows_of(at, units) / max(counts) / more)
        return [Gradient(blank, {Picked(max(counts), rounded(within)): back}, alike=alike)]


def _source(signal: Signal) -> tuple[Curve, Signal]:
    """The function that made a signal, and the Gaussian it was given."""
    return signal.before or (_identity, signal)


def _identity(x: float) -> float:
    return x


def _elements(at: At, units: Seen) -> list[int]:
    """How many elements each output takes the largest of."""
    taps = [inside(axis) for axis in units]
    return [prod(len(axis[i]) for axis, i in zip(taps, point, strict=True)) for point in at.grid.points]


def _within(x: Signal, units: Seen, counts: Sequence[int]) -> Values:
    """For each output, the mean correlation of two values of its window."""
    shape, taps = [n * n for n in x.grid.shape], [inside(axis) for axis in units]
    both = [[[i * n + j for i in tap for j in tap] for tap in axis] for axis, n in zip(taps, x.grid.shape, strict=True)]
    centred = [v - x.mean[a] * x.mean[b] for v, (a, b) in zip(x.same, x.grid.pairs, strict=True)]
    sums = spread(centred, shape, both)
    own = spread([centred[k] for k in x.grid.diagonal], x.grid.shape, taps)
    whole = spread(x.spans, x.grid.shape, taps)
    return [max(0.0, min(1.0, round((s - o) / (w * (n - 1)), 3))) if n > 1 and w > 0 else 1.0
            for s, o, w, n in zip(sums, own, whole, counts, strict=True)]


def _apart(x: Signal) -> float:
    """The mean correlation of two places of a map."""
    g, span = x.grid, x.grid.mean(x.spans)
    pairs = g.pair_mean(x.same) - g.mean(x.mean) ** 2
    return rounded(max(0.0, min(1.0, pairs / span))) if span > 0 else 1.0


def _moments(curve: Curve, count: int, within: float, mean: float, square: float) -> Moments:
    return largest(curve, count, within, mean, max(square - mean * mean, 0.0))


def _one(at: At, x: Signal, curve: Curve) -> Signal:
    """The largest of all places."""
    g, n = x.grid, _times(at)
    within, mean, square = _apart(x), g.mean(x.mean), g.mean(x.square)
    found = _moments(curve, n, within, mean, square)
    flat = Signal(grid((), 0), [square], [mean], [g.pair_mean(x.cross)], [g.pair_mean(x.cross)])
    cross = mapped(flat, flat.cross, flat.spans, [found.coefficients], [within])
    return Signal(flat.grid, [found.square], [found.mean], cross, cross).over(at.grid)


def slopes(curve: Curve, where: Picked, x: Signal) -> Values:
    """E f′² at the largest values of windows, cell by cell."""
    return [_moments(curve, where.size, where.within, m, q).slope
            for q, m in zip(x.square, x.mean, strict=True)]

