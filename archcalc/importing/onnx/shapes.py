"""Rules for ONNX operators that keep elements as they are: shapes, and the order of axes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from archcalc.importing.idioms.rotary import turned
from archcalc.importing.onnx.constants import cast, constant, joined, numbers, permuted, spread, unknown
from archcalc.importing.onnx.rules import of
from archcalc.importing.onnx.state import Constant
from archcalc.importing.onnx.tensors import MAX_NUMBERS
from archcalc.importing.sketch import Refused
from archcalc.importing.views.batched import BATCH, Value


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of a value or constant, with its batch."""
    return tuple(x.shape if isinstance(x, Value) else x.dims)


@of("Identity")
def _identity(c: Any, x: Any) -> Any:
    if isinstance(x, Constant) and x.name is not None:
        return x._replace(name=c.operation.outputs[0])      # equal weights that an exporter wrote once
    return x


@of("Dropout", "CastLike", "Optional", "OptionalGetElement", "StopGradient")
def _same(c: Any, x: Any, *_: Any) -> Any:
    return x


@of("Cast")
def _cast(c: Any, x: Any) -> Any:
    return cast(x, c.attribute("to")) if isinstance(x, Constant) else x


@of("Constant")
def _constant(c: Any) -> Any:
    found = c.attribute("value")
    if found is not None:
        single = found.numbers is not None and len(found.numbers) < 2
        return Constant(found.dims, found.numbers, None if single else c.operation.outputs[0], not found.few,
                        more=found.more)
    values = next(iter(c.operation.attributes.values()))
    return constant(values if isinstance(values, tuple) else (values,), None if isinstance(values, tuple) else ())


@of("ConstantOfShape")
def _filled(c: Any, shape: Any) -> Any:
    dims = tuple(int(n) for n in numbers(shape))
    value = c.attribute("value")
    fill = value.numbers[0] if value is not None and value.numbers else 0.0
    return constant((fill,) * prod(dims), dims) if prod(dims) <= MAX_NUMBERS else unknown(dims, fill)


