"""Normalizations and activations that code writes out, as Hugging Face's, Meta's and other models do."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.importing.protobuf import floats, node
from tests.importing.test_fused_views import image, made, module, one, words
from tests.importing.test_fused_views import imported as read

pytestmark = pytest.mark.torch

C = 6
Forward = Callable[[Any, Any], Any]


def holding(forward: Forward, *tensors: str, size: int = C) -> Any:
    """A module with parameters of one number per channel."""
    import torch

    return module(forward, **{name: torch.nn.Parameter(torch.ones(size)) for name in tensors})


def behind(part: Any) -> Any:
    """A dense layer and a module behind it."""
    import torch

    return module(lambda m, x: m.part(m.dense(x)), dense=torch.nn.Linear(4, C), part=part)


def fused(forward: Forward, *tensors: str) -> Any:
    """The one layer that code becomes behind a dense layer."""
    net = made(behind(holding(forward, *tensors)), image(5, 4))
    assert [words(net)[0], len(net.layers)] == ["linear", 2], words(net)
    return net.layers[1].layer


def llama(m: Any, x: Any) -> Any:
    import torch

    kind = x.dtype
    x = x.to(torch.float64)
    variance = x.pow(2).mean(-1, keepdim=True)
    x = x * torch.rsqrt(variance + 1e-5)
    return m.weight * x.to(kind)


def mean_square(x: Any, eps: float = 1e-5) -> Any:
    return x.square().mean(-1, keepdim=True) + eps


RMS: dict[str, Forward] = {
    "llama": llama,
    "meta": lambda m, x: (x.double() * mean_square(x).rsqrt()).type_as(x) * m.weight,
    "product": lambda m, x: m.weight * (x * ((x * x).mean(dim=-1, keepdim=True) + 1e-5).rsqrt()),
    "root": lambda m, x: m.weight * (x / mean_square(x).sqrt()),
    "half": lambda m, x: x / mean_square(x) ** 0.5 * m.weight,
    "power": lambda m, x: x * mean_square(x).pow(-0.5) * m.weight,
    "inverse": lambda m, x: x * (1 / mean_square(x).sqrt()) * m.weight,
    "sum": lambda m, x: x * ((x ** 2).sum(-1, keepdim=True) / C + 1e-5).rsqrt() * m.weight,
}


@pytest.mark.parametrize("name", [*RMS])
def test_rmsnorm(name: str) -> None:
    layer = fused(RMS[name], "weight")
    assert (layer.kind, layer.eps, layer.affine) == ("rmsnorm", 1e-5, True)


def test_rmsnorm_as_the_first_layer_makes_tokens_of_the_input() -> None:
    import torch

    net = made(module(lambda m, x: m.dense(m.norm(x)), norm=holding(llama, "weight"), dense=torch.nn.Linear(C, 3)),
               image(5, C))
    assert words(net) == ["rmsnorm", "linear"]
    assert net.nodes[0].layer.axes == ("sequence", "channel")


def test_rmsnorm_without_a_weight_and_with_one_more() -> None:
    """Gemma's weight is added to 1, which the kind cannot say."""
    plain = fused(lambda m, x: x * mean_square(x).rsqrt())
    assert (plain.kind, plain.affine, plain.eps) == ("rmsnorm", False, 1e-5)
    net = made(holding(lambda m, x: x * mean_square(x).rsqrt() * (1 + m.weight), "weight"), image(5, C))
    assert {*words(net)} - {"reshape"} == {"parameter", "rmsnorm", "constant", "add", "multiply"}
    assert not one(net, "rmsnorm").affine


def rooted(m: Any, x: Any) -> Any:
    import torch

    u = x.mean(-1, keepdim=True)
    s = (x - u).pow(2).mean(-1, keepdim=True)
    x = (x - u) / torch.sqrt(s + 1e-12)
    return m.weight * x + m.bias


def deviation(x: Any) -> tuple[Any, Any]:
    return x - x.mean(-1, keepdim=True), x.var(-1, keepdim=True, unbiased=False)


def both(m: Any, x: Any) -> Any:
    import torch

    variance, mean = torch.var_mean(x, dim=-1, correction=0, keepdim=True)
    return (x - mean) * torch.rsqrt(variance + 1e-12) * m.weight + m.bias


def first(m: Any, x: Any) -> Any:
    """The weight before the quotient."""
    d, v = deviation(x)
    return m.weight * d / (v + 1e-12).sqrt() + m.bias


