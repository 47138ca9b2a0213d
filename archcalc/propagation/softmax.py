"""Softmax of Gaussians, exactly: moments of p = eˣ / S for S = Σ eˣ over n of them, as integrals over one variable.

1 / Sᵏ = ∫ tᵏ⁻¹ e^(−tS) dt / (k − 1)!, and e^(−tS) is a product over independent elements, so that with
Lₖ(t) = E eᵏˣ e^(−t eˣ), E p² = ∫ t·L₂·Lⁿ⁻¹ dt, and so on.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import exp, log, pi, sqrt
from typing import NamedTuple

from archcalc.propagation.gaussian import rounded
from archcalc.propagation.rule import Rule
from archcalc.propagation.state import At, Gradient, Signal

_STEP = 0.2
_EULER = 0.5772156649015329
_NODES = [(i + 0.5) / 4 for i in range(-32, 32)]
_WEIGHTS = [exp(-z * z / 2) / (4 * sqrt(2 * pi)) for z in _NODES]
_WIDEST = 400.0
"A variance beyond which one element has everything."


class Shares(NamedTuple):
    """Of a softmax over n elements: E p², E p²(1 − 2p + Σ p²), and the mean and variance of log S."""

    square: float
    slope: float
    log_mean: float
    log_variance: float


def shares(n: int, variance: float) -> Shares:
    """Moments of the softmax of n independent Gaussians of that variance and mean 0.

    ``slope`` is E (∂L/∂x)² where the gradients of the n outputs are independent, with mean 0 and variance 1.

    >>> found = shares(4, 0.0)
    >>> round(found.square, 9), round(found.slope, 9)
    (0.0625, 0.046875)
    """
    return _shares(n, rounded(min(variance, _WIDEST)))


@cache
def _shares(n: int, variance: float) -> Shares:
    if n == 1 or not variance:
        return Shares(1 / n**2, (1 - 1 / n) / n**2, log(n), variance)
    values = [exp(sqrt(variance) * z) for z in _NODES]
    square = cube = fourth = pairs = 0.0
    mean = spread = 0.0
    for t, width in _times(n, variance):
        left = [w * exp(-t * v) for v, w in zip(values, _WEIGHTS, strict=True)]
        one, two, three, four, l0 = _powers(left, values)
        whole = l0 ** (n - 2)
        square += width * t * two * whole * l0
        cube += width * t * t * three * whole * l0 / 2
        fourth += width * t**3 * four * whole * l0 / 6
        pairs += width * t**3 * two * two * whole / 6
        density = width * n * one * whole * l0  # of t where E/S = t, E exponential
        mean += density * log(t)
        spread += density * log(t)**2
    together = fourth + (n - 1) * pairs
    return Shares(square, square - 2 * cube + together, -_EULER - mean, max(0.0, spread - mean * mean - pi * pi / 6))


def _powers(left: Sequence[float], values: Sequence[float]) -> tuple[float, ...]:
    """E eᵏˣ e^(−t eˣ) for k of 1, 2, 3, 4 and 0."""
    found, here = [sum(left)], list(left)
    for _ in range(4):
        here = [a * v for a, v in zip(here, values, strict=True)]
        found.append(sum(here))
    return (*found[1:], found[0])


def _times(n: int, variance: float) -> list[tuple[float, float]]:
    """Values of t on a logarithmic scale around 1 / S, with their widths."""
    centre, reach = -log(n) - variance / 2, 12 + 9 * sqrt(variance)
    count = int(2 * reach / _STEP)
    return [(t, t * _STEP) for t in (exp(centre + (i - count / 2) * _STEP) for i in range(count + 1))]


class Softmax(Rule):
    """p = eˣ / Σ eˣ over an axis of n Gaussians: `shares`; pairs of samples whose elements have covariance c have
    E p p' = e^c / n² for large n, and no more than E p²."""

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        x, n = inputs[0], self._count(at)
        spans = self._spans(at, x)
        found = [shares(n, span) for span in spans]
        means = list(x.mean)
        roots = [f.square**0.5 for f in found]

        def pairs(values: Sequence[float]) -> list[float]:
            return [min(exp(min(v - means[a] * means[b], 50.0)) / n**2, roots[a] * roots[b])
                    for v, (a, b) in zip(values, x.grid.pairs, strict=True)]

        return x.pairs(pairs, square=[f.square for f in found], mean=[1 / n] * len(found))

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        n = self._count(at)
        return [Gradient([g * shares(n, span).slope for g, span in
                          zip(gradient.square, self._spans(at, inputs[0]), strict=True)])]

    def _count(self, at: At) -> int:
        x = at.call.inputs[0]
        return int(x.dims[x.axis(at.layer.axis)])  # type: ignore[attr-defined]

    def _spans(self, at: At, x: Signal) -> list[float]:
        """The variance along the axis: between channels, or between places of a channel."""
        tensor = at.call.inputs[0]
        if tensor.axes[tensor.axis(at.layer.axis)] == "channel":  # type: ignore[attr-defined]
            return x.spans
        return [max(0.0, x.second_moment - x.grid.pair_mean(x.same))] * len(x.square)


class LogSoftmax(Softmax):
    """x − log S: E x log S = E x · E log S + Var x / n by Stein's lemma; backward δ − p Σ δ."""

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        x, n = inputs[0], self._count(at)
        spans = self._spans(at, x)
        found = [shares(n, span) for span in spans]
        logs = [f.log_mean for f in found]
        square = [max(v, 0.0) * (1 - 2 / n) + f.log_variance + f.log_mean**2
                  for v, f in zip(spans, found, strict=True)]

        def pairs(values: Sequence[float]) -> list[float]:
            return [v - x.mean[a] * x.mean[b] + logs[a] * logs[b]
                    for v, (a, b) in zip(values, x.grid.pairs, strict=True)]

        return x.pairs(pairs, square=square, mean=[-m for m in logs])

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        n = self._count(at)
        return [Gradient([g * (1 - 2 / n + n * shares(n, span).square) for g, span in
                          zip(gradient.square, self._spans(at, inputs[0]), strict=True)])]
