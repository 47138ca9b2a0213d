"""Recurrent layers."""

from archcalc.layers.recurrent import Gru, Lstm
from archcalc.tensor import Tensor
from tests.kinds.case import Case

text = Tensor.of(10, 12, axes=("sequence", "channel"))
columns = Tensor.of(5, 3, axes=("space", "channel"))

CASES = [
    Case(Lstm(features=20), (text,), out=(10, 20), params=4 * 20 * (12 + 20) + 2 * 4 * 20,
         macs=10 * 4 * 20 * (12 + 20), ops=10 * 20 * (4 + 3 * 4 + 2 + 4 + 8)),
    Case(Lstm(features=4, layers=2, bidirectional=True, output="last"), (columns,), out=(8,),
         params=2 * (4 * 4 * (3 + 4) + 32) + 2 * (4 * 4 * (8 + 4) + 32),
         macs=5 * 2 * (4 * 4 * (3 + 4) + 4 * 4 * (8 + 4)), ops=5 * 4 * 4 * (22 + 8)),
    Case(Gru(features=20, bias=False), (text,), out=(10, 20), params=3 * 20 * (12 + 20),
         macs=10 * 3 * 20 * (12 + 20), ops=10 * 20 * (3 + 2 * 4 + 1 + 1 + 4)),
    Case(Gru(features=6, bidirectional=True), (columns,), out=(5, 12), params=2 * (3 * 6 * (3 + 6) + 2 * 3 * 6),
         macs=5 * 2 * 3 * 6 * (3 + 6), ops=5 * 2 * 6 * (17 + 6)),
    Case(Gru(features=6, layers=3, output="last"), (text,), out=(6,),
         params=3 * 6 * (12 + 6) + 2 * 3 * 6 * (6 + 6) + 3 * 36,
         macs=10 * (3 * 6 * (12 + 6) + 2 * 3 * 6 * (6 + 6)), ops=10 * 3 * 6 * (17 + 6)),
]