LAYER: dict[str, Forward] = {
    "bert": rooted,
    "variance": lambda m, x: m.weight * ((d := deviation(x))[0] / (d[1] + 1e-12) ** 0.5) + m.bias,
    "both": both,
    "first": first,
    "addcmul": lambda m, x: m.bias.addcmul(m.weight, (d := deviation(x))[0] * (d[1] + 1e-12).rsqrt()),
}


@pytest.mark.parametrize("name", [*LAYER])
def test_layernorm(name: str) -> None:
    layer = fused(LAYER[name], "weight", "bias")
    assert (layer.kind, layer.eps, layer.affine, layer.bias, layer.axes) == ("layernorm", 1e-12, True, True, None)


def test_layernorm_without_a_bias_or_a_weight() -> None:
    layer = fused(lambda m, x: m.weight * ((d := deviation(x))[0] / (d[1] + 1e-5).sqrt()), "weight")
    assert (layer.kind, layer.affine, layer.bias) == ("layernorm", True, False)
    layer = fused(lambda m, x: (d := deviation(x))[0] / (d[1] + 1e-5).sqrt())
    assert (layer.kind, layer.affine) == ("layernorm", False)


def test_layernorm_of_channels_first() -> None:
    """ConvNeXt's, on C×H×W."""
    import torch

    from archcalc import from_torch

    def forward(m: Any, x: Any) -> Any:
        u = x.mean(1, keepdim=True)
        s = (x - u).pow(2).mean(1, keepdim=True)
        x = (x - u) / torch.sqrt(s + 1e-6)
        return m.weight[:, None, None] * x + m.bias[:, None, None]

    def net(norm: Any) -> Any:
        return made(module(lambda m, x: m.norm(m.conv(x)), conv=torch.nn.Conv2d(3, C, 3), norm=norm), image(3, 8, 7))

    found = net(holding(forward, "weight", "bias"))
    assert words(found) == ["conv", "layernorm"]
    assert (one(found, "layernorm").eps, one(found, "layernorm").axes) == (1e-6, None)
    found = net(holding(llama_of_channels, "weight"))
    assert words(found) == ["conv", "rmsnorm"]
    of_rows = module(lambda m, x: (x - x.mean(2, keepdim=True)) / (x.var(2, False, True) + 1e-6).sqrt())
    assert "layernorm" not in words(from_torch(of_rows, image(3, 8, 7)))


def llama_of_channels(m: Any, x: Any) -> Any:
    return x * (x.pow(2).mean(1, keepdim=True) + 1e-6).rsqrt() * m.weight.view(-1, 1, 1)


def test_layernorm_of_several_axes() -> None:
    net = made(module(lambda m, x: (x - x.mean((2, 3), keepdim=True)) * (
        x.var((2, 3), unbiased=False, keepdim=True) + 1e-5).rsqrt()), image(3, 8, 7))
    assert words(net) == ["layernorm"]
    assert (one(net, "layernorm").axes, one(net, "layernorm").affine) == (2, False)


NOT_NORMS: dict[str, Forward] = {
    "no eps": lambda m, x: x * x.pow(2).mean(-1, keepdim=True).rsqrt(),
    "negative eps": lambda m, x: x * (x.pow(2).mean(-1, keepdim=True) - 1e-9).rsqrt(),
    "cubes": lambda m, x: x * (x.pow(3).mean(-1, keepdim=True).abs() + 1e-5).rsqrt(),
    "fourth root": lambda m, x: x * mean_square(x) ** -0.25,
    "root as a factor": lambda m, x: x * mean_square(x).sqrt(),
    "divided by 1 / root": lambda m, x: x / mean_square(x).rsqrt(),
    "upside down": lambda m, x: mean_square(x).sqrt() / x,
    "another axis": lambda m, x: x * (x.pow(2).mean(-2, keepdim=True) + 1e-5).rsqrt(),
    "sum": lambda m, x: x * (x.pow(2).sum(-1, keepdim=True) + 1e-5).rsqrt(),
    "sum by another number": lambda m, x: x * (x.pow(2).sum(-1, keepdim=True) / (C + 1) + 1e-5).rsqrt(),
    "another product": lambda m, x: x * ((x * x.sigmoid()).mean(-1, keepdim=True) ** 2 + 1e-5).rsqrt(),
    "of something else": lambda m, x: (2 * x) * mean_square(x).rsqrt(),
    "eps outside": lambda m, x: (d := deviation(x))[0] / (d[1].sqrt() + 1e-5),
    "unbiased": lambda m, x: deviation(x)[0] / (x.var(-1, keepdim=True) + 1e-5).sqrt(),
    "deviation of another axis": lambda m, x: deviation(x)[0] / (x.var(-2, False, True) + 1e-5).sqrt(),
    "mean of another axis": lambda m, x: (x - x.mean(-2, keepdim=True)) / (deviation(x)[1] + 1e-5).sqrt(),
    "not centred": lambda m, x: x / (deviation(x)[1] + 1e-5).sqrt(),
    "mean added": lambda m, x: (x + x.mean(-1, keepdim=True)) / (deviation(x)[1] + 1e-5).sqrt(),
    "mean of twice x": lambda m, x: (x - 2 * x.mean(-1, keepdim=True)) / (deviation(x)[1] + 1e-5).sqrt(),
    "centred on another": lambda m, x: (x - x.sigmoid().mean(-1, keepdim=True)) / (deviation(x)[1] + 1e-5).sqrt(),
}


