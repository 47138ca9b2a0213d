"""What unpooling and transposes refuse."""

from archcalc.layers.inverse import BatchnormTranspose, Expand, LinearTranspose, LrnTranspose, Unselect, Unslice
from archcalc.layers.unpooling import AdaptiveAvgUnpool, AvgUnpool, MaxUnpool
from archcalc.tensor import Tensor
from tests.kinds.refusal import image, messages, no_channel, vector

test_refusals = messages([
    (MaxUnpool(kernel=2, stride=2, size=18), (image, image), "size", "pooling leaves 9 of 18, but the signal has 8"),
    (MaxUnpool(kernel=2, stride=2, size=16), (image, Tensor.of(6, 8, 7)), None,
     "the switches are 6×8×7, but the signal is 6×8×8"),
    (MaxUnpool(kernel=2, stride=2, size=16), (image, vector), None, "have other axes than the signal"),
    (MaxUnpool(kernel=2, stride=2, size=16), (Tensor.of(6, 8), Tensor.of(6, 8)), None, "slides over 2 spatial axes"),
    (AvgUnpool(kernel=3, stride=2, size=19), (image,), "size", "pooling leaves 9 of 19, but the signal has 8"),
    (AdaptiveAvgUnpool(size=7), (vector,), None, "unpools spatial axes"),
    (LinearTranspose(features=4), (image,), None, "flatten it first"),
    (BatchnormTranspose(), (no_channel,), None, "needs one channel axis"),
    (LrnTranspose(size=5, groups=4), (image, image), "groups", "4 groups do not divide 6 channels"),
    (LrnTranspose(size=5), (image, Tensor.of(6, 8, 7)), None, "the signal is 6×8×8, but what was normalized is 6×8×7"),
    (LrnTranspose(size=5), (image, vector), None, "the signal is 6×8×8, but what was normalized is 6"),
    (Expand(shape=(6, 8)), (image,), "shape", "6×8×8 has 3 axes, but the shape has 2"),
    (Expand(shape=(6, 16, 8)), (image,), "shape", "an axis of 8 cannot be repeated to 16: only one of 1 can"),
    (Unslice(size=10, start=5, axis=0), (image,), "size", "6 elements from 5 on, 1 apart, do not fit into 10"),
    (Unselect(indices=(0, 1), size=4), (image,), "indices", "axis 0 of 6×8×8 has 6 elements for 2 numbers"),
    (Unselect(indices=(0, 1, 2, 3, 4, 9), size=9), (image,), "size", "element 9 does not fit into 9"),
    (Unselect(indices=(), size=9), (image,), "indices", "selects nothing"),
])
