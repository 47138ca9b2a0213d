"""What the units of a layer see of the network's input, along one axis, composed layer by layer."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

from archcalc.reach import SAME, Reach

Interval = tuple[int, int]
"""First and last input pixel; pixels of the padding are counted on, below 0 and beyond the end."""


class Span(NamedTuple):
    """Unit i sees ``phases[i mod period]`` shifted by ``advance · (i div period)``.

    Where units follow no such rule, each has a phase of its own, and ``bound`` says how many there
    are.  ``aligned`` is whether all paths that joined had equal strides and centres (Araujo, Norris,
    Sim: Computing Receptive Fields of Convolutional Neural Networks, Distill 2019).
    """

    period: int
    advance: int
    phases: tuple[Interval | None, ...]
    bound: int | None = None
    aligned: bool = True

    def at(self, i: int) -> Interval | None:
        """The pixels that unit i sees; a unit beyond a bound sees nothing."""
        if self.bound is not None and not 0 <= i < self.bound:
            return None
        turn, phase = divmod(i, self.period)
        seen = self.phases[phase]
        return (seen[0] + turn * self.advance, seen[1] + turn * self.advance) if seen else None

    def over(self, units: range) -> Interval | None:
        """The pixels that some units see together."""
        if self.period == 1 and self.bound is None and units:
            return hull(self.at(units[0]), self.at(units[-1]))
        found: Interval | None = None
        for i in units:
            found = hull(found, self.at(i))
        return found

    @property
    def stride(self) -> Fraction | None:
        """Pixels from one unit to the next, where that is the same for all."""
        return Fraction(self.advance, self.period) if self.bound is None else None


PIXELS = Span(1, 1, ((0, 0),))
"""Each unit of the input sees itself."""


def hull(a: Interval | None, b: Interval | None) -> Interval | None:
    """The smallest interval around both."""
    if a is None or b is None:
        return a or b
    return min(a[0], b[0]), max(a[1], b[1])


def through(reach: Reach, span: Span, n: int) -> Span:
    """What the n outputs of a layer see, from what it sees of its input and that of the network's."""
    if reach is SAME:
        return span
    if reach.period == 1 and span.period == 1 and span.bound is None:
        unit = reach.phases[0]
        return span._replace(advance=reach.advance * span.advance,
                             phases=(span.over(range(unit[0], unit[1] + 1, unit[2])) if unit else None,))
    # After this many outputs, both the layer's phase and that of the units it sees begin anew.
    turns = span.period // math.gcd(span.period, reach.advance) if reach.advance else 1
    period = reach.period * turns
    regular = span.bound is None and reach.advance and period <= n
    period = period if regular else n
    phases = tuple(span.over(reach.units(i)) for i in range(period))
    if not regular:
        return Span(n, 0, phases, n, span.aligned)
    return Span(period, turns * reach.advance // span.period * span.advance, phases, None, span.aligned)


def joined(a: Span, b: Span, n: int) -> Span:
    """What n units see through two paths: the hull, and whether the paths agree in stride and centre."""
    if a is b or a == b:
        return a
    period = math.lcm(a.period, b.period)
    if a.stride is None or a.stride != b.stride or period > n:
        aligned = a.stride is not None and a.stride == b.stride and a.aligned and b.aligned
        return Span(n, 0, tuple(hull(a.at(i), b.at(i)) for i in range(n)), n, aligned and _centred(a, b, n))
    phases = tuple(hull(a.at(i), b.at(i)) for i in range(period))
    return Span(period, period // a.period * a.advance, phases, None,
                a.aligned and b.aligned and _centred(a, b, period))


def _centred(a: Span, b: Span, n: int) -> bool:
    pairs = [(a.at(i), b.at(i)) for i in range(n)]
    return all(sum(p) == sum(q) for p, q in pairs if p is not None and q is not None)
