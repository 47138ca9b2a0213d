"""Sums of many terms, a factor and an offset per channel, groups of channels, distances, and what looks like these."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from archcalc import report
from tests.importing.protobuf import floats, node, tensor
from tests.importing.test_fused_views import image, imported, made, module, one, words


def inputs(net: Any, kind: str) -> list[str]:
    """Names of what the layer of a kind reads."""
    found, = (node for node in net.layers if node.layer.kind == kind)
    return [net.nodes[i].name for i in found.inputs]


def convs(count: int) -> Any:
    """Pointwise convolutions of different widths before, so that their order is seen."""
    import torch

    return {f"c{i}": torch.nn.Conv2d(3, 4, (1, 2 * i + 1), padding=(0, i)) for i in range(count)}


@pytest.mark.torch
def test_a_sum_of_many() -> None:
    net = made(module(lambda m, x: m.c0(x) + m.c1(x) + m.c2(x) + m.c3(x), **convs(4)), image(3, 5, 5))
    assert inputs(net, "add") == ["c0", "c1", "c2", "c3"]
    assert report(net).totals.flops - 2 * report(net).totals.macs == 3 * 100 + 4 * 100   # the biases too
    back = made(module(lambda m, x: m.c0(x) + (m.c1(x) + m.c2(x)), **convs(3)), image(3, 5, 5))
    assert inputs(back, "add") == ["c1", "c2", "c0"]        # in the order in which they are added
    assert inputs(made(module(lambda m, x: m.c0(x) * m.c1(x) * m.c2(x), **convs(3)), image(3, 5, 5)),
                  "multiply") == ["c0", "c1", "c2"]


@pytest.mark.torch
def test_what_is_no_sum_of_many() -> None:
    import torch

    def count(run: Any, kind: str = "add", **more: Any) -> int:
        return words(made(module(run, **convs(4), **more), image(3, 5, 5))).count(kind)
    assert count(lambda m, x: (m.c0(x) + m.c1(x)) + (m.c2(x) + m.c3(x))) == 3
    read = count(lambda m, x: torch.cat([(y := m.c0(x) + m.c1(x)), y + m.c2(x) * m.c3(x)], 1))
    assert read == 2
    assert count(lambda m, x: (m.c0(x).mean(3, keepdim=True) + m.c1(x).mean(3, keepdim=True)) + m.c2(x) * m.c3(x)) == 2
    block = module(lambda m, x: m.a(x) + m.b(x), a=torch.nn.Conv2d(3, 4, 1), b=torch.nn.Conv2d(3, 4, 3, padding=1))
    parts = {"block": block, "c": torch.nn.Conv2d(3, 4, 5, padding=2)}
    residual = made(module(lambda m, x: m.c(x) + m.block(x), **parts), image(3, 5, 5))
    assert words(residual).count("add") == 2        # the block's own sum and the one around it
    scores = made(module(lambda m, x: (x + m.near + m.far).softmax(-1), near=torch.nn.Parameter(torch.rand(5, 5)),
                         far=torch.nn.Parameter(torch.rand(3, 5, 5))), image(3, 5, 5))
    assert words(scores).count("add") == 2


def parameters(*shapes: Any) -> Any:
    import torch

    return {name: torch.nn.Parameter(torch.rand(shape)) for name, shape in zip("wb", shapes, strict=False)}


@pytest.mark.torch
def test_a_factor_and_an_offset_per_channel() -> None:
    for shapes in ([(6, 1, 1)], [(6, 1, 1), (6, 1, 1)]):
        bias = len(shapes) == 2
        net = made(module((lambda m, x: m.w * x + m.b) if bias else (lambda m, x: x * m.w), **parameters(*shapes)),
                   image(6, 4, 5))
        assert (words(net), one(net, "scale").bias) == (["scale"], bias)
        totals = report(net).totals
        assert (totals.params, totals.flops) == (6 * (1 + bias), 120 * (1 + bias))


@pytest.mark.torch
def test_a_factor_in_a_part_of_its_own() -> None:
    """LayerScale, LeNet-5's coefficients: a part with its tensors, or in the middle of the network."""
    import torch

    affine = module(lambda m, x: m.w * x + m.b, **parameters((6, 1, 1), (6, 1, 1)))
    net = made(module(lambda m, x: m.last(m.affine(m.conv(x))), conv=torch.nn.Conv2d(3, 6, 1), affine=affine,
                      last=torch.nn.Conv2d(6, 2, 1)), image(3, 4, 4))
    assert words(net) == ["conv", "scale", "conv"]
    block = module(lambda m, x: m.conv(x) * m.w, conv=torch.nn.Conv2d(3, 6, 1), **parameters((6, 1, 1)))
    own = made(block, image(3, 4, 4))
    assert words(own) == ["parameter", "conv", "multiply"]       # torch has the block's own tensors first


@pytest.mark.torch
def test_what_is_no_factor_per_channel() -> None:
    def kinds(run: Any, *shapes: Any) -> list[str]:
        return words(made(module(run, **parameters(*shapes)), image(6, 4, 6)))
    assert "scale" not in kinds(lambda m, x: x * m.w, (6, 4, 1))
    assert "scale" not in kinds(lambda m, x: x * m.w, (6,))                  # along the width
    assert "scale" not in kinds(lambda m, x: x * m.w, (1, 4, 1))
    assert "scale" not in kinds(lambda m, x: x + m.w, (6, 1, 1))
    assert kinds(lambda m, x: x * m.w + m.b, (6, 1, 1), (6, 4, 1)).count("add") == 1


