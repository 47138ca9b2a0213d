"""Sizes of which one may be the batch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from archcalc.exporting.onnx.graph import Batch, Shape, Size


def broadcast(a: Shape, b: Shape) -> Shape:
    """The shape of an operation on two, aligned at the end."""
    size = max(len(a), len(b))
    a, b = (1,) * (size - len(a)) + tuple(a), (1,) * (size - len(b)) + tuple(b)
    return tuple(n if m == 1 else m for m, n in zip(a, b, strict=True))


def multiplied(sizes: Sequence[Size]) -> Size:
    """The product of sizes."""
    times = math.prod(n.times if isinstance(n, Batch) else n for n in sizes)
    return Batch(times) if any(isinstance(n, Batch) for n in sizes) else times


def inferred(shape: Shape, sizes: list[Any]) -> Shape:
    """Sizes in which −1 is worked out from the shape that they are of."""
    if -1 not in sizes:
        return tuple(sizes)
    known = multiplied([n for n in sizes if n != -1])
    whole = multiplied(shape)
    times = (whole.times if isinstance(whole, Batch) else whole) // (known.times if isinstance(known, Batch) else known)
    missing: Size = Batch(times) if isinstance(whole, Batch) and not isinstance(known, Batch) else times
    return tuple(missing if n == -1 else n for n in sizes)
