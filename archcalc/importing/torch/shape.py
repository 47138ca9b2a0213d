"""Rules for what torch rearranges: views, slices, joins, padding, resizing, sums along axes."""

from __future__ import annotations

from typing import Any

from archcalc.importing.idioms.rotary import turned
from archcalc.importing.rules import Rule
from archcalc.importing.sketch import Refused
from archcalc.importing.torch.lookup import taken
from archcalc.importing.torch.rules import RULES, of
from archcalc.importing.torch.state import Final
from archcalc.importing.views.batched import BATCH, Value


@of("flatten", "reshape", "view", "unflatten", "squeeze", "unsqueeze", "view_as", "reshape_as", "unsafe_view")
def _reshape(c: Any, input: Any, *_: Any, **__: Any) -> Any:
    word = "flatten" if len(c.shape) < len(input.shape) else "reshape"
    return c.views.reshape(c.named(word), input, c.shape)


@of("contiguous", "to", "float", "clone", "detach", "type_as", "type", "requires_grad_", "alias", "half", "double",
     "bfloat16", "cuda", "cpu")
def _same(c: Any, input: Any, *_: Any, **__: Any) -> Any:
    return input


@of("permute")
def _permute(c: Any, input: Any, *dims: Any) -> Any:
    order = dims[0] if len(dims) == 1 and isinstance(dims[0], (list, tuple)) else dims
    return c.views.permute(c.named("permute"), input, order)


@of("transpose", "swapaxes", "swapdims", "t", "adjoint")
def _transpose(c: Any, input: Any, dim0: int = 0, dim1: int = 1) -> Any:
    order = list(range(len(input.shape)))
    order[dim0], order[dim1] = order[dim1], order[dim0]
    return c.views.permute(c.named("permute"), input, order)


@of("movedim", "moveaxis")
def _movedim(c: Any, input: Any, source: int, destination: int) -> Any:
    order = [i for i in range(len(input.shape)) if i != source % len(input.shape)]
    order.insert(destination % len(input.shape), source % len(input.shape))
    return c.views.permute(c.named("permute"), input, order)


@of("expand", "expand_as")
def _expand(c: Any, input: Any, *_: Any) -> Any:
    if c.shape == input.shape:
        return input
    old = (*[1] * (len(c.shape) - len(input.shape)), *input.shape)
    batch, at = input.batch, [i for i, (m, n) in enumerate(zip(old, c.shape, strict=True)) if m != n and n == BATCH]
    if batch is None and at:
        batch = at[0]
    elif batch is not None:
        batch += len(c.shape) - len(input.shape)
    value = Value(input.node, c.shape, batch)
    ones = old if batch is None or input.split else (*old[:batch], *old[batch + 1:])
    if input.batch is None:
        x = c.views.reshape(c.named("reshape"), input, ones)
    else:
        x = c.views.reshape(c.named("reshape"), input, old)
    if ones == value.dims:
        return value._replace(node=x.node)
    index = c.sketch.add(c.named("expand"), "expand", {"shape": value.dims}, [x.node])
    return c.views.checked(index, c.shape, batch)


@of("__getitem__")
def _getitem(c: Any, input: Any, index: Any) -> Any:
    picks = list(index) if isinstance(index, tuple) else [index]
    if isinstance(input, Final):
        input, picks = input.last(c, picks[0]), picks[1:]
    x, axis = input, 0
    if Ellipsis in picks:
        at = picks.index(Ellipsis)
        given = sum(p is not None and p is not Ellipsis for p in picks)
        picks[at:at + 1] = [slice(None)] * (len(x.shape) - given)
    for pick in picks:
        if pick is None:
            continue
        if isinstance(pick, slice):
            x = c.views.slice(c.named("slice"), x, axis, pick.start or 0, pick.stop, pick.step or 1)
        elif isinstance(pick, int) and not isinstance(pick, bool):
            pick %= x.shape[axis]
            x = c.views.slice(c.named("slice"), x, axis, pick, pick + 1)
        else:
            x = taken(c, x, axis, pick)
            axis += len(pick.shape) - 1
        axis += 1
    return c.views.reshape(c.named("reshape"), x, c.shape) if x.shape != c.shape else x


@of("select")
def _select(c: Any, input: Any, dim: int, index: int) -> Any:
    if isinstance(input, Final):
        return input.last(c, index if dim == 0 else None)
    axis = dim % len(input.shape)
    index %= input.shape[axis]
    return c.views.reshape(c.named("reshape"), c.views.slice(c.named("slice"), input, axis, index, index + 1), c.shape)


@of("narrow")
def _narrow(c: Any, input: Any, dim: int, start: int, length: int) -> Any:
    return c.views.slice(c.named("slice"), input, dim % len(input.shape), start, start + length)


