"""The data files: every rule counts every case of its kind; sums; and what broken files and names say."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

import archcalc
import tests.kinds
from archcalc.analysis.shapes import Call
from archcalc.conventions import convention, counted, names
from archcalc.conventions.context import UNITS, VARIABLES, Context
from archcalc.conventions.convention import read
from archcalc.errors import ArchcalcError, UsageError
from archcalc.layers.convolution import Conv, ConvTranspose
from archcalc.layers.dot_product import ScaledDotProduct
from archcalc.layers.normalization import Batchnorm
from archcalc.layers.registry import kinds
from archcalc.layers.window import WindowAttention
from archcalc.spec.called import CALLS, called
from archcalc.tensor import Tensor

CASES = [case for module in pkgutil.iter_modules(tests.kinds.__path__) if module.name.startswith("cases_")
         for case in importlib.import_module(f"tests.kinds.{module.name}").CASES]


def test_names() -> None:
    assert names() == ["burden", "calflops", "calflops-macs", "fvcore", "ptflops", "ptflops-aten", "thop", "timm",
                       "torch", "torchinfo"]


@pytest.mark.parametrize("name", names())
def test_every_rule_counts_every_case(name: str) -> None:
    found = convention(name)
    for case in CASES:
        call = Call(case.layer, case.inputs, case.layer.out(*case.inputs))
        for how in CALLS:
            for mode in (None, *found.modes):
                assert found.rule(call, how, "x", mode)(call, how, "x") >= 0


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("spec", ["googlenet", "torchvision/vit_b_16"])
def test_sums(name: str, spec: str) -> None:
    net = archcalc.load(spec)
    found = counted(net, name)
    assert len(found.by_layer) == len(found.rules) == len(net.layers)
    assert found.total == sum(found.by_layer) == sum(found.by_kind.values()) > 0
    assert found.by_kind.keys() == {node.layer.kind for node in net.layers}
    assert found.unit in ("MACs", "FLOPs")
    assert found.says


def test_a_kind_counts_as_the_kind_that_it_specialises() -> None:
    """fvcore has no rule for conv1d: 6 filters × 3 × 8 channels × 18 positions."""
    assert counted(archcalc.loads("input: [8, 20]\nlayers: [{conv1d: 6, kernel: 3}]"), "fvcore").total == 6 * 3 * 8 * 18


def test_a_kind_that_is_not_named_counts_by_the_default() -> None:
    net = archcalc.loads("input: [8, 12]\nlayers: [{prelu: channel}]")
    assert counted(net, "torchinfo").total == 8
    assert counted(net, "torch").total == 0


def test_variables() -> None:
    """A 3×3 convolution with stride 2 over 8×9×9, 6 filters in 2 groups: 4×4 outputs."""
    x = Tensor.of(8, 9, 9)
    conv = Conv(filters=6, kernel=3, stride=2, groups=2)
    context = Context(Call(conv, (x,), conv.out(x)), "function")
    assert {name: context[name] for name in (*VARIABLES, "call", "groups", "weights")} == {
        "outputs": 6 * 4 * 4, "inputs": 8 * 9 * 9, "sources": 1, "channels": 8, "rank": 2,
        "macs": 6 * 4 * 9 * 16, "ops": 6 * 16, "products": (6 * 4 * 9 * 16,), "einsum_flops": (6912,),
        "params": 6 * 4 * 9 + 6, "biases": 6, "tensors": ("weight", "bias"), "along": 1, "area": 9,
        "windows": 16, "strides": 4, "call": "function", "groups": 2, "weights": 6 * 4 * 9}
    assert set(context) == {*VARIABLES, *UNITS, *Conv.model_fields, "call"}


def test_einsum_has_four_digits() -> None:
    """numpy.einsum_path prints 2 × 64 × 49 × 49 × 32 = 9,834,496 as 9.834e+06."""
    x = Tensor((64, 49, 32), ("window", "sequence", "channel"))
    layer = ScaledDotProduct(heads=1)
    context = Context(Call(layer, (x, x, x), layer.out(x, x, x)), "einsum")
    assert context["products"][0] == 64 * 49 * 49 * 32 == 4917248
    assert context["einsum_flops"][0] == 9834000


def test_positions_of_a_window_that_is_larger_than_the_input() -> None:
    x = Tensor.of(8, 1, 1)
    layer = ConvTranspose(filters=6, kernel=4)
    assert Context(Call(layer, (x,), layer.out(x)), "module")["windows"] == (1 - 4 + 1) ** 2


def test_a_unit_that_a_layer_has_not() -> None:
    x = Tensor.of(8, 9, 9)
    context = Context(Call(Batchnorm(), (x,), x), "module")
    with pytest.raises(ValueError, match="batchnorm has no tokens among its products"):
        context["tokens"]


def test_units_of_window_attention() -> None:
    """14×15 positions in windows of 7 are padded to 14×21; version 2 has 13×13 distances."""
    x = Tensor((14, 15, 32), ("space", "space", "channel"))
    layer = WindowAttention(window=7, heads=2, version=2)
    context = Context(Call(layer, (x,), layer.out(x)), "module")
    assert (context["positions"], context["tokens"], context["distances"]) == (14 * 21, 49, 169)


GOOD = """\
tool: counter
version: 1.0
how: count(model)
says: operations
unit: MACs
about: It counts.
default: {count: 0, because: nothing}
kinds:
  conv, linear: {count: macs, because: multiply-accumulates}
