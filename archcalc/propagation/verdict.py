"""What a propagation comes to: how much smaller or larger signal and gradient are at the other end."""

from __future__ import annotations

from math import inf, log, log10, sqrt
from typing import NamedTuple

from archcalc.analysis.paths import UNITS, Paths, paths
from archcalc.propagation.propagate import Propagation, Row

LEVEL = 10.0
"A factor up to which a size counts as kept."


class Change(NamedTuple):
    """A size, as a root mean square or a norm, at the two ends of a network, and the layers with weights between."""

    what: str
    ratio: float
    layers: int
    exponent: float
    "log₁₀ of the ratio, also where the ratio itself would underflow."

    @property
    def per_layer(self) -> float:
        """The geometric mean of a layer's factor: there is one layer less between the ends than there are layers."""
        return 10 ** (self.exponent / (self.layers - 1)) if self.layers > 1 else 1.0

    @property
    def scale(self) -> float:
        """Layers in which the size changes by a factor e: Schoenholz et al. 2017's depth scale; inf where it stays."""
        each = log(self.per_layer) if self.per_layer > 0 else -inf
        return abs(1 / each) if each else inf

    def __str__(self) -> str:
        over = f"over {self.layers:,} layer{'s' * (self.layers != 1)}"
        if abs(self.exponent) < log10(LEVEL):
            return f"{self.what} keeps its size {over} (×{10**self.exponent:.2g})"
        verb = "shrinks" if self.exponent < 0 else "grows"
        return f"{self.what} {verb} {times(self.exponent)} {over}"


class Verdict(NamedTuple):
    """Both changes: of what comes out of layers with weights forwards, and of the gradient's norm backwards."""

    signal: Change
    gradient: Change

    def __str__(self) -> str:
        return f"{self.signal}; {self.gradient}"


def verdict(found: Propagation) -> Verdict:
    """From the first layer with weights to the last, and back."""
    ends = ends_of(found)
    layers = longest(found).longest
    if ends is None:
        return Verdict(Change("signal", 1.0, layers, 0.0), Change("gradient", 1.0, layers, 0.0))
    first, last = ends
    return Verdict(_change("signal", sqrt(first.second_moment), sqrt(last.second_moment), layers),
                   _change("gradient", last.gradient_norm, first.gradient_norm, layers))


def _change(what: str, start: float, end: float, layers: int) -> Change:
    if not start or not end:
        return Change(what, 0.0, layers, -inf if start else 0.0)
    exponent = log10(end) - log10(start)
    return Change(what, 10**exponent if abs(exponent) < 300 else (0.0 if exponent < 0 else inf), layers, exponent)


def longest(found: Propagation) -> Paths:
    """The paths of the network, in layers with weights."""
    return paths(found.net)


def ends_of(found: Propagation) -> tuple[Row, Row] | None:
    """The first and the last layer with weights that a value passes through; None where there are none."""
    passed = [row for row, depth in zip(found.rows, depths(found), strict=True) if row.weighted and depth]
    return (passed[0], passed[-1]) if passed else None


def depths(found: Propagation) -> list[int]:
    """For each node, layers with weights on the longest path to it, itself included; 0 where no input reaches."""
    weight, edges, depth = UNITS["weights"], longest(found).edges, list[int]()
    for i, read in enumerate(edges):
        before = max((depth[k] for k in read), default=0)
        depth.append(before + weight(found.calls[i]) if i >= found.net.n_inputs and (
            before or any(k < found.net.n_inputs or depth[k] for k in read)) else 0)
    return depth


_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power(exponent: int) -> str:
    """A power of ten.

    >>> power(-9)
    '10⁻⁹'
    """
    return "10" + str(exponent).translate(_SUPERSCRIPTS)


def times(exponent: float) -> str:
    """How much larger or smaller, from a log₁₀: a power of ten from 1,000 on.

    >>> times(-9.1), times(1.7), times(float("-inf"))
    ('by 10⁻⁹', '50-fold', 'to nothing')
    """
    if abs(exponent) == inf:
        return "to nothing" if exponent < 0 else "without bound"
    return f"by {power(round(exponent))}" if abs(exponent) >= 3 else f"{10 ** abs(exponent):.0f}-fold"
