"""Values that are no Gaussian: what a rectified shortcut and a Gaussian branch add up to.

A `Marginal` is a mixture of Gaussians of one variance, around a few weighted places.  A function of it is again a few
places, a Gaussian added widens it; so the values of a residual network without normalization on its main path are
followed exactly, up to the number of places.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import accumulate, chain, repeat
from math import exp, inf, sqrt
from operator import mul
from typing import NamedTuple

from archcalc.propagation.gaussian import Curve, bent, homogeneous, slope

PLACES = 96
"Places that are kept."


class Marginal(NamedTuple):
    """Places with weights that add up to 1, and the variance around each."""

    places: tuple[tuple[float, float], ...]
    around: float = 0.0

    def joined(self, other: Marginal) -> Marginal:
        """With an independent one added."""
        if len(other.places) == 1:  # place by place, so that a gradient's profile fits both
            by = other.places[0][0]
            return Marginal(tuple((a + by, w) for a, w in self.places), self.around + other.around)
        sums, shares = zip(*((a + b, v * w) for a, v in self.places for b, w in other.places), strict=True)
        return Marginal(binned(sums, shares)[0], self.around + other.around)


class Applied(NamedTuple):
    """What a function makes of a `Marginal`: the new one, E f, E f² and E f′².

    ``slopes`` are f′² times its weight at points around each place in turn, so many as ``counts`` says; ``bins`` the
    places of the new one that these points come to.
    """

    marginal: Marginal
    mean: float
    square: float
    slope: float
    slopes: Sequence[float]
    bins: Sequence[int]
    counts: Sequence[int]

    def through(self, profile: Sequence[float]) -> list[float]:
        """E f′² · p(f) at each place of what it is applied to, where p is a profile over the places of f."""
        return _each([s * profile[b] for s, b in zip(self.slopes, self.bins, strict=True)], self.counts)


@lru_cache(maxsize=4096)
def applied(curve: Curve, x: Marginal) -> Applied:
    """A function of a marginal."""
    rules = [_around(*_points(i, w)) if x.around else _HERE for i, (_, w) in enumerate(x.places)]
    counts, root = [len(nodes) for nodes, _ in rules], sqrt(x.around)
    at = [a + root * z for (a, _), (nodes, _) in zip(x.places, rules, strict=True) for z in nodes]
    weights = [w for _, of in rules for w in of]
    values, steep_at = _taken(curve, at)
    places, bins = binned(values, [v * w for (_, v), (_, of) in zip(x.places, rules, strict=True) for w in of])
    slopes = list(map(mul, steep_at, weights))
    around = _each(slopes, counts)
    if homogeneous(curve) and x.around:
        first, second, steep = _exact(curve, x)
    else:
        weighed = list(map(mul, values, weights))
        first, second, steep = _each(weighed, counts), _each(list(map(mul, values, weighed)), counts), around
    mean, square, whole = (sum(w * v for (_, w), v in zip(x.places, of, strict=True)) for of in (first, second, steep))
    scales = [a / b if b else 0.0 for a, b in zip(steep, around, strict=True)]
    fitted = array("d", map(mul, slopes, chain.from_iterable(map(repeat, scales, counts))))
    return Applied(Marginal(_stretched(places, square)), mean, square, whole, fitted, bins, counts)


def _each(values: Sequence[float], counts: Sequence[int]) -> list[float]:
    """Sums over the points around each place."""
    ends = list(accumulate(counts))
    return [sum(values[end - n:end]) for n, end in zip(counts, ends, strict=True)]


_HERE = ((0.0,), (1.0,))


def _points(i: int, weight: float) -> tuple[int, int]:
    """How many points a place has, and where in their steps they begin: many at an atom, others side by side."""
    return (10, i % 8) if weight < 3 / PLACES else (2 * int(300 * weight) + 2, _MIDDLE)


_MIDDLE = 8


@cache
def _around(count: int, shift: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """So many nodes and weights of a standard Gaussian, within four deviations."""
    begin = 0.5 if shift == _MIDDLE else shift / 8 + 1 / 16
    nodes = tuple(8 * (i + begin) / count - 4 for i in range(count))
    raw = [exp(-z * z / 2) for z in nodes]
    return nodes, tuple(w / sum(raw) for w in raw)


def _taken(curve: Curve, at: Sequence[float]) -> tuple[list[float], list[float]]:
    """f and f′² at values."""
    if not homogeneous(curve):
        return list(map(curve, at)), [slope(curve, v) for v in at]
    right, left = curve(1.0), -curve(-1.0)
    return ([right * v if v > 0 else left * v for v in at],
            [right * right if v > 0 else left * left if v < 0 else (left * left + right * right) / 2 for v in at])


def _exact(curve: Curve, x: Marginal) -> Iterator[list[float]]:
    """E f, E f² and E f′² around each place, of a function that is a line on each side of 0."""
    right, left, scale = curve(1.0), -curve(-1.0), sqrt(x.around)
    for of, by in zip(zip(*(bent(right, left, a / scale) for a, _ in x.places), strict=True),
                      (scale, x.around, 1.0), strict=True):
        yield [by * v for v in of]


def binned(values: Sequence[float], shares: Sequence[float]) -> tuple[tuple[tuple[float, float], ...], bytearray]:
    """Neighbouring values put together to the number of places that are kept, equal ones to one; the place of each."""
    found: list[tuple[float, float]] = []
    bins, weight, total, last = bytearray(len(values)), 0.0, 0.0, inf
    for i in sorted(range(len(values)), key=values.__getitem__):
        share, value = shares[i], values[i]
        if weight * PLACES >= 1 and value != last:
            found.append((total / weight, weight))
            weight = total = 0.0
        weight, total, last = weight + share, total + share * value, value
        bins[i] = len(found)
    return (*found, (total / weight, weight)), bins


def _stretched(places: Iterable[tuple[float, float]], square: float) -> tuple[tuple[float, float], ...]:
    """Places with the second moment that the values had, of which putting them together takes a little away."""
    places = tuple(places)
    mean = sum(a * w for a, w in places)
    had = sum(w * (a - mean)**2 for a, w in places)
    by = sqrt(max(0.0, square - mean * mean) / had) if had else 1.0
    return tuple((mean + by * (a - mean), w) for a, w in places)
