"""Tensors of a source with their batch axis, and the views of them in the words of the language.

A value knows the shape that the source gives it, the axis of the batch, and the layer that makes it. Where the
batch is a factor of an axis (windows, heads), that axis stays, without the factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from archcalc.importing.sketch import CHANNEL, SPACES, Refused, Sketch
from archcalc.tensor import Role, Tensor

BATCH = 61
"""Samples in shapes of a source, a prime that architectures have no use for."""


WINDOWS: tuple[Role, ...] = ("window",) * 16


class Value(NamedTuple):
    """A tensor of the source: the layer it comes from, its whole shape, and where its batch is."""

    node: int
    shape: tuple[int, ...]
    batch: int = 0

    @property
    def split(self) -> bool:
        """Whether the batch is a factor of its axis, so that the axis stays."""
        return self.shape[self.batch] != BATCH

    @property
    def dims(self) -> tuple[int, ...]:
        """The shape per sample."""
        return per_sample(self.shape, self.batch)

    def axis(self, axis: int) -> int:
        """The axis per sample of an axis of the source."""
        axis %= len(self.shape)
        if self.split:
            return axis
        if axis == self.batch:
            raise Refused("works on the batch axis")
        return axis - (axis > self.batch)


def per_sample(shape: Sequence[int], batch: int) -> tuple[int, ...]:
    """A shape without its batch."""
    times = shape[batch] // BATCH
    return (*shape[:batch], *((times,) if times != 1 else ()), *shape[batch + 1:])


def batch_of(shape: Sequence[int], like: int = 0) -> int | None:
    """The axis of a shape that holds the batch, None if none does."""
    whole = [i for i, n in enumerate(shape) if n == BATCH]
    for found in (whole, [i for i, n in enumerate(shape) if n > 0 and n % BATCH == 0]):
        if found:
            return like if like in found else found[0]
    return None


class Views:
    """Makes layers of a sketch that rearrange values; ``name`` is what the next ones are called."""

    def __init__(self, sketch: Sketch) -> None:
        self.sketch = sketch

    def add(self, name: str, kind: str, x: Value, shape: Sequence[int], batch: int = 0, /, **fields: object) -> Value:
        """A layer of one input, whose output the source says has a shape."""
        index = self.sketch.add(name, kind, fields, [x.node])
        return self.checked(index, shape, batch)

    def checked(self, index: int, shape: Sequence[int], batch: int = 0) -> Value:
        """The value of a layer, if its shape is the source's."""
        value = Value(index, tuple(shape), batch)
        if self.sketch.shaped(index).dims != value.dims:
            raise Refused(f"gives {self.sketch.shaped(index)}, not {'×'.join(map(str, value.dims))}")
        return value

    def roles(self, x: Value) -> tuple[Role, ...]:
        return self.sketch.shaped(x.node).axes

    def reshape(self, name: str, x: Value, shape: Sequence[int]) -> Value:
        """The same elements in another shape; axes keep their roles where they can be told."""
        batch = _batch_after(x, shape)
        dims, old = per_sample(shape, batch), self.sketch.shaped(x.node)
        if dims == x.dims:
            return Value(x.node, tuple(shape), batch)
        if not dims:
            raise Refused("has no axis per sample")
        merged = _merged(old, dims)
        if merged is not None:
            start, end = merged
            fields = {"start": start} | ({"end": end} if end != len(old.dims) - 1 else {})
            name = f"{name.removesuffix('reshape')}flatten" if name.endswith("reshape") else name
            return self.add(name, "flatten", x, shape, batch, **fields)
        return self.add(name, "reshape", x, shape, batch, shape=dims, **_axes(old, dims))

    def permute(self, name: str, x: Value, order: Sequence[int]) -> Value:
        """The axes in another order."""
        order = [i % len(x.shape) for i in order]
        shape, batch = tuple(x.shape[i] for i in order), order.index(x.batch)
        own = [i if x.split else i - (i > x.batch) for i in order if x.split or i != x.batch]
        if own == sorted(own):
            return Value(x.node, shape, batch)
        return self.add(name, "permute", x, shape, batch, order=tuple(own))

    def slice(self, name: str, x: Value, axis: int, start: int = 0, stop: int | None = None, step: int = 1) -> Value:
        """Elements of one axis, as Python slices."""
        n = x.shape[axis]
        first, last, _ = slice(start, stop, step).indices(n)
        if step < 1:
            raise Refused("slices backwards")
        size = max(0, -((first - last) // step))
        if size == n:
            return x
        shape = (*x.shape[:axis], size, *x.shape[axis + 1:])
        fields = {"axis": self.axis_name(x, x.axis(axis)), "start": first, "step": step}
        return self.add(name, "slice", x, shape, x.batch, stop=None if last >= n else last, **fields)

    def part(self, name: str, x: Value, axis: int, sizes: Sequence[int], which: int) -> Value:
        """One part of an axis that is cut into sizes."""
        shape = (*x.shape[:axis], sizes[which], *x.shape[axis + 1:])
        where = self.axis_name(x, x.axis(axis))
        if len(set(sizes)) == 1:
            return self.add(name, "chunk", x, shape, x.batch, chunks=len(sizes), part=which, axis=where)
        return self.add(name, "split", x, shape, x.batch, sizes=tuple(sizes), part=which, axis=where)

    def axis_name(self, x: Value, axis: int) -> int | Role:
        """An axis by its role, where it is the only one."""
        roles = self.roles(x)
        return roles[axis] if roles.count(roles[axis]) == 1 else axis

    def relabelled(self, name: str, x: Value, axes: Sequence[Role]) -> Value:
        """The value with other roles of its axes: a reshape to the same shape."""
        if self.roles(x) == tuple(axes):
            return x
        fields = {"shape": x.dims, "axes": tuple(axes)}
        return self.add(name, "reshape", x, x.shape, x.batch, **fields)

    def channels_last(self, name: str, x: Value) -> Value:
        """The value with channels as its last axis, whatever they were before."""
        roles = self.roles(x)
        if roles and roles[-1] == "channel":
            return x
        rest: list[Role] = ["sequence" if role == "channel" else role for role in roles[:-1]]
        return self.relabelled(name, x, (*rest, "channel"))

    def channels_first(self, name: str, x: Value) -> Value:
        """The value as channels and then space, as convolutions take it."""
        roles = self.roles(x)
        if roles and roles[0] == "channel":
            return x
        return self.relabelled(name, x, (CHANNEL, *SPACES[:len(roles) - 1]))


def _batch_after(x: Value, shape: Sequence[int]) -> int:
    """Where the batch is behind a reshape: with as many elements before it, or merged with axes next to it."""
    before, times = prod(x.shape[:x.batch]), x.shape[x.batch] // BATCH
    places = [(i, prod(shape[:i]), n) for i, n in enumerate(shape) if n > 0 and n % BATCH == 0]
    exact = [i for i, p, _ in places if p == before]
    inner = [i for i, p, _ in places if p == before * times]
    merged = [i for i, p, n in places if p and before % p == 0 and p * n >= before * BATCH]
    found = [*exact, *inner, *merged]
    if not found:
        raise Refused("mixes the batch with other axes")
    return found[0]


def _merged(old: Tensor, dims: Sequence[int]) -> tuple[int, int] | None:
    """Start and end of the axes that a reshape merges into one, if that is all it does."""
    count = len(old.dims) - len(dims)
    if count < 1:
        return None
    for start in range(len(dims)):
        end = start + count
        if (*old.dims[:start], prod(old.dims[start:end + 1]), *old.dims[end + 1:]) == tuple(dims):
            return start, end
    return None


def _axes(old: Tensor, dims: Sequence[int]) -> dict[str, tuple[Role, ...]]:
    """Roles of the new axes where they are not those that `reshape` gives by itself."""
    axes = roles_after(old.dims, old.axes, dims)
    given = old.axes if len(dims) == len(old.axes) else ("channel", *["space"] * (len(dims) - 1))
    return {} if axes == given else {"axes": axes}


def roles_after(old: Sequence[int], roles: Sequence[Role], new: Sequence[int]) -> tuple[Role, ...]:
    """Roles of the axes of a reshape, group by group of axes that hold the same elements.

    >>> roles_after((196, 768), ("sequence", "channel"), (196, 12, 64))
    ('sequence', 'window', 'channel')
    >>> roles_after((196, 12, 64), ("sequence", "window", "channel"), (196, 768))
    ('sequence', 'channel')
    """
    found: list[Role] = []
    i = j = 0
    while i < len(old) or j < len(new):
        a, b, begin, first = 1, 1, i, j
        if i < len(old):
            a, i = old[i], i + 1
        if j < len(new):
            b, j = new[j], j + 1
        while a != b:
            if (a < b and i < len(old)) or j >= len(new):
                a, i = a * old[i], i + 1
            else:
                b, j = b * new[j], j + 1
        found += _group(list(roles[begin:i]), list(old[begin:i]), list(new[first:j]))
    return tuple(found)


def _group(roles: list[Role], old: list[int], new: list[int]) -> list[Role]:
    """Roles of new axes from those of the old ones that hold the same elements."""
    if not new:
        return []
    if not roles:
        return ["window"] * len(new)
    if len(roles) == len(new) and old == new:
        return roles
    if len(new) == 1:
        only: Role = roles[0] if (len(set(roles)) == 1 and roles[0] != "space") or len(roles) == 1 else "sequence"
        return ["channel" if "channel" in roles else only]
    if "channel" in roles:
        last, first = [*WINDOWS[:len(new) - 1], CHANNEL], [CHANNEL, *SPACES[:len(new) - 1]]
        return last if roles[-1] == "channel" else first
    return ["space"] * len(new) if "sequence" in roles or "space" in roles else ["window"] * len(new)
