"""Attention with its projections, positions and masks as models of others write it, and what comes close to it."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

T, WIDTH, HEADS = 12, 16, 4
D = WIDTH // HEADS


class Attention(nn.Module):
    """Four projections around `mix`, which subclasses and arguments change; the order of parameters is q, k, v, out."""

    def __init__(self, kv_heads: int = HEADS, d: int = D, features: int = WIDTH, memory: int = WIDTH,
                 biases: tuple[bool, bool, bool, bool] = (True, True, True, True), **how: Any) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.d, self.how = HEADS, kv_heads, d, how
        if "buckets" in how:
            self.table = nn.Embedding(how["buckets"], HEADS)
        self.q = nn.Linear(WIDTH, HEADS * d, biases[0])
        self.k = nn.Linear(memory, kv_heads * d, biases[1])
        self.v = nn.Linear(memory, kv_heads * d, biases[2])
        self.o = nn.Linear(HEADS * d, features, biases[3])
        self.dropout = nn.Dropout(0.1)

    def forward(self, x: Any, y: Any = None) -> Any:
        y = x if y is None else y
        q, k, v = (p(s).view(*s.shape[:2], -1, self.d).transpose(1, 2) for p, s in (
            (self.q, x), (self.k, y), (self.v, x if self.how.get("values") == "of queries" else y)))
        q, k = self.turned(q, k)
        if not self.how.get("broadcast"):
            k, v = (repeated(s, self.heads // self.kv_heads) for s in (k, v))
        scores = torch.matmul(q, k.transpose(2, 3)) * self.how.get("scale", self.d ** -0.5)
        scores = self.biased(scores)
        weights = self.dropout(F.softmax(scores, dim=-1))
        out = torch.matmul(weights, v).transpose(1, 2).contiguous().reshape(*x.shape[:2], -1)
        out = self.o(out)
        return out + q.transpose(1, 2).flatten(2) if self.how.get("read") else out

    def turned(self, q: Any, k: Any) -> Any:
        theta, which = self.how.get("theta"), self.how.get("turned", "both")
        if theta is None:
            return q, k
        other = self.how.get("other", theta)
        return turned(q, theta, self.how), k if which == "queries" else turned(k, other, self.how)

    def biased(self, scores: Any) -> Any:
        if self.how.get("causal"):
            t = scores.shape[-1]
            scores = scores + torch.full((t, t), torch.finfo(torch.float32).min).triu(1)[None, None]
        return scores


def repeated(x: Any, n: int) -> Any:
    """Keys or values once for each of the heads that share them, as Hugging Face's `repeat_kv`."""
    b, kv, t, d = x.shape
    return x if n == 1 else x[:, :, None].expand(b, kv, n, t, d).reshape(b, kv * n, t, d)


def tables(length: int, d: int, theta: float, how: Any) -> tuple[Any, Any]:
    """Cosines and sines of twice the width, as Hugging Face's `LlamaRotaryEmbedding`."""
    speeds = 1.0 / theta ** (torch.arange(0, d, 2).float() / d)
    places = torch.arange(length).float() * how.get("stretched", 1) + how.get("from", 0)
    angles = places[:, None] * speeds[None]
    angles = angles.repeat_interleave(2, -1) if how.get("pairs") else torch.cat((angles, angles), -1)
    cos, sin = angles.cos(), angles.sin()
    return (sin, cos) if how.get("swapped") else (cos, sin)


def turned(x: Any, theta: float, how: Any) -> Any:
    """x·cos + (−x₂ joined with x₁)·sin, or what comes close to it."""
    cos, sin = tables(x.shape[-2], x.shape[-1], theta, how)
    half = x.shape[-1] // 2
    first, second = x[..., :half], x[..., half:]
    if how.get("chunks"):
        cos, sin = cos[:, :half], sin[:, :half]
        return torch.cat([first * cos - second * sin, first * sin + second * cos], -1)
    if how.get("pairs"):
        return x * cos + torch.stack((-x[..., 1::2], x[..., ::2]), -1).flatten(-2) * sin
    parts = (second, -first) if how.get("backwards") else (-second, first)
    return x * cos + torch.cat(parts, -1) * sin