@of("chunk", "split", "split_with_sizes", "tensor_split")
def _parts(c: Any, input: Any, sizes: Any, dim: int = 0) -> Any:
    axis = dim % len(input.shape)
    first, n = c.shape[axis], input.shape[axis]
    sizes = list(sizes) if isinstance(sizes, (list, tuple)) else [first] * (n // first) + [n % first] * (n % first > 0)
    return [c.views.part(c.named("chunk"), input, axis, sizes, i) for i in range(len(sizes))]


@of("unbind")
def _unbind(c: Any, input: Any, dim: int = 0) -> Any:
    axis = dim % len(input.shape)
    parts = [c.views.slice(c.named("slice"), input, axis, i, i + 1) for i in range(input.shape[axis])]
    return [c.views.reshape(c.named("reshape"), part, c.shape) for part in parts]


@of("cat", "concat", "concatenate")
def _cat(c: Any, tensors: Any, dim: int = 0) -> Any:
    given, tensors = tensors, [x for x in tensors if 0 not in x.shape]
    if len(tensors) == 1 < len(given):      # keys or values, with none of earlier steps
        return c.value(tensors[0])
    like = next((x for x in tensors if isinstance(x, Value) and x.batch is not None), None)
    values = [c.value(x, like) for x in tensors]
    like = values[0] if like is None else like
    if len({v.batch for v in values if v.batch is not None}) > 1 or any(v.split for v in values):
        raise Refused("joins tensors with different batches")
    whole = _whole(c, values, like.axis(dim))
    if whole is not None:
        return whole
    roles = c.views.roles(like)
    values = [c.views.relabelled(c.named("roles"), v, roles) for v in values]
    made = c.layer("concat", values, axis=c.views.axis_name(like, like.axis(dim)), batch=like.batch)
    return turned(c.views, c.path, made) if c.tape.fuses else made


def _whole(c: Any, values: list[Value], axis: int) -> Value | None:
    """What parts of channels in order are the whole of."""
    drafts = [c.sketch.drafts[v.node] for v in values]
    roles = drafts[0].out.axes
    parts = [{"chunks": len(drafts), "part": k} for k in range(len(drafts))]
    if [(d.kind, d.fields) for d in drafts] != [("chunk", p) for p in parts] or roles[axis] != "channel" or \
            len({d.inputs[0] for d in drafts}) > 1:
        return None
    return Value(drafts[0].inputs[0], c.shape, values[0].batch)


@of("stack")
def _stack(c: Any, tensors: Any, dim: int = 0) -> Any:
    dim %= len(c.shape)
    shape = (*c.shape[:dim], 1, *c.shape[dim + 1:])
    values = [c.views.reshape(c.named("reshape"), x, shape) for x in tensors]
    return c.layer("concat", values, axis=values[0].axis(dim), batch=values[0].batch)


@of("roll")
def _roll(c: Any, input: Any, shifts: Any, dims: Any) -> Any:
    dims = dims if isinstance(dims, (list, tuple)) else (dims,)
    shifts = shifts if isinstance(shifts, (list, tuple)) else (shifts,)
    return c.layer("roll", [input], shift=tuple(shifts), axes=tuple(input.axis(d) for d in dims))


@of("pad")
def _pad(c: Any, input: Any, pad: Any, mode: str = "constant", value: Any = None) -> Any:
    if not any(pad):
        return input
    pairs = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)][::-1]
    axes = [input.axis(i) for i in range(len(input.shape) - len(pairs), len(input.shape))]
    pads = {axis: pair for axis, pair in zip(axes, pairs, strict=True) if any(pair)}
    if any(n < 0 for pair in pads.values() for n in pair):
        for i, (before, after) in enumerate(pairs, len(input.shape) - len(pairs)):      # a negative pad cuts off
            input = c.views.slice(c.named("slice"), input, i, max(0, -before), input.shape[i] + min(0, after))
        return _pad(c, input, [max(0, n) for n in pad], mode, value)
    roles = c.views.roles(input)
    space = [i for i, role in enumerate(roles) if role == "space"]
    common = {"mode": mode, "value": float(value or 0)}
    if set(pads) <= set(space):
        return c.layer("pad", [input], padding=tuple(pads.get(i, (0, 0)) for i in space), **common)
    if len(pads) == 1 and mode == "constant":
        axis, pair = next(iter(pads.items()))
        return c.layer("pad", [input], padding=(pair,), axis=c.views.axis_name(input, axis), value=float(value or 0))
    raise Refused("pads several axes that are not space")


@of("interpolate", "upsample")
def _interpolate(c: Any, input: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
                 align_corners: Any = None, recompute_scale_factor: Any = None, antialias: bool = False) -> Any:
    if antialias or mode not in ("nearest", "linear", "bilinear", "trilinear", "bicubic"):
        raise Refused(f"resamples in a way ({mode}) that has no kind")
    old, new = input.dims[1:], c.shape[2:]
    whole = all(n % m == 0 for n, m in zip(new, old, strict=True))
    fields = {"scale": tuple(n // m for n, m in zip(new, old, strict=True))} if whole else {"size": tuple(new)}
    return c.layer("upsample", [input], mode=mode, align_corners=bool(align_corners), **fields)


@of("pixel_shuffle")
def _pixel_shuffle(c: Any, input: Any, upscale_factor: int) -> Any:
    return c.layer("pixel_shuffle", [input], factor=upscale_factor)


@of("channel_shuffle", "native_channel_shuffle")
def _channel_shuffle(c: Any, input: Any, groups: int) -> Any:
    return c.layer("channel_shuffle", [input], groups=groups)


def _reduction(op: str) -> Rule:
    def rule(c: Any, input: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
        dims = range(len(input.shape)) if dim is None else dim if isinstance(dim, (list, tuple)) else (dim,)
        axes = [input.axis(i) for i in dims]
        roles = c.views.roles(input)
        batch = input.batch
        if batch is not None and not keepdim:
            batch -= sum(d % len(input.shape) < batch for d in dims)
        if op == "mean" and [roles[i] for i in sorted(axes)] == ["space"] * roles.count("space") and axes \
                and "channel" in roles:
            return c.layer("global_avgpool", [input], keep=keepdim, batch=batch)
        where = tuple(c.views.axis_name(input, i) for i in axes)
        fields = {"axes": where[0] if len(where) == 1 else where, "keep": keepdim}
        return c.layer("mean", [input], batch=batch, **fields) if op == "mean" else \
            c.layer("reduce", [input], batch=batch, op=op, **fields)
    return rule


for _name, _op in (("mean", "mean"), ("sum", "sum"), ("amax", "max"), ("amin", "min")):
    RULES[_name] = _reduction(_op)
