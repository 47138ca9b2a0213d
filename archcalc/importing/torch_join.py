"""Rules for torch's joins of two tensors, products of matrices, and attention."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archcalc.importing.batched import Value
from archcalc.importing.sketch import Refused

Rule = Callable[..., Any]
JOIN: dict[str, Rule] = {}


def _of(*names: str) -> Callable[[Rule], Rule]:
    def note(rule: Rule) -> Rule:
        JOIN.update(dict.fromkeys(names, rule))
        return rule
    return note


def _joined(kind: str, c: Any, a: Any, b: Any) -> Any:
    """An elementwise join of two tensors, one of which may be weights."""
    first = a if isinstance(a, Value) else b
    x, y = (c.value(v, like=first) for v in (a, b))
    x, y = (_widened(c, v, len(c.shape)) for v in (x, y))
    if x.batch != y.batch or x.split != y.split:
        raise Refused("joins tensors with different batches")
    roles = c.views.roles(x if x.dims == Value(0, c.shape, x.batch).dims else y)
    x, y = (c.views.relabelled(c.named("roles"), v, roles) if _channels(c, v) != [r == "channel" for r in roles] else v
            for v in (x, y))
    return c.layer(kind, [x, y])


def _channels(c: Any, x: Value) -> list[bool]:
    return [role == "channel" for role in c.views.roles(x)]


def _widened(c: Any, x: Value, rank: int) -> Value:
    """With leading axes of 1 up to a rank, as broadcasting has it."""
    if len(x.shape) == rank:
        return x
    raise Refused("joins tensors of different ranks")


@_of("add")
def _add(c: Any, input: Any, other: Any, alpha: float = 1) -> Any:
    if alpha != 1:
        raise Refused("adds a multiple")
    _tensors(input, other)
    return _joined("add", c, input, other)


@_of("sub")
def _sub(c: Any, input: Any, other: Any, alpha: float = 1) -> Any:
    _tensors(input, other)
    if alpha != 1 or not isinstance(other, Value):
        raise Refused("subtracts a multiple, or weights")
    minus = c.layer("rescale", [other], other.shape, name=f"{c.named('sub')}.minus", factor=-1.0)
    return _joined("add", c, input, minus)


@_of("mul")
def _mul(c: Any, input: Any, other: Any) -> Any:
    if isinstance(input, (int, float)) and not isinstance(input, bool):
        input, other = other, input
    if isinstance(other, (int, float)):
        return c.layer("rescale", [input], factor=float(other))
    x, weights = (input, other) if isinstance(input, Value) else (other, input)
    if c.leaf and not isinstance(weights, Value) and _per_channel(c, x, weights):
        return c.layer("scale", [x], tensors={"weight": weights})
    return _joined("multiply", c, input, other)


@_of("div")
def _div(c: Any, input: Any, other: Any, rounding_mode: Any = None) -> Any:
    if not isinstance(other, (int, float)) or rounding_mode is not None or not isinstance(input, Value):
        raise Refused("divides by a tensor")
    return c.layer("rescale", [input], factor=1 / other)


@_of("neg")
def _neg(c: Any, input: Any) -> Any:
    return c.layer("rescale", [input], factor=-1.0)


def _tensors(*operands: Any) -> None:
    if any(isinstance(x, (int, float)) for x in operands):
        raise Refused("adds a number")


def _per_channel(c: Any, x: Value, weights: Any) -> bool:
    """Whether weights are one number for each channel of a value."""
    roles = c.views.roles(x)
    if roles.count("channel") != 1 or len(weights.shape) > len(x.shape) or not weights.exact:
        return False
    full = (*[1] * (len(x.shape) - len(weights.shape)), *weights.shape)
    axis = next(i for i in range(len(x.shape)) if (x.split or i != x.batch) and x.axis(i) == roles.index("channel"))
    return all(n == (x.shape[i] if i == axis else 1) for i, n in enumerate(full))


@_of("matmul", "bmm")
def _matmul(c: Any, input: Any, other: Any) -> Any:
    a, b = c.value(input), c.value(other)
    if len(a.shape) != len(b.shape) or a.batch != b.batch or a.batch >= len(a.shape) - 2:
        raise Refused("multiplies matrices of different batches")
    return c.layer("matmul", [a, b])


@_of("scaled_dot_product_attention")
def _attention(c: Any, query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0,
               is_causal: bool = False, scale: float | None = None, enable_gqa: bool = False) -> Any:
    if attn_mask is not None:
        raise Refused("has a mask or a score bias")
    heads, shared, d = query.shape[-3], key.shape[-3], query.shape[-1]
    root = None if scale is None else round(scale ** -2)
    if len(query.shape) != 4 or (root is not None and scale is not None and abs(root ** -0.5 - scale) > 1e-9):
        raise Refused("is not of batch×heads×tokens×features")
    q, k, v = (_tokens(c, x) for x in (query, key, value))
    shape = (*query.shape[:1], query.shape[2], heads * value.shape[-1])
    out = c.layer("scaled_dot_product", [q, k, v], shape, heads=heads, kv_heads=None if shared == heads else shared,
                  causal=is_causal, root_of=None if root in (None, d) else root)
    apart = c.views.reshape(c.named("heads"), out, (*shape[:2], heads, value.shape[-1]))
    return c.views.permute(c.named("heads_first"), apart, (0, 2, 1, 3))


def _tokens(c: Any, x: Value) -> Value:
    """batch×heads×tokens×features → batch×tokens×channels."""
    last = c.views.permute(c.named("tokens"), x, (0, 2, 1, 3))
    flat = c.views.reshape(c.named("joined"), last, (x.shape[0], x.shape[2], x.shape[1] * x.shape[3]))
    return c.views.relabelled(c.named("roles"), flat, ("sequence", "channel"))  # type: ignore[no-any-return]


@_of("multi_head_attention_forward")
def _multi_head(c: Any, query: Any, key: Any, value: Any, embed_dim: int, num_heads: int, weight: Any, bias: Any,
                bias_k: Any, bias_v: Any, add_zero_attn: bool, dropout_p: float, out_weight: Any, out_bias: Any,
                use_separate_proj_weight: bool = False, is_causal: bool = False, attn_mask: Any = None,
                key_padding_mask: Any = None, **_: Any) -> Any:
    if use_separate_proj_weight or bias_k is not None or add_zero_attn or key != value or key_padding_mask is not None:
        raise Refused("has keys apart from values, or more of them")
    tokens = [c.views.relabelled(c.named("roles"), x, ("sequence", "channel")) for x in (query, key)]
    tensors = {"in_proj_weight": weight, "in_proj_bias": bias, "out_proj.weight": out_weight, "out_proj.bias": out_bias}
    return c.layer("attention", tokens if query != key else tokens[:1], tensors=tensors, heads=num_heads,
                   bias=bias is not None, causal=attn_mask is not None, name=c.path or None, batch=query.batch)
