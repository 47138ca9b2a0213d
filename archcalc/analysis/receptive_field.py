"""Receptive fields of all layers with respect to each input, each axis on its own, in one pass.

What follows the position of a unit (windows) is kept apart from what all units see alike (dense
layers, global pooling, attention), so that a squeeze-and-excitation path does not hide the
field of the convolutions beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from archcalc.analysis.shapes import Call, calls
from archcalc.analysis.span import PIXELS, Interval, Span, hull, joined, through
from archcalc.collector import paused
from archcalc.net import Net
from archcalc.reach import Sight


class Seen(NamedTuple):
    """What a layer's units see along one axis of an input: by position, and all alike.

    ``axis`` is the layer's own axis that ``span`` runs along.
    """

    axis: int | None
    span: Span | None
    fixed: Interval | None = None


Fields = tuple[tuple[Seen, ...] | None, ...]
"""Per input of the network: per spatial axis of it, or None where the layer does not see that input."""


class AxisField(NamedTuple):
    """The receptive field along one axis of an input.

    Unit i sees pixels start + i·stride … start + i·stride + size − 1.  Where the size depends on the
    unit, ``size`` is the largest, ``phases`` the number of units after which it repeats, and ``start``
    that of unit 0.  ``stride`` and ``start`` are None where paths of unequal strides join; stride is None
    where all units see the same.
    """

    size: int
    stride: Fraction | None
    start: int | None
    aligned: bool
    phases: int = 1

    @property
    def centre(self) -> Fraction | None:
        """The middle pixel of unit 0."""
        return None if self.start is None else self.start + Fraction(self.size - 1, 2)


@paused()
def fields(net: Net) -> list[Fields]:
    """What each node sees of each input, in order."""
    found: list[Fields] = []
    for index, (node, call) in enumerate(zip(net.nodes, calls(net), strict=True)):
        if index < net.n_inputs:
            pixels = tuple(Seen(axis, PIXELS) for axis in call.out.space)
            found.append(tuple(pixels if i == index else None for i in range(net.n_inputs)))
        elif call.pointwise and len(node.inputs) == 1:
            found.append(found[node.inputs[0]])
        else:
            found.append(_seen(call, [found[i] for i in node.inputs], net.n_inputs))
    return found


def _seen(call: Call, given: Sequence[Fields], n_inputs: int) -> Fields:
    result: list[tuple[Seen, ...] | None] = []
    for which in range(n_inputs):
        paths = []
        for sight in call.sights:
            seen = given[sight.input][which]
            if seen is not None:
                paths.append(seen if call.pointwise else tuple(_follow(s, sight, call) for s in seen))
        first = paths[0] if paths else None
        for path in paths[1:]:
            first = tuple(_join(a, b, call) for a, b in zip(first or (), path, strict=True))
        result.append(first)
    return tuple(result)


def _follow(seen: Seen, sight: Sight, call: Call) -> Seen:
    if seen.span is None or seen.axis is None:
        return seen
    x = call.inputs[sight.input]
    ways = [(i, pair[1]) for i, pair in enumerate(sight.axes) if pair is not None and pair[0] == seen.axis]
    if len(ways) != 1:
        return Seen(None, None, hull(seen.fixed, seen.span.over(range(x.dims[seen.axis]))))
    axis, reach = ways[0]
    if reach.constant:
        return Seen(None, None, hull(seen.fixed, seen.span.over(reach.units(0))))
    return Seen(axis, through(reach, seen.span, call.out.dims[axis]), seen.fixed)


def _join(a: Seen, b: Seen, call: Call) -> Seen:
    if a is b:
        return a
    fixed = hull(a.fixed, b.fixed)
    if a.span is None or b.span is None:
        one = a if b.span is None else b
        return Seen(one.axis, one.span, fixed)
    if a.axis != b.axis:
        for seen in (a, b):
            fixed = hull(fixed, seen.span.over(range(call.out.dims[seen.axis or 0])))  # type: ignore[union-attr]
        return Seen(None, None, fixed)
    return Seen(a.axis, joined(a.span, b.span, call.out.dims[a.axis or 0]), fixed)


def axis_field(seen: Seen, n: int, local: bool = False) -> AxisField | None:
    """The field of a layer of n units along the axis; ``local`` through windowed paths alone."""
    span, fixed = seen.span, None if local else seen.fixed
    if span is None:
        return AxisField(fixed[1] - fixed[0] + 1, None, fixed[0], True) if fixed else None
    if fixed is None:
        start = span.at(0) if span.bound is None else None
        sizes = [p[1] - p[0] + 1 for p in span.phases if p]
        return AxisField(max(sizes, default=0), span.stride, start[0] if start else None, span.aligned, span.period
                         if span.bound is None else 1)
    # The ends of a moving interval's hull with a fixed one are extreme at the ends, within a period.
    units = {*range(min(n, span.period)), *range(max(0, n - span.period), n)}
    both = [h for h in (hull(fixed, span.at(i)) for i in units) if h]
    starts = {h[0] for h in both}
    return AxisField(max(h[1] - h[0] + 1 for h in both), None, starts.pop() if len(starts) == 1 else None, span.aligned)


def field_of(fields: Fields, call: Call, which: int = 0, local: bool = False) -> tuple[AxisField, ...] | None:
    """A node's field with respect to one input, per spatial axis of it; None where it sees nothing of it."""
    seen = fields[which]
    if not seen:
        return None
    found = tuple(axis_field(s, call.out.dims[s.axis] if s.axis is not None else 1, local) for s in seen)
    return None if any(f is None for f in found) else found  # type: ignore[return-value]
