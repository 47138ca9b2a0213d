"""Derived networks: their layers, shapes and notes, and what a unit sees, against figures worked out by hand."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archcalc
from archcalc import zoo
from archcalc.analysis.shapes import calls
from archcalc.backwards.derive import METHODS, Backward, derive
from archcalc.backwards.find import patch
from archcalc.errors import ArchcalcError, UsageError
from archcalc.net import Net
from archcalc.spec.flat import flat
from tests.fuzz.specs import specs


def loads(*layers: str, input: str = "[3, 16, 16]") -> Net:
    return archcalc.loads("\n".join([f"input: {input}", "layers:", *(f"- {layer}" for layer in layers)]))


def shapes(back: Backward) -> dict[str, tuple[int, ...]]:
    return {node.name: call.out.dims for node, call in zip(back.net.nodes, calls(back.net), strict=True)}


def holds(back: Backward) -> None:
    """The spec reads back as the network; it goes from the layer's shape to the source's."""
    outs = {node.name: call.out for node, call in zip(back.forward.nodes, calls(back.forward), strict=True)}
    assert flat(archcalc.loads(back.text)) == back.text
    found = calls(back.net)
    assert (found[0].out, found[back.net.outputs[0]].out) == (outs[back.layer], outs[back.source])
    assert [node.name for node in back.net.inputs] == [back.signal, *(note.name for note in back.notes)]
    assert set(back.undoes) == {node.name for node in back.net.layers}
    assert set(back.undoes.values()) <= set(outs)


def test_zfnet_by_hand() -> None:
    back = derive(archcalc.load("zfnet"), "conv5")
    holds(back)
    assert [(node.name, node.layer.kind) for node in back.net.layers] == [
        ("conv5", "conv_transpose"), ("conv4.relu", "relu"), ("conv4", "conv_transpose"), ("conv3.relu", "relu"),
        ("conv3", "conv_transpose"), ("norm2", "lrn_transpose"), ("pool2", "max_unpool"), ("conv2.relu", "relu"),
        ("conv2", "conv_transpose"), ("norm1", "lrn_transpose"), ("pool1", "max_unpool"), ("conv1.relu", "relu"),
        ("conv1", "conv_transpose")]
    # Figure 3 of the paper, from right to left.
    assert list(shapes(back).values())[-7:] == [
        (256, 26, 26), (256, 26, 26), (96, 55, 55), (96, 55, 55), (96, 110, 110), (96, 110, 110), (3, 224, 224)]
    assert {note.name: shapes(back)[note.name] for note in back.notes} == {
        "pool2.value": (256, 13, 13), "pool2.switches": (256, 13, 13), "pool1.value": (96, 55, 55),
        "pool1.switches": (96, 55, 55)}


def test_size_of_a_patch_of_zfnet() -> None:
    # conv1 7/2, pool1 3/2, conv2 5/2, pool2 3/2 and three times 3.
    size = 7 + 2 * 2 + 4 * 4 + 8 * 2 + 16 * (2 + 2 + 2)
    found = patch(archcalc.load("zfnet"), "conv5", (0, 6, 6), "input")
    assert [len(r) for r in found] == [size, size] == [139, 139]


def test_what_becomes_of_a_rectifier() -> None:
    net = loads("a: {conv: 4}", "b: relu", "c: {conv: 2}")
    kinds = {method: [node.layer.kind for node in derive(net, "c", method).net.layers] for method in METHODS}
    assert kinds == {"deconvnet": ["conv_transpose", "relu", "conv_transpose"],
                     "gradient": ["conv_transpose", "multiply", "conv_transpose"],
                     "guided": ["conv_transpose", "multiply", "relu", "conv_transpose"]}
    assert [note._asdict() for note in derive(net, "c", "guided").notes] == [
        {"name": "b.slopes", "layer": "b", "what": "slopes"}]


def test_branches_add_up_and_joins_come_apart() -> None:
    back = derive(archcalc.load("googlenet"), "3a")
    holds(back)
    rows = {node.name: node for node in back.net.layers}
    cuts = [(rows[f"3a.out.{name}"].layer.start, rows[f"3a.out.{name}"].layer.stop)  # type: ignore[attr-defined]
            for name in ("b1", "b3", "b5", "pool")]
    assert cuts == [(0, 64), (64, 64 + 128), (192, 192 + 32), (224, 224 + 32)]
    assert {back.net.nodes[i].name for i in rows["pool2.sum"].inputs} == {
        "3a.out.b1.conv1", "3a.out.b3.reduce", "3a.out.b5.reduce", "3a.out.pool.max"}


def test_a_shortcut_goes_back_beside_its_branch() -> None:
    back = derive(archcalc.load("resnet18"), "conv2_x.1")
    rows = {node.name: node for node in back.net.layers}
    assert [back.net.nodes[i].name for i in rows["pool1.sum"].inputs] == [
        "conv2_x.1.sum.relu", "conv2_x.1.sum.branch.conv1"]


@pytest.mark.parametrize(("spec", "method"), [
    ("alexnet", "guided"), ("vgg-d", "deconvnet"), ("resnet34-a", "guided"), ("unet", "gradient"),
    ("fcn8s", "deconvnet"), ("c3d", "guided"), ("lenet5", "gradient"), ("dcgan-generator", "deconvnet"),
    ("torchvision/efficientnet_b0", "guided"), ("torchvision/shufflenet_v2_x1_0", "gradient")])
def test_networks_of_the_zoo(spec: str, method: str) -> None:
    net = archcalc.load(spec)
    holds(derive(net, [node.name for node in net.layers if node.layer.family == "conv"][-1], method))


@pytest.mark.zoo
@pytest.mark.parametrize("spec", [name for name in zoo.names() if not name.startswith(("gpt2", "llama", "bert", "t5"))])
def test_whole_zoo(spec: str) -> None:
    net = archcalc.load(spec)
    target = next(node.name for node in reversed(net.layers) if node.layer.family in ("conv", "fc"))
    for method in METHODS:
        try:
            back = derive(net, target, method)
        except ArchcalcError as error:
            assert re.search(r"(layernorm|attention|softmax|embedding|rbf) has no inverse", str(error))  # noqa: PT017
        else:
            holds(back)


@settings(max_examples=40, deadline=None)
@given(text=specs(), data=st.data())
def test_any_network_goes_back(text: str, data: st.DataObject) -> None:
    net = archcalc.loads(text)
    node = data.draw(st.sampled_from(net.layers))
    method = data.draw(st.sampled_from(METHODS))
    try:
        back = derive(net, node.name, method)
    except UsageError as error:
        assert "sees no input" in str(error)  # noqa: PT017 - the only reason that is left
    else:
        holds(back)


@pytest.mark.parametrize(("layer", "steps"), [
    ("{conv: 4, kernel: 3, stride: 2}", {"conv_transpose": {"output_padding": 1}}),      # (16 − 3) mod 2 = 1
    ("{conv: 4, kernel: 2, padding: same}", {"conv_transpose": {"padding": 0}, "crop": {"size": 16, "offset": 0}}),
    ("{conv: 4, kernel: 2, padding: [[1, 0], [0, 1]]}", {"conv_transpose": {}, "crop": {"offset": (1, 0)}}),
    ("{conv_transpose: 4, kernel: 4, stride: 2, padding: 1}", {"conv": {"stride": 2, "padding": 1, "filters": 3}}),
    ("{conv_transpose: 4, dilation: 3, output_padding: 2}", {"conv": {}, "crop": {"size": 16}}),
    ("{avgpool: 2, stride: 2}", {"avg_unpool": {"size": 16}}),
    ("{pad: 2, mode: constant}", {"crop": {"offset": 2}}),
    ("{crop: 9}", {"pad": {"padding": ((3, 4), (3, 4))}}),                                  # ⌊(16 − 9) / 2⌋ = 3
    ("{upsample: 3}", {"avgpool": {"kernel": 3, "stride": 3}, "rescale": {"factor": 9.0}}),
    ("{slice: channel, start: -2}", {"unslice": {"size": 3, "start": 1}}),
    ("{permute: [1, 2, 0]}", {"permute": {"order": (2, 0, 1)}}),
    ("flatten", {"reshape": {"shape": (3, 16, 16)}}),
    ("{reduce: max, axes: [1]}", {"reshape": {"shape": (3, 1, 16)}, "expand": {}, "multiply": {}}),
    ("{global_avgpool: , keep: false}", {"reshape": {"shape": (3, 1, 1)}, "adaptive_avg_unpool": {"size": 16}}),
    ("identity", {"identity": {}}),
])
def test_steps_of_a_kind(layer: str, steps: dict[str, dict[str, object]]) -> None:
    back = derive(loads(f"x: {layer}"), "x")
    holds(back)
    assert [node.layer.kind for node in back.net.layers] == list(steps)
    for node in back.net.layers:
        fields = dict(node.layer)
        assert {name: fields[name] for name in steps[node.layer.kind]} == steps[node.layer.kind]


def test_weights_that_are_shared_stay_so() -> None:
    net = loads("a: {conv: 3, kernel: 3, padding: 1}", "b: {conv: 3, kernel: 3, padding: 1, share: {weight: a.weight}}")
    back = derive(net, "b")
    assert [node.share for node in back.net.layers] == [{}, {"weight": (back.net.index["b"], "weight")}]
    assert archcalc.report(back.net).totals.params == 3 * 3 * 3 * 3


def test_an_earlier_layer_as_the_source() -> None:
    back = derive(archcalc.load("alexnet"), "conv3", source="pool1")
    holds(back)
    assert shapes(back)["conv2"] == (96, 27, 27)
    assert patch(back.forward, "conv3", (0, 0, 0), "pool1") == (range(0, 7), range(0, 7))   # rows −1 … 1 of pool2


def test_a_thousand_layers_in_a_second() -> None:
    assert len(derive(archcalc.load("resnet1202"), "fc").net) > 3600


@pytest.mark.parametrize(("spec", "at", "options", "message"), [
    ("alexnet", "conv6", {}, "'conv6' is no layer of AlexNet; did you mean '"),
    ("alexnet", "input", {}, "'input' is an input of AlexNet, from which nothing goes back"),
    ("alexnet", "conv1", {"method": "guidded"}, "unknown method 'guidded'; did you mean 'guided'?"),
    ("alexnet", "conv1", {"source": "conv3"}, "'conv1' does not see 'conv3': no path leads back to it"),
    ("alexnet", "conv1", {"source": "pool9"}, "'pool9' is no layer of AlexNet; did you mean 'pool"),
    ("googlenet", "aux1.fc2", {}, "'aux1.fc2' is no layer of GoogLeNet outside of training"),
    ("torchvision/convnext_tiny", "fc", {}, "layernorm has no inverse, so nothing goes back through it; it gets 768"),
    ("bert-base", "pooler", {"source": "ids"}, "has no inverse, so nothing goes back through it"),
])
def test_what_cannot_go_back(spec: str, at: str, options: dict[str, str], message: str) -> None:
    net = archcalc.load(spec)
    at = net.layers[-1].name if at == "fc" else at
    with pytest.raises(ArchcalcError) as error:
        derive(net, at, **options)
    assert message in str(error.value)
    assert error.value.exit_code == 2


@pytest.mark.parametrize(("layer", "message"), [
    ("{upsample: 2, mode: bilinear}", "only upsampling to the nearest by whole factors has an inverse here"),
    ("{pad: 1, mode: reflect}", "reflect padding has no inverse here"),
    ("softmax", "softmax has no inverse"),
    ("{groupnorm: 3}", "groupnorm has no inverse"),
])
def test_kinds_without_an_inverse_say_so(layer: str, message: str) -> None:
    with pytest.raises(ArchcalcError) as error:
        derive(loads("before: {conv: 3}", f"x: {layer}"), "x")
    assert message in str(error.value)
    assert re.match(r"spec:4:\d+: x: ", str(error.value))
    assert "it gets 3×16×16" in str(error.value)


def test_several_inputs() -> None:
    net = archcalc.loads("inputs: {a: [3, 8, 8], b: [3, 8, 8]}\nlayers: [{s: {add: , from: [a, b]}}, {c: {conv: 4}}]")
    with pytest.raises(UsageError, match="'c' sees several inputs, a or b: name one as the source"):
        derive(net, "c")
    holds(derive(net, "c", source="b"))


@pytest.mark.parametrize(("unit", "message"), [
    ((0, 13, 0), "'conv5' is 256×13×13: it has no unit 13 along axis 1 (space); they are 0 to 12"),
    ((-1, 0, 0), "it has no unit -1 along axis 0 (channel); they are 0 to 255"),
    ((1, 2), "a unit takes 3 indices, found 2"),
])
def test_units_that_are_not_there(unit: tuple[int, ...], message: str) -> None:
    with pytest.raises(UsageError) as error:
        patch(archcalc.load("alexnet"), "conv5", unit, "input")
    assert message in str(error.value)
