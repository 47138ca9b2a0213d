"""Views of an image that are windows of it, and the way back, in the words of the language."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from archcalc.importing.layout import Layout, permuted, reshaped, whole
from archcalc.tensor import Tensor

Steps = list[tuple[str, dict[str, Any]]]


def window_steps(base: Tensor, view: Layout) -> Steps | None:
    """A view of an image as windows × tokens × channels, or back from there; None if it is neither."""
    for kind, fields, layout in (*_partitions(base, view), *_reversals(base, view)):
        if sorted(layout.axes) != sorted(view.axes) or view.offset:
            continue
        order = tuple(layout.axes.index(axis) for axis in view.axes)
        if len(set(order)) < 3 or order.index(0) > order.index(1):
            continue    # tokens before windows, or the width before the height: other words say it better
        return [(kind, fields), *([("permute", {"order": order})] if order != (0, 1, 2) else [])]
    return None


def _partitions(base: Tensor, view: Layout) -> Iterator[tuple[str, dict[str, Any], Layout]]:
    if sorted(base.axes) != ["channel", "space", "space"] or len(view.axes) != 3:
        return
    last = permuted(whole(base.dims), (*base.space, base.channel))
    (high, wide), channels = base.spatial, base.channels
    for a, b in _pairs(view, high, wide):
        if high % a == 0 and wide % b == 0:
            apart = reshaped(last, (high // a, a, wide // b, b, channels))
            windows = None if apart is None else reshaped(
                permuted(apart, (0, 2, 1, 3, 4)), (high // a * (wide // b), a * b, channels))
            if windows is not None:
                yield "window_partition", {"window": (a, b)}, windows


def _reversals(base: Tensor, view: Layout) -> Iterator[tuple[str, dict[str, Any], Layout]]:
    if base.axes != ("window", "sequence", "channel") or len(view.axes) != 3:
        return
    sides = [axis for axis in view.axes if axis != ((base.channels, 1),)]
    if len(sides) != 2:
        return
    if base.dims[0] == 1:
        down, across, (high, wide) = 1, 1, (prod(n for n, _ in axis) for axis in sides)
    elif all(len(axis) == 2 for axis in sides):
        (down, high), (across, wide) = ([n for n, _ in axis] for axis in sides)
    else:
        return
    apart = reshaped(whole(base.dims), (down, across, high, wide, base.channels))
    image = None if apart is None else reshaped(
        permuted(apart, (0, 2, 1, 3, 4)), (down * high, across * wide, base.channels))
    if image is not None:
        yield "window_reverse", {"size": (down * high, across * wide), "window": (high, wide)}, image


def _pairs(view: Layout, high: int, wide: int) -> list[tuple[int, int]]:
    """Sides that windows may have."""
    found = [(axis[0][0], axis[1][0]) for axis in view.axes if len(axis) == 2]
    found += [(high, wide)] if view.dims[0] == 1 else [(1, 1)] if view.dims[1] == 1 else []
    return found
