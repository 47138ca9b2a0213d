"""Rules for torch's attention, with its masks, and for what is looked up by a constant index."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch

from archcalc.importing.attended import placed, swapped, tokens
from archcalc.importing.batched import BATCH, Value
from archcalc.importing.sketch import Refused
from archcalc.importing.torch_call import Call
from archcalc.importing.torch_tape import Held
from archcalc.layers.embedding import relative_index

Rule = Callable[..., Any]
ATTENTION: dict[str, Rule] = {}

KEEPING = frozenset(["embedding"])
"""Calls whose first operand may stay without layers where it has no batch."""

LOWEST = -1e30
"""Scores from which on a softmax in float32 gives 0."""


def _of(*names: str) -> Callable[[Rule], Rule]:
    def note(rule: Rule) -> Rule:
        ATTENTION.update(dict.fromkeys(names, rule))
        return rule
    return note


@_of("scaled_dot_product_attention")
def _attention(c: Call, query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0,
               is_causal: bool = False, scale: float | None = None, enable_gqa: bool = False) -> Any:
    query, key, value = (c.value(x) for x in (query, key, value))
    if len(query.shape) < 4 or query.batch != 0:
        raise Refused("is not of batch×heads×tokens×features")
    heads, shared, d = query.shape[-3], key.shape[-3], query.shape[-1]
    root = None if scale is None else round(scale ** -2)
    if root is not None and scale is not None and abs(root ** -0.5 - scale) > 1e-9:
        raise Refused(f"scales by {scale}")
    causal, place = _masked(c, attn_mask, query, is_causal, True)
    inputs = [tokens(c.views, c.named("tokens"), x) for x in (query, key, value)]
    shape = (*query.shape[:-3], query.shape[-2], heads * value.shape[-1])
    out = c.layer("scaled_dot_product", [*inputs, *place], shape, heads=heads, position=bool(place),
                  kv_heads=None if shared == heads else shared, causal=causal,
                  root_of=None if root in (None, d) else root)
    apart = c.views.reshape(c.named("heads"), out, (*shape[:-1], heads, value.shape[-1]))
    return c.views.permute(c.named("heads"), apart, swapped(len(apart.shape)))


def _masked(c: Call, mask: Any, query: Value, causal: bool, keeps: bool) -> tuple[bool, list[Value]]:
    """Whether attention is causal, and the score bias if there is one.

    A mask that is made in the run, or of booleans, is causal, or hides nothing, by what its numbers are; other
    buffers are added as they are. ``keeps`` says that booleans mark what is kept, not what is hidden.
    """
    if mask is None:
        return causal, []
    numbers = mask.numbers if isinstance(mask, Held) else None
    if numbers is not None and (not mask.sources or numbers.dtype == torch.bool):
        hidden = _hidden(numbers, keeps)
        if hidden is not None and not bool(hidden.any()):
            return causal, []
        if hidden is not None and _is_causal(hidden):
            return True, []
    if numbers is not None and numbers.dtype == torch.bool:
        raise Refused("has a mask of booleans that is not causal")
    return causal, [_place(c, mask, query)]


def _is_causal(hidden: Any) -> bool:
    """Whether a mask hides all that comes later, and nothing else."""
    return hidden.ndim > 1 and bool((hidden == torch.ones_like(hidden).triu(1)).all())


@_of("masked_fill")
def _masked_fill(c: Call, input: Any, mask: Any, value: Any) -> Any:
    """An opaque layer, unless what hides later tokens turns out to be within attention."""
    if not isinstance(mask, Held) or mask.numbers is None or mask.numbers.dtype != torch.bool or \
            not isinstance(value, (int, float)) or value > LOWEST or not c.tape.fuses or \
            not _is_causal(mask.numbers):
        raise Refused("has no kind")
    made = c.opaque("masked_fill", [input], {}, [torch.empty(c.shape, device="meta")], "")
    c.sketch.causal[c.sketch.drafts[made[0].node]] = input.node
    return made


def _hidden(numbers: Any, keeps: bool) -> Any:
    """What a mask hides, if it is one of 0 and −∞ or of booleans; else None."""
    if numbers.dtype == torch.bool:
        return ~numbers if keeps else numbers
    hidden = numbers <= LOWEST
    return hidden if bool((hidden | (numbers == 0)).all()) else None


def _place(c: Call, mask: Any, query: Value) -> Value:
    """A score bias per sample: heads×queries×keys, or windows×heads×queries×keys."""
    windows = len(query.dims) - 3
    found: Value = c.value(mask)
    if found.batch not in (None, 0):
        raise Refused("has a mask with the batch elsewhere")
    dims = found.dims if found.batch is None else found.shape if found.split else (BATCH, *found.dims)
    full = (*[1] * (len(query.shape) - len(dims)), *dims)
    if found.batch is None and not query.split and full[0] != 1:
        raise Refused("has a mask for each sample")
    wanted = full if found.batch is not None or query.split else full[1:]
    found = c.views.reshape(c.named("mask"), found, wanted)
    return placed(c.views, c.named("mask"), Value(found.node, (BATCH, *found.dims)), windows)


@_of("multi_head_attention_forward")
def _multi_head(c: Call, query: Any, key: Any, value: Any, embed_dim: int, num_heads: int, weight: Any, bias: Any,
                bias_k: Any, bias_v: Any, add_zero_attn: bool, dropout_p: float, out_weight: Any, out_bias: Any,
                use_separate_proj_weight: bool = False, is_causal: bool = False, attn_mask: Any = None,
                key_padding_mask: Any = None, **_: Any) -> Any:
    if use_separate_proj_weight or bias_k is not None or add_zero_attn or key != value:
        raise Refused("has keys apart from values, or more of them")
    if key_padding_mask is not None:
        raise Refused("has a mask of padding")
    given = [c.views.relabelled(c.named("roles"), x, ("sequence", "channel")) for x in (query, key)]
    at = query.batch
    heads = Value(-1, (BATCH, num_heads, query.shape[1 - at], key.shape[1 - at]), 0)
    causal, place = _masked(c, attn_mask, heads, is_causal and attn_mask is None, False)
    tensors = {"in_proj_weight": weight, "in_proj_bias": bias, "out_proj.weight": out_weight, "out_proj.bias": out_bias}
    inputs = [*(given if query != key else given[:1]), *place]
    return c.layer("attention", inputs, tensors=tensors, heads=num_heads, position=bool(place),
                   bias=bias is not None, causal=causal, name=c.path or None, batch=query.batch)


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
    return c.layer("take", [x], shape, tensors={"index": index}, shape=index.shape, axis=where,
                   batch=x.batch, name=c.named("take"))


def _relative(c: Call, x: Value, axis: int, index: Held) -> Value | None:
    """The score bias of relative positions, if a table of distances is looked up by the places in a window."""
    draft = c.sketch.drafts[x.node]
    if index.numbers is None or not index.exact or axis or draft.kind != "parameter" or len(x.dims) != 2 or \
            x.batch is not None:
        return None
    rows, heads = x.dims
    found = index.numbers.flatten().long()
    for high in range(1, 1 + round(found.numel() ** 0.5)):
        wide = round(found.numel() ** 0.5) // high
        if (high * wide) ** 2 != found.numel() or (2 * high - 1) * (2 * wide - 1) != rows:
            continue
        for sides in ((high, wide), (wide, high)):
            if torch.equal(relative_index(SimpleNamespace(torch=torch), *sides), found):
                return _table(c, x, sides, heads, index)
    return None


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


@_of("index_select")
def _index_select(c: Call, input: Any, dim: int, index: Any) -> Any:
    return taken(c, input, dim % len(input.shape), index)


@_of("embedding")
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
    rows = input.numbers.reshape(-1, input.shape[-1])
    first = int(rows[0, 0])
    if not torch.equal(rows, torch.arange(first, first + rows.shape[1], dtype=rows.dtype).expand_as(rows)) or \
            rows.shape[0] not in (1, BATCH):
        raise Refused("looks up rows that do not follow one another")
    table = c.views.slice(c.named("slice"), c.value(weight), 0, first, first + rows.shape[1])
    shape = c.shape[1:] if c.shape[0] == BATCH else c.shape
    found = c.views.reshape(c.named("reshape"), table, shape)
    return found if shape == c.shape else found._replace(shape=c.shape, batch=0)
