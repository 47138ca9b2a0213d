"""Normalization, on shapes with the channels first, last and in between."""

from archcalc.layers.normalization import Batchnorm, Groupnorm, Instancenorm, Layernorm, Lrn, Rmsnorm
from archcalc.tensor import Tensor
from tests.kinds.case import Case

image = Tensor.of(64, 7, 5)
last = Tensor.of(7, 5, 96, axes=("space", "space", "channel"))
tokens = Tensor.of(197, 768, axes=("sequence", "channel"))

CASES = [
    Case(Batchnorm(), (image,), out=(64, 7, 5), params=64 + 64, buffers=64 + 64, ops=2 * 64 * 35),
    Case(Batchnorm(affine=False), (last,), out=(7, 5, 96), buffers=96 + 96, ops=2 * 35 * 96, why="channels last"),
    Case(Batchnorm(scale=False), (image,), out=(64, 7, 5), params=64, buffers=64 + 64, ops=2 * 64 * 35,
         why="centred only, as slim's Inception"),
    Case(Batchnorm(eps=1e-3), (Tensor.of(100),), out=(100,), params=200, buffers=200, ops=200, why="a vector"),
    Case(Batchnorm(), (Tensor.of(8, 30),), out=(8, 30), params=16, buffers=16, ops=2 * 240, why="1-D"),
    Case(Batchnorm(), (Tensor.of(8, 2, 3, 4),), out=(8, 2, 3, 4), params=16, buffers=16, ops=2 * 192, why="3-D"),
    Case(Layernorm(), (tokens,), out=(197, 768), params=768 + 768, ops=(5 + 2) * 197 * 768, why="ViT-B"),
    Case(Layernorm(eps=1e-6), (image,), out=(64, 7, 5), params=128, ops=7 * 64 * 35, why="ConvNeXt's, channels first"),
    Case(Layernorm(bias=False), (last,), out=(7, 5, 96), params=96, ops=(5 + 1) * 35 * 96, why="channels last"),
    Case(Layernorm(axes=3), (image,), out=(64, 7, 5), params=2 * 64 * 7 * 5, ops=7 * 64 * 35, why="all axes"),
    Case(Layernorm(axes=2, affine=False), (image,), out=(64, 7, 5), ops=5 * 64 * 35, why="height and width"),
    Case(Groupnorm(groups=32), (image,), out=(64, 7, 5), params=128, ops=(5 + 2) * 64 * 35),
    Case(Groupnorm(groups=3, affine=False), (last,), out=(7, 5, 96), ops=5 * 35 * 96, why="channels last"),
    Case(Instancenorm(), (image,), out=(64, 7, 5), ops=5 * 64 * 35),
    Case(Instancenorm(affine=True), (last,), out=(7, 5, 96), params=192, ops=(5 + 2) * 35 * 96, why="channels last"),
    Case(Instancenorm(), (Tensor.of(8, 30),), out=(8, 30), ops=5 * 240, why="1-D"),
    Case(Instancenorm(), (Tensor.of(8, 2, 3, 4),), out=(8, 2, 3, 4), ops=5 * 192, why="3-D"),
    Case(Rmsnorm(), (tokens,), out=(197, 768), params=768, ops=(3 + 1) * 197 * 768),
    Case(Rmsnorm(affine=False), (image,), out=(64, 7, 5), ops=3 * 64 * 35, why="channels first"),
    Case(Lrn(size=5, groups=2), (Tensor.of(96, 55, 55),), out=(96, 55, 55), ops=(5 + 4) * 96 * 55 * 55,
         why="AlexNet norm1"),
    Case(Lrn(size=4, k=1.0), (last,), out=(7, 5, 96), ops=8 * 35 * 96, why="channels last"),
    Case(Lrn(size=3), (Tensor.of(10),), out=(10,), ops=7 * 10, why="a vector"),
]
