"""Rotary position embeddings that are written out, found at the layer that ends them, by the numbers of their tables.

Two forms: halves of each head, x₁·cos − x₂·sin joined with x₁·sin + x₂·cos; and x·cos + (−x₂ joined with x₁)·sin, with
tables of twice the width. Pairs of neighbouring features are another layer, which is left as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from archcalc.importing.idioms.attended import swapped, token_roles, tokens
from archcalc.importing.sketch import Draft, Refused, Sketch
from archcalc.importing.views.batched import BATCH, Value
from archcalc.importing.views.parts import part
from archcalc.importing.views.views import Views

ROWS = (1, 2, 3, 7, 19, 53, 137, 367, 997, 2741, 7433, 20201)
"""Positions whose angles are compared, besides the first and the last one."""


Numbers = Callable[[], Sequence[float]]


class _Term(NamedTuple):
    """A product of a value and a table of numbers, perhaps with its sign changed."""

    minus: bool
    source: int
    table: int
    spare: tuple[Draft, ...]


class _Turned(NamedTuple):
    """A value turned by tables of one number for each pair or for each feature."""

    source: int
    tables: tuple[tuple[int, int], ...]
    "Cosines and sines."
    spare: tuple[Draft, ...]


def turned(views: Views, name: str, made: Value) -> Value:
    """A value, as a rotary position embedding if it is one: then what led to it is spare."""
    sketch = views.sketch
    draft = sketch.drafts[made.node]
    form = {"concat": _halves, "add": _whole}.get(draft.kind)
    found = None if form is None or made.batch != 0 or made.split else form(sketch, draft)
    if found is None:
        return made
    mark = len(sketch.drafts)
    try:
        value = _layer(views, name, made, found)
    except Refused:
        value = None
    if value is None:
        sketch.undo(mark)
        return made
    sketch.spare.update((*found.spare, *(_table(sketch, i) for pair in found.tables for i in pair)))
    return value


def _layer(views: Views, name: str, made: Value, found: _Turned) -> Value | None:
    x = made._replace(node=found.source)
    axis, theta = _positions(views.sketch, found, x.dims)
    if theta is None:
        return None
    length, width = x.dims[axis], x.dims[-1]
    heads = 1 if len(x.dims) == 2 else x.dims[1 - axis]
    if axis == 1:
        flat = tokens(views, f"{name}.tokens", x)
    else:
        flat = views.reshape(f"{name}.tokens", x, (BATCH, length, heads * width))
        flat = views.relabelled(f"{name}.tokens", flat, token_roles(2))
    word = f"{name}.rotary" if name else "rotary"
    node = views.sketch.add(word, "rotary", {"heads": heads, "theta": theta}, [flat.node])
    out = views.checked(node, flat.shape, 0)
    if axis == 0:
        return views.reshape(f"{name}.heads", out, made.shape)
    apart = views.reshape(f"{name}.heads", out, (BATCH, length, heads, width))
    return views.permute(f"{name}.heads", apart, swapped(4))


def _positions(sketch: Sketch, found: _Turned, dims: tuple[int, ...]) -> tuple[int, float | None]:
    """The axis of positions among those of a value, tokens×features with heads at one side, and θ if it is rotary."""
    table, *others = (sketch.shaped(i).dims for pair in found.tables for i in pair)
    at = [i for i, n in enumerate(table[:-1]) if n != 1]
    if any(t != table for t in others) or len(table) != len(dims) or len(dims) not in (2, 3) or dims[-1] % 2 or \
            len(at) != 1 or dims[at[0]] != table[at[0]]:
        return 0, None
    thetas = {base(_numbers(sketch, cos), _numbers(sketch, sin), table[at[0]], table[-1], dims[-1] // 2)
              for cos, sin in found.tables}
    return at[0], thetas.pop() if len(thetas) == 1 else None


def _halves(sketch: Sketch, draft: Draft) -> _Turned | None:
    """x₁·cos − x₂·sin and x₁·sin + x₂·cos, joined."""
    if len(draft.inputs) != 2 or not _last(draft):
        return None
    sums = [sketch.drafts[i] for i in draft.inputs]
    terms = [[*_terms(sketch, d)] for d in sums]
    if [len(t) for t in terms] != [2, 2]:
        return None
    plus, minus = sorted(terms[0], key=lambda t: t.minus)
    by_source = {t.source: t for t in terms[1] if not t.minus}
    first, second = (_half(sketch, t.source) for t in (plus, minus))
    if plus.minus or not minus.minus or by_source.keys() != {plus.source, minus.source} or \
            first is None or second is None or (first[0], first[1], second[1]) != (second[0], 0, 1):
        return None
    tables = {(plus.table, minus.table), (by_source[minus.source].table, by_source[plus.source].table)}
    return _Turned(first[0], (*tables,), (draft, *sums, *(d for t in (*terms[0], *terms[1]) for d in t.spare)))


def _whole(sketch: Sketch, draft: Draft) -> _Turned | None:
    """x·cos + (−x₂ joined with x₁)·sin."""
    terms = [*_terms(sketch, draft)]
    if len(terms) != 2 or any(t.minus for t in terms):
        return None
    for one, other in (terms, terms[::-1]):
        joined = sketch.drafts[other.source]
        if joined.kind != "concat" or len(joined.inputs) != 2 or not _last(joined):
            continue
        minus = sketch.drafts[joined.inputs[0]]
        if minus.kind != "rescale" or minus.fields != {"factor": -1.0}:
            continue
        second, first = (_half(sketch, i) for i in (minus.inputs[0], joined.inputs[1]))
        if (second, first) == ((one.source, 1), (one.source, 0)):
            return _Turned(one.source, ((one.table, other.table),), (draft, joined, minus, *one.spare, *other.spare))
    return None


def _terms(sketch: Sketch, draft: Draft) -> Iterator[_Term]:
    """The products with tables of numbers that a sum adds up."""
    for i in draft.inputs if draft.kind == "add" and len(draft.inputs) == 2 else ():
        outer = inner = sketch.drafts[i]
        minus = outer.kind == "rescale" and outer.fields == {"factor": -1.0}
        if minus:
            inner = sketch.drafts[outer.inputs[0]]
        if inner.kind == "multiply" and len(inner.inputs) == 2:
            known = [k for k in inner.inputs if _numbers(sketch, k) is not None]
            if len(known) == 1:
                source = next(k for k in inner.inputs if k != known[0])
                yield _Term(minus, source, known[0], (outer, inner))


def _last(draft: Draft) -> bool:
    """Whether a layer works along the last axis."""
    return draft.out.axis(draft.fields.get("axis", "channel")) == len(draft.out.dims) - 1


def _half(sketch: Sketch, node: int) -> tuple[int, int] | None:
    """The layer of whose last axis a layer is a half, and which one."""
    taken = part(sketch, node)
    if taken is None:
        return None
    whole, (source, axis, start, size) = sketch.shaped(taken.source).dims, taken
    half = axis == len(whole) - 1 and size == whole[-1] // 2 and start in (0, size)
    return (source, start // size) if half else None


def _numbers(sketch: Sketch, node: int) -> Numbers | None:
    draft = _table(sketch, node)
    return None if draft.kind == "take" else sketch.numbers.get(draft)      # of which the index is known


def _table(sketch: Sketch, node: int) -> Draft:
    """A constant that may be reshaped."""
    draft = sketch.drafts[node]
    while draft.kind == "reshape":
        draft = sketch.drafts[draft.inputs[0]]
    return draft


def base(cos: Numbers | None, sin: Numbers | None, length: int, width: int, pairs: int) -> float | None:
    """θ, if tables of positions × width are cosines and sines of position · θ^(−i / pairs), as wide as the pairs or
    twice; in as few digits as give them, of `ROWS` of them.
    """
    if cos is None or sin is None or pairs < 2 or length < 2 or width not in (pairs, 2 * pairs):
        return None
    rows = sorted({0, length - 1, *(r for r in ROWS if r < length)})
    tables = [[[table[r * width + i] for i in range(width)] for r in rows] for table in (cos(), sin())]
    if any(row[pairs:] != row[:width - pairs] for table in tables for row in table):
        return None
    speed = math.asin(min(1.0, max(-1.0, tables[1][rows.index(1)][pairs - 1])))     # of the slowest pair
    if speed <= 0:
        return None
    power = speed ** (-pairs / (pairs - 1))
    return next((theta for digits in range(1, 9) if _fits(theta := float(f"{power:.{digits}g}"), rows, tables, pairs)),
                None)


def _fits(theta: float, rows: list[int], tables: list[list[list[float]]], pairs: int) -> bool:
    """Whether tables are those of θ, as exact as angles in 32 bits are."""
    speeds = [theta ** (-i / pairs) for i in range(pairs)]
    return all(abs(math.cos(r * s) - c) < 2e-6 * (1 + r * s) and abs(math.sin(r * s) - d) < 2e-6 * (1 + r * s)
               for k, r in enumerate(rows) for s, c, d in zip(speeds, tables[0][k], tables[1][k], strict=False))
