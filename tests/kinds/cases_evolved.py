"""Normalization joined with what follows it."""

from archcalc.layers.evolved import EvonormS0, Grn
from archcalc.tensor import Tensor
from tests.kinds.case import Case

CASES = [
    Case(EvonormS0(groups=4), (Tensor.of(12, 7, 5),), out=(12, 7, 5), params=3 * 12, ops=13 * 12 * 35),
    Case(EvonormS0(groups=1, eps=0.001), (Tensor.of(7, 5, 6, axes=("space", "space", "channel")),), out=(7, 5, 6),
         params=3 * 6, ops=13 * 6 * 35, why="channels last"),
    Case(Grn(), (Tensor.of(12, 7, 5),), out=(12, 7, 5), params=2 * 12, ops=6 * 12 * 35),
    Case(Grn(eps=0.001), (Tensor.of(7, 5, 6, axes=("space", "space", "channel")),), out=(7, 5, 6), params=2 * 6,
         ops=6 * 6 * 35, why="channels last"),
]
