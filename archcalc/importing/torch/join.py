"""Rules for torch's joins of two tensors, products of matrices, and functions of weights."""

from __future__ import annotations

from typing import Any

from archcalc.importing.idioms.attended import attended
from archcalc.importing.idioms.normed import centred
from archcalc.importing.idioms.rotary import turned
from archcalc.importing.sketch import Refused, shaped_fields
from archcalc.importing.torch.attention import hides_later, number
from archcalc.importing.torch.call import Call
from archcalc.importing.torch.rules import of
from archcalc.importing.torch.tape import Held
from archcalc.importing.torch.written import function, normalization
from archcalc.importing.views.batched import Value


def _joined(kind: str, c: Call, a: Any, b: Any) -> Any:
    """An elementwise join of two tensors, one of which may be without a batch."""
    first, second = (a, b) if isinstance(a, Value) else (b, a)
    if isinstance(second, Value) and (len(second.shape), second.batch is not None) > (
            len(first.shape), first.batch is not None):
        first = second
    x, y = (c.value(v, like=None if v is first else first) for v in (a, b))
    if (len(x.shape) != len(c.shape) and x.batch is not None) or (len(y.shape) != len(c.shape) and y.batch is not None):
        raise Refused("joins tensors of different ranks")
    if None not in (x.batch, y.batch) and (x.batch != y.batch or x.split != y.split):
        raise Refused("joins tensors with different batches")
    batch = x.batch if y.batch is None else y.batch
    x, y = _repeated(c, x, y), _repeated(c, y, x)
    roles = c.views.roles(x if x.dims == Value(0, c.shape, batch).dims else y)
    x, y = (c.views.relabelled(c.named("roles"), v, roles) if _channels(c, v) != [r == "channel" for r in roles] else v
            for v in (x, y))
    return c.layer(kind, [x, y], batch=batch)


def _repeated(c: Call, x: Value, other: Value) -> Value:
    """The value without a repetition of its axes that the join makes anyway."""
    draft = c.sketch.drafts[x.node]
    if draft.kind != "expand":
        return x
    before = c.sketch.shaped(draft.inputs[0]).dims
    joins = all(m in (1, n) and max(m, k) == n for m, n, k in zip(before, x.dims, other.dims, strict=True))
    return x._replace(node=draft.inputs[0], shape=before, batch=None) if joins else x


def _channels(c: Call, x: Value) -> list[bool]:
    return [role == "channel" for role in c.views.roles(x)]


@of("add")
def _add(c: Call, input: Any, other: Any, alpha: float = 1) -> Any:
    input, other = number(input), number(other)
    if isinstance(other, (int, float)) or isinstance(input, (int, float)):
        return _plus(c, input, alpha * other) if isinstance(other, (int, float)) else _plus(c, other, input)
    if alpha != 1:
        raise Refused("adds a multiple")
    if _is_zero(other) and c.shape == getattr(input, "shape", None):
        return input
    made = _joined("add", c, input, other)
    x, mask = (input, other) if isinstance(input, Value) else (other, input)
    if hides_later(mask) and x.dims == made.dims:
        c.sketch.causal[c.sketch.drafts[made.node]] = x.node
    return turned(c.views, c.path, made) if c.tape.fuses else made


def _plus(c: Call, x: Any, number: float) -> Any:
    """A value and a number."""
    x = c.value(x)
    one = c.alone("constant", (1,) * len(x.dims), {}, f"{c.named('add')}.number",
                  **shaped_fields("constant", (1,) * len(x.dims), c.views.roles(x)), value=float(number))
    return c.layer("add", [x, one], batch=x.batch)


def _is_zero(x: Any) -> bool:
    """Whether a tensor is made in the run, all of zeros: a mask that hides nothing, say."""
    return isinstance(x, Held) and not x.sources and x.numbers is not None and not bool(x.numbers.any())


@of("sub")
def _sub(c: Call, input: Any, other: Any, alpha: float = 1) -> Any:
    input, other = number(input), number(other)
    if isinstance(other, (int, float)):
        return _plus(c, input, -alpha * other)
    if alpha != 1 or isinstance(input, (int, float)):
        raise Refused("subtracts a multiple, or from a number")
    other = c.value(other)
    minus = c.layer("rescale", [other], other.shape, name=f"{c.named('sub')}.minus", factor=-1.0)
    return _joined("add", c, input, minus)


