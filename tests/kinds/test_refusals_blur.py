"""What filters with fixed weights refuse."""

from archcalc.layers.blur import Blurpool
from archcalc.tensor import Tensor
from tests.kinds.refusal import image, messages, tokens

test_message = messages([
    (Blurpool(), (tokens,), None, "blurpool slides over 2 spatial axes, but 4×6 has sequence×channel"),
    (Blurpool(padding=8), (image,), "padding", "padding of 8 by reflection needs more than the 8 elements there are"),
    (Blurpool(kernel=5, padding=0), (Tensor.of(2, 4, 4),), "kernel", "a window of 5 does not fit"),
])
