"""Small torch modules that write attention, masks, windows and states in the ways that code does.

Parameters and buffers stand in the order in which they are used, so that the network's go by their order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

T, WIDTH, HEADS = 6, 16, 4


class Calls(nn.Module):
    """A module of a function of itself and its input."""

    def __init__(self, function: Callable[..., Any], parts: dict[str, Any]) -> None:
        super().__init__()
        self.function = function
        for name, part in parts.items():
            if isinstance(part, (nn.Module, nn.Parameter)):
                setattr(self, name, part)
            else:
                self.register_buffer(name, part)

    def forward(self, *x: Any) -> Any:
        return self.function(self, *x)


def heads(x: Any) -> list[Any]:
    """Queries, keys and values of heads, from one projection."""
    return [v.unflatten(-1, (HEADS, -1)).transpose(-2, -3) for v in x.chunk(3, -1)]


def causal() -> Any:
    return torch.full((T, T), float("-inf")).triu(1)


MASKS: dict[str, tuple[Callable[[Any], Any], dict[str, Any], dict[str, Any]]] = {
    # what makes the mask, the module's buffers, and the fields that the attention has
    "none": (lambda m: None, {}, {}),
    "triu": (lambda m: causal(), {}, {"causal": True}),
    "generate": (lambda m: nn.Transformer.generate_square_subsequent_mask(T), {}, {"causal": True}),
    "booleans": (lambda m: torch.ones(T, T, dtype=torch.bool).tril(), {}, {"causal": True}),
    "filled": (lambda m: torch.zeros(T, T).masked_fill(torch.ones(T, T).triu(1) > 0, -1e38), {}, {"causal": True}),
    "in place": (lambda m: torch.zeros(T, T).masked_fill_(torch.ones(T, T).triu_(1) > 0, float("-inf")), {},
                 {"causal": True}),
    "zeros": (lambda m: torch.zeros(T, T), {}, {}),
    "a buffer of booleans": (lambda m: m.mask, {"mask": torch.ones(T, T, dtype=torch.bool).tril()}, {"causal": True}),
    "a buffer": (lambda m: m.mask, {"mask": causal()}, {"position": True}),
    "biases": (lambda m: m.mask, {"mask": torch.rand(HEADS, T, T)}, {"position": True}),
    "learned": (lambda m: m.mask, {"mask": nn.Parameter(torch.rand(1, T, T))}, {"position": True}),
    "a sum": (lambda m: m.mask + m.more, {"mask": torch.rand(HEADS, 1, T), "more": torch.rand(1, T, 1)},
              {"position": True}),
}

UNKNOWN: dict[str, Callable[[Any], Any]] = {
    "a band": lambda m: torch.ones(T, T).tril().triu(-2) > 0,
    "from the input": lambda m: m.x[:, None, None, :, 0] > 0,
    "the wrong triangle": lambda m: torch.ones(T, T, dtype=torch.bool).triu(),
}
"""Masks that no kind has."""


def masked(name: str) -> nn.Module:
    make, buffers, _ = MASKS[name]
    return _attends(make, buffers)


def unknown(name: str) -> nn.Module:
    return _attends(UNKNOWN[name], {})


def _attends(make: Callable[[Any], Any], parts: dict[str, Any]) -> nn.Module:
    def run(m: Any, x: Any) -> Any:
        m.x = m.qkv(x)
        out = F.scaled_dot_product_attention(*heads(m.qkv_of(x)), attn_mask=make(m))
        return m.out(out.transpose(1, 2).flatten(2))

    def plain(m: Any, x: Any) -> Any:
        out = F.scaled_dot_product_attention(*heads(m.qkv(x)), attn_mask=make(m))
        return m.out(out.transpose(1, 2).flatten(2))

    own = {"qkv": nn.Linear(WIDTH, 3 * WIDTH, bias=False), "out": nn.Linear(WIDTH, WIDTH)}
    if make is UNKNOWN["from the input"]:
        return Calls(run, {"qkv": nn.Linear(WIDTH, 1), "qkv_of": own["qkv"], "out": own["out"]})
    return Calls(plain, {**parts, **own})


def written(m: Any, x: Any) -> Any:
    q, k, v = heads(m.qkv(x))
    return m.out(((q @ k.transpose(-2, -1) / 2).softmax(-1) @ v).transpose(1, 2).flatten(2))


def scaled_before(m: Any, x: Any) -> Any:
    q, k, v = heads(m.qkv(x))
    scores = torch.einsum("bhid,bhjd->bhij", q * 0.5, k)
    return m.out(torch.einsum("bhij,bhjd->bihd", scores.softmax(-1), v).flatten(2))


def hidden(m: Any, x: Any) -> Any:
    q, k, v = heads(m.qkv(x))
    later = torch.ones(T, T, dtype=torch.bool).triu(1)
    return m.out(((q @ k.transpose(-2, -1)).masked_fill(later, float("-inf")).softmax(-1) @ v).transpose(1, 2)
                 .flatten(2))


def biased(m: Any, x: Any) -> Any:
    q, k, v = heads(m.qkv(x))
    scores = q @ k.transpose(-2, -1) * 0.5 + m.table[m.index].permute(2, 0, 1)
    return m.out((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))


def shown(m: Any, x: Any) -> Any:
    """The weights of the attention are read too, so that it cannot be one layer."""
    q, k, v = heads(m.qkv(x))
    weights = (q @ k.transpose(-2, -1) / 2).softmax(-1)
    return m.out((weights @ v).transpose(1, 2).flatten(2)) + weights.mean((1, 3))[..., None]


def cosine(m: Any, x: Any) -> Any:
    q, k, v = heads(m.qkv(x))
    scores = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1)
    scores = scores * m.scale.clamp(max=4.6).exp() + 16 * torch.sigmoid(m.mlp(m.coordinates)).permute(2, 0, 1)
    return m.out((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))


def partial(m: Any, x: Any) -> Any:
    """A bias of three parts, one of them a buffer."""
    return F.linear(x, m.fc.weight, torch.cat([m.a, m.b, m.c]))


def windows(m: Any, x: Any) -> Any:
    """Windows of 2×3 of an image of 4×6, shifted, with relative biases and a mask."""
    b, c, h, w = x.shape
    x = x.permute(0, 2, 3, 1).roll((-1, -1), (1, 2)).view(b, 2, 2, 2, 3, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, 6, c)
    q, k, v = m.qkv(x).reshape(-1, 6, 3, HEADS, 4).permute(2, 0, 3, 1, 4).unbind(0)
    bias = m.table[m.index.view(-1)].view(6, 6, -1).permute(2, 0, 1).unsqueeze(0)
    mask = m.mask.view(1, 4, 1, 6, 6).expand(b, -1, HEADS, -1, -1).reshape(-1, HEADS, 6, 6)
    x = m.out(F.scaled_dot_product_attention(q, k, v, attn_mask=bias + mask).transpose(1, 2).reshape(-1, 6, c))
    x = x.view(b, 2, 2, 2, 3, c).permute(0, 1, 3, 2, 4, 5).reshape(b, h, w, c)
    return x.roll((1, 1), (1, 2))


def positions(m: Any, x: Any) -> Any:
    return m.out(x + m.wpe(torch.arange(T)))


def _index(high: int, wide: int) -> Any:
    """As Swin has it: rows of a table of distances for pairs of places in a window."""
    at = torch.stack(torch.meshgrid(torch.arange(high), torch.arange(wide), indexing="ij")).flatten(1)
    apart = at[:, :, None] - at[:, None]
    return (apart[0] + high - 1) * (2 * wide - 1) + apart[1] + wide - 1


def _recurrent(kind: Any, of: Callable[[Any], Any], features: int = 8, **options: Any) -> nn.Module:
    def run(m: Any, x: Any) -> Any:
        out, state = m.cell(x)
        return m.out(of((out, state[0] if isinstance(state, tuple) else state)))
    return Calls(run, {"cell": kind(WIDTH, 8, batch_first=True, **options), "out": nn.Linear(features, 3)})


def made(name: str) -> nn.Module:
    """A module of `FORMS`."""
    torch.manual_seed(0)
    return FORMS[name][0]()


def _qkv(function: Callable[..., Any], bias: bool = False, **parts: Any) -> nn.Module:
    return Calls(function, {"qkv": nn.Linear(WIDTH, 3 * WIDTH, bias=bias), **parts, "out": nn.Linear(WIDTH, WIDTH)})


SEQUENCE, IMAGE = (T, WIDTH), (WIDTH, 4, 6)
FORMS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...], list[str]]] = {
    # the module, its input per sample, and the kinds that it is to become
    "written out": (lambda: _qkv(written), SEQUENCE, ["scaled_dot_product"]),
    "scaled before": (lambda: _qkv(scaled_before), SEQUENCE, ["scaled_dot_product"]),
    "later tokens hidden": (lambda: _qkv(hidden), SEQUENCE, ["scaled_dot_product"]),
    "projections with bias": (lambda: _qkv(written, True), SEQUENCE, ["attention"]),
    "weights shown": (lambda: _qkv(shown), SEQUENCE, ["matmul", "softmax", "matmul"]),
    "biases of a table": (lambda: _qkv(biased, table=nn.Parameter(torch.rand(9, HEADS)),
                                       index=torch.randint(0, 9, (T, T))), SEQUENCE, ["take", "scaled_dot_product"]),
    "cosine": (lambda: _qkv(cosine, scale=nn.Parameter(torch.rand(HEADS, 1, 1) * 5), coordinates=torch.rand(T, T, 2),
                            mlp=nn.Linear(2, HEADS)), SEQUENCE,
               ["constant", "l2norm", "l2norm", "matmul", "clamp", "exp", "softmax", "matmul"]),
    "a bias in parts": (lambda: Calls(partial, {
        "fc": nn.Linear(WIDTH, 12, bias=False), "a": nn.Parameter(torch.rand(4)), "b": torch.rand(4),
        "c": nn.Parameter(torch.rand(4))}), SEQUENCE, ["constant", "linear"]),
    "windows": (lambda: _qkv(windows, table=nn.Parameter(torch.rand(15, HEADS)), index=_index(2, 3),
                             mask=torch.rand(4, 6, 6)), IMAGE,
                ["relative_bias", "constant", "roll", "window_partition", "scaled_dot_product", "window_reverse"]),
    "positions": (lambda: Calls(positions, {"wpe": nn.Embedding(9, WIDTH), "out": nn.Linear(WIDTH, 2)}), SEQUENCE,
                  ["parameter", "slice", "add"]),
    "final state": (lambda: _recurrent(nn.LSTM, lambda s: s[1][-1]), SEQUENCE, ["lstm"]),
    "of two layers": (lambda: _recurrent(nn.GRU, lambda s: s[1][-1], num_layers=2), SEQUENCE, ["gru"]),
    "of two directions": (lambda: _recurrent(nn.LSTM, lambda s: torch.cat([s[1][-2], s[1][-1]], 1), 16,
                                             bidirectional=True), SEQUENCE, ["lstm"]),
    "sequence and state": (lambda: _recurrent(nn.GRU, lambda s: s[0].mean(1) + s[1].squeeze(0)), SEQUENCE,
                           ["gru", "mean", "slice"]),
    "states in one": (lambda: _recurrent(nn.GRU, lambda s: s[1].transpose(0, 1).flatten(1), 16, bidirectional=True),
                      SEQUENCE, ["gru"]),
}
