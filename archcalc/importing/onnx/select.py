"""Rules for ONNX operators that pick elements, or add some: slices, lookups, padding, resizing."""

from __future__ import annotations

from math import floor, prod
from typing import Any

from archcalc.importing.onnx.buckets import buckets
from archcalc.importing.onnx.constants import constant, joined, numbers, picked, scattered
from archcalc.importing.onnx.node import identifier
from archcalc.importing.onnx.rules import of
from archcalc.importing.onnx.shapes import shape_of
from archcalc.importing.onnx.state import Constant, Sized
from archcalc.importing.sketch import Refused
from archcalc.importing.views.batched import BATCH, Value
from archcalc.importing.views.views import even_part
from archcalc.importing.views.windows import looked_up


@of("Split")
def _split(c: Any, x: Any, sizes: Any = None) -> Any:
    dims = shape_of(x)
    axis, count = c.attribute("axis", 0) % len(dims), len(c.operation.outputs)
    each = -(-dims[axis] // count)
    parts = [int(s) for s in (numbers(sizes) if sizes is not None else c.attribute("split") or
                              [min(each, dims[axis] - i * each) for i in range(count)])]
    if sum(parts) != dims[axis]:
        raise Refused(f"splits {dims[axis]} into {' + '.join(map(str, parts[:8]))}")
    if isinstance(x, Value):
        return [c.views.part(c.named("chunk"), x, axis, parts, i) for i in range(len(parts))]
    starts = [sum(parts[:i]) for i in range(len(parts))]
    return [picked(x, axis, range(a, a + n)) for a, n in zip(starts, parts, strict=True)]


@of("Slice")
def _slice(c: Any, x: Any, starts: Any = None, ends: Any = None, axes: Any = None, steps: Any = None) -> Any:
    begin = numbers(starts) if starts is not None else c.attribute("starts")
    end = numbers(ends) if ends is not None else c.attribute("ends")
    where = numbers(axes) if axes is not None else c.attribute("axes") or range(len(begin))
    step = numbers(steps) if steps is not None else (1,) * len(begin)
    for axis, a, b, s in zip(where, begin, end, step, strict=True):
        at, cut = int(axis) % len(shape_of(x)), slice(int(a), int(b), int(s))
        places = range(*cut.indices(shape_of(x)[at]))
        x = _cut(c, x, at, places) if isinstance(x, Value) else _part(c, x, at, places)
    return x


def _cut(c: Any, x: Value, axis: int, places: range) -> Value:
    """Elements of an axis: a chunk, if they are one of a few equal parts of channels, as exporters write these."""
    n, size = x.shape[axis], len(places)
    if places.step == 1 and 0 < size < n and even_part(n, places.start, size) and \
            c.views.axis_name(x, x.axis(axis)) == "channel":
        return c.views.part(c.named("chunk"), x, axis, [size] * (n // size), places.start // size)  # type: ignore[no-any-return]
    return c.views.slice(c.named("slice"), x, axis, places.start, places.stop, places.step)  # type: ignore[no-any-return]


def _part(c: Any, x: Constant, axis: int, places: range) -> Any:
    """Elements of a constant; of a weight, a slice of its layer."""
    if len(places) == x.dims[axis] and places.step == 1:
        return x
    if x.weight or (x.numbers is None and x.name is not None and x.learned):
        table = c.alone(x, x.dims, None, None)
        return _cut(c, table, axis, places)
    return picked(x, axis, places)


@of("Gather")
def _gather(c: Any, x: Any, indices: Any) -> Any:
    axis, dims = c.attribute("axis", 0) % max(1, len(shape_of(x))), shape_of(x)
    if isinstance(indices, Value):
        if isinstance(x, Value) or axis or len(x.dims) != 2:
            raise Refused("looks up by numbers that are computed")
        return c.layer("embedding", [indices], tensors={"weight": x}, entries=x.dims[0], features=x.dims[1])
    if not isinstance(x, Value) and (x.name is None or not (x.learned and len(x.dims) > 1)):
        return picked(x, axis, [int(i) for i in numbers(indices)], tuple(indices.dims))
    if not isinstance(x, Value):
        return buckets(c, x, axis, indices) or _rows(c, x, axis, indices)
    if indices.numbers is None:
        return _taken(c, x, axis, indices)
    if x.split and axis == x.batch:
        return _all(c, x, axis, indices)
    picks = [int(i) % dims[axis] for i in numbers(indices)]
    if indices.dims == ():
        part = c.views.slice(c.named("slice"), x, axis, picks[0], picks[0] + 1)
        return c.views.reshape(c.named("reshape"), part, (*dims[:axis], *dims[axis + 1:]))
    if len(indices.dims) > 1 or len(picks) > dims[axis]:
        return _taken(c, x, axis, indices)
    if picks == list(range(picks[0], picks[0] + len(picks))):
        return c.views.slice(c.named("slice"), x, axis, picks[0], picks[-1] + 1)
    return c.layer("select", [x], indices=tuple(picks), axis=c.views.axis_name(x, x.axis(axis)))


def _all(c: Any, x: Value, axis: int, indices: Constant) -> Value:
    """All elements of a sample in order, as a strided view of a batch of one is written."""
    if list(indices.numbers or ()) != list(range(x.shape[axis] // BATCH)):
        raise Refused("works on the batch axis")
    first, *rest = indices.dims
    return c.views.reshape(c.named("reshape"), x, (*x.shape[:axis], BATCH * first, *rest, *x.shape[axis + 1:]))  # type: ignore[no-any-return]


def _taken(c: Any, x: Value, axis: int, indices: Constant) -> Value:
    own, batch = x.axis(axis), x.batch
    if batch is not None and axis < batch:
        batch += len(indices.dims) - 1
    made: Value = c.layer("take", [x], name=c.named("take"), tensors={"index": indices}, shape=indices.dims,
                          axis=own, batch=batch)
    if (known := indices.known) is not None:
        c.sketch.numbers[c.sketch.drafts[made.node]] = lambda: known
    return made


def _rows(c: Any, x: Constant, axis: int, indices: Constant) -> Any:
    """Rows of a weight: those from a first one on are a slice, others are taken."""
    sides = looked_up(x.dims[0], indices.known) if axis == 0 and len(x.dims) == 2 and indices.known else None
    if sides is not None:
        return _relative(c, x, sides, indices)
    table = c.alone(x, x.dims, None, None)
    picks = indices.numbers
    if picks is not None and axis == 0 and len(picks) > 0:
        first = int(picks[0])
        if list(picks) == list(range(first, first + len(picks))):
            part = c.views.slice(c.named("slice"), table, 0, first, first + len(picks))
            return c.views.reshape(c.named("reshape"), part, (*indices.dims, *x.dims[1:]))
    return _taken(c, table, axis, indices)


def _relative(c: Any, table: Constant, sides: tuple[int, int], index: Constant) -> Value:
    """The score bias of relative positions: rows of a table by the distances of the places in a window."""
    tensors = {"relative_position_bias_table": table, "relative_position_index": index}
    stem = (table.name or c.named("table")).rpartition(".")[0]
    made = c.layer("relative_bias", [Value(0, (), None)], tensors=tensors, window=sides, heads=table.dims[1],
                   name=f"{identifier(stem)}.relative_bias" if stem else "relative_bias")
    turned = c.views.permute(c.named("permute"), made, (1, 2, 0))
    return c.views.reshape(c.named("reshape"), turned, (*index.dims, table.dims[1]))  # type: ignore[no-any-return]


@of("ScatterND")
def _scatter(c: Any, x: Any, indices: Any, updates: Any) -> Any:
    if any(isinstance(v, Value) for v in (x, indices, updates)):
        raise Sized("replaces elements", shape_of(x)) if isinstance(x, Value) else Refused("replaces elements")
    return scattered(x, indices, updates)


@of("GatherND")
def _gather_rows(c: Any, x: Any, indices: Any) -> Any:
    if isinstance(indices, Value) or indices.dims[-1:] != (1,) or c.attribute("batch_dims", 0) or isinstance(x, Value):
        raise Refused("looks up elements one by one")
    rows = indices._replace(dims=indices.dims[:-1])
    if x.numbers is not None and not (x.learned and x.name):
        return picked(x, 0, [int(i) for i in numbers(rows)], rows.dims)
    return _rows(c, x, 0, rows)


@of("GatherElements")
def _gather_elements(c: Any, x: Any, indices: Any) -> Any:
    raise Sized("looks up elements one by one", shape_of(indices))


@of("Pad")
def _pad(c: Any, x: Any, pads: Any = None, value: Any = None, axes: Any = None) -> Any:
    flat = [int(n) for n in (numbers(pads) if pads is not None else c.attribute("pads") or c.attribute("paddings"))]
    half = len(flat) // 2
    where = [int(i) for i in numbers(axes)] if axes is not None else list(range(half))
    if not isinstance(x, Value):
        return _padded(x, where, flat, value)
    grown = {x.axis(i): (flat[k], flat[k + half]) for k, i in enumerate(where) if flat[k] or flat[k + half]}
    if not grown:
        return x
    if any(n < 0 for pair in grown.values() for n in pair):
        return _cropped(c, x, where, flat)
    roles = c.views.roles(x)
    space = [i for i, role in enumerate(roles) if role == "space"]
    mode = c.attribute("mode", "constant")
    mode = {"edge": "replicate", "wrap": "circular"}.get(mode, mode)
    fill = float(numbers(value)[0]) if value is not None else float(c.attribute("value", 0.0))
    if set(grown) <= set(space):
        return c.layer("pad", [x], padding=tuple(grown.get(i, (0, 0)) for i in space), mode=mode, value=fill)
    if len(grown) == 1 and mode == "constant":
        axis, pair = next(iter(grown.items()))
        return c.layer("pad", [x], padding=(pair,), axis=c.views.axis_name(x, axis), value=fill)
    raise Refused("pads several axes that are not space")


def _padded(x: Constant, where: list[int], flat: list[int], value: Any) -> Constant:
    fill = numbers(value)[0] if value is not None else 0
    for k, axis in enumerate(where):
        for side, n in ((0, flat[k]), (1, flat[k + len(where)])):
            if n > 0:
                dims = (*x.dims[:axis], n, *x.dims[axis + 1:])
                more = constant((fill,) * prod(dims), dims)
                x = joined([more, x] if side == 0 else [x, more], axis)
    return x


def _cropped(c: Any, x: Value, where: list[int], flat: list[int]) -> Value:
    """Negative padding takes elements away."""
    for k, axis in enumerate(where):
        before, after = flat[k], flat[k + len(where)]
        if before > 0 or after > 0:
            raise Refused("pads and crops at once")
        x = c.views.slice(c.named("slice"), x, axis, -before, x.shape[axis] + after)
    return x


@of("Resize", "Upsample")
def _resize(c: Any, x: Any, *more: Any) -> Any:
    given = [m for m in more if m is not None and not isinstance(m, Value) and m.numbers]
    wanted = numbers(given[-1]) if given else c.attribute("scales")
    rank, axes = len(x.shape) - 2, c.attribute("axes")
    sized = len(more) == 3 and bool(given) and given[-1] is more[2]
    if axes is not None:
        whole: list[Any] = list(x.shape) if sized else [1.0] * len(x.shape)
        for axis, n in zip(axes, wanted, strict=True):
            whole[int(axis)] = n
        wanted = whole
    if c.attribute("coordinate_transformation_mode") == "tf_crop_and_resize":
        raise Refused("crops and resizes")
    new = [int(n) if sized else floor(m * n + 1e-6) for n, m in zip(wanted, x.shape, strict=True)]
    if new[1] != x.shape[1]:
        raise Refused("resizes channels")
    mode = c.attribute("mode", "nearest")
    mode = {"linear": {1: "linear", 2: "bilinear", 3: "trilinear"}[rank], "cubic": "bicubic"}.get(mode, mode)
    pairs = list(zip(new[2:], x.shape[2:], strict=True))
    if any(n < 1 for n, _ in pairs):
        raise Refused("resizes to nothing")
    divides = all(n % m == 0 for n, m in pairs)
    fields = {"scale": tuple(n // m for n, m in pairs)} if divides else {"size": tuple(n for n, _ in pairs)}
    corners = c.attribute("coordinate_transformation_mode", "half_pixel") == "align_corners"
    return c.layer("upsample", [x], mode=mode, align_corners=corners and mode != "nearest", **fields)


@of("DepthToSpace")
def _depth_to_space(c: Any, x: Any) -> Any:
    r, (_, channels, height, width) = c.attribute("blocksize"), x.shape
    if c.attribute("mode", "DCR") == "CRD":
        return c.layer("pixel_shuffle", [x], factor=r)
    apart = c.views.reshape(c.named("reshape"), x, (x.shape[0], r, r, channels // r**2, height, width))
    turned = c.views.permute(c.named("permute"), apart, (0, 3, 4, 1, 5, 2))
    image = c.views.reshape(c.named("reshape"), turned, (x.shape[0], channels // r**2, height * r, width * r))
    return c.views.relabelled(c.named("roles"), image, ("channel", "space", "space"))


@of("SpaceToDepth")
def _space_to_depth(c: Any, x: Any) -> Any:
    r, (batch, channels, height, width) = c.attribute("blocksize"), x.shape
    apart = c.views.reshape(c.named("reshape"), x, (batch, channels, height // r, r, width // r, r))
    turned = c.views.permute(c.named("permute"), apart, (0, 3, 5, 1, 2, 4))
    image = c.views.reshape(c.named("reshape"), turned, (batch, channels * r * r, height // r, width // r))
    return c.views.relabelled(c.named("roles"), image, ("channel", "space", "space"))
