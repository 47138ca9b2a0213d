"""Filters with fixed weights."""

from archcalc.layers.blur import Blurpool
from archcalc.tensor import Tensor
from tests.kinds.case import Case

CASES = [
    Case(Blurpool(), (Tensor.of(64, 112, 112),), out=(64, 56, 56), macs=64 * 56 * 56 * 9, buffers=64 * 9,
         why="⌊(112 + 2 − 3)/2⌋ + 1"),
    Case(Blurpool(stride=1, mode="constant"), (Tensor.of(3, 1, 8),), out=(3, 1, 8), macs=3 * 8 * 9, buffers=3 * 9,
         why="zeros around a map of one row"),
    Case(Blurpool(kernel=(5, 3), stride=(1, 3), padding=(2, 1)),
         (Tensor.of(9, 12, 4, axes=("space", "space", "channel")),), out=(9, 4, 4), macs=4 * 9 * 4 * 15,
         buffers=4 * 15, why="channels last, ⌊(12 + 2 − 3)/3⌋ + 1"),
]
