"""What convolutions with mixed weights, and evolved normalization, refuse."""

from archcalc.layers.conditional import CondConv
from archcalc.layers.evolved import EvonormS0, Grn
from archcalc.tensor import Tensor
from tests.kinds.refusal import image, messages, tokens

shares = Tensor.of(4)

test_message = messages([
    (CondConv(filters=8, groups=4), (image, shares), "groups", "4 groups do not divide 6 input channels"),
    (CondConv(filters=8), (image, Tensor.of(4, 1, 1)), None, "4×1×1"),
    (CondConv(filters=8), (tokens, shares), None, "slides over 2 spatial axes, but 4×6 has sequence×channel"),
    (EvonormS0(groups=4), (image,), "groups", "4 groups do not divide 6 channels"),
    (Grn(), (tokens,), None, "takes lengths over spatial axes, but 4×6 has sequence×channel"),
])
