"""Pooling: windows that slide, that fit a given size, and that cover the plane."""

from archcalc.layers.pooling import (
    AdaptiveAvgpool,
    AdaptiveMaxpool,
    Avgpool,
    Avgpool1d,
    Avgpool3d,
    GlobalAvgpool,
    GlobalMaxpool,
    Maxpool,
    Maxpool1d,
    Maxpool3d,
)
from archcalc.tensor import Tensor
from tests.kinds.case import Case

last = Tensor.of(9, 6, 5, axes=("space", "space", "channel"))

CASES = [
    Case(Maxpool(kernel=3, stride=2), (Tensor.of(96, 55, 55),), out=(96, 27, 27), ops=8 * 96 * 27 * 27,
         why="AlexNet pool1"),
    Case(Maxpool(kernel=3, stride=2, ceil=True), (Tensor.of(96, 110, 110),), out=(96, 55, 55), ops=8 * 96 * 55 * 55,
         why="ZFNet pool1: ⌈107/2⌉ + 1"),
    Case(Maxpool(kernel=2, stride=2, ceil=True, padding=1), (Tensor.of(4, 7, 8),), out=(4, 4, 5), ops=3 * 4 * 20,
         why="of 7: ⌈7/2⌉ + 1 = 5 windows, but the fifth would begin behind the input, at 8 of 1 + 7"),
    Case(Maxpool(kernel=3, stride=1, padding=2), (Tensor.of(4, 7, 8),), out=(4, 9, 10), ops=8 * 4 * 90,
         why="padding over half the kernel"),
    Case(Maxpool(kernel=3, stride=2, padding="same"), (Tensor.of(4, 8, 7),), out=(4, 4, 4), ops=8 * 4 * 16,
         why="same: ⌈8/2⌉, unevenly padded"),
    Case(Maxpool(kernel=(2, 3), stride=3, padding=((1, 0), (0, 2)), ceil=True), (Tensor.of(4, 8, 9),), out=(4, 3, 3),
         ops=5 * 4 * 9, why="⌈7/3⌉ + 1 = 4 and ⌈8/3⌉ + 1 = 4, less the last, which begins at 9 of 1 + 8 and 0 + 9"),
    Case(Maxpool(kernel=2, dilation=3), (last,), out=(6, 3, 5), ops=3 * 18 * 5, why="channels last, extent 4"),
    Case(Maxpool1d(kernel=4, stride=4), (Tensor.of(8, 30),), out=(8, 7), ops=3 * 8 * 7, why="⌊26/4⌋ + 1"),
    Case(Maxpool3d(kernel=(1, 2, 2), stride=(1, 2, 2)), (Tensor.of(64, 16, 112, 112),), out=(64, 16, 56, 56),
         ops=3 * 64 * 16 * 56 * 56, why="C3D pool1"),
    Case(Avgpool(kernel=7), (Tensor.of(1024, 7, 7),), out=(1024, 1, 1), ops=49 * 1024, why="GoogLeNet's last"),
    Case(Avgpool(kernel=3, stride=2, padding=1, ceil=True, count_include_pad=False), (Tensor.of(4, 8, 7),),
         out=(4, 5, 4), ops=9 * 4 * 20, why="⌈7/2⌉ + 1 and 6/2 + 1"),
    Case(Avgpool(kernel=3, padding="same", stride=2, count_include_pad=False), (Tensor.of(4, 8, 8),), out=(4, 4, 4),
         ops=9 * 4 * 16, why="TensorFlow's average leaves the padding out"),
    Case(Avgpool(kernel=2, padding=((1, 0), (0, 0)), stride=(2, 1)), (last,), out=(5, 5, 5), ops=4 * 125,
         why="(9 + 1 − 2)/2 + 1, channels last"),
    Case(Avgpool1d(kernel=5, padding=4, stride=3), (Tensor.of(6, 20),), out=(6, 8), ops=5 * 48, why="⌊23/3⌋ + 1"),
    Case(Avgpool3d(kernel=2, stride=2), (Tensor.of(3, 4, 5, 6),), out=(3, 2, 2, 3), ops=8 * 36),
    Case(AdaptiveAvgpool(size=6), (Tensor.of(256, 13, 13),), out=(256, 6, 6), ops=256 * (13 + 6 - 1) ** 2,
         why="torchvision's AlexNet: windows 0–2, 2–4, 4–6, 6–8, 8–10, 10–12 are 18 long together"),
    Case(AdaptiveAvgpool(size=(2, 3)), (Tensor.of(5, 4, 4),), out=(5, 2, 3), ops=5 * 4 * (4 + 3 - 1)),
    Case(AdaptiveAvgpool(size=1), (Tensor.of(8, 4, 7, 7),), out=(8, 1, 1, 1), ops=8 * 4 * 49, why="three axes"),
    Case(AdaptiveMaxpool(size=4), (Tensor.of(3, 10),), out=(3, 4), ops=3 * (10 + 4 - 2) - 3 * 4, why="one axis"),
    Case(AdaptiveMaxpool(size=3), (last,), out=(3, 3, 5), ops=5 * 9 * 6 - 45, why="channels last, 9 and 6 divide"),
    Case(GlobalAvgpool(), (Tensor.of(512, 7, 7),), out=(512, 1, 1), ops=512 * 49),
    Case(GlobalAvgpool(keep=False), (last,), out=(5,), ops=9 * 6 * 5, why="channels last"),
    Case(GlobalMaxpool(), (Tensor.of(8, 100),), out=(8, 1), ops=8 * 99),
    Case(GlobalMaxpool(keep=False), (Tensor.of(8, 3, 4, 5),), out=(8,), ops=8 * 59),
    Case(Maxpool(kernel=3, stride=3, ceil=True), (Tensor.of(2, 1, 4),), out=(2, 1, 2), ops=2 * 2 * 8,
         why="rounded up, one window hangs over an axis of 1: ⌈(1 − 3)/3⌉ + 1 = 1, ⌈(4 − 3)/3⌉ + 1 = 2"),
]
