"""What convolutions refuse, and how they say so."""

import pytest

from archcalc.layers.convolution import Conv, ConvTranspose, ConvTranspose1d
from tests.kinds.refusal import image, messages, tokens

test_message = messages([
    (Conv(filters=8, kernel=9), (image,), "kernel", "a window of 9 does not fit into 8 with padding 0 + 0"),
    (Conv(filters=8, groups=4), (image,), "groups", "4 groups do not divide 6 input channels"),
    (Conv(filters=8, groups=3), (image,), "groups", "3 groups do not divide 8 filters"),
    (Conv(filters=8), (tokens,), None, "conv slides over 2 spatial axes, but 4×6 has sequence×channel"),
    (Conv(filters=8, stride=(1, 1, 1)), (image,), "stride", "stride takes one number or 2, found 3"),
    (ConvTranspose(filters=8, groups=4), (image,), "groups", "4 groups do not divide 6 input channels"),
    (ConvTranspose(filters=8, groups=3), (image,), "groups", "3 groups do not divide 8 filters"),
    (ConvTranspose(filters=8, kernel=2, stride=2, output_padding=2), (image,), "output_padding",
     "an output padding of 2 must be less than the stride 2 or the dilation 1"),
    (ConvTranspose(filters=8, output_padding=(0,)), (image,), "output_padding",
     "output_padding takes one number or 2, found 1"),
    (ConvTranspose(filters=8, padding=4), (image,), "padding",
     "a padding of 4 on both sides leaves nothing of 8 outputs"),
    (ConvTranspose1d(filters=8), (image,), None,
     "conv_transpose1d slides over 1 spatial axis, but 6×8×8 has channel×space×space"),
])


@pytest.mark.parametrize("padding", ["same", ((1, 2), 0), -1])
def test_transposed_padding_is_one_number_per_axis(padding: object) -> None:
    with pytest.raises(ValueError, match="padding"):
        ConvTranspose.model_validate({"filters": 8, "padding": padding})
