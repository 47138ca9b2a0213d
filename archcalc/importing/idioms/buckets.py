"""Relative positions in buckets, known by the numbers of the index into their table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import log
from typing import Any

from archcalc.importing.idioms.attended import token_roles
from archcalc.importing.sketch import Draft, Sketch
from archcalc.importing.views.batched import BATCH, Value
from archcalc.importing.views.views import Views
from archcalc.layers.registry import kinds

ROUNDED = (1e-6, -1e-6)
"""What is added to places among buckets: on the edge of two, numbers of 32 bits are in either."""


def bucketed(later: Sequence[int], earlier: Sequence[int], buckets: int) -> dict[str, Any] | None:
    """The fields of a `bucket_bias`, from the rows of its table for tokens 0, 1, 2… places later, and earlier.

    None if it has another rule (Raffel et al. 2020, T5). Of several numbers for ``reach`` that give the same rows it is
    the usual 128, or else a power of two.

    >>> bucketed([0, 3, 3], [0, 1, 1], 4)
    {'buckets': 4, 'causal': False, 'reach': 128}
    """
    for causal in (False, True):
        count = buckets if causal else buckets // 2
        mirrored = [0 if causal or not d else n + count for d, n in enumerate(earlier)]
        if count < 2 or [*later] != mirrored:
            continue
        near = count // 2
        for reach, more in product((128, *(1 << n for n in range(16)), *range(near + 1, 4 * len(earlier))), ROUNDED):
            if reach > near and all(n == _row(d, count, near, reach, more) for d, n in enumerate(earlier)):
                return {"buckets": buckets, "causal": causal, "reach": reach}
    return None


def _row(distance: int, count: int, near: int, reach: int, more: float) -> int:
    if distance < near:
        return distance
    place = log(distance / near) / log(reach / near) * (count - near) + more
    return min(near + int(max(0.0, place)), count - 1)


def sequence(views: Views, name: str, before: int, length: int) -> int | None:
    """The last sequence of a length among the first layers, without the projections and views of it."""
    sketch = views.sketch
    last = next((i for i in range(before - 1, -1, -1) if _fits(sketch, i, length)), None)
    if last is None:    # the roles of axes are not known yet
        last = next((i for i in range(before - 1, -1, -1) if sketch.shaped(i).dims[0] == length
                     and len(sketch.shaped(i).dims) == 2 and not kinds()[sketch.drafts[i].kind].batch_only), None)
        x = None if last is None else Value(last, (BATCH, *sketch.shaped(last).dims))
        return None if x is None else views.relabelled(name, x, token_roles(2)).node
    while last is not None and _derived(draft := sketch.drafts[last]) and _fits(sketch, draft.inputs[0], length):
        last = draft.inputs[0]
    return last


def _derived(draft: Draft) -> bool:
    return draft.kind == "linear" or (kinds()[draft.kind].family == "shape" and bool(draft.inputs))


def _fits(sketch: Sketch, index: int, length: int) -> bool:
    out = sketch.shaped(index)
    return out.axes == ("sequence", "channel") and out.dims[0] == length
