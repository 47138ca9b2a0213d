"""Findings on published networks, each with the reason for which its authors have it."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import NamedTuple

import pytest

from archcalc import zoo
from archcalc.linting import all_rules, lint


class Reason(NamedTuple):
    """The networks that have a finding of a rule, as patterns, and why they do."""

    code: str
    names: tuple[str, ...]
    why: str


REASONS = (
    Reason("AC101", ("slim/alexnet_v2",), "slim leaves out all padding (VALID) at 224 pixels"),
    Reason("AC101", ("torchvision/squeezenet1_?",),
           "its first convolution has no padding: (224 − 7) / 2 and (224 − 3) / 2 are no whole numbers"),
    Reason("AC102", ("resnet50", "resnet101", "resnet152"),
           "the paper's bottlenecks have their stride in the first 1×1 (He et al. 2019, §4.2, call it out)"),
    Reason("AC106", ("torchvision/inception_v3", "torchvision/maxvit_t"),
           "F.avg_pool2d counts padding unless told otherwise; slim's Inception v3 does not"),
    Reason("AC201", ("torchvision/vgg??_bn",), "make_layers leaves the bias of nn.Conv2d on in front of BatchNorm2d"),
    Reason("AC203", ("torchvision/mobilenet_v3_small",),
           "bneck.1 has 16 channels in, within and out, and a stride: its bottleneck is no narrower than the rest"),
    Reason("AC301", ("wavenet",), "figure 4 gives every layer a residual output; of the last, only the skip is read"),
    Reason("AC306", ("yolov3",), "darknet's shortcut adds what a leaky ReLU has passed"),
    Reason("AC306", ("torchvision/efficientnet_v2_?",), "FusedMBConv with expansion 1 is one convolution with SiLU"),
    Reason("AC307", ("bert-*", "gpt2*"), "the slice of positions is for inputs shorter than the longest"),
    Reason("AC307", ("torchvision/alexnet", "torchvision/vgg*"), "the adaptive pooling is for images of other sizes"),
    Reason("AC307", ("torchvision/densenet*",), "the first layer of a block concatenates the block's input alone"),
    Reason("AC309", ("alexnet",), "§3.5: the kernels of conv4 and conv5 see the maps on their own GPU only"),
    Reason("AC310", ("googlenet", "resnet*", "plain*", "yolov3",
                     *(f"slim/{family}*" for family in ("inception_", "mobilenet_", "resnet_")),
                     *(f"torchvision/{family}*" for family in (
                         "convnext", "densenet", "efficientnet", "googlenet", "inception", "mnasnet", "mobilenet",
                         "regnet", "resnet", "resnext", "wide_resnet", "shufflenet"))),
           "deep networks for small images: what Richter et al. 2021 measured on these very families"),
    Reason("AC401", ("lenet5",), "table I connects each map of C3 to 3, 4 or 6 maps of S2"),
    Reason("AC401", ("torchvision/resnext50_32x4d",), "32 groups of 4 channels are its cardinality"),
    Reason("AC402", ("alexnet", "zfnet", "vgg*", "slim/alexnet_v2", "slim/vgg_16", "torchvision/alexnet",
                     "torchvision/vgg*"),
           "two dense layers of 4,096 on the last map were the custom before global average pooling"),
    Reason("AC402", ("lenet5",), "C5 is a convolution as large as its map"),
    Reason("AC501", ("t5-large", "t5-3b"),
           "scores are not divided by √64; the authors draw the weights of queries smaller by as much instead"),
)

PAPERS = ("alexnet", "zfnet", "vgg16", "googlenet", "inception-naive", "inception-reduced", "resnet18", "resnet50")


def expected(name: str) -> set[str]:
    return {reason.code for reason in REASONS if any(fnmatchcase(name, pattern) for pattern in reason.names)}


@pytest.mark.parametrize("name", PAPERS)
def test_the_papers_networks(name: str) -> None:
    assert {f.code for f in lint(name)} == expected(name)


@pytest.mark.zoo
def test_the_whole_zoo() -> None:
    found = {name: {f.code for f in lint(name)} for name in zoo.names()}
    assert {name: codes for name, codes in found.items() if codes != expected(name)} == {}


def test_reasons_are_of_rules_and_networks_that_there_are() -> None:
    names = zoo.names()
    for reason in REASONS:
        assert reason.code in all_rules()
        assert reason.why
        for pattern in reason.names:
            assert any(fnmatchcase(name, pattern) for name in names), pattern


def test_warnings_are_rare() -> None:
    """A published network computes what its authors meant; a warning says what is in vain, or must be made up for."""
    warned = {reason.names for reason in REASONS if all_rules()[reason.code].severity == "warning"}
    assert warned == {("torchvision/vgg??_bn",), ("torchvision/mobilenet_v3_small",), ("wavenet",),
                      ("t5-large", "t5-3b")}
