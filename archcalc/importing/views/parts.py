"""Parts of an axis, as layers take them."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.importing.sketch import Sketch


class Part(NamedTuple):
    """Neighbouring elements of an axis of a layer."""

    source: int
    axis: int
    start: int
    size: int


def part(sketch: Sketch, index: int) -> Part | None:
    """What a slice, chunk or split takes, if these are neighbours."""
    draft = sketch.drafts[index]
    if draft.kind not in ("slice", "chunk", "split") or draft.fields.get("step", 1) != 1:
        return None
    source = sketch.shaped(draft.inputs[0])
    axis = source.axis(draft.fields.get("axis", "channel"))
    size, which = draft.out.dims[axis], draft.fields.get("part", 0)
    start = {"slice": lambda: draft.fields.get("start", 0) % source.dims[axis],
             "chunk": lambda: which * -(-source.dims[axis] // draft.fields["chunks"]),
             "split": lambda: sum(draft.fields["sizes"][:which])}[draft.kind]()
    return Part(draft.inputs[0], axis, start, size)
