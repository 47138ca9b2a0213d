"""Learned tables and vectors, and positions."""

from archcalc.layers.embedding import BucketBias, Embedding, Parameter, RelativeBias, Rotary, Scale
from archcalc.tensor import Tensor
from tests.kinds.case import Case

ids = Tensor.of(128, dtype="int64")
text = Tensor.of(128, 64, axes=("sequence", "channel"))
windows = Tensor.of(4, 35, 12, axes=("window", "sequence", "channel"))
image = Tensor.of(6, 7, 10)
channel_last = Tensor.of(7, 10, 6, axes=("space", "space", "channel"))

CASES = [
    Case(Embedding(entries=50257, features=768), (ids,), out=(128, 768), params=50257 * 768, why="GPT-2"),
    Case(Embedding(entries=3, features=2), (Tensor.of(4, 5, dtype="int32"),), out=(4, 5, 2), params=3 * 2),
    Case(Parameter(shape=(1, 768)), (text,), out=(1, 768), params=768, why="ViT's class token"),
    Case(Parameter(shape=(3,)), (image,), out=(3,), params=3),
    Case(Parameter(shape=(7, 10, 6), axes=("space", "space", "channel")), (ids,), out=(7, 10, 6), params=420),
    Case(Scale(), (image,), out=(6, 7, 10), params=6, ops=6 * 7 * 10),
    Case(Scale(bias=True), (channel_last,), out=(7, 10, 6), params=2 * 6, ops=2 * 6 * 7 * 10),
    Case(Rotary(heads=8), (text,), out=(128, 64), ops=3 * 128 * 64),
    Case(Rotary(heads=3), (windows,), out=(4, 35, 12), ops=3 * 4 * 35 * 12),
    Case(RelativeBias(window=7, heads=3), (windows,), out=(3, 49, 49), params=13 * 13 * 3, buffers=49 * 49,
         why="Swin-T, stage 1"),
    Case(RelativeBias(window=(5, 7), heads=2), (windows,), out=(2, 35, 35), params=9 * 13 * 2, buffers=35 * 35),
    Case(BucketBias(buckets=32, heads=8), (text,), out=(8, 128, 128), params=32 * 8, why="T5-small, encoder"),
    Case(BucketBias(buckets=32, heads=8, causal=True), (text,), out=(8, 128, 128), params=32 * 8),
]
