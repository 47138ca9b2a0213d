"""What activations refuse, and how they say so."""

from archcalc.layers.activation import LogSoftmax, Prelu, Softmax
from tests.kinds.refusal import image, messages, no_channel

test_message = messages([
    (Prelu(), (no_channel,), None, "needs one channel axis, but 4×5 has sequence×sequence"),
    (Softmax(axis=3), (image,), "axis", "axis 3 does not exist in 6×8×8"),
    (Softmax(axis="space"), (image,), "axis", "needs one axis of role 'space', but 6×8×8 has channel×space×space"),
    (LogSoftmax(), (no_channel,), "axis", "needs one axis of role 'channel', but 4×5 has sequence×sequence"),
])


def test_shared_slope_needs_no_channels() -> None:
    assert Prelu(slopes="shared").out(no_channel) == no_channel
