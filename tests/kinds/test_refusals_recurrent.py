"""What recurrent layers refuse."""

from archcalc.layers.recurrent import Gru, Lstm
from tests.kinds.refusal import image, messages, vector

test_message = messages([
    (Lstm(features=4), (image,), None,
     "works on sequence×channel, but 6×8×8 has channel×space×space: permute the channels to the end"),
    (Gru(features=4), (vector,), None, "works on sequence×channel, but 6 has channel"),
])
