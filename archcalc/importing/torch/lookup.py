"""Rules for what torch looks up by a constant index: rows of tables, elements, biases of relative positions."""

from __future__ import annotations

from typing import Any

import torch

from archcalc.importing.idioms.buckets import bucketed, sequence
from archcalc.importing.sketch import Refused
from archcalc.importing.torch.call import Call
from archcalc.importing.torch.rules import of
from archcalc.importing.torch.tape import Held
from archcalc.importing.views.batched import BATCH, Value
from archcalc.importing.views.windows import looked_up


def taken(c: Call, x: Any, axis: int, index: Any) -> Value:
    """Elements of an axis by a constant index; the biases of relative positions where it is theirs."""
    if not isinstance(index, Held):
        raise Refused("is indexed by a tensor that depends on the input")
    if isinstance(x, Held):
        x = c.value(x)
    shape = (*x.shape[:axis], *index.shape, *x.shape[axis + 1:])
    table = _relative(c, x, axis, index)
    if table is not None:
        turned = c.views.permute(c.named("permute"), table, (1, 2, 0))
        return c.views.reshape(c.named("reshape"), turned, shape)
    where = x.axis(axis)
    numbers = index.numbers
    if numbers is not None and numbers.dtype == torch.bool:
        raise Refused("is indexed by booleans")
    if not index.exact and numbers is not None and numbers.ndim == 1:
        return c.layer("select", [x], shape, indices=tuple(n % x.dims[where] for n in numbers.tolist()),
                       axis=c.views.axis_name(x, where), batch=x.batch)
    found = c.layer("take", [x], shape, tensors={"index": index}, shape=index.shape, axis=where,
                    batch=x.batch, name=c.named("take"))
    if numbers is not None:
        c.sketch.numbers[c.sketch.drafts[found.node]] = numbers.flatten().tolist
    return found


def _relative(c: Call, x: Value, axis: int, index: Held) -> Value | None:
    """The score bias of relative positions, if a table of distances is looked up by the places in a window."""
    draft = c.sketch.drafts[x.node]
    if index.numbers is None or not index.exact or axis or draft.kind != "parameter" or len(x.dims) != 2 or \
            x.batch is not None:
        return None
    rows, heads = x.dims
    sides = looked_up(rows, index.numbers.flatten().tolist())
    return None if sides is None else _table(c, x, sides, heads, index)


def _table(c: Call, x: Value, sides: tuple[int, int], heads: int, index: Held) -> Value | None:
    tape, tokens_of = c.tape, sides[0] * sides[1]
    if x.node != len(c.sketch.drafts) - 1:      # something else reads the table
        return None
    source = next(s for s, owner in tape.owners.items() if owner == (x.node, "weight"))
    name = tape.names[source].rpartition(".")[0]
    del tape.owners[source]
    c.sketch.undo(x.node)
    tensors = {"relative_position_bias_table": Held(tape.shape(source), (source,), True),
               "relative_position_index": index}
    return c.alone("relative_bias", (heads, tokens_of, tokens_of), tensors,
                   f"{name}.relative_bias" if name else "relative_bias", window=sides, heads=heads)


@of("index_select")
def _index_select(c: Call, input: Any, dim: int, index: Any) -> Any:
    return taken(c, input, dim % len(input.shape), index)


@of("embedding")
def _embedding(c: Call, input: Any, weight: Any, padding_idx: Any = None, *_: Any, **__: Any) -> Any:
    if isinstance(input, Held):
        return _positions(c, input, weight)
    return c.layer("embedding", [input], tensors={"weight": weight}, entries=weight.shape[0],
                   features=weight.shape[1])


def _positions(c: Call, input: Held, weight: Any) -> Value:
    """Rows of a table for numbers that do not depend on the input: those from a first one on, as a rule."""
    if input.numbers is None:
        ids = c.value(input)
        return c.layer("embedding", [ids], tensors={"weight": weight}, entries=weight.shape[0],
                       features=weight.shape[1], batch=ids.batch)
    buckets = _buckets(c, input, weight)
    if buckets is not None:
        return buckets
    rows = input.numbers.reshape(-1, input.shape[-1])
    first = int(rows[0, 0])
    if not torch.equal(rows, torch.arange(first, first + rows.shape[1], dtype=rows.dtype).expand_as(rows)) or \
            rows.shape[0] not in (1, BATCH):
        raise Refused("looks up rows that do not follow one another")
    table = c.views.slice(c.named("slice"), c.value(weight), 0, first, first + rows.shape[1])
    shape = c.shape[1:] if c.shape[0] == BATCH else c.shape
    found = c.views.reshape(c.named("reshape"), table, shape)
    return found if shape == c.shape else found._replace(shape=c.shape, batch=0)


def _buckets(c: Call, index: Held, table: Any) -> Value | None:
    """The score bias by the distance in a sequence, if the index is that of its buckets."""
    found, length = index.numbers, index.shape[-1]
    if index.sources or not isinstance(table, Held) or not table.exact or index.shape != (length, length) or \
            not torch.equal(found[1:, 1:], found[:-1, :-1]):
        return None
    fields = bucketed(found[0].tolist(), found[:, 0].tolist(), table.shape[0])
    source = None if fields is None else sequence(c.views, c.named("tokens"), c.before, length)
    if fields is None or source is None:
        return None
    heads = table.shape[1]
    name = c.tape.names[table.sources[0]].rpartition(".")[0]
    made = c.alone("bucket_bias", (heads, length, length), {"relative_attention_bias.weight": table}, name, source,
                   heads=heads, **fields)
    return c.views.permute(c.named("permute"), made, (1, 2, 0))
