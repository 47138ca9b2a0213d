"""Regularization, as it is in training."""

from archcalc.layers.regularization import Dropout, StochasticDepth
from archcalc.tensor import Tensor
from tests.kinds.case import Case

image = Tensor.of(6, 4, 5)

CASES = [
    Case(Dropout(), (Tensor.of(4096),), out=(4096,), ops=2 * 4096, why="AlexNet"),
    Case(Dropout(p=0.1), (image,), out=(6, 4, 5), ops=2 * 120),
    Case(StochasticDepth(p=0.2), (image,), out=(6, 4, 5), ops=2 * 120),
    Case(StochasticDepth(p=0.2, mode="batch"), (image,), out=(6, 4, 5), ops=2 * 120),
]
