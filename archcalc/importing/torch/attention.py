"""Rules for torch's attention, with its masks."""

from __future__ import annotations

from typing import Any

import torch

from archcalc.importing.idioms.attended import LOWEST, placed, revealed, scaling, swapped, tokens, unrepeated
from archcalc.importing.sketch import Refused
from archcalc.importing.torch.call import Call
from archcalc.importing.torch.rules import of
from archcalc.importing.torch.tape import Held
from archcalc.importing.views.batched import BATCH, Value

KEEPING = frozenset(["embedding", "where"])
"""Calls whose first operand may stay without layers where it has no batch."""



@of("scaled_dot_product_attention")
def _attention(c: Call, query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0,
               is_causal: bool = False, scale: float | None = None, enable_gqa: bool = False) -> Any:
    query, key, value = (c.value(x) for x in (query, key, value))
    if len(query.shape) < 4 or query.batch != 0:
        raise Refused("is not of batch×heads×tokens×features")
    if None not in (key.batch, value.batch) and not query.split:
        key, value = unrepeated(c.views, key, value)
    heads, shared, d = query.shape[-3], key.shape[-3], query.shape[-1]
    factor = {} if scale is None else scaling(scale, d)
    if factor is None:
        raise Refused(f"scales by {scale}")
    causal, place = _masked(c, attn_mask, query, is_causal, True)
    inputs = [tokens(c.views, c.named("tokens"), x) for x in (query, key, value)]
    shape = (*query.shape[:-3], query.shape[-2], heads * value.shape[-1])
    out = c.layer("scaled_dot_product", [*inputs, *place], shape, heads=heads, position=bool(place),
                  kv_heads=None if shared == heads else shared, causal=causal, **factor)
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
    place, hides = _place(c, mask, query)
    return causal or hides, [place]


def hides_later(mask: Any) -> bool:
    """Whether a tensor of 0 and −∞ that is made in the run hides from each token what comes later, and no more."""
    if not isinstance(mask, Held) or mask.numbers is None or mask.sources or mask.numbers.dtype == torch.bool:
        return False
    hidden = _hidden(mask.numbers, False)
    return hidden is not None and _is_causal(hidden)


def _is_causal(hidden: Any) -> bool:
    """Whether a mask hides all that comes later, and nothing else."""
    return hidden.ndim > 1 and bool((hidden == torch.ones_like(hidden).triu(1)).all())


@of("masked_fill")
def _masked_fill(c: Call, input: Any, mask: Any, value: Any) -> Any:
    """An opaque layer, unless what hides later tokens turns out to be within attention."""
    return _without_later(c, "masked_fill", input, mask, value)


@of("where")
def _where(c: Call, condition: Any, input: Any, other: Any) -> Any:
    """The same, with a mask of what is kept or of what is hidden."""
    keeps = not isinstance(number(input), (int, float))
    numbers = getattr(condition, "numbers", None)
    if numbers is None or numbers.dtype != torch.bool:
        raise Refused("has no kind")
    hidden = Held(condition.shape, numbers=~numbers if keeps else numbers)
    return _without_later(c, "where", *((input, hidden, number(other)) if keeps else (other, hidden, number(input))))


def number(x: Any) -> Any:
    """A tensor of one number that is made in the run, as that number."""
    single = isinstance(x, Held) and not x.sources and x.numbers is not None and x.numbers.numel() == 1
    return x.numbers.item() if single else x


def _without_later(c: Call, word: str, x: Any, mask: Any, value: Any) -> Any:
    """Scores of which later tokens' are replaced by a number."""
    if not isinstance(mask, Held) or mask.numbers is None or mask.numbers.dtype != torch.bool or \
            not isinstance(value, (int, float)) or value > LOWEST or not c.tape.fuses or \
            not _is_causal(mask.numbers):
        raise Refused("has no kind")
    x = c.value(x)
    made = c.unknown(word, x, f"{word}: has no kind")
    c.sketch.causal[c.sketch.drafts[made.node]] = x.node
    return made


def _hidden(numbers: Any, keeps: bool) -> Any:
    """What a mask hides, if it is one of 0 and −∞ or of booleans; else None."""
    if numbers.dtype == torch.bool:
        return ~numbers if keeps else numbers
    hidden = numbers <= LOWEST
    return hidden if bool((hidden | (numbers == 0)).all()) else None


def _place(c: Call, mask: Any, query: Value) -> tuple[Value, bool]:
    """A score bias per sample: heads×queries×keys, or windows×heads×queries×keys; whether it also hid later tokens."""
    windows = len(query.dims) - 3
    found: Value = c.value(mask)
    node, hiding = revealed(c.sketch, found.node)
    if c.sketch.shaped(node).dims != found.dims:
        raise Refused("has a mask of other axes")
    found = found._replace(node=node)
    if hiding is not None:
        c.sketch.spare.add(hiding)
    if found.batch not in (None, 0):
        raise Refused("has a mask with the batch elsewhere")
    dims = found.dims if found.batch is None else found.shape if found.split else (BATCH, *found.dims)
    full = (*[1] * (len(query.shape) - len(dims)), *dims)
    if found.batch is None and not query.split and full[0] != 1:
        raise Refused("has a mask for each sample")
    wanted = full if found.batch is not None or query.split else full[1:]
    found = c.views.reshape(c.named("mask"), found, wanted)
    return placed(c.views, c.named("mask"), Value(found.node, (BATCH, *found.dims)), windows), hiding is not None


@of("repeat_interleave")
def _repeat_interleave(c: Call, input: Any, repeats: Any, dim: int | None = None, **_: Any) -> Any:
    """Each element of an axis several times, as keys are for the heads that share them."""
    if dim is None or not isinstance(repeats, int) or not isinstance(input, Value):
        raise Refused("repeats elements by numbers")
    axis = dim % len(input.shape)
    x = c.views.reshape(c.named("reshape"), input, (*input.shape[:axis + 1], 1, *input.shape[axis + 1:]))
    shape = (*input.shape[:axis + 1], repeats, *input.shape[axis + 1:])
    node = c.sketch.add(c.named("expand"), "expand", {"shape": Value(-1, shape, input.batch).dims}, [x.node])
    return c.views.reshape(c.named("reshape"), c.views.checked(node, shape, input.batch), c.shape)


@of("multi_head_attention_forward")
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
