"""Attention that is written out: products, scores and a softmax as one layer.

What is replaced stays in the sketch as spare, and is left out if nothing else reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any, NamedTuple

from archcalc.importing.sketch import Draft, Refused, Sketch
from archcalc.importing.views.batched import BATCH, Value
from archcalc.importing.views.views import Views
from archcalc.tensor import Role

LOWEST = -1e30
"""Scores from which on a softmax in float32 gives 0."""


class _Scores(NamedTuple):
    """Where scores come from: queries and keys, …×heads×tokens×features; their factor; what is added to them."""

    query: int
    key: int
    transposed: bool
    factor: float
    places: tuple[int, ...]
    causal: bool
    spare: tuple[Draft, ...]


def attended(views: Views, name: str, weights: int, values: int, transposed: bool) -> int | None:
    """The layer of softmax(q·kᵀ·factor + places)·v, for a product of weights and values; None if that is none.

    ``transposed`` says that the values are …×features×tokens.
    """
    sketch = views.sketch
    softmax, dropped = sketch.drafts[weights], tuple[Draft, ...]()
    if softmax.kind == "dropout":       # of weights: it is in training only, and no kind has it
        softmax, dropped = sketch.drafts[softmax.inputs[0]], (softmax,)
    last = len(softmax.out.dims) - 1
    if softmax.kind != "softmax" or softmax.out.axis(softmax.fields.get("axis", "channel")) != last:
        return None
    scores = next(_scores(sketch, softmax.inputs[0], 1.0, (), (softmax, *dropped)), None)
    mark = len(sketch.drafts)
    try:
        return None if scores is None else _fused(views, name, scores, values, transposed)
    except Refused:
        sketch.undo(mark)
        return None


def _scores(sketch: Sketch, node: int, factor: float, places: tuple[int, ...],
            spare: tuple[Draft, ...]) -> Iterator[_Scores]:
    draft = sketch.drafts[node]
    if draft in sketch.causal:
        for found in _scores(sketch, sketch.causal[draft], factor, places, (*spare, draft)):
            yield found._replace(causal=True)
    elif draft.kind == "add" and len(draft.inputs) == 2:
        for one, other in (draft.inputs, draft.inputs[::-1]):
            if sketch.shaped(one).dims == draft.out.dims:
                yield from _scores(sketch, one, factor, (*places, other), (*spare, draft))
    elif draft.kind == "rescale" and (not places or factor == 1.0):
        yield from _scores(sketch, draft.inputs[0], factor * factor_of(draft), places, (*spare, draft))
    elif draft.kind == "matmul":
        sides = [_scaled(sketch, i) for i in draft.inputs]
        more = tuple(d for _, _, d in sides if d is not None)
        yield _Scores(sides[0][0], sides[1][0], draft.fields.get("transpose", False),
                      factor * sides[0][1] * sides[1][1], places, False, (*spare, draft, *more))


def _scaled(sketch: Sketch, node: int) -> tuple[int, float, Draft | None]:
    """A factor of a product without what rescales it."""
    draft = sketch.drafts[node]
    return (node, 1.0, None) if draft.kind != "rescale" else (draft.inputs[0], factor_of(draft), draft)


def factor_of(draft: Draft) -> float:
    """What a layer of kind `rescale` multiplies by."""
    return float(draft.fields.get("factor", 1.0) / draft.fields.get("root_of", 1) ** 0.5)


def _fused(views: Views, name: str, scores: _Scores, values: int, transposed: bool) -> int | None:
    sketch = views.sketch
    query = _sided(views, scores.query, False)
    key, value = unrepeated(views, _sided(views, scores.key, not scores.transposed), _sided(views, values, transposed))
    if len({len(v.dims) for v in (query, key, value)}) > 1 or len(query.dims) < 3:
        return None
    *windows, heads, length, d = query.dims
    shared = key.dims[-3]
    if key.dims != (*windows, shared, key.dims[-2], d) or value.dims[:-1] != key.dims[:-1] or heads % shared:
        return None
    scale = scaling(scores.factor, d)
    if scale is None:
        return None
    seen = [revealed(sketch, node) for node in scores.places]
    place = _place(views, name, tuple(node for node, _ in seen), (*windows, heads, length, key.dims[-2]))
    inputs = [*(tokens(views, f"{name}.tokens", v).node for v in (query, key, value)), *place]
    fields = {"heads": heads, "kv_heads": None if shared == heads else shared, "position": bool(place),
              "causal": scores.causal or any(hiding is not None for _, hiding in seen), **scale}
    out = sketch.add(f"{name}.attention" if name else "attention", "scaled_dot_product", fields, inputs)
    apart = views.reshape(f"{name}.heads", Value(out, (BATCH, *sketch.shaped(out).dims)),
                          (BATCH, *windows, length, heads, value.dims[-1]))
    sketch.spare.update((*scores.spare, *(hiding for _, hiding in seen if hiding is not None)))
    return views.permute(f"{name}.heads", apart, swapped(len(apart.shape))).node


def _sided(views: Views, node: int, turned: bool) -> Value:
    """A factor as …×tokens×features."""
    value = Value(node, (BATCH, *views.sketch.shaped(node).dims))
    rank = len(value.shape)
    return views.permute("permute", value, (*range(rank - 2), rank - 1, rank - 2)) if turned else value


def unrepeated(views: Views, key: Value, value: Value) -> tuple[Value, Value]:
    """Keys and values, …×heads×tokens×features, without being repeated for all the heads that share them."""
    one, other = _unrepeated(views, key), _unrepeated(views, value)
    return (key, value) if one is None or other is None or one.dims[-3] != other.dims[-3] else (one, other)


def _unrepeated(views: Views, x: Value) -> Value | None:
    sketch = views.sketch
    repeated = sketch.drafts[x.node]
    if repeated.kind in ("flatten", "reshape"):
        repeated = sketch.drafts[repeated.inputs[0]]
    if repeated.kind != "expand":
        return None
    before, dims = sketch.shaped(repeated.inputs[0]).dims, repeated.out.dims
    one = Value(repeated.inputs[0], (BATCH, *before))
    if len(dims) == len(x.dims):
        return one if dims == x.dims and before == (*dims[:-3], 1, *dims[-2:]) else None
    if before != (*dims[:-3], 1, *dims[-2:]) or x.dims != (*dims[:-4], prod(dims[-4:-2]), *dims[-2:]):
        return None
    return views.reshape("heads", one, (BATCH, *dims[:-3], *dims[-2:]))


def revealed(sketch: Sketch, node: int) -> tuple[int, Draft | None]:
    """A score bias without what hides later tokens, and the layer that did that."""
    draft = sketch.drafts[node]
    while draft.kind in ("reshape", "flatten"):
        draft = sketch.drafts[draft.inputs[0]]
    if draft not in sketch.causal:
        return node, None
    return sketch.causal[draft], draft


def scaling(factor: float, d: int) -> dict[str, Any] | None:
    """The fields that say a factor of the scores."""
    if factor == 1.0:
        return {"scaled": False}
    root = round(factor ** -2) if factor > 0 else 0
    if not root or abs(root ** -0.5 / factor - 1) > 1e-6:
        return None
    return {} if root == d else {"root_of": root}


def swapped(rank: int) -> tuple[int, ...]:
    """The order in which heads and tokens change places."""
    return (*range(rank - 3), rank - 2, rank - 3, rank - 1)


def tokens(views: Views, name: str, x: Value) -> Value:
    """batch×…×heads×tokens×features → batch×…×tokens×channels."""
    last = views.permute(name, x, swapped(len(x.shape)))
    flat = views.reshape(name, last, (*x.shape[:-3], x.shape[-2], x.shape[-3] * x.shape[-1]))
    return views.relabelled(name, flat, token_roles(len(flat.dims)))


def token_roles(rank: int) -> tuple[Role, ...]:
    """Roles of tokens in any number of windows."""
    windows: list[Role] = ["window"] * (rank - 2)
    return (*windows, "sequence", "channel")


def _place(views: Views, name: str, places: tuple[int, ...], dims: tuple[int, ...]) -> list[int]:
    """What is added to scores as one score bias, without leading axes of 1."""
    if not places:
        return []
    sketch = views.sketch
    found = [placed(views, f"{name}.mask", Value(node, (BATCH, *sketch.shaped(node).dims)), len(dims) - 3)
             for node in places]
    while len(found) > 1:
        a, b, *rest = found
        rank = max(len(a.dims), len(b.dims))
        a, b = (views.reshape(f"{name}.mask", v, (BATCH, *[1] * (rank - len(v.dims)), *v.dims)) for v in (a, b))
        node = sketch.add(f"{name}.mask", "add", {}, [a.node, b.node])
        found = [Value(node, (BATCH, *sketch.shaped(node).dims)), *rest]
    return [found[0].node]


def placed(views: Views, name: str, x: Value, windows: int) -> Value:
    """A score bias as heads×queries×keys, or windows×heads×queries×keys where windows differ."""
    if len(x.dims) > 3 and all(n == 1 for n in x.dims[:-3]):
        x = views.reshape(name, x, (BATCH, *x.dims[-3:]))
    elif len(x.dims) < 3:
        x = views.reshape(name, x, (BATCH, *[1] * (3 - len(x.dims)), *x.dims))
    if len(x.dims) not in (3, windows + 3):
        raise Refused("has a mask of other axes")
    roles: list[Role] = ["window"] * (len(x.dims) - 3)
    return views.relabelled(name, x, (*roles, "channel", "sequence", "sequence"))
