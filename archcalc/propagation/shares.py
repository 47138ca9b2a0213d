"""Which paths carry the gradient: lengths weighted with what the signal rules say of each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import frexp, ldexp
from typing import NamedTuple

from archcalc.analysis.paths import UNITS, Paths, readers


def carried(found: Paths, gains: Sequence[Sequence[float]], ends: Mapping[int, float]) -> dict[int, float]:
    """Share of the gradient's energy that paths of each length bring to the inputs; the shares add up to 1.

    ``gains`` says per node, and for each of its `edges`, what becomes of the sum of squares of a gradient that
    reaches the node on its way to what it reads; ``ends`` the sum of squares that the loss puts on each output.
    Gradients of different paths are taken as uncorrelated, so that their energies add up.
    """
    weight, floats = UNITS[found.unit], dict[int, _Floats]()
    left = readers(found.edges)
    total = _Floats()
    for i, read in enumerate(found.edges):
        value = _Floats((1.0,)) if i < found.net.n_inputs else _Floats()
        for k, gain in zip(read, gains[i], strict=True):
            value = value.plus(floats[k], gain)
            left[k] -= 1
            if not left[k]:
                floats.pop(k, None)
        if i >= found.net.n_inputs and weight(found.calls[i]):
            value = value._replace(first=value.first + 1)
        if i in ends:
            total = total.plus(value, ends[i])
        floats[i] = value
    whole = sum(total.terms) or 1.0
    return {total.first + n: share / whole for n, share in enumerate(total.terms) if share}


class _Floats(NamedTuple):
    """A polynomial: coefficients from the power ``first`` on, times two to the ``scale``."""

    terms: tuple[float, ...] = ()
    first: int = 0
    scale: int = 0

    def plus(self, other: _Floats, factor: float) -> _Floats:
        """The sum with a multiple of another, scaled so that nothing overflows."""
        mantissa, exponent = frexp(factor)
        if not other.terms or not factor:
            return self
        scaled = [mantissa * t for t in other.terms]
        shift = frexp(max(scaled))[1]
        added = _Floats(tuple(ldexp(t, -shift) for t in scaled), other.first, other.scale + exponent + shift)
        return added._sum(self) if self.terms else added

    def _sum(self, other: _Floats) -> _Floats:
        scale, first = max(self.scale, other.scale), min(self.first, other.first)
        terms = [0.0] * (max(p.first + len(p.terms) for p in (self, other)) - first)
        for p in (self, other):
            down = ldexp(1.0, max(p.scale - scale, -1080))
            for n, t in enumerate(p.terms, p.first - first):
                terms[n] += down * t
        return _Floats(tuple(terms), first, scale)


def gradient_shares(found: Paths, init: str) -> dict[int, float]:
    """Share of the gradient's energy by length of path, at an initialisation (see `archcalc.propagation`).

    Veit, Wilber, Belongie 2016, Residual Networks Behave Like Ensembles of Relatively Shallow Networks, §4.3, measured
    such shares on a trained network.
    """
    from archcalc.propagation.propagate import signal

    spread = signal(found.net, init)
    return carried(found, spread.gains, {i: float(spread.calls[i].out.size) for i in found.net.outputs})