def imported(part: Any) -> Any:
    import torch

    from archcalc import from_torch

    return from_torch(behind(part).double().eval(), torch.rand(2, 5, 4))


@pytest.mark.parametrize("name", [*NOT_NORMS])
def test_what_is_no_norm(name: str) -> None:
    found = words(imported(holding(NOT_NORMS[name])))
    assert not {"rmsnorm", "layernorm"} & {*found}
    assert "opaque" in found


def test_what_something_else_reads_is_there() -> None:
    """A root that is also an output: no layer stands for it."""
    net = imported(module(lambda m, x: (x * (root := mean_square(x).rsqrt()), root)))
    assert {"rmsnorm"} & {*words(net)} == set()
    assert "opaque" in words(net)


def test_weights_of_other_parts_stay() -> None:
    """A factor per channel in another module is a layer of its own, and so is one that two layers have."""
    import torch

    plain = holding(lambda m, x: x * mean_square(x).rsqrt())
    apart = module(lambda m, x: m.gain(m.plain(x)), plain=plain, gain=holding(lambda m, x: m.weight * x, "weight"))
    assert words(made(behind(apart), image(5, 4))) == ["linear", "rmsnorm", "scale"]
    weight = torch.nn.Parameter(torch.ones(C))
    twice = module(lambda m, x: llama(m, llama(m, x)), weight=weight)
    net = imported(twice)
    assert "opaque" not in words(net)
    assert [node.layer.affine for node in net.layers if node.layer.kind == "rmsnorm"] == [False, False]


ROOT = math.sqrt(2 / math.pi)


def new_gelu(x: Any) -> Any:
    import torch

    return 0.5 * x * (1.0 + torch.tanh(ROOT * (x + 0.044715 * torch.pow(x, 3.0))))


ACTIVATIONS: dict[str, tuple[Callable[[Any], Any], str, dict[str, Any]]] = {
    "new gelu": (new_gelu, "gelu", {"approximate": "tanh"}),
    "fast gelu": (lambda x: 0.5 * x * (1 + (x * 0.7978845608028654 * (1 + 0.044715 * x * x)).tanh()), "gelu",
                  {"approximate": "tanh"}),
    "cube": (lambda x: x * (0.5 * (1 + (ROOT * (x + 0.044715 * x * x * x)).tanh())), "gelu", {"approximate": "tanh"}),
    "power": (lambda x: ((ROOT * (x ** 3 * 0.044715 + x)).tanh() + 1) * x * 0.5, "gelu", {"approximate": "tanh"}),
    "logistic": (lambda x: x * (2 * ROOT * (x + 0.044715 * x ** 3)).sigmoid(), "gelu", {"approximate": "tanh"}),
    "gelu": (lambda x: x * 0.5 * (1.0 + (x / math.sqrt(2.0)).erf()), "gelu", {"approximate": "none"}),
    "normal": (lambda x: x * (0.5 * (1 + (x * math.sqrt(0.5)).erf())), "gelu", {"approximate": "none"}),
    "sum": (lambda x: 0.5 * (x + x * (x / 2 ** 0.5).erf()), "gelu", {"approximate": "none"}),
    "silu": (lambda x: x * x.sigmoid(), "silu", {}),
    "silu in place": (lambda x: x.mul_(x.sigmoid()), "silu", {}),
    "swish": (lambda x: (1.0 * x).sigmoid() * x, "silu", {}),
    "hard swish": (lambda x: x * six(x + 3) / 6, "hard_swish", {}),
    "clamped": (lambda x: x * ((x + 3).clamp(0, 6) / 6), "hard_swish", {}),
    "unit": (lambda x: x * (x / 6 + 0.5).clamp(0, 1), "hard_swish", {}),
    "hard sigmoid": (lambda x: six(x + 3.0) / 6.0, "hard_sigmoid", {}),
    "hard unit": (lambda x: (x * (1 / 6) + 0.5).clamp(0, 1), "hard_sigmoid", {}),
}


