"""Cosine attention within windows, with a bias that a small network gives (Liu et al. 2022, Swin v2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log
from typing import Any, NamedTuple

from archcalc.importing.fusions.parts import chain, numbers, per_head
from archcalc.importing.fusions.rules import Pattern
from archcalc.importing.idioms.attended import swapped
from archcalc.importing.views.parts import part
from archcalc.layers.embedding import distances
from archcalc.layers.window import coordinates

HIGHEST = log(100)
"""Of the logarithm of a head's factor."""
UNITS = 512
"""Of the network's hidden layer."""


class Cosines(NamedTuple):
    """Queries and keys, heads side by side, and the layers from there to their scores."""

    queries: int
    keys: int
    gone: list[int]


def cosines(p: Pattern, index: int, heads: int) -> Cosines | None:
    """Scores that are the cosine of a query and a key times a learned factor of the head."""
    draft = p[index]
    product = next((i for i in draft.inputs if p[i].kind == "matmul"), index)
    if draft.kind != "multiply" or len(draft.inputs) != 2 or p[product].fields != {"transpose": True}:
        return None
    factor = next((i for i in draft.inputs if i != product), product)
    scale = chain(p, factor, "exp", "clamp", "parameter")
    queries, keys = (_unit(p, i, heads) for i in p[product].inputs)
    ones = (1,) * (len(draft.out.dims) - 3)
    if not (scale and queries and keys and _bounded(p[scale["clamp"]].fields)) or \
            p[factor].out.dims != (*ones, heads, 1, 1) or p[scale["parameter"]].out.size != heads:
        return None
    return Cosines(queries[-1], keys[-1], [index, product, *scale.values(), *queries[:-1], *keys[:-1]])


def _bounded(fields: Mapping[str, Any]) -> bool:
    return set(fields) == {"high"} and abs(fields["high"] - HIGHEST) < 1e-6


def _unit(p: Pattern, index: int, heads: int) -> list[int]:
    """The layers from vectors of length 1 back to all heads' side by side, which come last; empty if there are none."""
    draft = p[index]
    last = len(draft.out.dims) - 1
    if draft.kind != "l2norm" or draft.out.axis(draft.fields.get("axis", "channel")) != last:
        return []
    inner = apart(p, draft.inputs[0], heads)
    return [index, *inner] if inner else []


def apart(p: Pattern, index: int, heads: int) -> list[int]:
    """The layers from …×heads×tokens×d back to …×tokens×channels, which comes last; empty if it is not that."""
    turned, cut = p[index], p[p[index].inputs[0]]
    whole = p[cut.inputs[0]].out.dims
    if turned.kind != "permute" or turned.fields["order"] != swapped(len(turned.out.dims)) or cut.kind != "reshape" or \
            cut.out.dims[:-1] != (*whole[:-1], heads):
        return []
    return [index, turned.inputs[0], cut.inputs[0]]


def network(p: Pattern, index: int, sides: tuple[int, int], heads: int) -> list[int]:
    """The layers of 16·sigmoid(b), b of heads×tokens×tokens from a network of distances; empty if it is another."""
    found = chain(p, index, "permute", "rescale", "sigmoid", "take", "linear", "relu") or \
        chain(p, index, "rescale", "sigmoid", "permute", "take", "linear", "relu")
    first = chain(p, p[found["relu"]].inputs[0], "linear", "constant") if found else {}
    if not first or not _looked_up(p, found, sides, heads) or not per_head(p, index, heads, sides[0] * sides[1]):
        return []
    fields = [p[i].fields for i in (found["rescale"], found["linear"], first["linear"])]
    table, known = p[p[first["linear"]].inputs[0]], numbers(p, first["constant"])
    if fields != [{"factor": 16.0}, {"features": heads, "bias": False}, {"features": UNITS}] or \
            table.out.channels != 2 or known is None or not _near(known(), coordinates(sides)):
        return []
    return [*found.values(), *first.values()]


def _looked_up(p: Pattern, found: Mapping[str, int], sides: tuple[int, int], heads: int) -> bool:
    """Whether rows of a table are put at the pairs of places in a window that are so far apart."""
    order, taken, places = p[found["permute"]], p[found["take"]], sides[0] * sides[1]
    known = numbers(p, found["take"])
    rows = (2 * sides[0] - 1) * (2 * sides[1] - 1)
    return (known is not None and p[taken.inputs[0]].out.dims == (rows, heads) and taken.fields.get("axis", 0) == 0
            and p[order.inputs[0]].out.dims == (places, places, heads) and order.fields["order"] == (2, 0, 1)
            and [*known()] == distances(*sides))


def _near(found: Sequence[float], wanted: Sequence[float]) -> bool:
    return len(found) == len(wanted) and all(abs(a - b) < 1e-5 for a, b in zip(found, wanted, strict=True))


class Dense(NamedTuple):
    """A dense layer, whether it has a bias, and the layers of that."""

    layer: int
    bias: bool
    gone: list[int]


def projected(p: Pattern, index: int) -> Dense | None:
    """Queries, keys and values of a dense layer: without bias, or with one that is 0 for the keys."""
    draft = p[index]
    layer = next((i for i in (index, *draft.inputs) if p[i].kind == "linear"), None)
    if layer is None or p[layer].fields.get("bias", True):
        return None
    if layer == index:
        return Dense(layer, False, [])
    found = chain(p, next((i for i in draft.inputs if i != layer), layer), "concat")
    if draft.kind != "add" or len(draft.inputs) != 2 or not found or len(p[found["concat"]].inputs) != 3:
        return None
    queries, none, values = p[found["concat"]].inputs
    whole = p[queries].inputs[0]
    width, third = p[whole].out.size, p[none].out.size
    ends = [part(p.sketch, i) for i in (queries, values)]
    if p[whole].kind != "parameter" or len(p[whole].out.dims) != 1 or 3 * third != width or \
            ends != [(whole, 0, 0, third), (whole, 0, 2 * third, third)] or \
            p[none].kind != "constant" or p[none].fields.get("value") != 0.0:
        return None
    return Dense(layer, True, [index, *found.values(), queries, none, values, whole])