@of("mul")
def _mul(c: Call, input: Any, other: Any) -> Any:
    input, other = number(input), number(other)
    if isinstance(input, (int, float)) and not isinstance(input, bool):
        input, other = other, input
    if isinstance(other, (int, float)):
        return c.layer("rescale", [input], factor=float(other))
    normal = normalization(c, input, other, 1) or normalization(c, other, input, 1)
    if normal is not None:
        return normal
    x, weights = (input, other) if isinstance(input, Value) else (other, input)
    if c.leaf and not isinstance(weights, Value) and _per_channel(c, x, weights) and not centred(c.sketch, x.node):
        return c.layer("scale", [x], tensors={"weight": weights})
    return _joined("multiply", c, input, other)


@of("square")
def _square(c: Call, input: Any) -> Any:
    return _joined("multiply", c, input, input)


@of("pow")
def _power(c: Call, input: Any, exponent: Any) -> Any:
    exponent = number(exponent)
    if not isinstance(exponent, (int, float)):
        raise Refused("raises to a tensor")
    if exponent != 2:
        return function(c, "pow", input, "power", float(exponent), "raises to another power than 2")
    return _square(c, input)


@of("addcmul")
def _addcmul(c: Call, input: Any, tensor1: Any, tensor2: Any, value: float = 1) -> Any:
    x, weights = (tensor1, tensor2) if isinstance(tensor1, Value) else (tensor2, tensor1)
    if value != 1:
        raise Refused("adds a multiple")
    if any(isinstance(w, Value) or not _per_channel(c, x, w) for w in (weights, input)):
        return _joined("add", c, input, _joined("multiply", c, x, weights))
    return c.layer("scale", [x], tensors={"weight": weights, "bias": input}, bias=True)


@of("div")
def _div(c: Call, input: Any, other: Any, rounding_mode: Any = None) -> Any:
    other = number(other)
    normal = normalization(c, input, other, -1) if rounding_mode is None else None
    if normal is not None:
        return normal
    if not isinstance(other, (int, float)) or rounding_mode is not None or not isinstance(input, Value):
        raise Refused("divides by a tensor")
    return c.layer("rescale", [input], factor=1 / other)


@of("neg")
def _neg(c: Call, input: Any) -> Any:
    return c.layer("rescale", [input], factor=-1.0)


def _per_channel(c: Call, x: Value, weights: Any) -> bool:
    """Whether weights are one number for each channel of a value."""
    roles = c.views.roles(x)
    if roles.count("channel") != 1 or len(weights.shape) > len(x.shape) or not weights.exact or x.batch is None:
        return False
    full = (*[1] * (len(x.shape) - len(weights.shape)), *weights.shape)
    axis = next(i for i in range(len(x.shape)) if (x.split or i != x.batch) and x.axis(i) == roles.index("channel"))
    return all(n == (x.shape[i] if i == axis else 1) for i, n in enumerate(full))


@of("matmul", "bmm")
def _matmul(c: Call, input: Any, other: Any) -> Any:
    a, b = c.value(input), c.value(other)
    if None not in (a.batch, b.batch) and (len(a.shape) != len(b.shape) or a.batch != b.batch):
        raise Refused("multiplies matrices of different batches")
    if any(v.batch is not None and v.batch >= len(v.shape) - 2 for v in (a, b)):
        raise Refused("multiplies matrices across the batch")
    a, b = (c.value(v, like=w) for v, w in ((a, b), (b, a)))
    return product(c, a, b, False, c.shape, a.batch if a.batch is not None else b.batch)


def product(c: Call, a: Value, b: Value, turned: bool, shape: tuple[int, ...], batch: int | None) -> Value:
    """A product of matrices, of which the second may be turned; attention where that is what it ends."""
    fused = attended(c.views, c.path, a.node, b.node, turned) if c.tape.fuses and a.batch is not None else None
    if fused is not None:
        return c.views.checked(fused, shape, batch)
    plain = _transposed(c, b)
    if plain is not None:
        b, turned = plain, not turned
    return c.layer("matmul", [a, b], shape, name=c.named("matmul"), transpose=turned, batch=batch)


def _transposed(c: Call, b: Value) -> Value | None:
    """What a second factor is the transpose of, if its last step swaps its last two axes."""
    draft, rank = c.sketch.drafts[b.node], len(b.dims)
    order = tuple(draft.fields.get("order", ()))
    if draft.kind != "permute" or order != (*range(rank - 2), rank - 1, rank - 2):
        return None
    return b._replace(node=draft.inputs[0])


@of("normalize")
def _normalize(c: Call, input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Any = None) -> Any:
    if p != 2 or eps != 1e-12:
        raise Refused("divides by another length")
    return c.layer("l2norm", [input], axis=c.views.axis_name(input, input.axis(dim)))


@of("exp")
def _exp(c: Call, input: Any) -> Any:
    return c.layer("exp", [input])
