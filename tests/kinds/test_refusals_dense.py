"""What dense layers refuse, and how they say so."""

from archcalc.layers.dense import Linear, Rbf
from tests.kinds.refusal import image, messages, no_channel

test_message = messages([
    (Linear(features=10), (image,), None,
     "works on a last axis of channels, but 6×8×8 has channel×space×space: flatten it first"),
    (Linear(features=10), (no_channel,), None, "but 4×5 has sequence×sequence: permute the channels to the end"),
    (Rbf(units=10), (image,), None, "works on a last axis of channels, but 6×8×8 has channel×space×space"),
])
