"""Normalization that is written out: a quotient of a tensor and the root of its mean square as one layer.

What is replaced stays in the sketch as spare, and is left out if nothing else reads it. A weight and a bias behind it
are joined to the layer later (`archcalc.importing.fusions.norms`).
"""

from __future__ import annotations

from collections.abc import Callable
from math import isclose, prod
from typing import NamedTuple

from archcalc.importing.idioms.attended import factor_of
from archcalc.importing.sketch import Draft, Refused, Sketch
from archcalc.importing.views.batched import Value
from archcalc.importing.views.views import Views
from archcalc.layers.shape import axes_of


class _Taken(NamedTuple):
    """What a mean, or a difference from it, is taken of; along which axes; and the layers from there."""

    source: int
    axes: tuple[int, ...]
    spare: tuple[Draft, ...]


class _Root(NamedTuple):
    """A power of a mean square and a number."""

    square: _Taken
    eps: float


def normed(views: Views, named: Callable[[str], str], x: Value, other: int, power: int) -> Value | None:
    """A value times another layer (divided by it where ``power`` is −1), if that normalizes it; else None.

    ``named`` gives the layer's name for its kind.
    """
    sketch = views.sketch
    root, mark = _root(sketch, other, power), len(sketch.drafts)
    if root is None:
        return None
    try:
        return _centred_norm(views, named, x, root) or _root_mean_square(views, named, x, root)
    except Refused:
        sketch.undo(mark)
        return None


def _centred_norm(views: Views, named: Callable[[str], str], x: Value, root: _Root) -> Value | None:
    """(x − mean) / √(mean of its square + ε), perhaps with a weight in front of the quotient."""
    sketch = views.sketch
    one, weight = _weighted(sketch, x.node)
    apart, squared = centred(sketch, one), centred(sketch, root.square.source)
    if apart is None or squared is None or (apart.source, apart.axes) != (squared.source, squared.axes) or \
            apart.axes != root.square.axes:
        return None
    source = sketch.shaped(apart.source)
    if apart.axes == _channel(source.axes):
        fields = {}
    elif apart.axes == tuple(range(len(source.dims)))[-len(apart.axes):]:
        fields = {"axes": len(apart.axes)}
    else:
        return None
    node = sketch.add(named("layernorm"), "layernorm", {**fields, "affine": False, "eps": root.eps}, [apart.source])
    sketch.spare.update((*apart.spare, *squared.spare, *root.square.spare))
    if weight is not None:
        node = sketch.add(named("multiply"), "multiply", {}, [node, weight])
        sketch.spare.add(sketch.drafts[x.node])
    return views.checked(node, x.shape, x.batch)


def _root_mean_square(views: Views, named: Callable[[str], str], x: Value, root: _Root) -> Value | None:
    """x / √(mean of x² + ε), along channels or what becomes channels."""
    sketch = views.sketch
    source, axes = sketch.shaped(x.node), root.square.axes
    if root.square.source != x.node or axes not in (_channel(source.axes), (len(source.dims) - 1,)):
        return None
    given = x if axes == _channel(source.axes) else views.channels_last(named("roles"), x)
    node = sketch.add(named("rmsnorm"), "rmsnorm", {"affine": False, "eps": root.eps}, [given.node])
    sketch.spare.update(root.square.spare)
    return views.checked(node, x.shape, x.batch)


def _channel(roles: tuple[str, ...]) -> tuple[int, ...]:
    """The axis of channels, if there is one."""
    return (roles.index("channel"),) if roles.count("channel") == 1 else ()


def _weighted(sketch: Sketch, node: int) -> tuple[int, int | None]:
    """What a layer multiplies with a parameter, and that; or itself."""
    draft = sketch.drafts[node]
    learned = [i for i in draft.inputs if sketch.drafts[i].kind == "parameter"]
    if draft.kind != "multiply" or len(draft.inputs) != 2 or len(learned) != 1:
        return node, None
    return next(i for i in draft.inputs if i != learned[0]), learned[0]


def _root(sketch: Sketch, node: int, power: float) -> _Root | None:
    """(mean of a square + ε)^(−½), after powers of it."""
    spare, draft = list[Draft](), sketch.drafts[node]
    while sketch.functions.get(draft, ("", 0.0))[0] == "power":
        spare.append(draft)
        power *= sketch.functions[draft][1]
        draft = sketch.drafts[draft.inputs[0]]
    if power != -0.5 or draft.kind != "add" or len(draft.inputs) != 2:
        return None
    number, mean = sorted(draft.inputs, key=lambda i: sketch.drafts[i].kind != "constant")
    one = sketch.drafts[number]
    eps, taken = one.fields.get("value") if one.kind == "constant" else None, _averaged(sketch, mean)
    square = None if taken is None else sketch.drafts[taken.source]
    if eps is None or eps <= 0 or taken is None or square is None or square.kind != "multiply" or \
            len(square.inputs) != 2 or square.inputs[0] != square.inputs[1]:
        return None
    return _Root(_Taken(square.inputs[0], taken.axes, (*spare, draft, one, square, *taken.spare)), eps)


def centred(sketch: Sketch, node: int) -> _Taken | None:
    """x − mean of x."""
    draft = sketch.drafts[node]
    if draft.kind != "add" or len(draft.inputs) != 2:
        return None
    for source, other in (draft.inputs, draft.inputs[::-1]):
        minus = sketch.drafts[other]
        mean = _averaged(sketch, minus.inputs[0]) if minus.kind == "rescale" and factor_of(minus) == -1 else None
        if mean is not None and mean.source == source:
            return mean._replace(spare=(draft, minus, *mean.spare))
    return None


def _averaged(sketch: Sketch, node: int) -> _Taken | None:
    """A mean along axes that it keeps, perhaps as a sum and a factor."""
    draft = sketch.drafts[node]
    taken, more = (sketch.drafts[draft.inputs[0]], (draft,)) if draft.kind == "rescale" else (draft, ())
    if taken.kind not in ("mean", "global_avgpool", "reduce") or \
            not taken.fields.get("keep", taken.kind == "global_avgpool"):
        return None
    source = sketch.shaped(taken.inputs[0])
    axes = source.space if taken.kind == "global_avgpool" else axes_of(source, taken.fields["axes"])
    op, factor = taken.fields.get("op", "mean"), factor_of(draft) if more else 1.0
    count = prod(source.dims[i] for i in axes) if op == "sum" else 1
    if op not in ("mean", "sum") or not isclose(factor * count, 1.0, rel_tol=1e-9):
        return None
    return _Taken(taken.inputs[0], tuple(sorted(axes)), (taken, *more))
