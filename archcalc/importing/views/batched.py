"""Tensors of a source with their batch axis.

A value knows the shape that the source gives it, the axis of the batch, and the layer that makes it. Where the
batch is a factor of an axis (windows, heads), that axis stays, without the factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from archcalc.importing.sketch import Refused

BATCH = 61
"""Samples in shapes of a source, a prime that architectures have no use for."""


class Value(NamedTuple):
    """A tensor of the source: the layer it comes from, its whole shape, and where its batch is, if it has one."""

    node: int
    shape: tuple[int, ...]
    batch: int | None = 0

    @property
    def split(self) -> bool:
        """Whether the batch is a factor of its axis, so that the axis stays."""
        return self.batch is not None and self.shape[self.batch] != BATCH

    @property
    def dims(self) -> tuple[int, ...]:
        """The shape per sample."""
        return per_sample(self.shape, self.batch)

    def axis(self, axis: int) -> int:
        """The axis per sample of an axis of the source."""
        axis %= len(self.shape)
        if self.split or self.batch is None:
            return axis
        if axis == self.batch:
            raise Refused("works on the batch axis")
        return axis - (axis > self.batch)


def per_sample(shape: Sequence[int], batch: int | None) -> tuple[int, ...]:
    """A shape without its batch."""
    if batch is None:
        return tuple(shape)
    times = shape[batch] // BATCH
    return (*shape[:batch], *((times,) if times != 1 else ()), *shape[batch + 1:])


def batch_of(shape: Sequence[int], like: int = 0) -> int | None:
    """The axis of a shape that holds the batch, None if none does."""
    whole = [i for i, n in enumerate(shape) if n == BATCH]
    for found in (whole, [i for i, n in enumerate(shape) if n > 0 and n % BATCH == 0]):
        if found:
            return like if like in found else found[0]
    return None


def batch_after(x: Value, batch: int, shape: Sequence[int]) -> int:
    """Where the batch is behind a reshape: with as many elements before it, or merged with axes next to it."""
    before, times = prod(x.shape[:batch]), x.shape[batch] // BATCH
    places = [(i, prod(shape[:i]), n) for i, n in enumerate(shape) if n > 0 and n % BATCH == 0]
    exact = [i for i, p, _ in places if p == before]
    inner = [i for i, p, _ in places if p == before * times]
    merged = [i for i, p, n in places if p and before % p == 0 and p * n >= before * BATCH]
    found = [*exact, *inner, *merged]
    if not found:
        raise Refused("mixes the batch with other axes")
    return found[0]