def six(x: Any) -> Any:
    import torch

    return torch.nn.functional.relu6(x)


@pytest.mark.parametrize("name", [*ACTIVATIONS])
def test_activations(name: str) -> None:
    function, kind, fields = ACTIVATIONS[name]
    layer = fused(lambda m, x: function(x))
    assert layer.kind == kind
    assert {field: getattr(layer, field) for field in fields} == fields


def test_an_activation_of_a_sum_and_of_an_input() -> None:
    """What it is of may be a sum or a product itself."""
    net = made(module(lambda m, x, y: new_gelu(x + y)), image(5, C), image(5, C))
    assert words(net) == ["add", "gelu"]
    net = made(module(lambda m, x, y: (z := x * y) * z.sigmoid() * y), image(5, C), image(5, C))
    assert words(net) == ["multiply", "silu", "multiply"]


NOT_ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "quick gelu": lambda x: x * (1.702 * x).sigmoid(),
    "mish": lambda x: x * softplus(x).tanh(),
    "another root": lambda x: 0.5 * x * (1 + (x / math.sqrt(3.0)).erf()),
    "another cubic term": lambda x: 0.5 * x * (1 + (ROOT * (x + 0.044 * x ** 3)).tanh()),
    "fourth power": lambda x: 0.5 * x * (1 + (ROOT * (x + 0.044715 * x ** 4)).tanh()),
    "square": lambda x: 0.5 * x * (1 + (ROOT * (x + 0.044715 * x ** 2)).tanh()),
    "minus": lambda x: 0.5 * x * (1 + (ROOT * (x - 0.044715 * x ** 3)).tanh()),
    "whole": lambda x: x * (1 + (x / math.sqrt(2.0)).erf()),
    "no one": lambda x: 0.5 * x * (x / math.sqrt(2.0)).erf(),
    "two": lambda x: 0.5 * x * (2 + (x / math.sqrt(2.0)).erf()),
    "gate of twice x": lambda x: (2 * x) * x.sigmoid() + x,
    "moved by 2": lambda x: x * six(x + 2) / 6,
    "by 3": lambda x: x * six(x + 3) / 3,
    "clamped at 5": lambda x: x * (x + 3).clamp(0, 5) / 6,
    "clamped below": lambda x: x * (x / 6 + 0.5).clamp(min=0),
    "gated by a mean": lambda x: x * x.mean(-1, keepdim=True).sigmoid(),
    "of other channels": lambda x: x * x.flip(-1).sigmoid(),
}
KINDS = {"gelu", "silu", "hard_swish", "hard_sigmoid"}


def softplus(x: Any) -> Any:
    import torch

    return torch.nn.functional.softplus(x)


@pytest.mark.parametrize("name", [*NOT_ACTIVATIONS])
def test_what_is_no_activation(name: str) -> None:
    function = NOT_ACTIVATIONS[name]
    assert not KINDS & {*words(imported(holding(lambda m, x: function(x))))}


def test_what_of_an_activation_is_read_elsewhere() -> None:
    import torch

    net = made(module(lambda m, x: torch.cat([x * (gate := x.sigmoid()), gate], 1)), image(5, C))
    assert words(net) == ["sigmoid", "multiply", "concat"]


@pytest.mark.parametrize(("cube", "kind"), [(3, "gelu"), (4, "tanh")])
def test_new_gelu_of_a_file(tmp_path: Path, cube: int, kind: str) -> None:
    """As torch's exporters write it."""
    nodes = [node("Mul", ["x", "half"], ["a"]), node("Pow", ["x", "cube"], ["b"]), node("Mul", ["b", "small"], ["c"]),
             node("Add", ["x", "c"], ["d"]), node("Mul", ["d", "root"], ["e"]), node("Tanh", ["e"], ["f"]),
             node("Add", ["f", "one"], ["g"]), node("Mul", ["a", "g"], ["y"])]
    numbers = {"half": 0.5, "cube": cube, "small": 0.044715, "root": ROOT, "one": 1}
    arrays = [floats(name, [], [number]) for name, number in numbers.items()]
    net = read(tmp_path, nodes, arrays, ["N", 5, C], ["N", 5, C])
    assert kind in words(net)
    assert (kind == "gelu") == (len(net.layers) == 1)
