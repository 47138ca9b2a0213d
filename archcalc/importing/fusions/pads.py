"""Padding of its own before a convolution or a pooling."""

from __future__ import annotations

from typing import Any

from archcalc.fields import per_axis
from archcalc.importing.fusions.rules import Match, Pattern, ends_with


@ends_with("conv", "conv1d", "conv3d", "avgpool")
def _zeros(p: Pattern) -> Match | None:
    return _padded(p, 0.0)


@ends_with("maxpool")
def _least(p: Pattern) -> Match | None:
    return _padded(p, "-inf")


def _padded(p: Pattern, value: Any) -> Match | None:
    index, fields = p.last.inputs[0], p.last.fields
    pad = p.alone(index, "pad")
    if pad is None or set(pad.fields) - {"padding", "value"} or pad.fields.get("value", 0.0) != value:
        return None
    rank = len(pad.out.space)
    both = [_pairs(given, rank) for given in (pad.fields["padding"], fields.get("padding", 0))]
    if None in both:
        return None
    pads = [(a + c, b + d) for (a, b), (c, d) in zip(*both, strict=True)]
    padding = tuple(before if before == after else (before, after) for before, after in pads)
    return Match(p.last.kind, {**fields, "padding": padding}, [pad.inputs[0]], [index], p.last.wanted)


def _pairs(value: Any, rank: int) -> list[tuple[int, int]] | None:
    """Padding per axis as numbers before and after; None for a word."""
    if isinstance(value, str):
        return None
    return [n if isinstance(n, tuple) else (n, n) for n in per_axis(value, rank, "padding")]
