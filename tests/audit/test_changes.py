"""Other readings of a network: found by fields, exact, and none where they make no difference."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.claims.changes import refitted, rounding, stem_padding, stride_in
from archcalc.claims.conventions import CONVENTIONS
from archcalc.claims.measured import Measured
from archcalc.claims.subject import Networks, Same, Subject
from archcalc.spec.document import open_document
from archcalc.spec.source import SpecError


def read(spec: str, *names: str) -> Measured:
    networks = Networks(None)
    return networks.measured(Subject(open_document(spec)), [CONVENTIONS[name] for name in names])


def macs(measured: Measured) -> int:
    return measured.report.totals.macs


def test_stride_in_the_3x3_is_torchvisions_resnet50() -> None:
    assert macs(read("resnet50", "stride-3x3")) == archcalc.report("torchvision/resnet50").totals.macs
    back = Networks(None).measured(Subject(open_document("torchvision/resnet50")), [CONVENTIONS["stride-1x1"]])
    assert macs(back) == archcalc.report("resnet50").totals.macs


def test_stride_moves_past_normalization_and_not_past_an_addition() -> None:
    net = archcalc.load("resnet50")
    changed = stride_in(False)(net)
    names = {net.nodes[i].name for i in changed}
    assert names == {f"conv{s}_x.1.sum.branch.conv{c}" for s in (3, 4, 5) for c in (1, 2)}
    assert stride_in(True)(net) == {}
    assert stride_in(False)(archcalc.load("resnet34")) == stride_in(True)(archcalc.load("resnet34")) == {}
    assert stride_in(False)(archcalc.load("vgg-c")) == stride_in(True)(archcalc.load("vgg-c")) == {}


def test_rounding() -> None:
    """ZFNet's pool1: ⌊(110 − 3) / 2⌋ + 1 = 54 rounded down, 55 up."""
    assert read("zfnet", "floor").rows("pool1")[0].shape == (96, 54, 54)
    assert read("zfnet").rows("pool1")[0].shape == (96, 55, 55)
    assert read("alexnet", "image-224", "ceil").rows("pool1")[0].shape == (96, 27, 27)     # ⌈(54 − 3) / 2⌉ + 1
    with pytest.raises(SpecError, match="pool5: a window of 7 does not fit into 6"):
        read("googlenet", "floor")
    assert rounding(False)(archcalc.load("alexnet")) == {}


def test_padding_of_the_first_window() -> None:
    net = archcalc.load("alexnet")
    assert stem_padding(0)(net) == {}
    (index,) = stem_padding(2)(net)
    assert net.nodes[index].name == "conv1"
    assert read("alexnet", "padding-2").rows("conv1")[0].shape == (96, 56, 56)              # (227 − 11 + 4) / 4 + 1


def test_auxiliary_heads() -> None:
    """Each has a 1×1 convolution to 128 channels on 4×4 maps, and dense layers of 1,024 and 1,000."""
    heads = sum(128 * c + 128 + 4 * 4 * 128 * 1024 + 1024 + 1024 * 1000 + 1000 for c in (512, 528))
    plain, trained = read("googlenet"), read("googlenet", "heads")
    assert trained.report.totals.params - plain.report.totals.params == heads


@pytest.mark.parametrize(("spec", "name"), [
    ("alexnet", "image-227"), ("googlenet", "image-224"), ("resnet20", "image-224"), ("googlenet", "padding-3"),
    ("alexnet", "floor"), ("resnet50", "stride-1x1"), ("bert-base", "image-224"), ("bert-base", "padding-0"),
])
def test_no_difference(spec: str, name: str) -> None:
    with pytest.raises(Same):
        read(spec, name)


def test_equal_layers_stay_one_object() -> None:
    """Each distinct layer is applied once, so that other readings of deep networks are as quick as the first."""
    net = archcalc.load("resnet1202")
    same = {i: {"eps": 1e-3} for i, node in enumerate(net.nodes) if node.layer.kind == "batchnorm"}
    assert len({id(node.layer) for node in refitted(net, same).nodes}) == len({id(node.layer) for node in net.nodes})
