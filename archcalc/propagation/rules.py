"""The rules: what becomes of second moments on the way through a layer, forward and backward.

A layer kind names its rule (`Layer.signal`); rules know no kinds.  Each has ``forward(at, inputs)``, the output's
`Signal`, and ``backward(at, inputs, gradient)``, a `Gradient` for each input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import ClassVar

from archcalc.propagation.gaussian import Curve, Moments, moments, product_moment
from archcalc.propagation.marginal import Marginal, adjusted, applied, weighed
from archcalc.propagation.state import At, Gradient, Signal, curve_of


class Rule:
    """Keeps values as they are; a unit's gradient goes to the units that it copies."""

    note: ClassVar[str] = ""
    "What the rule leaves out of account; layers of it are marked."

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        """The output's signal."""
        x, out = at.call.inputs[0], at.call.out
        found = at.given(0, inputs[0])
        grown = "channel" in x.axes and "channel" in out.axes and x.spatial == out.spatial and \
            x.size < out.size and x.channels < out.channels
        if not grown:
            return found
        part = x.channels / out.channels  # the rest is zeros
        return found.pairs(lambda values: [part * v for v in values], square=[part * v for v in found.square],
                           mean=[part * v for v in found.mean])

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        """A gradient for each input."""
        x, out = at.call.inputs[0], at.call.out
        back = at.returned(0, gradient.square)
        had, sent = inputs[0].grid.mean(back), at.grid.mean(gradient.square) * out.size / x.size
        part = min(1.0, sent / had) if had else 1.0
        alike = gradient.alike if out.space and x.space else 0.0  # flattened, each place has weights of its own
        return [Gradient([part * v for v in back], alike=alike)] + [nothing(signal) for signal in inputs[1:]]


class Unknown(Rule):
    """As if the layer kept its input, and marked."""

    note = "no rule: taken to pass its first input on"


class Resample(Rule):
    """Interpolation, as if each output copied one input."""

    note = "interpolation is taken as copying"


def nothing(signal: Signal) -> Gradient:
    """No gradient at all."""
    return Gradient([0.0] * len(signal.square))


class Mix(Rule):
    """Independent weights of mean 0: E y² = σ² · Σ E x² over channels and window, and E δx² = σ² · Σ E δy².

    He et al. 2015, equations 7 and 13; Glorot and Bengio 2010, equations 5 and 6.  Pairs of places keep the sum over
    what meets the same weight; nothing is added in the padding (Xiao et al. 2018, Dynamical Isometry and a Mean Field
    Theory of CNNs, equation 2.5, without their circular borders).
    """

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        call = at.call
        factor = self._variance(at) * (call.inputs[0].channels / call.layer.channel_groups(*call.inputs))
        found = at.given(0, inputs[0])
        return found.pairs(lambda values: [factor * v for v in values], square=[factor * v for v in found.square],
                           mean=[0.0] * len(found.square))

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        call = at.call
        factor = self._variance(at) * (call.out.channels / call.layer.channel_groups(*call.inputs))
        return [Gradient([factor * v for v in at.returned(0, gradient.square)], alike=gradient.alike)]

    def _variance(self, at: At) -> float:
        return at.scheme.variance(next(w for w in at.call.params.values() if w.role == "weight"))


class Apply(Rule):
    """A function of each element of a Gaussian: E f², and E f′² backward (Schoenholz et al. 2017, equations 3, 9).

    Pairs by Mehler's formula.  What comes in and is no Gaussian (a sum with a rectified shortcut) is followed as a
    `Marginal`; its pairs are taken for a Gaussian's.
    """

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        x, curve = inputs[0], curve_of(at.layer)
        found, marginal = _moments(curve, x)
        new = x.pairs(lambda values: mapped(x, values, x.spans, [f.coefficients for f in found]),
                      square=[f.square for f in found], mean=[f.mean for f in found])
        return new._replace(before=(curve, x), marginal=marginal)

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        from archcalc.propagation.pooling import slopes

        x, curve = inputs[0], curve_of(at.layer)
        found, marginal = _moments(curve, x)
        factor, profile = _through(curve, x, marginal, gradient)
        total = [factor * f.slope * g for f, g in zip(found, gradient.plain, strict=True)]
        for where, values in gradient.picked.items():
            total = [t + f * g for t, f, g in zip(total, slopes(curve, where, x), values, strict=True)]
        return [Gradient(total, profile=profile, alike=gradient.alike * _both(found, x) if gradient.alike else 0.0)]


