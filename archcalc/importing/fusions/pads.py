"""Padding of its own before a convolution or a pooling that has none."""

from __future__ import annotations

from typing import Any

from archcalc.importing.fusions.rules import Match, Pattern, ends_with


@ends_with("conv", "conv1d", "conv3d", "avgpool")
def _zeros(p: Pattern) -> Match | None:
    return _padded(p, 0.0)


@ends_with("maxpool")
def _least(p: Pattern) -> Match | None:
    return _padded(p, "-inf")


def _padded(p: Pattern, value: Any) -> Match | None:
    """Not what has padding too: whoever writes both means both."""
    index, fields = p.last.inputs[0], p.last.fields
    pad = p.alone(index, "pad")
    if pad is None or set(pad.fields) - {"padding", "value"} or pad.fields.get("value", 0.0) != value or \
            fields.get("padding", 0) != 0:
        return None
    pads = pad.fields["padding"]
    if isinstance(pads, tuple):
        pads = tuple(n[0] if isinstance(n, tuple) and n[0] == n[1] else n for n in pads)
    return Match(p.last.kind, {**fields, "padding": pads}, [pad.inputs[0]], [index], p.last.wanted)
