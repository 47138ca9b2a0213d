"""Values that are no Gaussian: what a rectified shortcut and a Gaussian branch add up to.

A `Marginal` is a mixture of Gaussians of one variance, around a few weighted places.  A function of it is again a few
places, a Gaussian added widens it; so the values of a residual network without normalization on its main path are
followed exactly, up to the number of places.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import exp, sqrt
from typing import NamedTuple

from archcalc.propagation.gaussian import Curve, Moments, slope

PLACES = 96
"Places that are kept."
_NODES = [(i + 0.5) * 0.25 for i in range(-16, 16)]
_RAW = [exp(-z * z / 2) for z in _NODES]
_WEIGHTS = [w / sum(_RAW) for w in _RAW]


class Marginal(NamedTuple):
    """Places with weights that add up to 1, and the variance around each."""

    places: tuple[tuple[float, float], ...]
    around: float = 0.0

    def plus(self, variance: float) -> Marginal:
        """With an independent Gaussian added."""
        return self._replace(around=self.around + variance)

    def joined(self, other: Marginal) -> Marginal:
        """With an independent one added."""
        if len(other.places) == 1:  # place by place, so that a gradient's profile fits both
            by = other.places[0][0]
            return Marginal(tuple((a + by, w) for a, w in self.places), self.around + other.around)
        both = ((a + b, v * w) for a, v in self.places for b, w in other.places)
        return Marginal(binned(both), self.around + other.around)

    def scaled(self, factor: float) -> Marginal:
        """Times a factor."""
        return Marginal(tuple((factor * a, w) for a, w in self.places), factor * factor * self.around)

    def points(self) -> list[tuple[float, float]]:
        """Weighted values."""
        if not self.around:
            return list(self.places)
        root = sqrt(self.around)
        return [(a + root * z, v * w) for a, v in self.places for z, w in zip(_NODES, _WEIGHTS, strict=True)]


def weighed(curve: Curve, x: Marginal, y: Marginal, profile: Sequence[float]) -> tuple[list[float], list[float]]:
    """E f′² and E f′² · p(f) at each place of x, where p is a profile over the places of y = f(x)."""
    ends = [(a + b) / 2 for (a, _), (b, _) in pairwise(y.places)]
    nodes = list(zip(_NODES, _WEIGHTS, strict=True)) if x.around else [(0.0, 1.0)]
    root, flat, found = sqrt(x.around), [], []
    for place, _ in x.places:
        points = [(v, w * slope(curve, v)) for v, w in ((place + root * z, w) for z, w in nodes)]
        flat.append(sum(s for _, s in points))
        found.append(sum(s * profile[bisect_left(ends, curve(v))] for v, s in points if s))
    return flat, found


def applied(curve: Curve, x: Marginal) -> tuple[Marginal, float, float, float]:
    """A function of a marginal: the new one, the mean, E f² and E f′²."""
    points = x.points()
    values = [(curve(v), w) for v, w in points]
    return (Marginal(binned(values)), sum(w * v for v, w in values), sum(w * v * v for v, w in values),
            sum(w * slope(curve, v) for v, w in points))


def binned(values: Iterable[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Neighbouring values put together to the number of places that are kept."""
    found, weight, total = [], 0.0, 0.0
    for value, w in sorted(values):
        weight, total = weight + w, total + w * value
        if weight >= 1 / PLACES:
            found.append((total / weight, weight))
            weight = total = 0.0
    return (*found, (total / weight, weight)) if weight > 1e-12 else tuple(found)


def adjusted(found: Moments, mean: float, square: float, steep: float) -> Moments:
    """A Gaussian's moments with factors for the mean, E f² and E f′²; further coefficients are scaled to fit."""
    new, whole = mean * found.mean, square * found.square
    rest = sum(a * a for a in found.coefficients[1:])
    scale = sqrt(max(0.0, whole - new * new) / rest) if rest else 0.0
    return Moments(new, whole, steep * found.slope, (new, *(scale * a for a in found.coefficients[1:])))
