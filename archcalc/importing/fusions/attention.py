"""Attention with its projections: dense layers around a product of queries, keys and values.

Queries, keys and values that three dense layers make of one tensor (keys and values perhaps of a second one), or one
dense layer in thirds, are one layer of kind `attention` with the dense layer behind them, wherever that kind has
these tensors and figures: so a person would write it. Separate projections say ``packed: false`` where the kind would
have one tensor for them. What the kind has no word for stays as it is: projections of which only some have a bias,
values wider than keys, projections that something else reads too, scores divided by another root.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from archcalc.dims import product
from archcalc.importing.fusions.parts import thirds
from archcalc.importing.fusions.rules import Match, Pattern, ends_with
from archcalc.importing.idioms.attended import factor_of, scaling
from archcalc.importing.sketch import Draft
from archcalc.layers.attention import Attention

PRODUCT = frozenset(["heads", "kv_heads", "causal", "scaled", "position"])
"""Fields that the kinds `scaled_dot_product` and `attention` have in common."""


class Projections(NamedTuple):
    """Queries, keys and values: what they are made of, the fields that say how, and the layers that make them."""

    queries: int
    memory: int
    fields: dict[str, Any]
    gone: list[int]


@ends_with("linear")
def _attention(p: Pattern) -> Match | None:
    product = p.alone(p.last.inputs[0], "scaled_dot_product")
    if product is None or set(product.fields) - PRODUCT or len(set(product.inputs)) < len(product.inputs):
        return None
    found = _packed(p, product.inputs[:3]) or _apart(p, product.inputs[:3], product.fields)
    if found is None:
        return None
    fields = {**product.fields, **found.fields, **_sizes(p, found, product)}
    if p.last.fields.get("bias", True) != fields["bias"]:
        fields["out_bias"] = not fields["bias"]
    if not found.fields["packed"] and not Attention(**{**fields, "packed": True}).in_one():
        del fields["packed"]    # the kind has a dense layer for each anyway
    sources = [found.queries] if found.memory == found.queries else [found.queries, found.memory]
    return Match("attention", fields, [*sources, *product.inputs[3:]], [*found.gone, p.last.inputs[0]])


@ends_with("scaled_dot_product")
def _scaled(p: Pattern) -> Match | None:
    """A product without a factor, of queries (or keys) that have it: it is counted for scores, as elsewhere."""
    last = p.last
    which = next((i for i in (0, 1) if last.inputs.count(last.inputs[i]) == 1
                  and p.alone(last.inputs[i], "rescale") is not None), None)
    if which is None or last.fields.get("scaled", True):
        return None
    query, key = (p[i].out for i in last.inputs[:2])
    index, inputs = last.inputs[which], list(last.inputs)
    scale = scaling(factor_of(p[index]), query.channels // last.fields["heads"])
    if scale is None or scale.get("scaled") is False:
        return None
    inputs[which] = p[index].inputs[0]
    fields = {**{name: value for name, value in last.fields.items() if name != "scaled"}, **scale}
    scores = product(query.dims[:-1]) * key.dims[-2] * last.fields["heads"]
    return Match(last.kind, fields, inputs, [index], last.wanted, p[index].out.size - scores)


def _sizes(p: Pattern, found: Projections, product: Draft) -> dict[str, int]:
    """Features of a head and of the output, where they are not those of the input."""
    width, inner, features = p[found.queries].out.channels, p[product.inputs[0]].out.channels, p.last.out.channels
    head = {} if inner == width else {"head_dim": inner // product.fields["heads"]}
    return head | ({} if features == width else {"features": features})


def _packed(p: Pattern, parts: list[int]) -> Projections | None:
    """Thirds of one dense layer that nothing else reads."""
    whole = thirds(p, parts) if all(p.users[i] == {p.last.inputs[0]} for i in parts) else None
    if whole is None or p[whole].kind != "linear" or p.users[whole] != {*parts} or {whole, *parts} & {
            *p.sketch.outputs}:
        return None
    source = p[whole].inputs[0]
    return Projections(source, source, {"bias": p[whole].fields.get("bias", True), "packed": True}, [whole, *parts])


def _apart(p: Pattern, parts: list[int], product: dict[str, Any]) -> Projections | None:
    """Three dense layers, two of them on one tensor; queries and keys perhaps turned by their positions."""
    turned = [p.alone(i, "rotary") for i in parts[:2]]
    made = [i if t is None else t.inputs[0] for i, t in zip(parts, (*turned, None), strict=True)]
    dense = [p.alone(i, "linear") for i in made]
    q, k, v = dense
    if q is None or k is None or v is None or len(set(made)) < 3 or k.inputs != v.inputs or \
            k.out.channels != v.out.channels or len({d.fields.get("bias", True) for d in (q, k, v)}) > 1:
        return None
    positions = _rotary(turned, [product["heads"], product.get("kv_heads", product["heads"])])
    if positions is None:
        return None
    fields = {"bias": q.fields.get("bias", True), "packed": False, **positions}
    gone = [*made, *(i for i, t in zip(parts, turned, strict=False) if t is not None)]
    return Projections(q.inputs[0], k.inputs[0], fields, gone)


def _rotary(turned: list[Draft | None], heads: list[int]) -> dict[str, Any] | None:
    """The fields of rotary positions that queries and keys have alike; None if they differ in them."""
    found = [t for t in turned if t is not None]
    if not found:
        return {}
    thetas = {t.fields.get("theta") for t in found}
    if len(found) < 2 or [t.fields["heads"] for t in found] != heads or len(thetas) > 1:
        return None
    theta = thetas.pop()
    return {"rotary": True, **({} if theta is None else {"theta": theta})}
