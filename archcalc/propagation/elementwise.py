"""The rule of functions of single elements, and what pooling needs of it."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.propagation.gaussian import Curve, Moments, adjusted, largest, moments, product_moment
from archcalc.propagation.grid import Values
from archcalc.propagation.marginal import applied
from archcalc.propagation.rule import Rule
from archcalc.propagation.state import At, Gradient, Picked, Signal, curve_of


class Apply(Rule):
    """A function of each element of a Gaussian: E f², and E f′² backward (Schoenholz et al. 2017, equations 3, 9).

    Pairs by Mehler's formula.  What comes in and is no Gaussian (a sum with a rectified shortcut) is followed as a
    `Marginal`; its pairs are taken for a Gaussian's.
    """

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        x, curve = inputs[0], curve_of(at.layer)
        found = _moments(curve, x)
        new = x.pairs(lambda values: mapped(x, values, x.spans, [f.coefficients for f in found]),
                      square=[f.square for f in found], mean=[f.mean for f in found])
        return new._replace(before=(curve, x))

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        x, curve = inputs[0], curve_of(at.layer)
        found = _moments(curve, x)
        factor, profile = _through(curve, x, gradient)
        total = [factor * f.slope * g for f, g in zip(found, gradient.plain, strict=True)]
        for where, values in gradient.picked.items():
            total = [t + f * g for t, f, g in zip(total, slopes(curve, where, x), values, strict=True)]
        return [Gradient(total, profile=profile, alike=gradient.alike * _both(found, x) if gradient.alike else 0.0)]


def slopes(curve: Curve, where: Picked, x: Signal) -> Values:
    """E f′² at the largest values of windows, cell by cell."""
    return [largest(curve, where.size, where.within, m, span).slope for m, span in zip(x.mean, x.spans, strict=True)]


def _both(found: Sequence[Moments], x: Signal) -> float:
    """E f′f′ at two places of a sample over E f′²: by Mehler's formula, v·E f′f′ = Σ k aₖ² rᵏ⁻¹."""
    a, slope, span = found[len(found) // 2], found[len(found) // 2].slope, x.variance
    apart = x.grid.pair_mean(x.same) - x.grid.mean(x.mean) ** 2
    r = max(-1.0, min(1.0, apart / span)) if span > 0 else 1.0
    both = sum(k * c * c * r ** (k - 1) for k, c in enumerate(a.coefficients) if k)
    return min(1.0, both / (span * slope)) if span > 0 and slope > 0 else 1.0


def _through(curve: Curve, x: Signal, gradient: Gradient) -> tuple[float, list[float] | None]:
    """What a gradient's profile adds to the slope's mean, and the profile before the function.

    Along a shortcut, a unit that is active in one block is likely so in the next, and its gradient passes both.
    """
    if x.marginal is None and gradient.profile is None:
        return 1.0, None
    given = x.distribution
    after = applied(curve, given)
    shaped = after.through(gradient.profile or [1.0] * len(after.marginal.places))
    mean = sum(w * v for (_, w), v in zip(given.places, shaped, strict=True))
    if not mean or not after.slope:
        return 1.0, None
    return mean / after.slope, [v / mean for v in shaped] if x.marginal is not None else None


def _moments(curve: Curve, x: Signal) -> list[Moments]:
    """Moments cell by cell."""
    found = [moments(curve, m, v) for m, v in zip(x.mean, x.spans, strict=True)]
    if x.marginal is None:
        return found
    after, m = applied(curve, x.marginal), x.grid.mean(x.mean)
    flat = moments(curve, m, max(0.0, x.second_moment - m * m))
    ratios = [a / b if b else 1.0 for a, b in ((after.mean, flat.mean), (after.square, flat.square),
                                               (after.slope, flat.slope))]
    return [adjusted(f, *ratios) for f in found]


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
