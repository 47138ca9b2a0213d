"""Views: crops, parts of an axis, elements picked one by one, permutations around a normalization."""

from __future__ import annotations

from archcalc.fields import per_axis
from archcalc.importing.fusions.parts import called
from archcalc.importing.fusions.rules import Match, Pattern, ends_with
from archcalc.importing.sketch import Draft
from archcalc.importing.views.parts import part
from archcalc.importing.views.reorder import before_norm, inverse
from archcalc.importing.views.views import even_part


@ends_with("slice")
def _chunk(p: Pattern) -> Match | None:
    """One of slices that are the equal parts of an image's channels."""
    own = part(p.sketch, p.index)
    if own is None or own.axis or p.last.out.axes[0] != "channel" or not p.last.out.space:
        return None
    n = p[own.source].out.dims[0]
    starts = {q.start for i in p.users[own.source] if (q := part(p.sketch, i)) and (q.axis, q.size) == (0, own.size)}
    if not even_part(n, own.start, own.size) or not starts >= {*range(0, n, own.size)}:
        return None
    fields = {"chunks": n // own.size, "part": own.start // own.size}
    return Match("chunk", fields, [own.source], [], called(p.last, "chunk", "slice"))


@ends_with("slice")
def _crop(p: Pattern) -> Match | None:
    """A slice along one axis of space after those along others."""
    last, index = part(p.sketch, p.index), p.last.inputs[0]
    before = p.alone(index, "slice") or p.alone(index, "crop")
    if last is None or before is None or p.last.out.axes[last.axis] != "space":
        return None
    found = _region(p, index, before)
    cuts_padding = p[before.inputs[0]].kind == "window_attention"      # of the image, up to whole windows
    if found is None or last.axis in found or cuts_padding:
        return None
    found[last.axis] = last.start
    x, out = p[before.inputs[0]].out, p.last.out
    sizes, offsets = out.spatial, tuple(found.get(axis, 0) for axis in out.space)
    centred = offsets == tuple((n - m) // 2 for n, m in zip(x.spatial, sizes, strict=True))
    fields = {} if centred else {"offset": offsets}
    like, name = _like(p) if centred else None, called(p.last, "crop", "slice")
    if like is not None:
        return Match("crop", {"like": True}, [before.inputs[0], like], [index], name)
    return Match("crop", {"size": sizes, **fields}, [before.inputs[0]], [index], name)


def _region(p: Pattern, index: int, draft: Draft) -> dict[int, int] | None:
    """Where a slice or crop begins, by the axes of space that it shortens."""
    if draft.kind == "slice":
        one = part(p.sketch, index)
        return {one.axis: one.start} if one is not None and draft.out.axes[one.axis] == "space" else None
    if draft.fields.get("like"):
        return None
    x = p[draft.inputs[0]].out
    offset = draft.fields.get("offset")
    starts = per_axis(offset, len(x.space), "offset") if offset is not None else [
        (n - m) // 2 for n, m in zip(x.spatial, draft.out.spatial, strict=True)]
    return {axis: start for axis, start in zip(x.space, starts, strict=True) if x.dims[axis] != draft.out.dims[axis]}


def _like(p: Pattern) -> int | None:
    """What a crop is for: the other tensor of the join that alone reads it, if that is of this size."""
    readers = p.users[p.index]
    join = p[min(readers)] if len(readers) == 1 and p.index not in p.sketch.outputs else None
    if join is None or join.kind not in ("add", "concat") or len(join.inputs) != 2 or \
            (join.kind == "concat" and join.fields.get("axis", "channel") != "channel"):
        return None
    other = next((i for i in join.inputs if i != p.index), p.index)
    like, own = p[other], p.last
    fits = (like.out.axes, like.out.spatial, like.train) == (own.out.axes, own.out.spatial, own.train)
    return other if fits and like.kind not in ("slice", "crop", "parameter", "constant") else None


@ends_with("concat")
def _select(p: Pattern) -> Match | None:
    """Elements of one axis, picked one by one and joined in another order."""
    parts = [part(p.sketch, i) for i in p.last.inputs]
    axis = p.last.out.axis(p.last.fields.get("axis", "channel"))
    first = parts[0]
    if first is None or len(parts) < 2 or any(
            q is None or (q.source, q.axis, q.size) != (first.source, axis, 1) for q in parts):
        return None
    indices = tuple(q.start for q in parts if q is not None)
    fields = {"indices": indices, "axis": p.last.fields.get("axis", "channel")}
    gone = [i for i in dict.fromkeys(p.last.inputs) if p.users[i] == {p.index} and i not in p.sketch.outputs]
    return Match("select", fields, [first.source], gone, called(p.last, "select", "concat"))


@ends_with("permute")
def _channels_normalized(p: Pattern) -> Match | None:
    """A normalization of the last axis between a permutation that moves channels there and the way back."""
    index = p.last.inputs[0]
    norm = p.alone(index, "layernorm") or p.alone(index, "rmsnorm")
    first = before_norm(p.sketch, index)
    if norm is None or first is None or first in p.sketch.outputs or p.users[first] != {index} or \
            tuple(p.last.fields["order"]) != inverse(p[first].fields["order"]):
        return None
    fields = {name: value for name, value in norm.fields.items() if name != "axes"}
    return Match(norm.kind, fields, [p[first].inputs[0]], [first, index], norm.wanted)
