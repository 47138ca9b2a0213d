"""Rules for ONNX operators that multiply matrices: dense layers, products, attention."""

from __future__ import annotations

from math import prod
from typing import Any

from archcalc.importing.idioms.attended import attended, placed, swapped, tokens
from archcalc.importing.onnx.constants import broadcast, rounded, unknown
from archcalc.importing.onnx.rules import RULES, of
from archcalc.importing.onnx.state import Constant
from archcalc.importing.sketch import Refused
from archcalc.importing.views.batched import BATCH, Value


@of("Gemm")
def _gemm(c: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    if c.attribute("transA", 0):
        raise Refused("turns the batch")
    turned = bool(c.attribute("transB", 0))
    if isinstance(weight, Value) or not isinstance(x, Value):
        raise Refused("multiplies what is computed")
    features = weight.dims[0 if turned else 1]
    alpha = rounded(c.attribute("alpha", 1.0))
    if alpha != 1:
        x = c.layer("rescale", [x], name=c.named("alpha"), factor=alpha)
    own = bias is None or (isinstance(bias, Constant) and prod(bias.dims) == features)
    found = c.layer("linear", [c.views.channels_last(c.named("roles"), x)], features=features,
                    tensors={"weight": weight, "bias": bias if own else None}, bias=own and bias is not None)
    return found if own else RULES["Add"](c, found, bias)


@of("MatMul", "FusedMatMul")
def matmul(c: Any, x: Any, y: Any) -> Any:
    """A dense layer where the second factor is a matrix of weights, else a product of two values."""
    if c.operation.kind == "FusedMatMul" and (c.attribute("transA", 0) or c.attribute("transB", 0)):
        raise Refused("turns its factors")
    if isinstance(x, Constant) and isinstance(y, Constant) and y.learned and y.name and len(y.dims) == 2:
        x = c.alone(x._replace(learned=x.weight), x.dims, None, None)     # a network that computes a table, say
    if isinstance(x, Constant) and isinstance(y, Constant) and min(len(x.dims), len(y.dims)) > 1:
        return unknown((*broadcast(x.dims[:-2], y.dims[:-2]), x.dims[-2], y.dims[-1]))     # a table of angles, say
    fixed = isinstance(y, Constant) and y.name is not None and not y.learned
    if isinstance(x, Value) and not isinstance(y, Value) and len(y.dims) == 2 and not fixed:
        return c.layer("linear", [c.views.channels_last(c.named("roles"), x)], tensors={"weight": y},
                       features=y.dims[1], bias=False)
    if not isinstance(x, Value):
        x = c.value(x, y)
    y = c.value(y, x)
    if x.batch != y.batch or len(x.shape) != len(y.shape):
        raise Refused("multiplies matrices of different batches")
    if x.batch >= len(x.shape) - 2:
        raise Refused("multiplies matrices across the batch")
    return product(c, x, y, False)


def product(c: Any, a: Value, b: Value, turned: bool) -> Value:
    """A product of matrices, of which the second may be turned; attention where that is what it ends."""
    fused = attended(c.views, c.path, a.node, b.node, turned)
    if fused is not None:
        return c.result(fused, a.batch, a.split)  # type: ignore[no-any-return]
    draft, rank = c.sketch.drafts[b.node], len(b.dims)
    if draft.kind == "permute" and draft.fields.get("order") == (*range(rank - 2), rank - 1, rank - 2):
        b, turned = b._replace(node=draft.inputs[0]), not turned
    return c.layer("matmul", [a, b], name=c.named("matmul"), transpose=turned)  # type: ignore[no-any-return]


@of("Einsum")
def _einsum(c: Any, *operands: Any) -> Any:
    """Products of two tensors that share leading axes, then sum over one."""
    left, arrow, out = c.attribute("equation", "").replace(" ", "").partition("->")
    words = left.split(",")
    if not arrow or len(words) != 2 or "." in left or len(operands) != 2:
        raise Refused("is no product of two matrices")
    (x, y), (a, b) = words, operands
    if not isinstance(a, Value):
        (x, y), (a, b) = (y, x), (b, a)
    lead = [w for w in out if w in x and w in y]
    summed = [w for w in x if w in y and w not in out]
    rows, columns = [w for w in out if w not in y], [w for w in out if w not in x]
    if not isinstance(b, Value) and not lead:
        return _dense(c, a, b, (x, y), (rows, columns, summed), out)
    if not len(rows) == len(columns) == len(summed) == 1:
        raise Refused("is no product of two matrices")
    b = c.value(b, a)
    a = c.views.permute(c.named("permute"), a, [x.index(w) for w in (*lead, *rows, *summed)])
    b = c.views.permute(c.named("permute"), b, [y.index(w) for w in (*lead, *columns, *summed)])
    if a.batch != b.batch or a.batch >= len(lead):
        raise Refused("multiplies matrices of different batches")
    found = product(c, a, b, True)
    made = [*lead, *rows, *columns]
    return c.views.permute(c.named("permute"), found, [made.index(w) for w in out])


def _dense(c: Any, a: Value, b: Constant, words: tuple[str, str], parts: Any, out: str) -> Value:
    """A sum over the last axes of a value, with weights: a dense layer between reshapes."""
    (x, _), (rows, columns, summed) = words, parts
    if list(x) != [*rows, *summed] or list(out) != [*rows, *columns] or not summed or not columns:
        raise Refused("is no dense layer")
    size = dict(zip(words[1], b.dims, strict=True))
    lead = a.shape[:len(rows)]
    flat = c.views.reshape(c.named("flatten"), a, (*lead, prod(size[w] for w in summed)))
    found = c.layer("linear", [c.views.channels_last(c.named("roles"), flat)], tensors={"weight": b}, bias=False,
                    features=prod(size[w] for w in columns))
    return c.views.reshape(c.named("reshape"), found, (*lead, *(size[w] for w in columns)))  # type: ignore[no-any-return]


@of("Attention", "MultiHeadAttention", "GroupQueryAttention")
def _attention(c: Any, query: Any, key: Any = None, value: Any = None, *more: Any) -> Any:
    """Attention of opset 23, or onnxruntime's of queries, keys and values that are projected already."""
    standard = c.operation.kind == "Attention" and c.operation.domain in ("", "ai.onnx")
    if c.operation.kind == "Attention" and not standard:
        return _packed(c, query, key, value, *more)
    heads = c.attribute("q_num_heads", c.attribute("num_heads"))
    shared = c.attribute("kv_num_heads", heads)
    if not all(isinstance(v, Value) for v in (query, key, value)):
        raise Refused("has no queries, keys and values")
    extra = [m for m in more if m is not None]
    mask, past = (extra[0] if standard and more and more[0] is not None else None), more[1:]
    if (standard and any(p is not None for p in past)) or (not standard and extra):
        raise Refused("has biases, masks of padding or keys of earlier steps")
    if c.attribute("softcap", 0.0):
        raise Refused("caps its scores")
    flat = len(query.shape) == 3
    if not flat:
        heads, shared = query.shape[1], key.shape[1]
        query, key, value = (tokens(c.views, c.named("tokens"), v) for v in (query, key, value))
    inputs = [c.views.relabelled(c.named("roles"), v, ("sequence", "channel")) for v in (query, key, value)]
    place = [] if mask is None else [_place(c, mask, (BATCH, heads, query.shape[1], key.shape[1]))]
    out = c.layer("scaled_dot_product", [*inputs, *place], heads=heads, kv_heads=None if shared == heads else shared,
                  causal=bool(c.attribute("is_causal", c.attribute("unidirectional", 0))), position=bool(place),
                  **_scale(c.attribute("scale"), query.shape[-1] // heads))
    if flat:
        return out
    apart = c.views.reshape(c.named("heads"), out, (BATCH, out.shape[1], heads, out.shape[2] // heads))
    return c.views.permute(c.named("heads"), apart, swapped(4))


def _scale(scale: float | None, d: int) -> dict[str, Any]:
    """The fields that say a factor of the scores."""
    if not scale or abs(scale * d ** 0.5 - 1) < 1e-5:
        return {}
    if scale == 1:
        return {"scaled": False}
    root = round(scale ** -2)
    if root < 1 or abs(root ** -0.5 / scale - 1) > 1e-5:
        raise Refused(f"scales by {scale:g}")
    return {"root_of": root}


def _place(c: Any, mask: Any, shape: tuple[int, ...]) -> Value:
    found = c.value(mask, Value(0, shape, 0)) if isinstance(mask, Value) else \
        c.alone(mask, tuple(mask.dims), None, 0)
    return placed(c.views, c.named("mask"), found, 0)


def _packed(c: Any, x: Any, weight: Any, bias: Any, *more: Any) -> Any:
    """onnxruntime's attention, with the projection of queries, keys and values."""
    heads = c.attribute("num_heads")
    if any(m is not None for m in more) or c.attribute("qkv_hidden_sizes") or len(weight.dims) != 2:
        raise Refused("has masks of padding, or keys of earlier steps")
    whole = c.layer("linear", [c.views.channels_last(c.named("roles"), x)], name=c.named("qkv"),
                    tensors={"weight": weight, "bias": bias}, features=weight.dims[1], bias=bias is not None)
    width = weight.dims[1] // 3
    parts = [c.views.part(c.named("chunk"), whole, 2, [width] * 3, i) for i in range(3)]
    return c.layer("scaled_dot_product", parts, name=c.named("attention"), heads=heads,
                   causal=bool(c.attribute("unidirectional", 0)))
