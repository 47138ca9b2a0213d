"""What normalization refuses, and how it says so."""

from archcalc.layers.normalization import Batchnorm, Groupnorm, Instancenorm, Layernorm, Lrn, Rmsnorm
from archcalc.tensor import Tensor
from tests.kinds.refusal import image, last, messages, no_channel, tokens, vector

test_message = messages([
    (Batchnorm(), (no_channel,), None, "needs one channel axis, but 4×5 has sequence×sequence"),
    (Batchnorm(), (Tensor.of(6, 1, 1, 1, 1, axes=("channel", *["space"] * 4)),), None,
     "normalizes shapes of 1 to 4 axes, but 6×1×1×1×1 has 5"),
    (Layernorm(), (no_channel,), None, "needs one channel axis, but 4×5 has sequence×sequence"),
    (Layernorm(axes=3), (tokens,), "axes", "3 axes to normalize, but 4×6 has 2"),
    (Groupnorm(groups=4), (image,), "groups", "4 groups do not divide 6 channels"),
    (Groupnorm(groups=4), (no_channel,), None, "needs one channel axis"),
    (Instancenorm(), (vector,), None, "normalizes a channel over 1 to 3 other axes, but 6 has channel"),
    (Instancenorm(), (Tensor.of(6, 1, 1),), None, "one position per channel in 6×1×1, which normalizes to zero"),
    (Rmsnorm(), (no_channel,), None, "needs one channel axis"),
    (Lrn(size=5, groups=4), (last,), "groups", "4 groups do not divide 6 channels"),
])
