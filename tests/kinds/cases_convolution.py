"""Convolutions, checked against arithmetic and (marked `torch`) against torch's modules."""

from archcalc.layers.convolution import Conv, Conv1d, Conv3d, ConvTranspose, ConvTranspose1d, ConvTranspose3d
from archcalc.tensor import Tensor
from tests.kinds.case import Case

image = Tensor.of(3, 227, 227)

CASES = [
    Case(Conv(filters=96, kernel=11, stride=4), (image,), out=(96, 55, 55),
         params=96 * 3 * 11 * 11 + 96, macs=55 * 55 * 96 * 3 * 11 * 11, ops=96 * 55 * 55, why="AlexNet conv1"),
    Case(Conv(filters=256, kernel=5, padding=2, groups=2), (Tensor.of(96, 27, 27),), out=(256, 27, 27),
         params=5 * 5 * 48 * 128 * 2 + 256, macs=27 * 27 * 5 * 5 * 48 * 256, ops=256 * 27 * 27, why="AlexNet conv2"),
    Case(Conv(filters=8, kernel=(1, 7), padding=(0, 3), stride=(2, 1), dilation=(1, 1), bias=False),
         (Tensor.of(4, 9, 12),), out=(8, 5, 12), params=8 * 4 * 7, macs=5 * 12 * 8 * 4 * 7),
    Case(Conv(filters=4, kernel=4, padding="same", stride=3), (Tensor.of(2, 11, 10),), out=(4, 4, 4),
         params=4 * 2 * 16 + 4, macs=16 * 4 * 2 * 16, ops=4 * 16, why="same: ⌈11/3⌉ × ⌈10/3⌉"),
    Case(Conv(filters=4, kernel=3, padding=((0, 1), (2, 0)), dilation=2), (Tensor.of(2, 8, 8),), out=(4, 5, 6),
         params=4 * 2 * 9 + 4, macs=30 * 4 * 2 * 9, ops=4 * 30, why="extent 5: 8+1−5+1 and 8+2−5+1"),
    Case(Conv(filters=6, kernel=3, padding=1, groups=6), (Tensor.of(7, 5, 6, axes=("space", "space", "channel")),),
         out=(7, 5, 6), params=6 * 9 + 6, macs=35 * 6 * 9, ops=6 * 35, why="channels last"),
    Case(Conv1d(filters=8, kernel=2, dilation=4, padding=((4, 0),)), (Tensor.of(8, 100),), out=(8, 100),
         params=8 * 8 * 2 + 8, macs=100 * 8 * 8 * 2, ops=800, why="WaveNet's causal convolution"),
    Case(Conv3d(filters=64, kernel=3, padding=1), (Tensor.of(3, 16, 112, 112),), out=(64, 16, 112, 112),
         params=64 * 3 * 27 + 64, macs=16 * 112 * 112 * 64 * 3 * 27, ops=64 * 16 * 112 * 112, why="C3D conv1a"),
    Case(ConvTranspose(filters=512, kernel=4, stride=2, padding=1), (Tensor.of(1024, 4, 4),), out=(512, 8, 8),
         params=1024 * 512 * 16 + 512, macs=16 * 1024 * 512 * 16, ops=512 * 64, why="DCGAN: (4 − 1)·2 − 2 + 4"),
    Case(ConvTranspose(filters=8, kernel=3, stride=2, padding=1, output_padding=1, groups=2, bias=False),
         (Tensor.of(5, 6, 4, axes=("space", "space", "channel")),), out=(10, 12, 8), params=4 * 4 * 9,
         macs=30 * 4 * 4 * 9, why="channels last: (5 − 1)·2 − 2 + 3 + 1"),
    Case(ConvTranspose(filters=3, kernel=(2, 3), stride=(2, 1), padding=(0, 1), dilation=(1, 2)),
         (Tensor.of(2, 5, 5),), out=(3, 10, 7), params=2 * 3 * 6 + 3, macs=25 * 36, ops=3 * 70,
         why="(5 − 1)·2 + 2 and 4 − 2 + 5"),
    Case(ConvTranspose1d(filters=4, kernel=16, stride=8, padding=4), (Tensor.of(8, 32),), out=(4, 256),
         params=8 * 4 * 16 + 4, macs=32 * 8 * 4 * 16, ops=4 * 256, why="HiFi-GAN: 31·8 − 8 + 16"),
    Case(ConvTranspose3d(filters=4, kernel=2, stride=2), (Tensor.of(8, 2, 3, 4),), out=(4, 4, 6, 8),
         params=8 * 4 * 8 + 4, macs=24 * 8 * 4 * 8, ops=4 * 192),
]