def rbf(m: Any, x: Any) -> Any:
    return (x.unsqueeze(-2) - m.centers).square().sum(-1)


def centred(run: Any, *shape: int, learned: bool = False) -> Any:
    import torch

    found = module(run, centers=torch.nn.Parameter(torch.rand(shape)) if learned else None)
    if not learned:
        del found.centers
        found.register_buffer("centers", torch.rand(shape))
    return found


@pytest.mark.torch
def test_distances() -> None:
    """LeNet-5's last layer, with squares in any words."""
    for run in (rbf, lambda m, x: ((x.unsqueeze(-2) - m.centers) ** 2).sum(-1),
                lambda m, x: (d := x[:, None] - m.centers).mul(d).sum(1 + 1)):
        net = made(centred(run, 10, 84), image(84))
        assert (words(net), one(net, "rbf").units) == (["rbf"], 10)
        assert report(net).totals.flops == 3 * 10 * 84


@pytest.mark.torch
def test_what_is_no_distance() -> None:
    for run in (lambda m, x: (x.unsqueeze(-2) - m.centers).square().sum(-2),
                lambda m, x: (x.unsqueeze(-2) - m.centers).square().mean(-1),
                lambda m, x: (x.unsqueeze(-2) + m.centers).square().sum(-1),
                lambda m, x: (x.unsqueeze(-2) - 2 * m.centers).square().sum(-1),
                lambda m, x: ((x.unsqueeze(-2) - m.centers) * x.unsqueeze(-2)).sum(-1)):
        assert "rbf" not in words(made(centred(run, 10, 10), image(10)))
    assert "rbf" not in words(made(centred(rbf, 10, 8, learned=True), image(8)))
    assert "rbf" not in words(made(centred(lambda m, x: (x.unsqueeze(-1) - m.centers).square().sum(-1), 8, 8),
                                   image(8)))       # the other axis


# ONNX

def test_groups_of_a_file(tmp_path: Path) -> None:
    """AlexNet's normalization on two GPUs."""
    def net(last: list[str], size: int = 5) -> Any:
        nodes = [node("Split", ["x", "s"], ["a", "b"], axis=1), node("LRN", ["a"], ["c"], size=5),
                 node("LRN", ["b"], ["d"], size=size), node("Concat", last, ["y"], axis=1)]
        return imported(tmp_path, nodes, [tensor("s", [2], [4, 4])], ["N", 8, 3, 3], ["N", 8, 3, 3])
    assert words(net(["c", "d"])) == ["lrn"]
    assert (one(net(["c", "d"]), "lrn").groups, one(net(["c", "d"]), "lrn").size) == (2, 5)
    assert words(net(["d", "c"])).count("lrn") == 2
    assert words(net(["c", "d"], 3)).count("lrn") == 2


@pytest.mark.parametrize(("weight", "numbers", "params"), [
    ("constant_3", [1.0] * 4, 4), ("const_fold_opt__7", [1.0] * 4, 4),          # no weight, but the offset is
    ("bn.weight", [1.0] * 4, 8), ("bn/gamma", [1.0] * 4, 8), ("constant_3", [0.5, 1, 2, 3], 8)])
def test_a_factor_that_is_filled_in(weight: str, numbers: list[float], params: int, tmp_path: Path) -> None:
    """Ones under a name that says nothing are `scale: false`, as TensorFlow's networks have it."""
    names = [weight, "bn.bias", "bn.running_mean", "bn.running_var"]
    arrays = [floats(name, [4], numbers if name == weight else [0.5, 1, 2, 3]) for name in names]
    net = imported(tmp_path, [node("BatchNormalization", ["x", *names], ["y"])], arrays, ["N", 4, 3, 3], ["N", 4, 3, 3])
    assert one(net, "batchnorm").scale is (params == 8)
    assert one(net, "batchnorm").momentum == 0.1
    assert report(net).totals.params == params


def test_norms_without_weights(tmp_path: Path) -> None:
    ones, zeros = floats("constant_0", [4], [1.0] * 4), floats("constant_1", [4], [0.0] * 4)
    names, x = ["constant_0", "constant_1"], ["N", 4, 3, 3]
    stats = [floats(name, [4], [0.5, 1, 2, 3]) for name in ("mean", "var")]
    batch = imported(tmp_path, [node("BatchNormalization", ["x", *names, "mean", "var"], ["y"])], [ones, zeros, *stats],
                     x, x)
    group = imported(tmp_path, [node("GroupNormalization", ["x", *names], ["y"], num_groups=2)], [ones, zeros], x, x)
    layer = imported(tmp_path, [node("LayerNormalization", ["x", "constant_0"], ["y"])], [ones], ["N", 3, 4],
                     ["N", 3, 4])
    for net, kind in ((batch, "batchnorm"), (group, "groupnorm"), (layer, "layernorm")):
        assert (one(net, kind).affine, report(net).totals.params) == (False, 0)


def test_squares_of_a_file(tmp_path: Path) -> None:
    nodes = [node("Pow", ["x", "two"], ["y"])]
    net = imported(tmp_path, nodes, [floats("two", [], [2.0])], ["N", 3, 4, 4], ["N", 3, 4, 4])
    assert (words(net), report(net).totals.flops) == (["multiply"], 48)
    cubes = imported(tmp_path, nodes, [floats("two", [], [3.0])], ["N", 3, 4, 4], ["N", 3, 4, 4])
    assert words(cubes) == ["opaque"]