@of("Range")
def _range(c: Any, start: Any, stop: Any, step: Any) -> Any:
    first, last, by = (numbers(x)[0] for x in (start, stop, step))
    count = max(0, -int((first - last) // by))
    return constant(first + i * by for i in range(count)) if count <= MAX_NUMBERS else unknown((count,))


@of("Shape")
def _shape(c: Any, x: Any) -> Any:
    dims = shape_of(x)
    return constant(dims[c.attribute("start", 0):c.attribute("end", len(dims))])


@of("Size")
def _size(c: Any, x: Any) -> Any:
    return constant((prod(shape_of(x)),), ())


@of("Reshape")
def _reshape(c: Any, x: Any, shape: Any = None) -> Any:
    target = [int(n) for n in (numbers(shape) if shape is not None else c.attribute("shape"))]
    if not isinstance(x, Value):
        known = _resolved(target, x.dims, prod(x.dims))
        return x._replace(dims=tuple(known))
    return c.views.reshape(c.named("reshape"), x, _target(c, x, target))


def _target(c: Any, x: Value, target: list[int]) -> tuple[int, ...]:
    """A shape with the batch in the place of the number that the exporter had there."""
    fixed, size = c.state.batch, prod(x.shape)
    found = _resolved(target, x.shape, size)
    if not fixed:
        if prod(found) != size:
            raise Refused("has a shape that does not fit")
        return tuple(found)
    before = prod(x.shape[:x.batch or 0])
    places = sorted(range(len(target)), key=lambda i: (prod(_own(target[:i], x.shape)) != before, i))
    swapped = [[*target[:i], BATCH, *target[i + 1:]] for i in places if target[i] == fixed]
    tried = [_resolved(t, x.shape, size) for t in swapped]
    tried += [[n * BATCH // fixed if i == place else n for i, n in enumerate(found)] for place in places]
    tried.append(found)
    fits = next((t for t in tried if prod(t) == size), None)
    if fits is None:
        raise Refused("has a shape that does not fit")
    return tuple(fits)


def _own(target: Sequence[int], old: Sequence[int]) -> list[int]:
    return [old[i] if n == 0 and i < len(old) else n for i, n in enumerate(target)]


def _resolved(target: Sequence[int], old: Sequence[int], size: int) -> list[int]:
    found = _own(target, old)
    rest = prod(n for n in found if n != -1)
    return [size // rest if n == -1 and rest else n for n in found]


@of("Flatten")
def _flatten(c: Any, x: Any) -> Any:
    dims = shape_of(x)
    axis = c.attribute("axis", 1) % (len(dims) + 1)
    new = (prod(dims[:axis]), prod(dims[axis:]))
    return c.views.reshape(c.named("flatten"), x, new) if isinstance(x, Value) else x._replace(dims=new)


@of("Squeeze")
def _squeeze(c: Any, x: Any, axes: Any = None) -> Any:
    dims = shape_of(x)
    gone = numbers(axes) if axes is not None else c.attribute("axes") or [i for i, n in enumerate(dims) if n == 1]
    gone = [int(i) % len(dims) for i in gone]
    if any(dims[i] != 1 and not (dims[i] == BATCH and c.state.batch == 1) for i in gone):
        raise Refused("drops axes that are not 1")
    left = tuple(n for i, n in enumerate(dims) if i not in gone)
    return c.views.reshape(c.named("flatten"), x, left) if isinstance(x, Value) else x._replace(dims=left)


@of("Unsqueeze")
def _unsqueeze(c: Any, x: Any, axes: Any = None) -> Any:
    dims = list(shape_of(x))
    new = [int(i) for i in (numbers(axes) if axes is not None else c.attribute("axes"))]
    for i in sorted(i % (len(dims) + len(new)) for i in new):
        dims.insert(i, 1)
    return c.views.reshape(c.named("reshape"), x, dims) if isinstance(x, Value) else x._replace(dims=tuple(dims))


@of("Transpose")
def _transpose(c: Any, x: Any) -> Any:
    order = c.attribute("perm") or tuple(range(len(shape_of(x))))[::-1]
    return c.views.permute(c.named("permute"), x, order) if isinstance(x, Value) else permuted(x, order)


@of("Expand")
def _expand(c: Any, x: Any, shape: Any) -> Any:
    return repeated(c, x, tuple(int(n) for n in numbers(shape)))


@of("Tile")
def _tile(c: Any, x: Any, repeats: Any) -> Any:
    times, dims = [int(n) for n in numbers(repeats)], shape_of(x)
    if any(t != 1 and n != 1 for t, n in zip(times, dims, strict=True)):
        raise Refused("repeats axes of more than 1")
    return repeated(c, x, tuple(t * n for t, n in zip(times, dims, strict=True)))


def repeated(c: Any, x: Any, wanted: tuple[int, ...]) -> Any:
    """Axes of 1 repeated to a shape: nothing for the batch, a layer for others."""
    old = shape_of(x)
    full = (*[1] * (len(wanted) - len(old)), *old)
    wanted = (*full[:len(full) - len(wanted)], *wanted)
    new = tuple(m if n in (1, -1) else n for m, n in zip(full, wanted, strict=True))
    fixed = c.state.batch
    if isinstance(x, Value):
        at = None if x.batch is None else x.batch + len(new) - len(old)
        new = tuple(BATCH if i == at and n in (BATCH, fixed) else n for i, n in enumerate(new))
        grown = c.views.reshape(c.named("reshape"), x, full) if full != old else x
        if x.batch is None and all(m == n or (m == 1 and n in (BATCH, fixed)) for m, n in zip(full, new, strict=True)):
            return grown        # a batch of what is the same for all samples
        if new == full:
            return grown
        if at is None or new[at] != full[at] or x.split:
            raise Refused("repeats elements across the batch")
        return c.layer("expand", [grown], name=c.named("expand"), shape=(*new[:at], *new[at + 1:]), batch=at)
    if all(n == m or (m == 1 and n in (BATCH, fixed)) for m, n in zip(full, new, strict=True)):
        return x._replace(dims=full)
    if x.numbers is not None and (x.name is None or not x.learned) and prod(new) <= MAX_NUMBERS:
        return constant(spread(x, new), new)
    if x.name is None or not x.learned or x.uniform is not None:
        return unknown(new, x.uniform)
    raise Refused("repeats weights")


@of("Concat")
def _concat(c: Any, *parts: Any) -> Any:
    axis = c.attribute("axis", 0)
    values = [x for x in parts if isinstance(x, Value)]
    if not values:
        return joined(parts, axis)
    like = values[0]
    made = [x if isinstance(x, Value) else c.value(x, like) for x in parts]
    if any(v.batch != like.batch or v.split for v in made):
        raise Refused("joins tensors with different batches")
    whole = _rolled(c, made, axis)
    if whole is not None:
        return whole
    roles = c.views.roles(like)
    made = [c.views.relabelled(c.named("roles"), v, roles) for v in made]
    return turned(c.views, c.path, c.layer("concat", made, axis=c.views.axis_name(like, like.axis(axis))))


def _rolled(c: Any, parts: Sequence[Value], axis: int) -> Value | None:
    """A roll, where the two parts of an axis change places; one behind another is one."""
    if len(parts) != 2 or parts[0].batch is None:
        return None
    own = parts[0].axis(axis)
    last, first = (c.sketch.drafts[v.node] for v in parts)
    if last.kind != "slice" or first.kind != "slice" or last.inputs != first.inputs:
        return None
    start, whole = last.fields.get("start", 0), c.sketch.shaped(last.inputs[0])
    if any(d.fields.get("step", 1) != 1 or whole.axis(d.fields["axis"]) != own for d in (last, first)):
        return None
    if (last.fields.get("stop"), first.fields.get("start", 0), first.fields.get("stop")) != (None, 0, start):
        return None
    n, by = whole.dims[own], start % whole.dims[own]
    shift = -by if 2 * by <= n else n - by
    before = c.sketch.drafts[last.inputs[0]]
    shifts, axes, source = (shift,), (own,), last.inputs[0]
    if before.kind == "roll" and own not in before.fields["axes"]:
        shifts, axes, source = (*_many(before.fields["shift"], len(before.fields["axes"])), shift), (
            *before.fields["axes"], own), before.inputs[0]
    if len(set(shifts)) == 1:
        shifts = shifts[:1] * len(axes)
    return c.layer("roll", [c.result(source, parts[0].batch)], shift=shifts, axes=axes)  # type: ignore[no-any-return]


def _many(value: Any, count: int) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, tuple) else (value,) * count
