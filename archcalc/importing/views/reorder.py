"""Other orders of elements that the language has a layer for: channels shuffled, or moved for a normalization."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.importing.sketch import Sketch
from archcalc.importing.views.layout import Layout, whole
from archcalc.importing.views.roles import CHANNEL
from archcalc.tensor import Tensor


def shuffled(base: Tensor, view: Layout) -> int | None:
    """In how many groups a view of an image or a signal has its channels interleaved, if that is all it does."""
    if base.axes[:1] != (CHANNEL,) or base.axes.count(CHANNEL) > 1 or len(base.dims) < 2 or view.offset:
        return None
    if view.axes[1:] != whole(base.dims).axes[1:] or len(view.axes[0]) != 2:
        return None
    stride = base.size // base.channels
    (size, slow), (groups, fast) = view.axes[0]
    return groups if (slow, fast, size * groups) == (stride, stride * size, base.channels) else None


def before_norm(sketch: Sketch, index: int) -> int | None:
    """The permutation that moves channels to the end before a layer, if that normalizes them alone."""
    draft = sketch.drafts[index]
    if draft.kind not in ("layernorm", "rmsnorm") or draft.fields.get("axes", 1) != 1:
        return None
    first = sketch.drafts[draft.inputs[0]]
    if first.kind != "permute" or first.out.axes[-1] != CHANNEL:
        return None
    whole = sketch.shaped(first.inputs[0])
    return draft.inputs[0] if whole.axes.count(CHANNEL) == 1 and whole.channel == first.fields["order"][-1] else None


def inverse(order: Sequence[int]) -> tuple[int, ...]:
    """The order of axes that undoes another.

    >>> inverse((1, 2, 0))
    (2, 0, 1)
    """
    return tuple(sorted(range(len(order)), key=lambda i: order[i]))
