"""Attention over tokens and within windows of an image."""

from archcalc.layers.attention import Attention
from archcalc.layers.dot_product import ScaledDotProduct
from archcalc.layers.window import WindowAttention
from archcalc.tensor import Tensor
from tests.kinds.case import Case


def tokens(*dims: int) -> Tensor:
    return Tensor.of(*dims, axes=("window", "sequence", "channel")[-len(dims):])


def scores(heads: int, queries: int, keys: int) -> Tensor:
    return Tensor.of(heads, queries, keys, axes=("channel", "sequence", "sequence"))


def masks(*dims: int) -> Tensor:
    return Tensor.of(*dims, axes=("window", "channel", "sequence", "sequence"))


def image(*dims: int) -> Tensor:
    return Tensor.of(*dims, axes=("space", "space", "channel"))


CASES = [
    Case(Attention(heads=12), (tokens(197, 768),), out=(197, 768), params=4 * 768 * 768 + 4 * 768,
         macs=4 * 197 * 768 * 768 + 2 * 197 * 197 * 768, ops=4 * 197 * 768 + 6 * 12 * 197 * 197, why="ViT-B/16"),
    Case(Attention(heads=4, causal=True, bias=False), (tokens(9, 16),), out=(9, 16), params=4 * 16 * 16,
         macs=4 * 9 * 16 * 16 + 2 * 81 * 16, ops=6 * 4 * 81),
    Case(Attention(heads=3), (tokens(5, 10, 12),), out=(5, 10, 12), params=4 * 12 * 12 + 4 * 12,
         macs=5 * (4 * 10 * 144 + 2 * 100 * 12), ops=5 * (4 * 10 * 12 + 6 * 3 * 100), why="in windows"),
    Case(Attention(heads=2), (tokens(7, 8), tokens(11, 8)), out=(7, 8), params=4 * 64 + 4 * 8,
         macs=2 * 7 * 64 + 2 * 11 * 64 + 2 * 77 * 8, ops=2 * 7 * 8 + 2 * 11 * 8 + 6 * 2 * 77, why="cross"),
    Case(Attention(heads=2, position=True), (tokens(7, 8), scores(2, 7, 7)), out=(7, 8), params=4 * 64 + 4 * 8,
         macs=4 * 7 * 64 + 2 * 49 * 8, ops=4 * 7 * 8 + 7 * 2 * 49),
    Case(Attention(heads=2, position=True, causal=True), (tokens(3, 7, 8), scores(2, 7, 7)), out=(3, 7, 8),
         params=4 * 64 + 4 * 8, macs=3 * (4 * 7 * 64 + 2 * 49 * 8), ops=3 * (4 * 7 * 8 + 7 * 2 * 49)),
    Case(Attention(heads=2, position=True), (tokens(7, 8), tokens(11, 8), scores(2, 7, 11)), out=(7, 8),
         params=4 * 64 + 4 * 8, macs=2 * 18 * 64 + 2 * 77 * 8, ops=2 * 18 * 8 + 7 * 2 * 77),
    Case(Attention(heads=8, head_dim=64, bias=False, scaled=False, position=True),
         (tokens(20, 1024), scores(8, 20, 20)), out=(20, 1024), params=4 * 1024 * 512,
         macs=4 * 20 * 1024 * 512 + 2 * 400 * 512, ops=6 * 8 * 400, why="T5: heads narrower than the model, no scale"),
    Case(Attention(heads=2, head_dim=5, position=True, causal=True), (tokens(3, 7, 8), scores(2, 7, 7)), out=(3, 7, 8),
         params=4 * 80 + 3 * 10 + 8, macs=3 * (4 * 7 * 80 + 2 * 49 * 10), ops=3 * (7 * 38 + 7 * 2 * 49)),
    Case(Attention(heads=8, kv_heads=2, rotary=True, theta=5e5, causal=True, bias=False), (tokens(10, 64),),
         out=(10, 64), params=2 * 64 * 64 + 2 * 64 * 16, macs=10 * (2 * 64 * 64 + 2 * 64 * 16) + 2 * 100 * 64,
         ops=3 * 10 * (64 + 16) + 6 * 8 * 100, why="as Llama: grouped queries, rotary positions"),
    Case(Attention(heads=3, cosine=True), (tokens(4, 6, 12),), out=(4, 6, 12), params=3 + 4 * 144 + 4 * 12,
         macs=4 * (4 * 6 * 144 + 2 * 36 * 12), ops=4 * (4 * 6 * 12 + 6 * 3 * 36 + 3 * 2 * 6 * 12) + 2 * 3),
    Case(Attention(heads=2, packed=False, features=6, out_bias=False), (tokens(7, 8), tokens(11, 10)), out=(7, 6),
         params=8 * 8 + 2 * 10 * 8 + 3 * 8 + 8 * 6, macs=7 * 8 * 8 + 2 * 11 * 10 * 8 + 7 * 8 * 6 + 2 * 77 * 8,
         ops=7 * 8 + 2 * 11 * 8 + 6 * 2 * 77),
    Case(ScaledDotProduct(heads=2), (tokens(7, 8), tokens(11, 8), tokens(11, 6)), out=(7, 6),
         macs=2 * 77 * (4 + 3), ops=6 * 2 * 77),
    Case(ScaledDotProduct(heads=2, root_of=8), (tokens(7, 8), tokens(7, 8), tokens(7, 8)), out=(7, 8),
         macs=2 * 49 * 8, ops=6 * 2 * 49, why="MaxViT's, by the root of all channels"),
    Case(ScaledDotProduct(heads=4, kv_heads=2, position=True, causal=True),
         (tokens(3, 7, 8), tokens(3, 7, 4), tokens(3, 7, 4), scores(4, 7, 7)), out=(3, 7, 8),
         macs=3 * 4 * 49 * (2 + 2), ops=3 * 7 * 4 * 49),
    Case(ScaledDotProduct(heads=3, position=True), (*[tokens(4, 9, 6)] * 3, masks(4, 1, 9, 9)), out=(4, 9, 6),
         macs=4 * 3 * 81 * (2 + 2), ops=4 * 7 * 3 * 81, why="a mask for each window, shared by the heads"),
    Case(ScaledDotProduct(heads=3, position=True), (*[tokens(4, 9, 6)] * 3, scores(1, 9, 9)), out=(4, 9, 6),
         macs=4 * 3 * 81 * (2 + 2), ops=4 * 7 * 3 * 81),
    Case(Attention(heads=3, position=True), (tokens(4, 9, 6), masks(4, 3, 9, 9)), out=(4, 9, 6),
         params=4 * 36 + 4 * 6, macs=4 * (4 * 9 * 36 + 2 * 81 * 6), ops=4 * (4 * 9 * 6 + 7 * 3 * 81)),
    Case(Attention(heads=3, position=True), (tokens(4, 9, 6), scores(1, 9, 9)), out=(4, 9, 6),
         params=4 * 36 + 4 * 6, macs=4 * (4 * 9 * 36 + 2 * 81 * 6), ops=4 * (4 * 9 * 6 + 7 * 3 * 81)),
    Case(WindowAttention(window=7, heads=3), (image(56, 56, 96),), out=(56, 56, 96),
         params=13 * 13 * 3 + 96 * 288 + 288 + 96 * 96 + 96, buffers=49 * 49,
         macs=56 * 56 * (4 * 96 * 96 + 2 * 49 * 96), ops=56 * 56 * (4 * 96 + 7 * 3 * 49), why="Swin-T, stage 1"),
    Case(WindowAttention(window=(4, 3), heads=2, shift=(2, 1), bias=False), (image(10, 8, 6),), out=(10, 8, 6),
         params=7 * 5 * 2 + 4 * 36, buffers=12 * 12, macs=12 * 9 * (4 * 36 + 2 * 12 * 6), ops=12 * 9 * 7 * 2 * 12,
         why="padded to 12×9"),
    Case(WindowAttention(window=4, heads=3, shift=2, version=2), (image(8, 8, 12),), out=(8, 8, 12),
         params=3 + 36 * 12 + 36 + 144 + 12 + 2 * 512 + 512 + 512 * 3, buffers=7 * 7 * 2 + 16 * 16,
         macs=64 * (4 * 144 + 2 * 16 * 12) + 49 * (2 * 512 + 512 * 3),
         ops=64 * (4 * 12 + 7 * 3 * 16 + 3 * 2 * 12) + 49 * (512 + 512) + 5 * 3 * 256 + 2 * 3),
]
