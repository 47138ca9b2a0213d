"""Kinds that change the spatial sizes without weights."""

from archcalc.layers.resize import Crop, Pad, PixelShuffle, Upsample
from archcalc.tensor import Tensor
from tests.kinds.case import Case

image = Tensor.of(4, 9, 12)
channel_last = Tensor.of(9, 12, 4, axes=("space", "space", "channel"))
wave = Tensor.of(2, 11)
volume = Tensor.of(2, 3, 4, 5)
other = Tensor.of(7, 5, 6)

CASES = [
    Case(Pad(padding=3), (image,), out=(4, 9 + 6, 12 + 6)),
    Case(Pad(padding=((0, 1), 2), value=1.5), (channel_last,), out=(10, 16, 4)),
    Case(Pad(padding=(8, 0), mode="reflect"), (image,), out=(4, 9 + 16, 12)),
    Case(Pad(padding=((13, 1),), mode="replicate"), (wave,), out=(2, 11 + 14)),
    Case(Pad(padding=(3, 4, 5), mode="circular"), (volume,), out=(2, 9, 12, 15)),
    Case(Pad(padding=((0, 4),), axis="channel"), (image,), out=(4 + 4, 9, 12), why="a shortcut without weights"),
    Case(Pad(padding=1, axis=-1, value=2.0), (channel_last,), out=(9, 12, 6)),
    Case(Crop(size=4), (image,), out=(4, 4, 4)),
    Case(Crop(size=(9, 5), offset=(0, 7)), (channel_last,), out=(9, 5, 4)),
    Case(Crop(like=True), (image, other), out=(4, 5, 6), why="as U-Net's copies"),
    Case(Upsample(scale=2), (image,), out=(4, 18, 24)),
    Case(Upsample(scale=(1, 3), mode="bilinear", align_corners=True), (channel_last,), out=(9, 36, 4),
         ops=9 * 36 * 4 * (4 + 3)),
    Case(Upsample(size=17, mode="linear"), (wave,), out=(2, 17), ops=2 * 17 * (2 + 1)),
    Case(Upsample(scale=2, mode="linear"), (volume,), out=(2, 6, 8, 10), ops=2 * 6 * 8 * 10 * (8 + 7)),
    Case(Upsample(scale=2, mode="trilinear"), (volume,), out=(2, 6, 8, 10), ops=2 * 6 * 8 * 10 * (8 + 7)),
    Case(Upsample(size=(10, 10), mode="bicubic"), (image,), out=(4, 10, 10), ops=4 * 100 * (16 + 15)),
    Case(Upsample(like=True), (image, other), out=(4, 5, 6)),
    Case(Upsample(like=True, mode="bilinear"), (channel_last, other), out=(5, 6, 4), ops=4 * 5 * 6 * 7),
    Case(PixelShuffle(factor=2), (image,), out=(4 // 4, 18, 24)),
    Case(PixelShuffle(factor=2), (channel_last,), out=(18, 24, 1)),
]