def _both(found: Sequence[Moments], x: Signal) -> float:
    """E f′f′ at two places of a sample over E f′²: by Mehler's formula, v·E f′f′ = Σ k aₖ² rᵏ⁻¹."""
    a, slope, span = found[len(found) // 2], found[len(found) // 2].slope, x.variance
    apart = x.grid.pair_mean(x.same) - x.grid.mean(x.mean) ** 2
    r = max(-1.0, min(1.0, apart / span)) if span > 0 else 1.0
    both = sum(k * c * c * r ** (k - 1) for k, c in enumerate(a.coefficients) if k)
    return min(1.0, both / (span * slope)) if span > 0 and slope > 0 else 1.0


def _through(curve: Curve, x: Signal, out: Marginal, gradient: Gradient) -> tuple[float, list[float] | None]:
    """What a gradient's profile adds to the slope's mean, and the profile before the function.

    Along a shortcut, a unit that is active in one block is likely so in the next, and its gradient passes both.
    """
    if x.marginal is None and gradient.profile is None:
        return 1.0, None
    given = _marginal(x)
    flat, shaped = weighed(curve, given, out, gradient.profile or [1.0] * len(out.places))
    a, b = (sum(w * v for (_, w), v in zip(given.places, values, strict=True)) for values in (flat, shaped))
    if not a or not b:
        return 1.0, None
    return b / a, [v / b for v in shaped] if x.marginal is not None else None


def _marginal(x: Signal) -> Marginal:
    return x.marginal or Marginal(((x.grid.mean(x.mean), 1.0),), max(0.0, x.variance))


def _moments(curve: Curve, x: Signal) -> tuple[list[Moments], Marginal]:
    """Moments cell by cell, and what the values are distributed like."""
    found = [moments(curve, m, v) for m, v in zip(x.mean, x.spans, strict=True)]
    m, g = x.grid.mean(x.mean), x.grid
    marginal, mean, square, slope = applied(curve, _marginal(x))
    if x.marginal is None:
        return found, marginal
    flat = moments(curve, m, max(0.0, g.mean(x.square) - m * m))
    ratios = [a / b if b else 1.0 for a, b in ((mean, flat.mean), (square, flat.square), (slope, flat.slope))]
    return [adjusted(f, *ratios) for f in found], marginal


def mapped(x: Signal, values: Sequence[float], spans: Sequence[float], coefficients: Sequence[tuple[float, ...]],
           within: Sequence[float] | None = None) -> list[float]:
    """Pairs of a function of Gaussians, from its coefficients at each cell; ``within`` is what these are of."""
    grid, found = x.grid, [0.0] * len(values)
    roots = [(r * v) ** 0.5 for r, v in zip(within or [1.0] * len(spans), spans, strict=True)]
    for k, ((a, b), other) in enumerate(zip(grid.pairs, grid.mirror, strict=True)):
        if other < k:
            found[k] = found[other]
            continue
        root = roots[a] * roots[b]
        correlation = (values[k] - x.mean[a] * x.mean[b]) / root if root else 0.0
        found[k] = product_moment(coefficients[a], coefficients[b], max(-1.0, min(1.0, correlation)))
    return found


class Drop(Rule):
    """Dropout of probability p, in training: E x² / (1 − p), and gradients alike (Schoenholz et al. 2017, §5)."""

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        kept = self._kept(at)
        return inputs[0].pairs(list, square=[v / kept for v in inputs[0].square])

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        kept = self._kept(at)
        return [Gradient([v / kept for v in gradient.square], alike=kept * gradient.alike)]

    def _kept(self, at: At) -> float:
        return max(1e-9, 1 - getattr(at.layer, "p", 0.0)) if at.training else 1.0


class Damp(Rule):
    """A constant factor."""

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        return inputs[0].scaled(at.layer.damping(inputs[0].second_moment))

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        factor = at.layer.damping(inputs[0].second_moment)
        return [Gradient([factor * factor * v for v in gradient.square], alike=gradient.alike)]


class Respond(Damp):
    """Local response normalization, its sum taken at the mean."""

    note = "the sum over few channels is taken at its mean"


class Table(Rule):
    """Learned rows or positions: independent numbers of the scheme's variance for tables."""

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        n = len(at.grid.points)
        none = [0.0] * n * n
        return Signal(at.grid, [at.scheme.table] * n, [0.0] * n, none, none)

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        return [nothing(signal) for signal in inputs]


@cache
def all_rules() -> Mapping[str, Rule]:
    """Rules by the name that kinds give."""
    from archcalc.propagation.attention import Attend
    from archcalc.propagation.merging import Join, Multiplied, Product, Sum
    from archcalc.propagation.normalization import OverBatch, OverChannels, OverMap, RootMeanSquare
    from archcalc.propagation.pooling import Average, Largest

    return {"": Unknown(), "copy": Rule(), "resample": Resample(), "mix": Mix(), "apply": Apply(), "drop": Drop(),
            "damp": Damp(), "respond": Respond(), "table": Table(), "largest": Largest(), "average": Average(),
            "sum": Sum(), "product": Product(), "matmul": Multiplied(), "join": Join(), "attend": Attend(),
            "over batch": OverBatch(), "over channels": OverChannels(), "over map": OverMap(),
            "root mean square": RootMeanSquare()}
