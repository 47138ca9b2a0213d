"""What pooling refuses, and how it says so."""

import pytest

from archcalc.layers.pooling import (
    AdaptiveAvgpool,
    Avgpool,
    GlobalAvgpool,
    GlobalMaxpool,
    Maxpool,
    Maxpool1d,
)
from archcalc.tensor import Tensor
from tests.kinds.refusal import image, messages, tokens, vector

test_message = messages([
    (Maxpool(kernel=9), (image,), "kernel", "a window of 9 does not fit into 8 with padding 0 + 0: use a smaller"),
    (Maxpool(kernel=5, dilation=2), (image,), "kernel", "a window of 9 does not fit into 8"),
    (Maxpool(kernel=3, padding=3), (image,), "padding", "padding 3 + 3 is not less than the window of 3"),
    (Avgpool(kernel=2, padding=((0, 2), 0)), (image,), "padding", "padding 0 + 2 is not less than the window of 2"),
    (Maxpool1d(kernel=2), (image,), None, "maxpool1d slides over 1 spatial axis, but 6×8×8 has channel×space×space"),
    (Avgpool(kernel=2), (vector,), None, "avgpool slides over 2 spatial axes, but 6 has channel"),
    (Avgpool(kernel=(2, 2, 2)), (image,), "kernel", "kernel takes one number or 2, found 3"),
    (AdaptiveAvgpool(size=2), (tokens,), None, "pools 1 to 3 spatial axes, but 4×6 has sequence×channel"),
    (AdaptiveAvgpool(size=(2, 2)), (Tensor.of(6, 9),), "size", "size takes one number or 1, found 2"),
    (GlobalAvgpool(), (tokens,), None, "pools spatial axes, but 4×6 has sequence×channel"),
    (GlobalMaxpool(), (vector,), None, "pools spatial axes, but 6 has channel"),
])


def test_average_has_no_dilation_and_pooling_needs_a_kernel() -> None:
    with pytest.raises(ValueError, match="dilation"):
        Avgpool.model_validate({"kernel": 2, "dilation": 2})
    with pytest.raises(ValueError, match="kernel"):
        Maxpool.model_validate({})
