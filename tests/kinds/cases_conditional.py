"""Convolutions whose weights depend on the sample."""

from archcalc.layers.conditional import CondConv
from archcalc.tensor import Tensor
from tests.kinds.case import Case

CASES = [
    Case(CondConv(filters=8, kernel=3, padding=1), (Tensor.of(6, 10, 9), Tensor.of(4)), out=(8, 10, 9),
         params=4 * (8 * 6 * 9 + 8), macs=4 * (8 * 6 * 9 + 8) + 10 * 9 * 8 * 6 * 9, ops=8 * 10 * 9,
         why="4 experts of 8·6·9 weights and 8 biases"),
    Case(CondConv(filters=6, kernel=(3, 5), stride=2, padding="same", groups=6, bias=False),
         (Tensor.of(9, 8, 6, axes=("space", "space", "channel")), Tensor.of(3)), out=(5, 4, 6),
         params=3 * 6 * 15, macs=3 * 6 * 15 + 5 * 4 * 6 * 15, why="depthwise, channels last, ⌈9/2⌉ and ⌈8/2⌉"),
]