"""
BROKEN = {
    "unit: MACs": ("unit: MAC", "bad.yaml:5:7: 'unit' takes MACs or FLOPs, found 'MAC'"),
    "tool: counter\n": ("", "bad.yaml:1:1: 'tool' is a text, found nothing"),
    "about: It counts.": ("about: [1]", "bad.yaml:6:8: 'about' is a text, found a list of 1"),
    "says: operations": ("sayz: operations", "bad.yaml:4:1: unknown key 'sayz'; did you mean 'says'?"),
    "conv, linear": ("conv, linaer", "bad.yaml:9:3: unknown kind 'linaer'; did you mean 'linear'?"),
    "conv, ": ("linear, ", "bad.yaml:9:3: 'linear' is named twice"),
    "count: macs": ("count: mcas", "bad.yaml:9:25: unknown name 'mcas'; did you mean 'macs'?"),
    "count: macs,": ("count: macs + kernel,", "unknown name 'kernel'"),
    "count: macs, ": ("count: macs +, ", "'macs +' is not an expression"),
    "because: multiply-accumulates": ("why: x", "unknown key 'why' of a rule; there are when, count and because"),
    ", because: multiply-accumulates": ("", "'because' is a text, found nothing"),
    "{count: macs, because: multiply-accumulates}":
        ("macs", "a rule is {count: 2 * outputs, because: ...}, found 'macs'"),
    "{count: 0, because: nothing}": ("[{when: bias, count: 0, because: x}]", "unknown name 'bias'"),
    "{count: 0, ": ("{when: macs > 1, count: 0, ", "the last rule of a kind has no `when`"),
    "default: {count: 0, because: nothing}\n": ("", "'default' is missing: what a kind counts that is not named"),
    "kinds:\n  conv, linear: {count: macs, because: multiply-accumulates}":
        ("kinds: [conv]", "'kinds' is a mapping by kind"),
    GOOD: ("- conv", "a convention is a mapping with `tool`, `unit` and `kinds`, found a list of 1"),
}


@pytest.mark.parametrize(("old", "new", "message"), [(old, *rest) for old, rest in BROKEN.items()])
def test_broken_file(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    path = tmp_path / "bad.yaml"
    path.write_text(GOOD.replace(old, new), "utf-8")
    with pytest.raises(ArchcalcError) as error:
        read(path)
    assert str(error.value).startswith("bad.yaml:")
    assert message in str(error.value)


def test_the_file_that_the_broken_ones_are_made_of_is_good(tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD, "utf-8")
    assert read(path).kinds.keys() == {"conv", "linear"}


@pytest.mark.parametrize(("count", "message"), [
    ("outputs / 7", "'count' must be a whole number of at least 0"),
    ("0 - outputs", "'count' must be a whole number of at least 0, found -6"),
    ("outputs // 0", "division by zero in 'outputs // 0'"),
    ("products[3]", "there is no item 3 in a list of 1"),
    ("tokens", "conv has no tokens among its products"),
])
def test_rule_that_cannot_count(tmp_path: Path, count: str, message: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(GOOD.replace("count: macs", f'count: "{count}"'), "utf-8")
    x = Tensor.of(8, 1, 1)
    call = Call(Conv(filters=6), (x,), Tensor.of(6, 1, 1))
    with pytest.raises(ArchcalcError) as error:
        read(path).rule(call, "module", "conv1")(call, "module", "conv1")
    assert str(error.value).startswith("bad.yaml:9:25: conv1: ")
    assert message in str(error.value)


def test_unknown_convention() -> None:
    with pytest.raises(UsageError, match=r"unknown tool 'torchinfoo'; did you mean 'torchinfo'\?$"):
        counted(archcalc.load("alexnet"), "torchinfoo")
    with pytest.raises(UsageError, match=r"unknown tool 'x'; there are burden, .* torch and torchinfo$"):
        counted(archcalc.load("alexnet"), "x")


def test_training_is_not_counted() -> None:
    with pytest.raises(UsageError, match="eval mode"):
        counted(archcalc.load("alexnet", mode="train"), "fvcore")


HEAD = "input: [8, 12, 12]\nlayers:\n- c: {conv: 8, then: relu}\n- relu\n- pool: global_avgpool\n"


def how(calls: str) -> dict[str, str]:
    net = archcalc.loads(HEAD + f"calls: {calls}\n")
    return {node.name: word for node, word in zip(net.layers, called(net), strict=True)}


@pytest.mark.parametrize(("calls", "changed"), [
    ("{}", {}),
    ("{relu: function}", {"c.relu": "function", "relu": "function"}),
    ("{c.relu: method}", {"c.relu": "method"}),
    ("{relu: function, c.*: einsum}", {"c.relu": "einsum", "relu": "function"}),
    ("{c.*: einsum, relu: function}", {"c.relu": "einsum", "relu": "function"}),
    ("{c*: method, 'c.*': subclass}", {"c": "method", "c.relu": "subclass"}),
])
def test_how_layers_are_called(calls: str, changed: dict[str, str]) -> None:
    assert how(calls) == {"c": "module", "c.relu": "module", "relu": "module", "pool": "module", **changed}


@pytest.mark.parametrize(("calls", "message"), [
    ("[relu]", "spec:6:8: 'calls' must be a mapping, found a list of 1"),
    ("{relu: func}",
     "spec:6:15: 'calls' takes module, subclass, function, method or einsum, found 'func'; did you mean 'function'?"),
    ("{relu: 3}", "spec:6:15: 'calls' takes module, subclass, function, method or einsum, found 3"),
    ("{rely: function}", "spec:6:9: 'rely' is no kind, and matches no layer; did you mean 'relu'?"),
    ("{x.*: function}", "spec:6:9: 'x.*' is no kind, and matches no layer of mode eval"),
])
def test_wrong_calls(calls: str, message: str) -> None:
    with pytest.raises(ArchcalcError) as error:
        how(calls)
    assert str(error.value).startswith(message)


def test_calls_are_inherited() -> None:
    net = archcalc.loads("extends: torchvision/mobilenet_v2\noverride: {conv2: {conv: 640}}\n")
    assert dict(zip((node.name for node in net.layers), called(net), strict=True))["pool"] == "function"


def test_module_names_are_no_variables() -> None:
    """A field may not hide a variable: each name stands for one thing."""
    variables = {*VARIABLES, *UNITS, "call"}
    assert [(name, field) for name, kind in kinds().items() for field in kind.model_fields if field in variables] == []
