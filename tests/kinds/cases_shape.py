"""Kinds that move data, and those that take whole axes together."""

from archcalc.layers.reduce import Mean, Reduce
from archcalc.layers.select import Select
from archcalc.layers.shape import (
    ChannelShuffle,
    Chunk,
    Flatten,
    Identity,
    Permute,
    Reshape,
    Roll,
    Slice,
    Split,
)
from archcalc.layers.window import WindowPartition, WindowReverse
from archcalc.tensor import Tensor
from tests.kinds.case import Case

image = Tensor.of(6, 7, 10)
channel_last = Tensor.of(56, 28, 96, axes=("space", "space", "channel"))
text = Tensor.of(10, 12, axes=("sequence", "channel"))
ids = Tensor.of(5, dtype="int64")

CASES = [
    Case(Identity(), (image,), out=(6, 7, 10)),
    Case(Flatten(), (image,), out=(6 * 7 * 10,)),
    Case(Flatten(start=1), (image,), out=(6, 7 * 10), why="the patches of ViT"),
    Case(Flatten(end=-2), (channel_last,), out=(56 * 28, 96)),
    Case(Flatten(start=1, end=1), (image,), out=(6, 7, 10)),
    Case(Reshape(shape=(3, -1, 10)), (image,), out=(3, 6 * 7 // 3, 10)),
    Case(Reshape(shape=(28, 4, -1), axes=("window", "sequence", "channel")), (channel_last,),
         out=(28, 4, 56 * 28 * 96 // 28 // 4)),
    Case(Reshape(shape=(5, 1)), (ids,), out=(5, 1)),
    Case(Permute(order=(1, 2, 0)), (image,), out=(7, 10, 6)),
    Case(Permute(order=(-1, 0)), (text,), out=(12, 10)),
    Case(Roll(shift=(-3, 2)), (channel_last,), out=(56, 28, 96)),
    Case(Roll(shift=1, axes="sequence"), (text,), out=(10, 12)),
    Case(Slice(axis="channel", stop=3), (image,), out=(3, 7, 10)),
    Case(Slice(axis=-1, start=1, stop=-2, step=2), (image,), out=(6, 7, 4), why="1, 3, 5, 7"),
    Case(Slice(axis=1, start=-3), (image,), out=(6, 3, 10)),
    Case(Slice(axis=1, start=-30, stop=30), (image,), out=(6, 7, 10), why="bounds beyond the axis"),
    Case(Select(indices=(4, 5, 0)), (image,), out=(3, 7, 10), why="a map of LeNet-5's C3"),
    Case(Select(indices=(9, 0, 0, 3), axis="sequence"), (text,), out=(4, 12)),
    Case(Split(sizes=(4, 2), part=1), (image,), out=(2, 7, 10)),
    Case(Split(sizes=(1, 9), part=0, axis="sequence"), (text,), out=(1, 12), why="the class token"),
    Case(Chunk(chunks=3, part=0), (image,), out=(2, 7, 10)),
    Case(Chunk(chunks=4, part=3, axis=-1), (image,), out=(6, 7, 10 - 3 * 3), why="⌈10/4⌉ = 3, the rest is 1"),
    Case(Mean(axes="space"), (channel_last,), out=(96,), ops=56 * 28 * 96),
    Case(Mean(axes=(1, -1), keep=True), (image,), out=(6, 1, 1), ops=6 * 7 * 10),
    Case(Mean(axes=("sequence", "channel")), (text,), out=(), ops=10 * 12),
    Case(Reduce(op="sum", axes="channel"), (image,), out=(7, 10), ops=6 * 7 * 10),
    Case(Reduce(op="max", axes="sequence"), (text,), out=(12,), ops=120),
    Case(Reduce(op="min", axes=0, keep=True), (image,), out=(1, 7, 10), ops=420),
    Case(Reduce(op="mean", axes=(0, 2)), (image,), out=(7,), ops=420),
    Case(WindowPartition(window=7), (channel_last,), out=(8 * 4, 7 * 7, 96), why="Swin-T, half an image"),
    Case(WindowPartition(window=(7, 5)), (image,), out=(1 * 2, 7 * 5, 6)),
    Case(WindowReverse(window=7, size=(56, 28)),
         (Tensor.of(32, 49, 96, axes=("window", "sequence", "channel")),), out=(56, 28, 96)),
    Case(ChannelShuffle(groups=3), (image,), out=(6, 7, 10)),
    Case(ChannelShuffle(groups=4), (channel_last,), out=(56, 28, 96)),
]
