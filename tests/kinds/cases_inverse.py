"""Layers backwards: unpooling, and transposes. Each output is the input of the layer that it reverses."""

from archcalc.layers.inverse import BatchnormTranspose, Expand, LinearTranspose, LrnTranspose, Unselect, Unslice
from archcalc.layers.unpooling import (
    AdaptiveAvgUnpool,
    AdaptiveMaxUnpool,
    AvgUnpool,
    AvgUnpool1d,
    AvgUnpool3d,
    MaxUnpool,
    MaxUnpool1d,
    MaxUnpool3d,
)
from archcalc.tensor import Tensor
from tests.kinds.case import Case

last = Tensor.of(6, 3, 5, axes=("space", "space", "channel"))


def switches(x: Tensor) -> Tensor:
    return x._replace(dtype="int64")


def pooled(*dims: int) -> tuple[Tensor, Tensor]:
    """A signal of the size that pooling leaves, and its switches."""
    x = Tensor.of(*dims)
    return x, switches(x)


CASES = [
    Case(MaxUnpool(kernel=3, stride=2, size=55), pooled(96, 27, 27), out=(96, 55, 55), ops=96 * 27 * 27,
         why="AlexNet pool1 backwards"),
    Case(MaxUnpool(kernel=3, stride=2, ceil=True, size=110), pooled(96, 55, 55), out=(96, 110, 110),
         ops=96 * 55 * 55, why="ZFNet pool1 backwards: ⌈107/2⌉ + 1 = 55"),
    Case(MaxUnpool(kernel=(2, 3), stride=3, padding=((1, 0), (0, 2)), ceil=True, size=(8, 9)), pooled(4, 3, 3),
         out=(4, 8, 9), ops=4 * 9),
    Case(MaxUnpool(kernel=2, dilation=3, size=(9, 6)), (last, switches(last)), out=(9, 6, 5), ops=6 * 3 * 5,
         why="channels last, extent 4"),
    Case(MaxUnpool1d(kernel=4, stride=4, size=30), pooled(8, 7), out=(8, 30), ops=8 * 7),
    Case(MaxUnpool3d(kernel=(1, 2, 2), stride=(1, 2, 2), size=(4, 6, 8)), pooled(5, 4, 3, 4), out=(5, 4, 6, 8),
         ops=5 * 4 * 3 * 4),
    Case(AvgUnpool(kernel=7, size=7), (Tensor.of(1024, 1, 1),), out=(1024, 7, 7), ops=(1 + 49) * 1024,
         why="GoogLeNet's last pooling backwards"),
    Case(AvgUnpool(kernel=3, stride=2, padding=1, ceil=True, count_include_pad=False, size=(8, 7)),
         (Tensor.of(4, 5, 4),), out=(4, 8, 7), ops=10 * 4 * 20),
    Case(AvgUnpool(kernel=2, padding=((1, 0), (0, 0)), stride=(2, 1), size=(9, 6)),
         (Tensor.of(5, 5, 5, axes=last.axes),), out=(9, 6, 5), ops=5 * 125, why="channels last"),
    Case(AvgUnpool1d(kernel=5, padding=4, stride=3, size=20), (Tensor.of(6, 8),), out=(6, 20), ops=6 * 48),
    Case(AvgUnpool3d(kernel=2, stride=2, size=(4, 5, 6)), (Tensor.of(3, 2, 2, 3),), out=(3, 4, 5, 6), ops=9 * 36),
    Case(AdaptiveAvgUnpool(size=13), (Tensor.of(256, 6, 6),), out=(256, 13, 13), ops=2 * 256 * (13 + 6 - 1) ** 2,
         why="windows of 18 places together along each axis"),
    Case(AdaptiveAvgUnpool(size=7), (Tensor.of(512, 1, 1),), out=(512, 7, 7), ops=2 * 512 * 49,
         why="ResNet's global pooling backwards"),
    Case(AdaptiveMaxUnpool(size=10), pooled(3, 4), out=(3, 10), ops=3 * 4),
    Case(LinearTranspose(features=9216), (Tensor.of(4096),), out=(9216,), params=4096 * 9216, macs=4096 * 9216,
         why="AlexNet fc6 backwards"),
    Case(LinearTranspose(features=6), (Tensor.of(7, 4, axes=("sequence", "channel")),), out=(7, 6), params=24,
         macs=7 * 24),
    Case(BatchnormTranspose(), (Tensor.of(64, 8, 8),), out=(64, 8, 8), params=64, buffers=64, ops=64 * 64),
    Case(BatchnormTranspose(scale=False), (last,), out=(6, 3, 5), buffers=5, ops=90, why="without a weight"),
    Case(LrnTranspose(size=5, groups=2), (Tensor.of(96, 5, 5), Tensor.of(96, 5, 5)), out=(96, 5, 5),
         ops=(2 * 5 + 9) * 96 * 25, why="AlexNet norm1 backwards"),
    Case(LrnTranspose(size=4), (last, last), out=(6, 3, 5), ops=(2 * 4 + 9) * 90, why="an even window"),
    Case(Expand(shape=(8, 3, 4)), (Tensor.of(8, 1, 1),), out=(8, 3, 4)),
    Case(Unslice(size=480, start=64, axis=0), (Tensor.of(128, 4, 4),), out=(480, 4, 4),
         why="a branch of a concatenation"),
    Case(Unslice(size=9, start=1, step=2, axis=1), (Tensor.of(3, 4, 5),), out=(3, 9, 5), why="places 1, 3, 5 and 7"),
    Case(Unselect(indices=(0, 2, 2), size=4), (Tensor.of(3, 5, 5),), out=(4, 5, 5), ops=75, why="one comes twice"),
]
