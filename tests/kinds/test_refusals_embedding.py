"""What learned tables and positions refuse."""

from archcalc.layers.embedding import BucketBias, Embedding, Parameter, RelativeBias, Rotary, Scale
from archcalc.tensor import Tensor
from tests.kinds.refusal import image, messages, no_channel, tokens

test_message = messages([
    (Embedding(entries=9, features=4), (tokens,), None,
     "looks up integers, but 4×6 is floating point: give the input `dtype: int64`"),
    (Parameter(shape=(2, 3), axes=("channel",)), (tokens,), "axes", "2 dimensions, but 1 axis roles"),
    (Parameter(shape=(1, 2, 3, 4, 5)), (tokens,), None, "a shape of 5 axes needs `axes:`"),
    (Scale(), (no_channel,), None, "needs one channel axis, but 4×5 has sequence×sequence"),
    (Rotary(heads=4), (tokens,), "heads", "4 heads do not divide 6 channels"),
    (Rotary(heads=2), (tokens,), "heads", "turns pairs, but 6 channels in 2 heads are 3 each"),
    (Rotary(heads=2), (image,), None, "works on sequence×channel, behind window axes if any, but 6×8×8 has "
     "channel×space×space: flatten the spatial axes and permute the channels to the end"),
    (Rotary(heads=2), (Tensor.of(6, 4, axes=("channel", "sequence")),), None, "set the axes' roles"),
    (RelativeBias(window=(1, 2, 3), heads=2), (tokens,), "window", "window takes one number or 2, found 3"),
    (BucketBias(buckets=8, heads=2), (image,), None, "works on sequence×channel"),
])
