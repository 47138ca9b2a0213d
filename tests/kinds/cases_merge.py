"""Layers that join several inputs."""

from archcalc.layers.merge import Add, Concat, Matmul, Multiply
from archcalc.tensor import Tensor
from tests.kinds.case import Case

image = Tensor.of(64, 28, 28)
heads = Tensor.of(12, 197, 64, axes=("window", "sequence", "channel"))
scores = Tensor.of(12, 197, 197, axes=("window", "sequence", "sequence"))

CASES = [
    Case(Add(), (image, image), out=(64, 28, 28), ops=64 * 28 * 28),
    Case(Add(), (image, image, image), out=(64, 28, 28), ops=2 * 64 * 28 * 28),
    Case(Add(), (Tensor.of(64, 1, 28), Tensor.of(1, 28, 1)), out=(64, 28, 28), ops=64 * 28 * 28,
         why="both are repeated"),
    Case(Add(), (image,), out=(64, 28, 28), why="one input"),
    Case(Multiply(), (image, Tensor.of(64, 1, 1)), out=(64, 28, 28), ops=64 * 28 * 28, why="squeeze and excitation"),
    Case(Multiply(), (Tensor.of(1, 1, 8, axes=("space", "space", "channel")),
                      Tensor.of(5, 6, 8, axes=("space", "space", "channel"))), out=(5, 6, 8), ops=240),
    Case(Matmul(transpose=True), (heads, heads), out=(12, 197, 197), macs=12 * 197 * 64 * 197, why="queries × keys"),
    Case(Matmul(), (scores, heads), out=(12, 197, 64), macs=12 * 197 * 197 * 64, why="scores × values"),
    Case(Matmul(), (Tensor.of(3, 4), Tensor.of(4, 5)), out=(3, 5), macs=3 * 4 * 5),
    Case(Matmul(), (heads, Tensor.of(1, 64, 10, axes=("window", "channel", "sequence"))), out=(12, 197, 10),
         macs=12 * 197 * 64 * 10, why="one matrix for all"),
    Case(Concat(), (image, Tensor.of(128, 28, 28), Tensor.of(32, 28, 28)), out=(64 + 128 + 32, 28, 28),
         why="inception 3a"),
    Case(Concat(), (Tensor.of(5, 6, 8, axes=("space", "space", "channel")),
                    Tensor.of(5, 6, 3, axes=("space", "space", "channel"))), out=(5, 6, 11), why="channels last"),
    Case(Concat(axis="sequence"), (Tensor.of(1, 768, axes=("sequence", "channel")),
                                   Tensor.of(196, 768, axes=("sequence", "channel"))), out=(197, 768),
         why="a class token"),
    Case(Concat(axis=-1), (image, Tensor.of(64, 28, 4)), out=(64, 28, 32)),
]
