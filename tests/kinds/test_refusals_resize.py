"""What the kinds that change spatial sizes refuse."""

from archcalc.layers.resize import Crop, Pad, PixelShuffle, Upsample
from archcalc.tensor import Tensor
from tests.kinds.refusal import image, messages, tokens, vector

small = Tensor.of(2, 4, 4)

test_message = messages([
    (Pad(padding=1), (tokens,), None, "pads spatial axes, but 4×6 has sequence×channel"),
    (Pad(padding=(1, 2, 3)), (image,), "padding", "padding takes one number or 2, found 3"),
    (Pad(padding=8, mode="reflect"), (image,), "padding", "reflect padding of 8 needs more than the 8 elements"),
    (Pad(padding=9, mode="circular"), (image,), "padding", "circular padding of 9 needs more than the 8 elements"),
    (Pad(padding=1, axis="channel", mode="reflect"), (image,), "mode", "pads one axis with a constant only"),
    (Crop(), (image,), None, "needs one of size, like, found none"),
    (Crop(size=4, like=True), (image, small), None, "needs one of size, like, found size and like"),
    (Crop(size=4), (image, small), None, "takes a second input only by `like`, found 2×4×4"),
    (Crop(size=9), (image,), "size", "a crop of 9 does not fit into 8"),
    (Crop(size=10), (image,), "size", "a crop of 10 does not fit into 8"),
    (Crop(size=4, offset=5), (image,), "offset", "a crop of 4 from 5 on does not fit into 8"),
    (Crop(size=4, offset=(0, 0, 0)), (image,), "offset", "offset takes one number or 2, found 3"),
    (Crop(like=True), (small, image), "like", "a crop of 8 does not fit into 4"),
    (Crop(like=True), (image, vector), "like", "6×8×8 and 6, which it should be like, differ in spatial axes"),
    (Crop(size=2), (tokens,), None, "works on spatial axes, but 4×6 has sequence×channel"),
    (Crop(like=True), (image,), "like", "`like` must name a layer"),
    (Upsample(), (image,), None, "needs one of scale, size, like, found none"),
    (Upsample(scale=2, size=16), (image,), None, "needs one of scale, size, like, found scale and size"),
    (Upsample(scale=(2, 2, 2)), (image,), "scale", "scale takes one number or 2, found 3"),
    (Upsample(scale=2, mode="trilinear"), (image,), "mode",
     "trilinear works on 3 spatial axes, but 6×8×8 has 2: use linear"),
    (Upsample(scale=2, mode="bicubic"), (Tensor.of(6, 8),), "mode",
     "bicubic works on 2 spatial axes, but 6×8 has 1: use linear"),
    (Upsample(scale=2, align_corners=True), (image,), "align_corners", "nearest has no corners to align"),
    (PixelShuffle(factor=2), (image,), "factor", "6 channels are not a multiple of 4, the square of the factor"),
    (PixelShuffle(factor=2), (Tensor.of(4, 8),), None, "moves channels into 2 spatial axes, but 4×8 has channel×space"),
])
