"""What constants, lookups by them and functions of weights refuse."""

from archcalc.layers.constant import Constant, Take
from archcalc.layers.dot_product import ScaledDotProduct
from archcalc.layers.elementwise import Clamp, L2norm
from archcalc.tensor import Tensor
from tests.kinds.refusal import image, messages, no_channel, tokens

windows = Tensor.of(5, 4, 6, axes=("window", "sequence", "channel"))


def masks(*dims: int) -> Tensor:
    return Tensor.of(*dims, axes=("window", "channel", "sequence", "sequence"))


test_message = messages([
    (Constant(shape=(2, 3), axes=("channel",)), (tokens,), "axes", "2 dimensions, but 1 axis roles"),
    (Constant(shape=(1, 2, 3, 4, 5)), (tokens,), None, "a shape of 5 axes needs `axes:`"),
    (Take(shape=()), (tokens,), "shape", "an index needs an axis"),
    (Take(shape=(3,), axis=2), (tokens,), "axis", "axis 2 does not exist in 4×6"),
    (Take(shape=(3,), axis="channel"), (no_channel,), "axis", "needs one axis of role 'channel'"),
    (Take(shape=(3, 2), axes=("space",)), (image,), "axes", "the index has 2 axes, but 1 roles"),
    (Clamp(), (image,), None, "clamps to nothing: give `low` or `high`"),
    (L2norm(axis=5), (image,), "axis", "axis 5 does not exist in 6×8×8"),
    (L2norm(), (no_channel,), "axis", "needs one axis of role 'channel'"),
    (ScaledDotProduct(heads=2, position=True), (*[windows] * 3, masks(4, 2, 4, 4)), "position",
     "position is 4×2×4×4, not 5 × 2 heads × 4 queries × 4 keys"),
    (ScaledDotProduct(heads=2, position=True), (*[windows] * 3, masks(5, 2, 4, 1)), "position",
     "position is 5×2×4×1, not 5 × 2 heads × 4 queries × 4 keys"),
    (ScaledDotProduct(heads=2, position=True), (*[windows] * 3, no_channel), "position",
     "position is 4×5, not windows×heads×queries×keys"),
])
