"""Dense layers."""

from archcalc.layers.dense import Linear, Rbf
from archcalc.tensor import Tensor
from tests.kinds.case import Case

CASES = [
    Case(Linear(features=4096), (Tensor.of(9216),), out=(4096,), params=9216 * 4096 + 4096, macs=9216 * 4096, ops=4096,
         why="AlexNet fc6"),
    Case(Linear(features=2304, bias=False), (Tensor.of(197, 768, axes=("sequence", "channel")),), out=(197, 2304),
         params=768 * 2304, macs=197 * 768 * 2304, why="ViT-B qkv"),
    Case(Linear(features=384), (Tensor.of(7, 5, 96, axes=("space", "space", "channel")),), out=(7, 5, 384),
         params=96 * 384 + 384, macs=35 * 96 * 384, ops=35 * 384, why="channels last"),
    Case(Rbf(units=10), (Tensor.of(84),), out=(10,), buffers=10 * 84, ops=3 * 10 * 84, why="LeNet-5's output"),
    Case(Rbf(units=3), (Tensor.of(7, 5, 4, axes=("space", "space", "channel")),), out=(7, 5, 3), buffers=3 * 4,
         ops=3 * 3 * 7 * 5 * 4),
]
