"""The rule of means, and what it shares with that of maxima."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from archcalc.propagation.grid import Values, crossed, grid, inside, spread
from archcalc.propagation.rule import Rule
from archcalc.propagation.state import At, Gradient, Seen, Signal


class Average(Rule):
    """A mean of n values: E y² = Σ E x x' / n² over all pairs that it takes in; E δx² = E δy² / n².

    Gradients of windows that overlap add up as far as they are alike.
    """

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        x, units = _overchannels(inputs[0], channels_of(at)), at.seen()
        return _whole(at, x) if units is None else _windows(at, x, units)

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        units, x, channels = at.seen(), inputs[0], channels_of(at)
        if units is None:
            n = times(at)
            alike = 1.0 if n > 1 else gradient.alike
            return [Gradient([at.grid.mean(gradient.square) / (n * channels)**2] * len(x.square), alike=alike)]
        each = windows_of(at, units)
        more, alike = 1 + gradient.alike * max(0.0, each - 1), gradient.alike
        back = at.returned(0, [more * g / (n * channels)**2 for g, n in
                                  zip(gradient.square, _counts(at, units), strict=True)])
        return [Gradient(back, alike=min(1.0, alike * each / more))]


def windows_of(at: At, units: Seen) -> float:
    """Windows that an element is in, on average."""
    window = prod(max(map(len, axis)) for axis in units)
    return window * prod(at.call.out.spatial) / float(prod(at.call.inputs[0].spatial))


def times(at: At) -> int:
    """How many elements of a channel go into one."""
    return max(1, int(at.call.inputs[0].size // at.call.out.size) // channels_of(at))


def channels_of(at: At) -> int:
    """How many channels go into one."""
    x, out = at.call.inputs[0], at.call.out
    return int(x.channels // (out.channels if "channel" in out.axes else 1)) if "channel" in x.axes else 1


def _overchannels(x: Signal, n: int) -> Signal:
    """The mean over n channels, which are independent."""
    if n == 1:
        return x

    def of(values: Values) -> Values:
        return [x.mean[a] * x.mean[b] * (1 - 1 / n) + v / n for v, (a, b) in zip(values, x.grid.pairs, strict=True)]

    return x.pairs(of, square=[m * m * (1 - 1 / n) + q / n for q, m in zip(x.square, x.mean, strict=True)])


def _whole(at: At, x: Signal) -> Signal:
    """The mean over all places, or over the elements of a sequence; independent of each other across samples."""
    n, g = times(at), x.grid
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
