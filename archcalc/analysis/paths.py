"""Depth, and the paths from the inputs to the outputs: exact numbers on the graph.

A path follows values: an input that gives a layer only its size (``like``) or its batch is no step of one, and
a layer that reads another twice continues each of its paths in two ways.  Lengths are in layers with weights, which
is how papers count depth, or in layers of any kind (`UNITS`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from archcalc.analysis.shapes import Call, calls
from archcalc.errors import UsageError
from archcalc.net import Net
from archcalc.words import listed, suggest

UNITS: Mapping[str, Callable[[Call], int]] = {
    "weights": lambda call: int(call.n_weights > 0),
    "pooling": lambda call: int(call.n_weights > 0 or call.layer.family == "pool"),
    "layers": lambda call: 1,
}
"""What a layer adds to the length of a path: whether it has weights (convolutions, dense layers, attention,
embeddings; normalization has none), whether it has weights or pools, or 1."""

Edges = tuple[tuple[int, ...], ...]
"""Per node the nodes whose values it reads, once for each time."""


class Lengths(NamedTuple):
    """Number of paths by length; exact."""

    counts: Mapping[int, int]

    @property
    def total(self) -> int:
        """Number of paths."""
        return sum(self.counts.values())

    @property
    def mean(self) -> Fraction:
        """Mean length over all paths (Veit, Wilber, Belongie 2016, §4.1)."""
        return Fraction(sum(n * k for n, k in self.counts.items()), self.total)

    @property
    def variance(self) -> Fraction:
        """Variance of the length over all paths."""
        return Fraction(sum(n * n * k for n, k in self.counts.items()), self.total) - self.mean**2

    def within(self, share: Fraction = Fraction(95, 100)) -> tuple[int, int]:
        """First and last length of the middle paths that are at least such a share of all."""
        return middle(self.counts, share)


class Paths:
    """Depth and paths of a network in one unit of length; made by `paths`."""

    def __init__(self, net: Net, unit: str) -> None:
        self.net, self.unit = net, unit
        self.edges = edges(net)
        self.calls = calls(net)

    @cached_property
    def longest(self) -> int:
        """Length of the longest path: the network's depth."""
        return self._extreme(self.unit, max)

    @cached_property
    def shortest(self) -> int:
        """Length of the shortest path."""
        return self._extreme(self.unit, min)

    @cached_property
    def depths(self) -> dict[str, int]:
        """Length of the longest path in every unit."""
        return {unit: self._extreme(unit, max) for unit in UNITS}

    @cached_property
    def count(self) -> int:
        """Number of paths from an input to an output."""
        counts: list[int] = []
        for i, read in enumerate(self.edges):
            counts.append(int(i < self.net.n_inputs) + sum(counts[k] for k in read))
        return sum(counts[i] for i in self.net.outputs)

    @cached_property
    def lengths(self) -> Lengths:
        """Number of paths by length.

        The paths that end in a node are a polynomial with one term for each length.  It is kept as a single integer,
        its value at a power of two above every coefficient (Kronecker substitution), so that a sum of polynomials
        is one addition and a longer path one shift.
        """
        bits, weight = self.count.bit_length() + 1, UNITS[self.unit]
        left = readers(self.edges)
        values: dict[int, int] = {}
        total = 0
        for i, read in enumerate(self.edges):
            value = int(i < self.net.n_inputs) + sum(values[k] for k in read)
            for k in read:
                left[k] -= 1
                if not left[k]:
                    values.pop(k, None)
            value <<= bits * (weight(self.calls[i]) if i >= self.net.n_inputs else 0)
            total += value * self.net.outputs.count(i)
            if left[i]:
                values[i] = value
        return Lengths(dict(_digits(total, bits)))

    def _extreme(self, unit: str, best: Callable[[list[int]], int]) -> int:
        weight, found = UNITS[unit], list[int | None]()
        for i, read in enumerate(self.edges):
            if i < self.net.n_inputs:
                found.append(0)
                continue
            before = [n for k in read if (n := found[k]) is not None]
            found.append(best(before) + weight(self.calls[i]) if before else None)
        ends = [n for i in self.net.outputs if (n := found[i]) is not None]
        return best(ends) if ends else 0


def paths(net: Net, unit: str = "weights") -> Paths:
    """Depth and paths of a network, lengths in a unit of `UNITS`.

    Raises `UsageError` for an unknown unit, and where no output depends on an input.

    >>> import archcalc
    >>> found = paths(archcalc.load("resnet18"))
    >>> found.longest, found.count == 2**8, found.lengths.mean
    (18, True, Fraction(23, 2))
    """
    if unit not in UNITS:
        hint = suggest(unit, UNITS) or f"; there are {listed(UNITS)}"
        raise UsageError(f"unknown unit of length '{unit[:40]}'{hint}")
    found = Paths(net, unit)
    if not found.count:
        raise UsageError(f"'{net.name[:80]}' has no path from an input to an output: its outputs are of learned "
                         "tensors alone")
    return found


def edges(net: Net) -> Edges:
    """What each node reads the values of, in the order of its inputs."""
    found = []
    for node, call in zip(net.nodes, calls(net), strict=True):
        seen = {sight.input for sight in call.sights} if node.inputs else set()
        found.append(tuple(k for position, k in enumerate(node.inputs) if position in seen))
    return tuple(found)


def middle(shares: Mapping[int, int] | Mapping[int, float], share: Fraction) -> tuple[int, int]:
    """First and last length without the tails, of which neither has more than (1 − share) / 2 of the whole.

    >>> middle({1: 1, 2: 8, 3: 1}, Fraction(8, 10))
    (2, 2)
    """
    spare = sum(shares.values()) * (1 - share) / 2
    return _end(shares, sorted(shares), spare), _end(shares, sorted(shares, reverse=True), spare)


def _end(shares: Mapping[int, float], order: Sequence[int], spare: float | Fraction) -> int:
    gone: float = 0
    for length in order:
        gone += shares[length]
        if gone > spare:
            return length
    return order[-1]


def readers(read: Edges) -> list[int]:
    """How often each node is read."""
    found = [0] * len(read)
    for several in read:
        for k in several:
            found[k] += 1
    return found


def _digits(value: int, bits: int) -> Iterator[tuple[int, int]]:
    """Index and value of an integer's digits in base 2^bits that are not 0."""
    mask = (1 << bits) - 1
    size = max(1, (value.bit_length() + bits - 1) // bits)
    if size > 64:  # halves first: a shift of the whole for each digit would take quadratic time
        half = size // 2
        yield from _digits(value & ((1 << half * bits) - 1), bits)
        yield from ((half + i, digit) for i, digit in _digits(value >> half * bits, bits))
        return
    for i in range(size):
        digit = value >> i * bits & mask
        if digit:
            yield i, digit
