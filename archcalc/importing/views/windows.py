"""Views of an image that are windows of it, and the way back, in the words of the language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import isqrt, prod
from typing import Any

from archcalc.importing.views.layout import Layout, permuted, reshaped, whole
from archcalc.layers.embedding import distances
from archcalc.tensor import Tensor

Steps = list[tuple[str, dict[str, Any]]]

GRID = ("sequence", "window", "channel")
"""Tokens that are far apart, one of each window, as windows (Tu et al. 2022, MaxViT)."""


def window_steps(base: Tensor, view: Layout) -> Steps | None:
    """A view of an image as windows × tokens × channels, or back from there; None if it is neither."""
    for steps, layout in (*_partitions(base, view), *_reversals(base, view)):
        if sorted(layout.axes) != sorted(view.axes) or view.offset:
            continue
        order = tuple(layout.axes.index(axis) for axis in view.axes)
        if len(set(order)) < 3 or order.index(0) > order.index(1):
            continue    # tokens before windows, or the width before the height: other words say it better
        return [*steps, *([("permute", {"order": order})] if order != (0, 1, 2) else [])]
    return None


def _partitions(base: Tensor, view: Layout) -> Iterator[tuple[Steps, Layout]]:
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
                yield [("window_partition", {"window": (a, b)})], windows


def _reversals(base: Tensor, view: Layout) -> Iterator[tuple[Steps, Layout]]:
    if base.axes != ("window", "sequence", "channel") or len(view.axes) != 3:
        return
    sides = [axis for axis in view.axes if axis != ((base.channels, 1),)]
    if len(sides) != 2:
        return
    size = tuple(prod(n for n, _ in axis) for axis in sides)
    grid: Steps = [("reshape", {"shape": base.dims, "axes": GRID}), ("permute", {"order": (1, 0, 2)})]
    for steps, windows in (([], whole(base.dims)), (grid, permuted(whole(base.dims), (1, 0, 2)))):
        for down, across, high, wide in _sides(windows.dims, size):
            apart = reshaped(windows, (down, across, high, wide, base.channels))
            image = None if apart is None else reshaped(permuted(apart, (0, 2, 1, 3, 4)), (*size, base.channels))
            if image is not None:
                yield [*steps, ("window_reverse", {"size": size, "window": (high, wide)})], image


def _sides(windows: Sequence[int], size: Sequence[int]) -> Iterator[tuple[int, int, int, int]]:
    """How many windows there may be down and across an image of a size, and their height and width."""
    count, places, *_ = windows
    for down in (n for n in range(1, count + 1) if count % n == 0):
        high, wide = size[0] // down, size[1] // (count // down)
        if high * wide == places and (high * down, wide * (count // down)) == size:
            yield down, count // down, high, wide


def _pairs(view: Layout, high: int, wide: int) -> list[tuple[int, int]]:
    """Sides that windows may have."""
    found = [(axis[0][0], axis[1][0]) for axis in view.axes if len(axis) == 2]
    found += [(high, wide)] if view.dims[0] == 1 else [(1, 1)] if view.dims[1] == 1 else []
    return found


def looked_up(rows: int, index: Sequence[int]) -> tuple[int, int] | None:
    """Height and width of the window whose pairs of places look up their distance in a table of so many rows.

    >>> looked_up(3, [1, 0, 2, 1])
    (1, 2)
    """
    places = isqrt(len(index))
    for high in range(1, places + 1):
        wide = places // high
        if (high * wide) ** 2 == len(index) and (2 * high - 1) * (2 * wide - 1) == rows and \
                _distances(high, wide) == [*map(int, index)]:
            return high, wide
    return None


@lru_cache(16)
def _distances(high: int, wide: int) -> list[int]:
    return distances(high, wide)
