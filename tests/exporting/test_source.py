"""The text of exported source, without torch."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

import archcalc
from archcalc.api import loads
from archcalc.errors import ArchcalcError, UsageError
from archcalc.exporting.code import Code, code, literal, name
from archcalc.exporting.export import export
from archcalc.exporting.printing import Printer
from archcalc.exporting.repeats import repeated
from archcalc.exporting.torch_source import torch_source
from archcalc.layers.registry import kinds
from tests.exporting.agreement import of_case
from tests.kinds.test_kinds import CASES

VECTOR = """\
name: Two layers
input: [8]
layers:
- hidden: {linear: 4, then: relu}
- out: {linear: 2, bias: false}
"""
WRITTEN = '''\
"""Two layers."""

from torch import Tensor, nn


class TwoLayers(nn.Module):
    """Two layers, for batches of 8.

    44 parameters and 40 multiply-accumulates for one input.
    """

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(8, 4), nn.ReLU())
        self.out = nn.Linear(4, 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.hidden(x)
        return self.out(x)
'''
"""As one would write it: (8 + 1)·4 + 4·2 parameters, 8·4 + 4·2 products."""


def test_a_small_network_is_what_one_would_write() -> None:
    assert torch_source(loads(VECTOR)) == WRITTEN


def _layers(*layers: Any, shape: tuple[int, ...] = (8, 16, 16), **more: Any) -> str:
    return torch_source(loads(json.dumps({"name": "Net", "input": list(shape), "layers": list(layers), **more})))


def test_blocks_are_classes_with_the_arguments_of_the_spec() -> None:
    text = archcalc.export("googlenet")
    assert isinstance(text, str)
    words = ["in_channels", "c1", "r3", "c3", "r5", "c5", "proj"]
    assert f"        self, {', '.join(f'{word}: int' for word in words)}\n    ) -> None:\n" in text
    assert "        self.inception4e = Inception(528, 256, 160, 320, 32, 128, 128)\n" in text  # table 1, row 4e
    assert text.count("class ") == 3    # convolution with its ReLU, inception, network


def test_a_part_that_some_blocks_have_is_a_choice() -> None:
    text = archcalc.export("resnet34")
    assert isinstance(text, str)
    assert text.count("class Residual") == 1
    assert "if resize" in text
    assert "else nn.Identity()" in text


def test_equal_blocks_in_a_row_are_a_loop() -> None:
    text = archcalc.export("resnet50")
    assert isinstance(text, str)
    # table 1: conv4_x has 6 blocks of 256 filters, the first with a projection and a stride
    assert "Residual(512, 256, stride=2, resize=True), *[Residual(1024, 256) for _ in range(5)]" in text


def test_multiples_of_an_argument_are_written_as_such() -> None:
    block = [{"up": {"conv": "4 * w"}}, {"down": {"conv": "w"}}, "relu"]
    text = _layers({"a": {"wide": 8}}, {"b": {"wide": 16}}, {"c": {"wide": 24}}, blocks={"wide(w)": block})
    assert "nn.Conv2d(in_channels, 4 * w, 1)" in text
    assert "nn.Conv2d(4 * w, w, 1)" in text


@pytest.mark.parametrize(("layer", "line"), [
    ({"conv": 4, "kernel": [3, 5], "stride": 2, "padding": [1, 2]},
     "nn.Conv2d(8, 4, (3, 5), stride=2, padding=(1, 2))"),
    ({"conv": 8, "groups": 8, "bias": False}, "nn.Conv2d(8, 8, 1, groups=8, bias=False)"),
    ({"maxpool": 3, "stride": 2, "ceil": True}, "nn.MaxPool2d(3, stride=2, ceil_mode=True)"),
    ({"batchnorm": None}, "nn.BatchNorm2d(8)"),
    ({"batchnorm": None, "eps": 0.001}, "nn.BatchNorm2d(8, eps=0.001)"),
    ({"batchnorm": None, "scale": False}, 'without(nn.BatchNorm2d(8), "weight")'),
    ({"gelu": "tanh"}, 'nn.GELU(approximate="tanh")'),
    ({"adaptive_avgpool": 7}, "nn.AdaptiveAvgPool2d(7)"),
    ({"groupnorm": 4}, "nn.GroupNorm(4, 8)"),
    ({"lrn": 5, "k": 1}, "nn.LocalResponseNorm(5, alpha=0.0005)"),    # torch's alpha is 5 times the paper's
])
def test_arguments_are_named_and_defaults_left_out(layer: dict[str, Any], line: str) -> None:
    assert f"self.it = {line}\n" in _layers({"it": layer})


@pytest.mark.parametrize(("layer", "line"), [
    ({"global_avgpool": None}, "x.mean([2, 3], keepdim=True)"),
    ({"permute": [1, 2, 0]}, "x.permute(0, 2, 3, 1)"),
    ({"slice": "channel", "start": 2, "stop": 6}, "x[:, 2:6]"),
    ({"add": None, "from": ["input", "input"]}, "x + x"),
    ({"chunk": 2, "part": 1}, "x.chunk(2, dim=1)[1]"),
    ({"pad": 1}, "F.pad(x, [1, 1, 1, 1])"),
    ({"rescale": 0.5}, "x * 0.5"),
])
def test_functions_are_written_where_they_are_used(layer: dict[str, Any], line: str) -> None:
    assert f"        return {line}\n" in _layers({"it": layer})


def test_names_that_python_or_torch_has_taken() -> None:
    words = ["class", "type", "half", "forward", "torch", "x", "2nd", "a-b"]
    text = _layers(*({word: {"conv": 8}} for word in words))
    space = {line.split(" = ")[0].strip() for line in text.splitlines() if "nn.Conv2d(" in line}
    assert space == {"self.class_", "self.type_2", "self.half_2", "self.forward_2", "self.torch", "self.x",
                     "self.block_2nd", "self.a_b"}
    compile(text, "net.py", "exec")


def test_what_a_message_says_of_a_kind_without_an_equivalent() -> None:
    text = "input: [4, 3, 3]\nlayers:\n- it: {adaptive_avg_unpool: 7}\n"
    with pytest.raises(ArchcalcError, match=r"spec:3:3: it: the kind 'adaptive_avg_unpool' cannot be exported: its "
                                            r"torch equivalent depends on a tensor's values or shape") as caught:
        torch_source(loads(text))
    assert caught.value.exit_code == 2


def test_dense_blocks_are_one_class() -> None:
    text = archcalc.export("torchvision/densenet121")
    assert isinstance(text, str)
    # table 1: 6, 12, 24 and 16 layers of growth 32; a transition halves the channels
    assert [line.strip() for line in text.splitlines() if "Dense(" in line] == [
        "class Dense(nn.Module):", "self.denseblock1 = Dense(64, 6)", "self.denseblock2 = Dense(128, 12)",
        "self.denseblock3 = Dense(256, 24)", "self.denseblock4 = Dense(512, 16)"]
    assert "self.layer = nn.ModuleList([Layer(num_features + 32 * i) for i in range(depth)])" in text
    assert "layers.append(layer(torch.cat(layers, dim=1)))" in text


def test_repetitions_that_share_a_value_are_a_loop() -> None:
    text = archcalc.export("t5-base")
    assert isinstance(text, str)
    assert "        for encoder in self.encoder:\n            x = encoder(x, out)\n" in text
    assert "nn.ModuleList([DecoderBlock() for _ in range(12)])" in text
    # §2.1 of WaveNet: dilations 1, 2, 4, ..., 512, in each stack
    assert "[Residual(d=2**i) for _ in range(5) for i in range(10)]" in str(archcalc.export("wavenet"))


@pytest.mark.parametrize(("rows", "text"), [
    ([(8,)] * 3, "[f(8) for _ in range(3)]"),
    ([(8,), (8,)], None),
    ([(4,), (6,), (8,)], "[f(4 + 2 * i) for i in range(3)]"),
    ([(0,), (1,), (2,)], "[f(i) for i in range(3)]"),
    ([(9,), (8,), (7,)], "[f(9 - i) for i in range(3)]"),
    ([(0,), (3,), (6,)], "[f(3 * i) for i in range(3)]"),
    ([(3,), (6,), (12,)], "[f(3 * 2**i) for i in range(3)]"),
    ([(1, 8), (2, 9), (4, 10)], "[f(2**i, 8 + i) for i in range(3)]"),
    ([(0,), (4,)] * 2, "[f(n) for _ in range(2) for n in (0, 4)]"),
    ([(1,), (2,), (3,)] * 2, "[f(1 + i) for _ in range(2) for i in range(3)]"),
    ([(True,), (1,), (1,)], None),
    ([(5,), (1,), (7,), (3,)], "[f(n) for n in (5, 1, 7, 3)]"),
    ([(5, 1), (1, 1), (7, 2), (3, 1)], None),
])
def test_comprehensions(rows: list[tuple[Any, ...]], text: str | None) -> None:
    found = repeated([name("f")(*row) for row in rows], listed=True)
    assert (None if found is None else Printer({}).flat(found)) == text
    if text is not None:
        assert eval(text, {"f": lambda *row: row}) == rows


def test_every_kind_has_source_or_an_error() -> None:
    refused = set()
    for case in CASES:
        try:
            compile(torch_source(of_case(case)), "net.py", "exec")
        except ArchcalcError as error:
            refused |= set(re.findall(r"the kind '(\w+)' cannot be exported", str(error)))
    assert {case.layer.kind for case in CASES} == kinds().keys() - {"input"}
    assert refused == {f"{way}_unpool{rank}" for way in ("max", "avg") for rank in ("", "1d", "3d")} | {
        "adaptive_avg_unpool", "adaptive_max_unpool", "lrn_transpose", "unslice", "unselect"}


def test_what_nothing_reads_is_not_named() -> None:
    text = _layers({"a": {"conv": 4}}, {"b": {"conv": 4, "from": "a"}}, {"c": {"conv": 4, "from": "a"}},
                   {"d": {"identity": None}})
    assert "        self.b(x)\n" in text


@pytest.mark.parametrize("to", ["torch", "onnx"])
def test_an_operation_that_is_not_known_is_not_exported(to: str) -> None:
    net = loads("input: [4]\nlayers:\n- {linear: 4}\n- odd: {opaque: [4]}\n")
    with pytest.raises(ArchcalcError, match=r"spec:4:3: odd: the kind 'opaque' cannot be exported: it stands for an "
                                            r"operation that archcalc does not know"):
        export(net, to)


@pytest.mark.parametrize(("options", "message"), [
    ({"to": "onxx"}, r"cannot export to 'onxx'; did you mean 'onnx'\?"),
    ({"to": "torch", "weights": "random"}, "weights are none or random, of an ONNX model; found 'random' for torch"),
    ({"to": "onnx", "weights": "pretrained"}, "weights are none or random, of an ONNX model; found 'pretrained'"),
])
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        export("lenet5", **options)


def test_export_needs_neither_torch_nor_onnx() -> None:
    program = ("import sys; sys.modules['torch'] = sys.modules['onnx'] = sys.modules['numpy'] = None\n"
               "import archcalc; text = archcalc.export('alexnet')\n"
               "assert 'class AlexNet(nn.Module):' in text, text")
    subprocess.run([sys.executable, "-c", program], check=True)


X = name("x")
LONG = name("function_of_a_long_name_that_takes_much")
PRINTED: list[tuple[Code, str]] = [
    (X + 1 - (X - 2), "x + 1 - (x - 2)"), ((X + 1) * 2, "(x + 1) * 2"), (-(X + 1), "-(x + 1)"),
    (2.0 ** -X, "2.0**-x"), ((X + 1) ** 2, "(x + 1) ** 2"),
    ((-X).exp(), "(-x).exp()"), (X[1:, None, ..., -1], "x[1:, None, ..., -1]"), (X[::2], "x[::2]"),
    (X[X.a :: 2], "x[x.a :: 2]"),
    (X.mean([1, 2], keepdim=True), "x.mean([1, 2], keepdim=True)"), (X < 3, "x < 3"), (X @ X, "x @ x"),
    (name("torch.cat")((X,), 0), "torch.cat((x,))"), (Code("given", code(True), X, X + 1), "x if True else x + 1"),
]


@pytest.mark.parametrize(("expression", "text"), PRINTED, ids=[text for _, text in PRINTED])
def test_expressions(expression: Code, text: str) -> None:
    assert Printer({}).flat(expression) == text


def test_long_expressions_are_broken() -> None:
    call = LONG(X.first_argument_of_the_function, X.second_argument_of_the_function, third=X.third_argument)
    assert Printer({}).lines(call, "x = ", indent=8) == [
        "        x = function_of_a_long_name_that_takes_much(",
        "            x.first_argument_of_the_function,",
        "            x.second_argument_of_the_function,",
        "            third=x.third_argument,",
        "        )"]
    chain = X.first_method_of_a_chain(1, 2, 3).second_method_of_a_chain(4, 5, 6).third_method_of_a_chain(7, 8, 9)
    assert Printer({}).lines(chain, "return ", indent=8) == [
        "        return (",
        "            x.first_method_of_a_chain(1, 2, 3)",
        "            .second_method_of_a_chain(4, 5, 6)",
        "            .third_method_of_a_chain(7, 8, 9)",
        "        )"]
    total = X.first_of_the_terms_of_a_long_sum + X.second_of_the_terms_of_a_long_sum - X.third_of_the_terms_of_it
    assert Printer({}).lines(total, "x = ", indent=8) == [
        "        x = (",
        "            x.first_of_the_terms_of_a_long_sum",
        "            + x.second_of_the_terms_of_a_long_sum",
        "            - x.third_of_the_terms_of_it",
        "        )"]


@pytest.mark.parametrize(("value", "text"), [
    ('say "a\\b"', '"say \\"a\\\\b\\""'), (float("inf"), 'float("inf")'), ((1,), "(1,)"), ([1, 2.5], "[1, 2.5]"),
    (None, "None"), (Ellipsis, "..."), (True, "True"),
])
def test_constants(value: Any, text: str) -> None:
    assert literal(value) == text


def test_a_title_cannot_leave_its_string() -> None:
    text = torch_source(loads('name: "a\\"\\"\\"\\nimport os\\\\"\ninput: [4]\nlayers: [{linear: 2}]\n'))
    compile(text, "net.py", "exec")
    assert "\nimport os" not in text
