"""What each output of a layer takes from its inputs along one axis, from the layers' definitions alone.

Nothing here uses archcalc: loops over taps, as a text-book would write them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from math import floor
from typing import Any, NamedTuple

import numpy


class Axis(NamedTuple):
    """``takes[o, i]``: output o takes from input i; ``missing[o]``: it would take what does not exist, too."""

    takes: Any
    missing: Any


def axis(n: int, outputs: Sequence[Iterable[int]]) -> Axis:
    """An axis of n inputs from the inputs that each output asks for, whether they exist or not."""
    takes, missing = numpy.zeros((len(outputs), n), bool), numpy.zeros(len(outputs), bool)
    for o, wanted in enumerate(outputs):
        for i in wanted:
            if 0 <= i < n:
                takes[o, i] = True
            else:
                missing[o] = True
    return Axis(takes, missing)


def window(n: int, k: int, s: int = 1, before: int = 0, after: int = 0, d: int = 1, ceil: bool = False) -> Axis:
    """A kernel of k taps, d apart, moved by s while it stays in the padded input, or begins in it (ceil)."""
    outputs: list[range] = []
    while True:
        start = len(outputs) * s - before
        end = start + d * (k - 1)
        over = end - (n + after - 1)
        if over > 0 and not (ceil and over < s and start < n):
            return axis(n, outputs)
        outputs.append(range(start, end + 1, d))


def same(n: int, k: int, s: int = 1, d: int = 1) -> Axis:
    """⌈n / s⌉ outputs, the padding split evenly and the odd one behind (TensorFlow)."""
    count = (n + s - 1) // s
    total = max((count - 1) * s + d * (k - 1) + 1 - n, 0)
    return window(n, k, s, total // 2, total - total // 2, d)


def transposed(n: int, k: int, s: int = 1, padding: int = 0, more: int = 0, d: int = 1) -> Axis:
    """Input j adds to outputs j·s − padding + t·d: scattered, not gathered."""
    m = (n - 1) * s + d * (k - 1) + 1 - 2 * padding + more
    outputs: list[list[int]] = [[] for _ in range(m)]
    for j in range(-k * d, n + k * d):
        for t in range(k):
            o = j * s - padding + t * d
            if 0 <= o < m:
                outputs[o].append(j)
    return axis(n, outputs)


def picked(n: int, m: int, pick: Callable[[int], int]) -> Axis:
    """Output o is input pick(o)."""
    return axis(n, [[pick(o)] for o in range(m)])


def linear(n: int, scale: int) -> Axis:
    """The two inputs around the place of an output's middle, where their weights are not 0."""
    outputs = []
    for o in range(n * scale):
        place = Fraction(2 * o + 1, 2 * scale) - Fraction(1, 2)
        low = floor(place)
        outputs.append([low] if place == low else [low, low + 1])
    return axis(n, outputs)


def adaptive(n: int, m: int) -> Axis:
    """Output o averages from ⌊o·n/m⌋ up to ⌈(o + 1)·n/m⌉."""
    return axis(n, [range(o * n // m, -(-(o + 1) * n // m)) for o in range(m)])


def reflected(n: int, before: int, after: int) -> Axis:
    """A mirror at the first and the last input."""
    inside = [*range(before, 0, -1), *range(n), *range(n - 2, n - 2 - after, -1)]
    return picked(n, n + before + after, lambda o: inside[o])
