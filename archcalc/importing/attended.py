"""Attention that is written out: products, scores and a softmax as one layer, projections with it where they fit.

What is replaced stays in the sketch as spare, and is left out if nothing else reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import Any, NamedTuple

from archcalc.importing.batched import BATCH, Value
from archcalc.importing.sketch import Draft, Refused, Sketch
from archcalc.importing.views import Views
from archcalc.tensor import Role


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
    softmax = sketch.drafts[weights]
    last = len(softmax.out.dims) - 1
    if softmax.kind != "softmax" or softmax.out.axis(softmax.fields.get("axis", "channel")) != last:
        return None
    scores = next(_scores(sketch, softmax.inputs[0], 1.0, (), (softmax,)), None)
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
    elif draft.kind == "rescale" and draft.fields.get("root_of") is None and not places:
        yield from _scores(sketch, draft.inputs[0], factor * draft.fields.get("factor", 1.0), (), (*spare, draft))
    elif draft.kind == "rescale" and draft.fields.get("root_of") is None and factor == 1.0:
        yield from _scores(sketch, draft.inputs[0], draft.fields.get("factor", 1.0), places, (*spare, draft))
    elif draft.kind == "matmul":
        sides = [_scaled(sketch, i) for i in draft.inputs]
        more = tuple(d for _, _, d in sides if d is not None)
        yield _Scores(sides[0][0], sides[1][0], draft.fields.get("transpose", False),
                      factor * sides[0][1] * sides[1][1], places, False, (*spare, draft, *more))


def _scaled(sketch: Sketch, node: int) -> tuple[int, float, Draft | None]:
    """A factor of a product without what rescales it."""
    draft = sketch.drafts[node]
    if draft.kind != "rescale" or draft.fields.get("root_of") is not None:
        return node, 1.0, None
    return draft.inputs[0], draft.fields.get("factor", 1.0), draft


def _fused(views: Views, name: str, scores: _Scores, values: int, transposed: bool) -> int | None:
    sketch = views.sketch
    query = _sided(views, scores.query, False)
    key, value = _sided(views, scores.key, not scores.transposed), _sided(views, values, transposed)
    if len({len(v.dims) for v in (query, key, value)}) > 1 or len(query.dims) < 3:
        return None
    *windows, heads, length, d = query.dims
    if key.dims != (*windows, heads, key.dims[-2], d) or value.dims[:-1] != key.dims[:-1]:
        return None
    scale = _scale(scores.factor, d)
    if scale is None:
        return None
    place = _place(views, name, scores.places, (*windows, heads, length, key.dims[-2]))
    inputs = [*(tokens(views, f"{name}.tokens", v).node for v in (query, key, value)), *place]
    fields = {"heads": heads, "position": bool(place), "causal": scores.causal, **scale}
    out = sketch.add(f"{name}.attention" if name else "attention", "scaled_dot_product", fields, inputs)
    apart = views.reshape(f"{name}.heads", Value(out, (BATCH, *sketch.shaped(out).dims)),
                          (BATCH, *windows, length, heads, value.dims[-1]))
    sketch.spare.update(scores.spare)
    return views.permute(f"{name}.heads", apart, swapped(len(apart.shape))).node


def _sided(views: Views, node: int, turned: bool) -> Value:
    """A factor as …×tokens×features."""
    value = Value(node, (BATCH, *views.sketch.shaped(node).dims))
    rank = len(value.shape)
    return views.permute("permute", value, (*range(rank - 2), rank - 1, rank - 2)) if turned else value


def _scale(factor: float, d: int) -> dict[str, Any] | None:
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


class Projected(NamedTuple):
    """Attention with its projections: the layer of the first, that of the products, and the fields of both."""

    first: int
    product: int
    fields: dict[str, Any]
    name: str


def projected(sketch: Sketch, node: int, features: int, biased: bool, name: str) -> Projected | None:
    """What a dense layer on attention makes of it, if queries, keys and values are the thirds of one dense layer.

    Not with a score bias: `torch.nn.MultiheadAttention` keeps more for it than the functions do.
    """
    product = sketch.drafts[node]
    extra = {"heads", "causal"}
    if product.kind != "scaled_dot_product" or set(product.fields) - extra or product.share:
        return None
    thirds = [sketch.drafts[i] for i in product.inputs[:3]]
    if any(d.kind != "chunk" or d.fields != {"chunks": 3, "part": k} | ({} if "axis" not in d.fields else {
            "axis": "channel"}) for k, d in enumerate(thirds)) or len({d.inputs[0] for d in thirds}) > 1:
        return None
    first = thirds[0].inputs[0]
    dense = sketch.drafts[first]
    if dense.kind != "linear" or dense.share or dense.fields.get("bias", True) != biased:
        return None
    width = sketch.shaped(dense.inputs[0]).channels
    if features != width or dense.fields["features"] != 3 * width:
        return None
    pairs = zip(dense.name.split("."), name.split("."), strict=False)
    stem = ".".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return Projected(first, node, dict(product.fields), stem)