class Packed(nn.Module):
    """One projection of all three, in an order, or head by head."""

    def __init__(self, order: str = "qkv", causal: bool = False, scale: float | None = None) -> None:
        super().__init__()
        self.order, self.causal, self.scale = order, causal, scale
        self.qkv, self.o = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Any) -> Any:
        whole = self.qkv(x)
        if self.order == "by head":
            q, k, v = whole.unflatten(-1, (HEADS, 3 * D)).transpose(1, 2).chunk(3, -1)
        else:
            parts = dict(zip(self.order, whole.chunk(3, -1), strict=True))
            q, k, v = (parts[w].unflatten(-1, (HEADS, D)).transpose(1, 2) for w in "qkv")
        out = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal, scale=self.scale)
        return self.o(out.transpose(1, 2).flatten(2))


class ScaledQueries(Attention):
    """Queries divided by √d before they are cut into heads, as in BART."""

    def forward(self, x: Any, y: Any = None) -> Any:
        q, k, v = ((self.q(x) * self.d ** -0.5), self.k(x), self.v(x))
        q, k, v = (s.view(*x.shape[:2], -1, self.d).transpose(1, 2) for s in (q, k, v))
        return self.o((torch.softmax(q @ k.transpose(2, 3), -1) @ v).transpose(1, 2).flatten(2))


class Interleaved(Attention):
    """Shared keys and values repeated by `repeat_interleave`, with the fused function."""

    def forward(self, x: Any, y: Any = None) -> Any:
        q, k, v = (p(x).view(*x.shape[:2], -1, self.d).transpose(1, 2) for p in (self.q, self.k, self.v))
        k, v = (s.repeat_interleave(self.heads // self.kv_heads, dim=1) for s in (k, v))
        out = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.o(out.transpose(1, 2).flatten(2))


class BeforeHeads(Attention):
    """Positions turned before tokens and heads change places."""

    def forward(self, x: Any, y: Any = None) -> Any:
        q, k, v = (p(x).view(*x.shape[:2], -1, self.d) for p in (self.q, self.k, self.v))
        cos, sin = (t[:, None] for t in tables(x.shape[1], self.d, 500.0, {}))
        q, k = (s * cos + torch.cat((-s[..., self.d // 2:], s[..., :self.d // 2]), -1) * sin for s in (q, k))
        out = F.scaled_dot_product_attention(*(s.transpose(1, 2) for s in (q, k, v)))
        return self.o(out.transpose(1, 2).flatten(2))


class SharedProjection(Attention):
    """Queries that are the keys too (Reformer)."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        del self.k

    def forward(self, x: Any, y: Any = None) -> Any:
        q, v = (p(x).view(*x.shape[:2], -1, self.d).transpose(1, 2) for p in (self.q, self.v))
        out = F.scaled_dot_product_attention(q, q, v)
        return self.o(out.transpose(1, 2).flatten(2))


def bucket(distance: Any, both: bool, count: int, reach: int) -> Any:
    """Buckets of distances as in Hugging Face's `T5Attention._relative_position_bucket`."""
    found = 0
    if both:
        count //= 2
        found = (distance > 0).long() * count
        distance = distance.abs()
    else:
        distance = -torch.min(distance, torch.zeros_like(distance))
    near = count // 2
    far = near + (torch.log(distance.float() / near) / math.log(reach / near) * (count - near)).long()
    far = torch.min(far, torch.full_like(far, count - 1))
    return found + torch.where(distance < near, distance, far)


class T5(Attention):
    """Scores that are not divided, with biases by buckets of distances, and perhaps a mask."""

    def __init__(self, decoder: bool = False, reach: int = 128, rule: str = "buckets", how: str = "added") -> None:
        super().__init__(biases=(False,) * 4, scale=1.0, buckets=8)
        self.decoder, self.reach, self.rule, self.masked = decoder, reach, rule, how

    def biased(self, scores: Any) -> Any:
        t = scores.shape[-1]
        apart = torch.arange(t)[None] - torch.arange(t)[:, None]
        index = bucket(apart, not self.decoder, 8, self.reach) if self.rule == "buckets" else \
            apart.clamp(-3, 3) + 3 if self.rule == "clipped" else bucket(-apart, True, 8, self.reach)
        bias = self.table(index).permute(2, 0, 1)[None]
        if self.decoder and self.masked == "added":
            bias = bias + torch.full((t, t), float("-inf")).triu(1)
        elif self.decoder:
            bias = torch.where(torch.ones(t, t).tril().bool(), bias, torch.finfo(torch.float32).min)
        return scores + bias


class Normed(nn.Module):
    """A normalization before attention: what the length of a sequence is told by."""

    def __init__(self, attention: nn.Module) -> None:
        super().__init__()
        self.norm, self.attention = nn.LayerNorm(WIDTH), attention

    def forward(self, x: Any) -> Any:
        return self.attention(self.norm(x))
