"""Activations: operations per element × elements, as each docstring counts them."""

from archcalc.layers.activation import (
    Elu,
    Gelu,
    HardSigmoid,
    HardSwish,
    LeakyRelu,
    LogSoftmax,
    Prelu,
    Relu,
    Relu6,
    Rescale,
    Sigmoid,
    Silu,
    Softmax,
    Tanh,
)
from archcalc.tensor import Tensor
from tests.kinds.case import Case

image = Tensor.of(6, 4, 5)
last = Tensor.of(4, 5, 6, axes=("space", "space", "channel"))
scores = Tensor.of(12, 197, 197, axes=("channel", "sequence", "sequence"))

CASES = [
    Case(Relu(), (image,), out=(6, 4, 5), ops=1 * 120),
    Case(Relu6(), (image,), out=(6, 4, 5), ops=2 * 120),
    Case(LeakyRelu(slope=0.2), (image,), out=(6, 4, 5), ops=2 * 120),
    Case(Prelu(), (image,), out=(6, 4, 5), params=6, ops=2 * 120),
    Case(Prelu(), (last,), out=(4, 5, 6), params=6, ops=2 * 120, why="channels last"),
    Case(Prelu(slopes="shared"), (last,), out=(4, 5, 6), params=1, ops=2 * 120),
    Case(Elu(), (image,), out=(6, 4, 5), ops=4 * 120),
    Case(Gelu(), (last,), out=(4, 5, 6), ops=5 * 120),
    Case(Gelu(approximate="tanh"), (last,), out=(4, 5, 6), ops=9 * 120),
    Case(Sigmoid(), (Tensor.of(10),), out=(10,), ops=4 * 10),
    Case(Silu(), (image,), out=(6, 4, 5), ops=5 * 120),
    Case(HardSigmoid(), (image,), out=(6, 4, 5), ops=4 * 120),
    Case(HardSwish(), (image,), out=(6, 4, 5), ops=5 * 120),
    Case(Tanh(), (image,), out=(6, 4, 5), ops=1 * 120),
    Case(Softmax(), (Tensor.of(1000),), out=(1000,), ops=5 * 1000),
    Case(Softmax(axis=-1), (scores,), out=(12, 197, 197), ops=5 * 12 * 197 * 197, why="attention"),
    Case(LogSoftmax(axis=1), (last,), out=(4, 5, 6), ops=5 * 120),
    Case(Rescale(factor=0.17), (image,), out=(6, 4, 5), ops=1 * 120, why="Inception-ResNet v2, block 35"),
    Case(Rescale(root_of=512), (last,), out=(4, 5, 6), ops=1 * 120, why="T5-small, in front of its scores"),
    Case(Rescale(factor=-2.0), (Tensor.of(7, dtype="int64"),), out=(7,), ops=7, why="integers become floating point"),
]
