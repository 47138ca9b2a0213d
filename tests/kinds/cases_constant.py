"""Tensors that are not learned, what is looked up by them, and functions of weights."""

from archcalc.layers.constant import Constant, Take
from archcalc.layers.elementwise import Clamp, Exp, L2norm
from archcalc.tensor import Tensor
from tests.kinds.case import Case

ids = Tensor.of(128, dtype="int64")
text = Tensor.of(128, 64, axes=("sequence", "channel"))
image = Tensor.of(6, 7, 10)
table = Tensor.of(169, 3, axes=("sequence", "channel"))
scores = Tensor.of(3, 49, 49, axes=("channel", "sequence", "sequence"))

CASES = [
    Case(Constant(shape=(64, 1, 49, 49), axes=("window", "channel", "sequence", "sequence")), (image,),
         out=(64, 1, 49, 49), buffers=64 * 49 * 49, why="Swin-T's mask, stage 1"),
    Case(Constant(shape=(1, 128), dtype="int64"), (ids,), out=(1, 128), buffers=128, why="BERT's numbers of positions"),
    Case(Constant(shape=(6, 1, 1), value=0.5), (image,), out=(6, 1, 1)),
    Case(Constant(shape=(1, 8), value=0.0), (ids,), out=(1, 8)),
    Case(Constant(shape=(4,), dtype="int64", value=3.0), (text,), out=(4,)),
    Case(Take(shape=(49, 49)), (table,), out=(49, 49, 3), buffers=49 * 49, why="Swin-T's biases, stage 1"),
    Case(Take(shape=(5,), axis="channel"), (image,), out=(5, 7, 10), buffers=5),
    Case(Take(shape=(4, 2), axis=1, axes=("space", "window")), (image,), out=(6, 4, 2, 10), buffers=8),
    Case(Clamp(high=4.6), (scores,), out=(3, 49, 49), ops=3 * 49 * 49),
    Case(Clamp(low=-1.0, high=1.0), (image,), out=(6, 7, 10), ops=2 * 6 * 7 * 10),
    Case(Exp(), (image,), out=(6, 7, 10), ops=6 * 7 * 10),
    Case(L2norm(), (text,), out=(128, 64), ops=3 * 128 * 64),
    Case(L2norm(axis=2), (scores,), out=(3, 49, 49), ops=3 * 3 * 49 * 49),
]
