"""Rules of sums, means and extremes along axes, and of distances to fixed vectors."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.propagation.maxima import Largest
from archcalc.propagation.pooling import Average
from archcalc.propagation.rule import Rule
from archcalc.propagation.state import At, Gradient, Signal


class Reduced(Rule):
    """The sum is n times the mean, the minimum the maximum of what is mirrored."""

    note = Largest.note

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        rule, sign, times = self._parts(at)
        found = rule.forward(at, [inputs[0] if sign == 1 else inputs[0].scaled(sign)])
        return found if times == 1 else found.scaled(times)

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        rule, sign, times = self._parts(at)
        return rule.backward(at, [inputs[0] if sign == 1 else inputs[0].scaled(sign)], gradient.scaled(times * times))

    def _parts(self, at: At) -> tuple[Rule, float, float]:
        """A rule, the sign before it, and the factor behind it."""
        n = float(at.call.inputs[0].size) / float(at.call.out.size)
        return {"mean": (Average(), 1.0, 1.0), "sum": (Average(), 1.0, n), "max": (Largest(), 1.0, 1.0),
                "min": (Largest(), -1.0, -1.0)}[at.layer.op]  # type: ignore[attr-defined]


class Distance(Rule):
    """Σ (x − w)² over C elements, to U vectors w of ±1: E y² = C²·(E x² + 1)² + C·(2·Var² x + 4·Var x).

    Backward, E δx² = 4·U·(E x² + 1)·E δ².
    """

    note = "its vectors are taken as ±1, what it is given as Gaussian"

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        x, n = inputs[0], at.call.inputs[0].channels
        means = [n * (q + 1) for q in x.square]
        square = [m * m + n * (2 * v * v + 4 * v) for m, v in zip(means, x.spans, strict=True)]

        def pairs(values: Sequence[float]) -> list[float]:
            return [means[a] * means[b] + n * (2 * c * c + 4 * c) for c, (a, b) in zip(
                (v - x.mean[a] * x.mean[b] for v, (a, b) in zip(values, x.grid.pairs, strict=True)), x.grid.pairs,
                strict=True)]

        return x.pairs(pairs, square=square, mean=means)

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        units = at.call.out.channels
        return [Gradient([4 * units * (q + 1) * g for q, g in zip(inputs[0].square, gradient.square, strict=True)])]
