"""Rules for ONNX operators that rearrange, and for the arithmetic on shapes that leads to them."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from archcalc.importing.batched import BATCH, Value
from archcalc.importing.onnx_constants import constant, numbers
from archcalc.importing.onnx_node import Constant
from archcalc.importing.sketch import Refused

Rule = Callable[..., Any]
SHAPES: dict[str, Rule] = {}


def _of(*names: str) -> Callable[[Rule], Rule]:
    def note(rule: Rule) -> Rule:
        SHAPES.update(dict.fromkeys(names, rule))
        return rule
    return note


@_of("Identity", "Dropout", "Cast", "CastLike")
def _identity(c: Any, x: Any, *_: Any) -> Any:
    if not isinstance(x, Value) and x is not None and x.name is not None and c.operation.kind == "Identity":
        return x._replace(name=c.operation.outputs[0])      # equal weights that an exporter wrote once
    return x


@_of("Constant")
def _constant(c: Any) -> Any:
    found = c.attribute("value")
    if found is not None:
        return Constant(found.dims, found.numbers, None if found.numbers and len(found.numbers) < 2 else
                        c.operation.outputs[0])
    values = next(iter(c.operation.attributes.values()))
    return constant(values if isinstance(values, tuple) else (values,), None if isinstance(values, tuple) else ())


@_of("ConstantOfShape")
def _filled(c: Any, shape: Any) -> Any:
    dims = tuple(int(n) for n in numbers(shape))
    value = c.attribute("value")
    fill = value.numbers[0] if value is not None and value.numbers else 0
    return constant((fill,) * prod(dims), dims) if prod(dims) <= 4096 else constant((), dims)


@_of("Shape")
def _shape(c: Any, x: Any) -> Any:
    dims = x.shape if isinstance(x, Value) else x.dims
    return constant(dims[c.attribute("start", 0):c.attribute("end", len(dims))])


@_of("Reshape")
def _reshape(c: Any, x: Any, shape: Any = None) -> Any:
    target = [int(n) for n in (numbers(shape) if shape is not None else c.attribute("shape"))]
    if not isinstance(x, Value):
        known = _resolved(target, x.dims, prod(x.dims))
        return x._replace(dims=tuple(known))
    return c.views.reshape(c.named("reshape"), x, _target(c, x, target))


def _target(c: Any, x: Value, target: list[int]) -> tuple[int, ...]:
    """A shape with the batch in the place of the number that the exporter had there."""
    fixed = c.reader.batch
    for i, n in enumerate(target):
        if n == fixed and fixed:
            tried = _resolved([*target[:i], BATCH, *target[i + 1:]], x.shape, prod(x.shape))
            if prod(tried) == prod(x.shape):
                return tuple(tried)
    found = _resolved(target, x.shape, prod(x.shape))
    if prod(found) != prod(x.shape) and fixed:      # the batch is a factor of the axis that stands where it was
        before = prod(x.shape[:x.batch])
        places = sorted(range(len(found)), key=lambda i: prod(found[:i]) != before)
        grown = [[n * BATCH // fixed if i == place else n for i, n in enumerate(found)] for place in places]
        found = next((tried for tried in grown if prod(tried) == prod(x.shape)), found)
    if prod(found) != prod(x.shape):
        raise Refused("has a shape that does not fit")
    return tuple(found)


def _resolved(target: list[int], old: tuple[int, ...], size: int) -> list[int]:
    found = [old[i] if n == 0 and i < len(old) else n for i, n in enumerate(target)]
    rest = prod(n for n in found if n != -1)
    return [size // rest if n == -1 and rest else n for n in found]


@_of("Flatten")
def _flatten(c: Any, x: Any) -> Any:
    axis = c.attribute("axis", 1) % (len(x.shape) + 1)
    return c.views.reshape(c.named("flatten"), x, (prod(x.shape[:axis]), prod(x.shape[axis:])))


@_of("Squeeze")
def _squeeze(c: Any, x: Any, axes: Any = None) -> Any:
    dims = x.shape if isinstance(x, Value) else x.dims
    gone = numbers(axes) if axes is not None else c.attribute("axes") or [i for i, n in enumerate(dims) if n == 1]
    gone = [int(i) % len(dims) for i in gone]
    left = tuple(n for i, n in enumerate(dims) if i not in gone)
    return c.views.reshape(c.named("flatten"), x, left) if isinstance(x, Value) else x._replace(dims=left)


@_of("Unsqueeze")
def _unsqueeze(c: Any, x: Any, axes: Any = None) -> Any:
    dims = list(x.shape if isinstance(x, Value) else x.dims)
    new = [int(i) for i in (numbers(axes) if axes is not None else c.attribute("axes"))]
    for i in sorted(i % (len(dims) + len(new)) for i in new):
        dims.insert(i, 1)
    return c.views.reshape(c.named("reshape"), x, dims) if isinstance(x, Value) else x._replace(dims=tuple(dims))


@_of("Transpose")
def _transpose(c: Any, x: Any) -> Any:
    order = c.attribute("perm")
    if not isinstance(x, Value):
        order = order or tuple(range(len(x.dims)))[::-1]
        return x._replace(dims=tuple(x.dims[i] for i in order), numbers=None)
    return c.views.permute(c.named("permute"), x, order or tuple(range(len(x.shape)))[::-1])


@_of("Expand")
def _expand(c: Any, x: Any, shape: Any) -> Any:
    wanted = tuple(int(n) for n in numbers(shape))
    if isinstance(x, Value):
        if all(n in (1, -1, m) for n, m in zip(wanted[::-1], x.shape[::-1], strict=False)):
            return x
        raise Refused("repeats elements")
    full = (*[1] * (len(wanted) - len(x.dims)), *x.dims)
    if all(n in (m, 1) or (n == BATCH and m == 1) for n, m in zip(wanted, full, strict=True)):
        return x._replace(dims=full)
    raise Refused("repeats weights")


@_of("Concat")
def _concat(c: Any, *parts: Any) -> Any:
    axis = c.attribute("axis", 0)
    values = [x for x in parts if isinstance(x, Value)]
    if not values:
        return constant(n for x in parts for n in numbers(x))
    like = values[0]
    made = [x if isinstance(x, Value) else c.value(x, like) for x in parts]
    if any(v.batch != like.batch or v.split for v in made):
        raise Refused("joins tensors with different batches")
    roles = c.views.roles(like)
    made = [c.views.relabelled(c.named("roles"), v, roles) for v in made]
    return c.layer("concat", made, axis=c.views.axis_name(like, like.axis(axis)))


@_of("Split")
def _split(c: Any, x: Any, sizes: Any = None) -> Any:
    axis = c.attribute("axis", 0) % len(x.shape)
    count, n = len(c.operation.outputs), x.shape[axis]
    each = -(-n // count)
    parts = [int(s) for s in (numbers(sizes) if sizes is not None else c.attribute("split") or
                              [min(each, n - i * each) for i in range(count)])]
    return [c.views.part(c.named("chunk"), x, axis, parts, i) for i in range(len(parts))]


@_of("Slice")
def _slice(c: Any, x: Any, starts: Any = None, ends: Any = None, axes: Any = None, steps: Any = None) -> Any:
    begin = numbers(starts) if starts is not None else c.attribute("starts")
    end = numbers(ends) if ends is not None else c.attribute("ends")
    where = numbers(axes) if axes is not None else c.attribute("axes") or range(len(begin))
    step = numbers(steps) if steps is not None else (1,) * len(begin)
    if not isinstance(x, Value):
        if len(x.dims) != 1:
            raise Refused("slices weights")
        return constant(numbers(x)[begin[0]:end[0]:step[0]])
    for axis, a, b, s in zip(where, begin, end, step, strict=True):
        x = c.views.slice(c.named("slice"), x, int(axis) % len(x.shape), int(a), int(b), int(s))
    return x


@_of("Gather")
def _gather(c: Any, x: Any, indices: Any) -> Any:
    axis = c.attribute("axis", 0)
    if isinstance(indices, Value):
        if isinstance(x, Value) or axis or len(x.dims) != 2:
            raise Refused("looks up by numbers that are computed")
        return c.layer("embedding", [indices], tensors={"weight": x}, entries=x.dims[0], features=x.dims[1])
    picks = [int(i) for i in numbers(indices)]
    if not isinstance(x, Value):
        known = numbers(x)
        return constant((known[i] for i in picks), tuple(indices.dims))
    axis %= len(x.shape)
    if indices.dims == ():
        part = c.views.slice(c.named("slice"), x, axis, picks[0] % x.shape[axis], picks[0] % x.shape[axis] + 1)
        return c.views.reshape(c.named("reshape"), part, (*x.shape[:axis], *x.shape[axis + 1:]))
    return c.layer("select", [x], indices=tuple(picks), axis=c.views.axis_name(x, x.axis(axis)))


@_of("Pad")
def _pad(c: Any, x: Any, pads: Any = None, value: Any = None, axes: Any = None) -> Any:
    flat = [int(n) for n in (numbers(pads) if pads is not None else c.attribute("pads"))]
    half = len(flat) // 2
    where = [int(i) for i in numbers(axes)] if axes is not None else list(range(half))
    grown = {x.axis(i): (flat[k], flat[k + half]) for k, i in enumerate(where) if flat[k] or flat[k + half]}
    if not grown:
        return x
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


@_of("Resize", "Upsample")
def _resize(c: Any, x: Any, *more: Any) -> Any:
    factors = [m for m in more if m is not None and not isinstance(m, Value) and m.numbers]
    wanted = numbers(factors[-1]) if factors else c.attribute("scales")
    mode = c.attribute("mode", "nearest")
    rank = len(x.shape) - 2
    mode = {"linear": {1: "linear", 2: "bilinear", 3: "trilinear"}[rank], "cubic": "bicubic"}.get(mode, mode)
    sized = len(more) == 3 and bool(factors) and factors[-1] is more[2]
    new = [int(n) if sized else int(m * n) for n, m in zip(wanted[2:], x.shape[2:], strict=True)]
    whole = all(n % m == 0 for n, m in zip(new, x.shape[2:], strict=True))
    fields = {"scale": tuple(n // m for n, m in zip(new, x.shape[2:], strict=True))} if whole else {"size": tuple(new)}
    corners = c.attribute("coordinate_transformation_mode", "half_pixel") == "align_corners"
    return c.layer("upsample", [x], mode=mode, align_corners=corners and mode != "nearest", **fields)


@_of("DepthToSpace")
def _depth_to_space(c: Any, x: Any) -> Any:
    if c.attribute("mode", "DCR") != "CRD":
        raise Refused("orders channels as TensorFlow does")
    return c.layer("pixel_shuffle", [x], factor=c.attribute("blocksize"))


@_of("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin")
def _reduce(c: Any, x: Any, axes: Any = None) -> Any:
    dims = [int(i) % len(x.shape) for i in (numbers(axes) if axes is not None else c.attribute("axes"))]
    keep = bool(c.attribute("keepdims", 1))
    own, roles = [x.axis(i) for i in dims], c.views.roles(x)
    batch = x.batch if keep else x.batch - sum(i < x.batch for i in dims)
    op = c.operation.kind.removeprefix("Reduce").lower()
    if op == "mean" and [roles[i] for i in sorted(own)] == ["space"] * roles.count("space") and "channel" in roles:
        return c.layer("global_avgpool", [x], keep=keep, batch=batch)
    where = tuple(c.views.axis_name(x, i) for i in own)
    fields = {"axes": where[0] if len(where) == 1 else where, "keep": keep}
    return c.layer("mean", [x], batch=batch, **fields) if op == "mean" else \
        c.layer("reduce", [x], batch=batch, op=op, **fields)
