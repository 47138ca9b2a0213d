"""Rows of a table by the distance in a sequence, as T5 looks up biases of scores, in ONNX."""

from __future__ import annotations

from typing import Any

from archcalc.importing.idioms.buckets import bucketed, sequence
from archcalc.importing.onnx.elements import elements
from archcalc.importing.onnx.node import identifier
from archcalc.importing.onnx.state import Constant
from archcalc.importing.views.batched import Value

DIAGONALS = (0, 1, 2, 3, 7, 8, 11, 16, 31, 64, 127, 200)
"""Distances of which more than the first pair of tokens is looked at, both ways."""


def buckets(c: Any, table: Constant, axis: int, index: Constant) -> Value | None:
    """The score bias by the distance in a sequence, if a constant index is that of its buckets."""
    if axis or len(table.dims) != 2 or len(index.dims) != 2 or len(set(index.dims)) > 1:
        return None
    length, rows = index.dims[0], elements(c.state, index, c.operation)
    if rows is None or not _by_distance(rows, length):
        return None
    later, earlier = [rows[d] for d in range(length)], [rows[d * length] for d in range(length)]
    fields = bucketed(later, earlier, table.dims[0])
    source = None if fields is None else sequence(c.views, c.named("tokens"), len(c.sketch.drafts), length)
    if fields is None or source is None:
        return None
    name = identifier((table.name or c.named("bucket_bias")).removesuffix(".weight"))
    made = c.layer("bucket_bias", [Value(source, (), None)], tensors={"relative_attention_bias.weight": table},
                   heads=table.dims[1], name=name, **fields)
    return c.views.permute(c.named("permute"), made, (1, 2, 0))  # type: ignore[no-any-return]


def _by_distance(rows: Any, length: int) -> bool:
    """Whether an index depends on the distance of two tokens alone, as far as is looked at: also of the last ones."""
    return all(rows[i * length + i + d] == rows[d] and rows[(i + d) * length + i] == rows[d * length]
               for d in DIAGONALS if d < length for i in {(length - d) // 2, length - 1 - d})
