"""What the kinds that move data refuse."""

from archcalc.layers.reduce import Mean, Reduce
from archcalc.layers.select import Select
from archcalc.layers.shape import ChannelShuffle, Chunk, Flatten, Permute, Reshape, Roll, Slice, Split
from archcalc.layers.window import WindowPartition, WindowReverse
from archcalc.tensor import Tensor
from tests.kinds.refusal import image, last, messages, no_channel, tokens, vector

windows = Tensor.of(4, 16, 6, axes=("window", "sequence", "channel"))

test_message = messages([
    (Flatten(start=3), (image,), "start", "axis 3 does not exist in 6×8×8"),
    (Flatten(end=-4), (image,), "end", "axis -4 does not exist in 6×8×8"),
    (Flatten(start=2, end=1), (image,), "end",
     "cannot merge axes 2 to 1 of 6×8×8: the end comes before the start"),
    (Reshape(shape=(-1, -1)), (image,), "shape", "only one size may be -1, found 2"),
    (Reshape(shape=(-1, 5)), (image,), "shape", "6×8×8 has 384 elements, which do not fill -1×5"),
    (Reshape(shape=(6, 65)), (image,), "shape", "6×8×8 has 384 elements, which do not fill 6×65"),
    (Reshape(shape=(6, 64), axes=("channel",)), (image,), "axes", "2 dimensions, but 1 axis roles"),
    (Reshape(shape=(6, 2, 4, 2, 4)), (image,), None, "a shape of 5 axes needs `axes:`, the role of each"),
    (Permute(order=(0, 1)), (image,), "order", "must name each of the 3 axes of 6×8×8 once, found [0, 1]"),
    (Permute(order=(0, 1, 1)), (image,), "order", "must name each of the 3 axes of 6×8×8 once, found [0, 1, 1]"),
    (Permute(order=(0, 1, 3)), (image,), "order", "axis 3 does not exist in 6×8×8"),
    (Roll(shift=1), (tokens,), "axes", "needs one axis of role 'space', but 4×6 has sequence×channel"),
    (Roll(shift=(1, 2), axes=0), (image,), "shift", "shift takes one number or 1, found 2"),
    (Slice(axis="sequence"), (image,), "axis", "needs one axis of role 'sequence'"),
    (Slice(axis=0, start=6), (image,), "stop", "selects nothing: from 6 to 6 of 6"),
    (Slice(axis=0, start=-2, stop=-3), (image,), "stop", "selects nothing: from 4 to 3 of 6"),
    (Select(indices=()), (image,), "indices", "selects nothing"),
    (Select(indices=(0, 6)), (image,), "indices", "element 6 does not exist: axis 0 of 6×8×8 has 6, counted from 0"),
    (Select(indices=(0,), axis="sequence"), (image,), "axis", "needs one axis of role 'sequence'"),
    (Split(sizes=(3, 3), part=2), (image,), "part", "part 2 of 2 does not exist: parts count from 0"),
    (Split(sizes=(3, 2), part=0), (image,), "sizes", "the sizes add up to 5, but axis 0 of 6×8×8 has 6"),
    (Split(sizes=(3, 3), part=0, axis="space"), (image,), "axis", "needs one axis of role 'space'"),
    (Chunk(chunks=2, part=2), (image,), "part",
     "part 2 does not exist: 6 makes 2 chunks of up to 3, counted from 0"),
    (Chunk(chunks=4, part=3), (image,), "part",
     "part 3 does not exist: 6 makes 3 chunks of up to 2, counted from 0"),
    (Mean(axes="window"), (image,), "axes", "needs one axis of role 'window', but 6×8×8 has channel×space×space"),
    (Mean(axes=("space", -1)), (image,), "axes", "names an axis of 6×8×8 twice: [1, 2, 2]"),
    (Reduce(op="sum", axes=4), (image,), "axes", "axis 4 does not exist in 6×8×8"),
    (WindowPartition(window=4), (tokens,), None, "cuts 2 spatial axes of H×W×C or C×H×W, but 4×6 has sequence×channel"),
    (WindowPartition(window=(4, 3)), (image,), "window", "windows of 3 do not divide 8: pad it to a multiple"),
    (WindowPartition(window=(4, 3, 2)), (image,), "window", "window takes one number or 2, found 3"),
    (WindowReverse(size=8, window=4), (last,), None,
     "joins window×sequence×channel, but 8×8×6 has space×space×channel"),
    (WindowReverse(size=9, window=4), (windows,), "window", "windows of 4 do not divide 9"),
    (WindowReverse(size=(8, 12), window=4), (windows,), "size", "8×12 has 6 windows, found 4×16×6"),
    (WindowReverse(size=4, window=2), (windows,), "window", "a window has 4 tokens, found 4×16×6"),
    (ChannelShuffle(groups=4), (image,), "groups", "4 groups do not divide 6 channels"),
    (ChannelShuffle(groups=1), (no_channel,), None, "needs one channel axis"),
    (Reshape(shape=(7,)), (vector,), "shape", "6 has 6 elements, which do not fill 7"),
])
