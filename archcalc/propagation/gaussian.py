"""Integrals over Gaussian pre-activations, by a midpoint rule; kinks fall between its nodes.

Two Gaussians of correlation r have E f(x) f(y) = Σ aₖ² rᵏ with f's Hermite coefficients aₖ (Mehler's formula; Daniely,
Frostig, Singer 2016, §5; for ReLU it is the arc-cosine kernel of Cho and Saul 2009).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import erf, exp, pi, sqrt
from operator import mul
from typing import NamedTuple

Curve = Callable[[float], float]

ORDER = 16
"Hermite coefficients kept; what is left of the second moment is given to the next power."
_STEP = 0.04
NODES = [(i + 0.5) * _STEP for i in range(-200, 200)]
WEIGHTS = [_STEP * exp(-z * z / 2) / sqrt(2 * pi) for z in NODES]
_EPS = 1e-6
_COARSE = 0.2
_ROOT, _TWO = sqrt(2 * pi), sqrt(2)


class Moments(NamedTuple):
    """Of f(x): the mean, E f², E f′², Hermite coefficients, the last for all left out, and, of `largest`, E f′."""

    mean: float
    square: float
    slope: float
    coefficients: tuple[float, ...]
    rise: float = 0.0

    def scaled(self, factor: float) -> Moments:
        """Of the function times a factor, and of its argument too."""
        return Moments(factor * self.mean, factor * factor * self.square, self.slope,
                       tuple(factor * a for a in self.coefficients), self.rise)


@cache
def _hermite() -> list[list[float]]:
    """Normalized Hermite polynomials times the density, at the nodes."""
    rows = [[1.0] * len(NODES), list(NODES)]
    for k in range(1, ORDER):
        rows.append([(z * a - sqrt(k) * b) / sqrt(k + 1) for z, a, b in zip(NODES, rows[k], rows[k - 1], strict=True)])
    return [[w * h for w, h in zip(WEIGHTS, row, strict=True)] for row in rows]


def rounded(value: float) -> float:
    """To nine digits, so that equal integrals are found again."""
    return float(f"{value:.9g}")


def slope(curve: Curve, x: float) -> float:
    """f′², at a kink the mean of both sides."""
    here = curve(x)
    left, right = here - curve(x - _EPS), curve(x + _EPS) - here
    return (left * left + right * right) / (2 * _EPS * _EPS)


@cache
def homogeneous(curve: Curve) -> bool:
    """Whether f(sx) = s·f(x) for positive s, as of ReLU: it then is a line on each side of 0."""
    return all(abs(curve(s * x) - s * curve(x)) <= 1e-12 * s for x in (-3.0, -0.7, 0.4, 2.0) for s in (0.1, 7.0))


def moments(curve: Curve, mean: float, variance: float) -> Moments:
    """Of a function of a Gaussian.

    >>> found = moments(lambda x: max(x, 0.0), 0.0, 2.0)
    >>> round(found.square, 6), round(found.slope, 6)
    (1.0, 0.5)
    """
    scale = sqrt(variance)
    if scale and homogeneous(curve):
        return _bent(curve(1.0), -curve(-1.0), rounded(mean / scale)).scaled(scale)
    return _moments(curve, rounded(mean), rounded(variance))


def bent(right: float, left: float, m: float) -> tuple[float, float, float]:
    """E f, E f² and E f′² of a Gaussian of mean m and variance 1, where f has slopes left and right of 0."""
    density, positive = exp(-m * m / 2) / _ROOT, 0.5 + 0.5 * erf(m / _TWO)
    first, second = m * positive + density, (m * m + 1) * positive + m * density
    return (right * first + left * (m - first), right * right * second + left * left * (m * m + 1 - second),
            right * right * positive + left * left * (1 - positive))


@cache
def _bent(right: float, left: float, m: float) -> Moments:
    """As `bent`, with the coefficients: E f·heₖ = E f″·heₖ₋₂ / √(k(k − 1)), where f″ stands at 0 alone."""
    mean, square, steep = bent(right, left, m)
    found = [mean, left + (right - left) * (0.5 + 0.5 * erf(m / _TWO))]
    before, here = 0.0, (right - left) * exp(-m * m / 2) / _ROOT
    for k in range(2, ORDER + 1):
        found.append(here / sqrt(k * (k - 1)))
        before, here = here, (-m * here - sqrt(k - 2) * before) / sqrt(k - 1)
    return Moments(mean, square, steep, _complete(found, square))


@cache
def _moments(curve: Curve, mean: float, variance: float) -> Moments:
    scale = sqrt(variance)
    places = [mean + scale * z for z in NODES]
    values = [curve(x) for x in places]
    square = sum(w * v * v for w, v in zip(WEIGHTS, values, strict=True))
    return Moments(sum(w * v for w, v in zip(WEIGHTS, values, strict=True)), square,
                   sum(w * slope(curve, x) for w, x in zip(WEIGHTS, places, strict=True)),
                   _complete([sum(map(mul, row, values)) for row in _hermite()], square))


def _complete(found: list[float], square: float) -> tuple[float, ...]:
    """Coefficients with one more for what they leave of the second moment."""
    return (*found, sqrt(max(0.0, square - sum(a * a for a in found))))


def largest(curve: Curve, count: int, within: float, mean: float, variance: float) -> Moments:
    """Of f(M), M the largest of ``count`` Gaussians of equal correlation ``within``, f rising.

    M = √within·z + √(1 − within)·(the largest of independent ones); the coefficients are of E[f(M) | z], so that
    two windows' maxima whose elements have correlation c have E f f′ = Σ aₖ² (c / within)ᵏ.
    """
    scale = sqrt(variance)
    if scale and homogeneous(curve):
        return _largest(curve, count, rounded(within), rounded(mean / scale), 1.0).scaled(scale)
    return _largest(curve, count, rounded(within), rounded(mean), rounded(variance))


@cache
def _largest(curve: Curve, count: int, within: float, mean: float, variance: float) -> Moments:
    places = [(i + 0.5) * _COARSE for i in range(-30, 30)]
    density = [count * (0.5 + 0.5 * erf(x / sqrt(2))) ** (count - 1) * _COARSE * exp(-x * x / 2) / sqrt(2 * pi)
               for x in places]
    whole = sum(density)
    scale, inner, outer = sqrt(variance), sqrt(1 - within), sqrt(within)
    conditional, square, steep, mean_of, rise = [], 0.0, 0.0, 0.0, 0.0
    coarse = NODES[2::5]
    for z in coarse:
        at = [mean + scale * (outer * z + inner * x) for x in places]
        values = [curve(x) for x in at]
        w = 5 * _STEP * exp(-z * z / 2) / sqrt(2 * pi)
        expected = sum(d * v for d, v in zip(density, values, strict=True)) / whole
        conditional.append(expected)
        mean_of += w * expected
        square += w * sum(d * v * v for d, v in zip(density, values, strict=True)) / whole
        steep += w * sum(d * slope(curve, x) for d, x in zip(density, at, strict=True)) / whole
        rise += w * sum(d * (curve(x + _EPS) - curve(x - _EPS)) for d, x in zip(density, at, strict=True)) / whole
    rows = [row[2::5] for row in _hermite()]
    found = [5 * sum(h * v for h, v in zip(row, conditional, strict=True)) for row in rows]
    explained = 5 * sum(w * v * v for w, v in zip(WEIGHTS[2::5], conditional, strict=True))
    return Moments(mean_of, square, steep, _complete(found, explained), rise / (2 * _EPS))


def product_moment(a: tuple[float, ...], b: tuple[float, ...], correlation: float) -> float:
    """E f(x) g(y) from the coefficients of both."""
    total = 0.0
    for p, q in zip(reversed(a), reversed(b), strict=True):
        total = total * correlation + p * q
    return total


def adjusted(found: Moments, mean: float, square: float, steep: float) -> Moments:
    """A Gaussian's moments with factors for the mean, E f² and E f′²; further coefficients are scaled to fit."""
    new, whole = mean * found.mean, square * found.square
    rest = sum(a * a for a in found.coefficients[1:])
    scale = sqrt(max(0.0, whole - new * new) / rest) if rest else 0.0
    return Moments(new, whole, steep * found.slope, (new, *(scale * a for a in found.coefficients[1:])))
