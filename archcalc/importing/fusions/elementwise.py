"""Layers that work element by element: sums of many terms, a factor and an offset per channel, groups of channels."""

from __future__ import annotations

from archcalc.importing.fusions.parts import beside_parameter
from archcalc.importing.fusions.rules import Match, Pattern, ends_with
from archcalc.importing.views.parts import part
from archcalc.layers.registry import kinds


@ends_with("add", "multiply")
def _many(p: Pattern) -> Match | None:
    """A sum of a sum, or a product of a product, in one part of the network and of one shape."""
    last = p.last
    inner = [i for i in last.inputs if p.alone(i, last.kind) is not None]
    if len(inner) != 1 or last.inputs.count(inner[0]) != 1 or _scores(p):
        return None
    before = p[inner[0]]
    rest = [i for i in last.inputs if i != inner[0]]
    same = before.wanted.rpartition(".")[0] == last.wanted.rpartition(".")[0] and before.fields == last.fields
    if not same or before.out != last.out or (last.kind == "multiply" and _learned(p, [*before.inputs, *rest])):
        return None
    return Match(last.kind, last.fields, [*before.inputs, *rest], inner, last.wanted)


def _scores(p: Pattern) -> bool:
    """Whether a softmax reads the layer: what is added to scores is a part of attention."""
    return any(p[i].kind == "softmax" for i in p.users[p.index])


def _learned(p: Pattern, inputs: list[int]) -> bool:
    return any(kinds()[p[i].kind].batch_only for i in inputs)


@ends_with("multiply")
def _scale(p: Pattern) -> Match | None:
    """A factor for each channel that is learned, where that leaves the tensors in their order."""
    found = _per_channel(p)
    if found is None or any(p.sketch.params(i) for i in range(found[1], p.index) if p[i].kind != "parameter"):
        return None
    stem, _, word = p[found[1]].wanted.rpartition(".")
    return Match("scale", {}, [found[0]], [found[1]], stem if stem and word in FACTORS else p[found[1]].wanted)


@ends_with("add")
def _scale_and_offset(p: Pattern) -> Match | None:
    """An offset for each channel that is learned, behind a factor."""
    found = _per_channel(p)
    if found is None:
        return None
    before = p.alone(found[0], "scale")
    if before is None or before.fields:
        return None
    return Match("scale", {"bias": True}, before.inputs, list(found), before.wanted)


def _per_channel(p: Pattern) -> tuple[int, int] | None:
    """A layer and a parameter with one number for each of its channels, which the last layer joins."""
    found = beside_parameter(p)
    if found is None:
        return None
    x, weights = found
    given = p[x].out
    if kinds()[p[x].kind].batch_only or given.axes.count("channel") != 1:
        return None
    dims = p[weights].out.dims
    wanted = tuple(n if i == given.channel else 1 for i, n in enumerate(given.dims))
    return (x, weights) if dims == wanted and given == p.last.out else None


@ends_with("concat")
def _joined(p: Pattern) -> Match | None:
    """Parts of channels in order, each through the same layer: one in groups."""
    first = p[p.last.inputs[0]]
    groups = len(p.last.inputs)
    if first.kind not in GROUPED or "groups" in first.fields or groups < 2:
        return None
    layers = [p.alone(i, first.kind) for i in p.last.inputs]
    if any(d is None or d.fields != first.fields for d in layers):
        return None
    parts = [part(p.sketch, d.inputs[0]) for d in layers if d is not None]
    base, axis = parts[0], p.last.out.axis(p.last.fields.get("axis", "channel"))
    if base is None or p.last.out.axes[axis] != "channel":
        return None
    n = p[base.source].out.dims[axis]
    if any(q is None or (*q,) != (base.source, axis, k * n // groups, n // groups) for k, q in enumerate(parts)):
        return None
    inner = {d.inputs[0] for d in layers if d is not None}
    own = [i for i in inner if p.users[i] <= {*p.last.inputs} and i not in p.sketch.outputs]
    return Match(first.kind, {**first.fields, "groups": groups}, [base.source], [*p.last.inputs, *own], first.wanted)


@ends_with("reduce")
def _distances(p: Pattern) -> Match | None:
    """Differences from vectors that are not learned, squared and added up."""
    square = p.alone(p.last.inputs[0], "multiply")
    difference = p.alone(square.inputs[0], "add") if square is not None and _twice(square.inputs) else None
    if square is None or difference is None or p.last.fields != {"op": "sum", "axes": p.last.fields.get("axes")} or \
            isinstance(p.last.fields["axes"], tuple) or len(difference.inputs) != 2 or \
            square.out.axis(p.last.fields["axes"]) != len(square.out.dims) - 1:
        return None
    one, other = sorted(difference.inputs, key=lambda i: p[i].kind == "rescale")
    apart, minus = p.alone(one, "reshape"), p.alone(other, "rescale")
    vectors = p.alone(minus.inputs[0], "constant") if minus is not None and minus.fields == {"factor": -1.0} else None
    if apart is None or minus is None or vectors is None or "value" in vectors.fields:
        return None
    x, (*before, units, size) = p[apart.inputs[0]].out, vectors.out.dims
    if set(before) - {1} or apart.out.dims != (*x.dims[:-1], 1, x.dims[-1]) or size != x.dims[-1]:
        return None
    gone = [p.last.inputs[0], square.inputs[0], one, other, minus.inputs[0]]
    name = vectors.wanted.rpartition(".")[0] or p.last.wanted
    return Match("rbf", {"units": units}, [apart.inputs[0]], gone, name, uncounted=units * size)   # the changed sign


def _twice(inputs: list[int]) -> bool:
    return len(inputs) == 2 and inputs[0] == inputs[1]


FACTORS = ("weight", "gamma", "g")
"""Words for a factor that say no more than its layer does."""

GROUPED = ("lrn",)
"""Kinds without tensors that have ``groups``: parts of channels that do not see each other."""
