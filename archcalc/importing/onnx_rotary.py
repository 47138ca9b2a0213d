"""Rotary position embeddings that are written out, found at the operator that ends them."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from archcalc.importing.attended import swapped, tokens
from archcalc.importing.batched import Value
from archcalc.importing.onnx_constants import rounded
from archcalc.importing.onnx_file import Operation
from archcalc.importing.onnx_state import Constant
from archcalc.importing.sketch import Draft, Refused

DEEPEST = 24
"""Nodes between a table of angles and its frequencies."""


def turned(c: Any, parts: list[Value], axis: int) -> Value | None:
    """x₁·cos − x₂·sin and x₁·sin + x₂·cos joined, with the halves of x: one layer, if these are the two parts."""
    if len(parts) != 2 or axis % len(parts[0].shape) != len(parts[0].shape) - 1 or len(parts[0].shape) != 4:
        return None
    drafts = c.sketch.drafts
    first, second = ([f for i in drafts[v.node].inputs if (f := _factors(c, drafts[i])) is not None]
                     if drafts[v.node].kind == "add" else [] for v in parts)
    if len(first) != 2 or len(second) != 2:
        return None
    minus, plus = [f[0] for f in first if f[2]], [f[0] for f in first if not f[2]]
    both = {f[0] for f in second}
    if len(minus) != 1 or both != {*minus, *plus}:
        return None
    return _layer(c, [plus[0], minus[0]], [drafts[v.node] for v in parts])


def _factors(c: Any, draft: Draft) -> tuple[int, int, bool] | None:
    """A product of a value and a constant, perhaps with its sign changed."""
    minus = draft.kind == "rescale" and draft.fields.get("factor") == -1.0
    if minus:
        draft = c.sketch.drafts[draft.inputs[0]]
    if draft.kind != "multiply" or len(draft.inputs) != 2:
        return None
    sides = sorted(draft.inputs, key=lambda i: c.sketch.drafts[i].kind == "constant")
    return (sides[0], sides[1], minus) if c.sketch.drafts[sides[1]].kind == "constant" else None


def _layer(c: Any, halves: list[int], spare: list[Draft]) -> Value | None:
    drafts = [c.sketch.drafts[i] for i in halves]
    if any(d.kind not in ("slice", "chunk") for d in drafts) or drafts[0].inputs != drafts[1].inputs:
        return None
    source = drafts[0].inputs[0]
    heads, length, d = c.sketch.shaped(source).dims
    at = [(d.fields.get("start", 0) or d.fields.get("part", 0)) > 0 for d in drafts]
    theta = _theta(c, d // 2)
    if theta is None or at != [False, True]:
        return None
    mark = len(c.sketch.drafts)
    try:
        x = tokens(c.views, c.named("tokens"), c.result(source, 0))
        out = c.layer("rotary", [x], name=c.named("rotary"), heads=heads, theta=theta)
        apart = c.views.reshape(c.named("heads"), out, (x.shape[0], length, heads, d))
        made = c.views.permute(c.named("heads"), apart, swapped(4))
    except Refused:
        c.sketch.undo(mark)
        return None
    c.sketch.spare.update(spare)
    for one in spare:
        for draft in (c.sketch.drafts[i] for i in one.inputs):
            c.sketch.spare.add(draft)
            c.sketch.spare.update(c.sketch.drafts[i] for i in draft.inputs if c.sketch.drafts[i].kind != "slice")
    return made  # type: ignore[no-any-return]


def _theta(c: Any, pairs: int) -> float | None:
    """The base of the frequencies, from the constants that the angles are computed of."""
    return next((theta for x in _above(c, c.operation) if (theta := _base(c, x, pairs)) is not None), None)


def _base(c: Any, x: Constant, pairs: int) -> float | None:
    """θ, if a constant is the frequencies θ^(−2i/d), or their inverses."""
    found = x.numbers
    if found is None or len(found) != pairs or pairs < 2 or prod(x.dims) != pairs or found[0] != 1 or found[1] <= 0:
        return None
    step = found[1] if found[1] < 1 else 1 / found[1]
    if any(abs(n * step ** -i - 1) > 1e-3 and abs(n * step ** i - 1) > 1e-3 for i, n in enumerate(found)):
        return None
    return float(f"{rounded(step ** -pairs):.4g}")


def _above(c: Any, operation: Operation) -> Iterator[Constant]:
    """Constants that a node is computed of, the nearest first."""
    waiting, seen = [(name, 0) for name in operation.inputs], set[str]()
    while waiting:
        name, depth = waiting.pop(0)
        if name in seen or depth > DEEPEST:
            continue
        seen.add(name)
        found = c.state.known.get(name)
        if isinstance(found, Constant):
            yield found
        maker = c.state.maker(name)
        if maker is not None and len(seen) < 500:
            waiting += [(n, depth + 1) for n in maker.inputs]
