"""The five families against figures of their papers, of independent sources, and written-out arithmetic."""

from __future__ import annotations

import pytest

import archcalc
from archcalc import zoo
from archcalc.reports.groups import fold

# Totals as issue trackers of other tools, papers and torchvision-like implementations agree on them;
# where a figure is rounded in its source, the last column says to what.
TOTALS = {
    "alexnet": (60_965_224, 724_406_816),
    "vgg-d": (138_357_544, 15_470_264_320),
    "googlenet": (6_998_552, 1_582_671_872),
    "resnet50": (25_557_032, 3_857_973_248),
    "resnet34-a": (21_623_848, None),
    "resnet34-b": (21_797_672, None),
    "resnet34-c": (22_716_840, None),
}


@pytest.mark.parametrize("name", TOTALS)
def test_totals(name: str) -> None:
    params, macs = TOTALS[name]
    totals = archcalc.report(name).totals
    assert totals.params == params
    assert macs in (None, totals.macs)


def test_alexnet_is_the_sum_of_its_layers() -> None:
    report = archcalc.report("alexnet")
    weights = {  # kernel height × width × channels in a group × filters
        "conv1": 11 * 11 * 3 * 96, "conv2": 5 * 5 * 48 * 256, "conv3": 3 * 3 * 256 * 384,
        "conv4": 3 * 3 * 192 * 384, "conv5": 3 * 3 * 192 * 256,
        "fc6": 6 * 6 * 256 * 4096, "fc7": 4096 * 4096, "fc8": 4096 * 1000,
    }
    maps = {"conv1": 55 * 55, "conv2": 27 * 27, "conv3": 13 * 13, "conv4": 13 * 13, "conv5": 13 * 13}
    assert [weights[f"conv{i}"] for i in range(1, 6)] == [34_848, 307_200, 884_736, 663_552, 442_368]
    for name, count in weights.items():
        assert report[name].weights == count
        assert report[name].macs == count * maps.get(name, 1)
    biases = 96 + 256 + 384 + 384 + 256 + 4096 + 4096 + 1000
    assert report.totals.params == sum(weights.values()) + biases
    assert report.totals.weights == sum(weights.values()) == 60_954_656


def test_alexnet_shapes() -> None:
    report = archcalc.report("alexnet")
    sizes = [report[name].shape[-1] for name in ("conv1", "pool1", "conv2", "pool2", "conv3", "conv5", "pool5")]
    assert sizes == [55, 27, 27, 13, 13, 13, 6]
    assert archcalc.report("alexnet", image=224)["conv1"].shape == (96, 54, 54)  # (224 − 11) // 4 + 1


def test_alexnet_flops_are_twice_the_macs_and_the_rest() -> None:
    report = archcalc.report("alexnet")
    conv1 = report["conv1"]
    assert conv1.flops == 2 * conv1.macs + 96 * 55 * 55  # one bias addition per output
    assert report["conv1.relu"].flops == 96 * 55 * 55
    assert report["pool1"].flops == 96 * 27 * 27 * 8  # eight comparisons among nine
    assert report["norm1"].flops == 96 * 55 * 55 * 9  # five squares and sums, scale, shift, root, division


def test_zfnet_chain() -> None:
    """Figure 3 of Zeiler & Fergus: 110, 55, 26, 13, 13, 13, 13, 6."""
    report = archcalc.report("zfnet")
    chain = ("conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5")
    assert [report[name].shape for name in chain] == [
        (96, 110, 110), (96, 55, 55), (256, 26, 26), (256, 13, 13),
        (384, 13, 13), (384, 13, 13), (256, 13, 13), (256, 6, 6)]
    names = [row.name for row in report.rows]
    assert names.index("pool1") < names.index("norm1") < names.index("conv2")
    assert report["conv4"].params == 3 * 3 * 384 * 384 + 384  # dense, where AlexNet has groups


# Table 2 of Simonyan & Zisserman, in millions; table 1's weight layers.
VGG = {"vgg-a": (133, 11), "vgg-a-lrn": (133, 11), "vgg-b": (133, 13), "vgg-c": (134, 16), "vgg-d": (138, 16),
       "vgg-e": (144, 19)}


@pytest.mark.parametrize("name", VGG)
def test_vgg(name: str) -> None:
    millions, depth = VGG[name]
    report = archcalc.report(name)
    assert round(report.totals.params / 1e6) == millions
    assert sum(1 for row in report.rows if row.params) == depth
    assert [row.shape for row in report.rows if row.kind == "maxpool"] == [
        (64, 112, 112), (128, 56, 56), (256, 28, 28), (512, 14, 14), (512, 7, 7)]


def test_vgg_names() -> None:
    for letter, number in {"a": 11, "b": 13, "d": 16, "e": 19}.items():
        assert archcalc.report(f"vgg{number}").totals == archcalc.report(f"vgg-{letter}").totals


def test_vgg_c_has_its_1x1_convolutions() -> None:
    """Table 1: conv1-256, conv1-512, conv1-512, each the third of its stage."""
    report = archcalc.report("vgg-c")
    kernels = {name: report[name].tensors["weight"].shape
               for name in ("stage3.conv.3", "stage4.conv.3", "stage5.conv.3")}
    assert kernels == {"stage3.conv.3": (256, 256, 1, 1), "stage4.conv.3": (512, 512, 1, 1),
                       "stage5.conv.3": (512, 512, 1, 1)}


# Table 1 of Szegedy et al.: the output of each module, and the sums of its columns.
GOOGLENET = {
    "3a": (256, 28, 28), "3b": (480, 28, 28), "4a": (512, 14, 14), "4b": (512, 14, 14), "4c": (512, 14, 14),
    "4d": (528, 14, 14), "4e": (832, 14, 14), "5a": (832, 7, 7), "5b": (1024, 7, 7),
}


def test_googlenet() -> None:
    report = archcalc.report("googlenet")
    assert {name: report[f"{name}.out"].shape for name in GOOGLENET} == GOOGLENET
    assert report["pool5"].shape == (1024, 1, 1)


def test_googlenet_heads_exist_only_in_training() -> None:
    evaluated, trained = archcalc.report("googlenet"), archcalc.report("googlenet", mode="train")
    assert evaluated.outputs == ["fc"]
    assert trained.outputs == ["fc", "aux1.fc2", "aux2.fc2"]
    assert trained.totals.params == 13_378_280
    head = {"aux1": 512, "aux2": 528}  # channels of 4a and 4d; 1×1 to 128, 4·4·128 to 1024, 1024 to 1000
    expected = sum(c * 128 + 128 + 2048 * 1024 + 1024 + 1024 * 1000 + 1000 for c in head.values())
    assert trained.totals.params - evaluated.totals.params == expected
    assert trained["aux1.pool"].shape == (512, 4, 4)  # §5
    assert trained["aux2.pool"].shape == (528, 4, 4)


def test_inception_modules() -> None:
    naive, reduced = archcalc.report("inception-naive"), archcalc.report("inception-reduced")
    assert naive.totals.weights == 192 * 64 + 9 * 192 * 128 + 25 * 192 * 32 == 387_072
    assert naive.rows[-1].shape == (416, 28, 28)  # 64 + 128 + 32 + 192 pass through the pool
    assert reduced.totals.weights == (
        192 * 64 + 192 * 96 + 9 * 96 * 128 + 192 * 16 + 25 * 16 * 32 + 192 * 32) == 163_328
    assert reduced.rows[-1].shape == (256, 28, 28)
    module = next(g for g in fold(archcalc.report("googlenet"), 1) if g.name == "3a")
    assert module.totals.params == reduced.totals.params


# Table 1 of He et al.: blocks per stage, and weights counted by hand for the CIFAR nets below.
BLOCKS = {"resnet18": [2, 2, 2, 2], "resnet34": [3, 4, 6, 3], "resnet50": [3, 4, 6, 3],
          "resnet101": [3, 4, 23, 3], "resnet152": [3, 8, 36, 3]}


@pytest.mark.parametrize("name", BLOCKS)
def test_resnet_blocks_and_sizes(name: str) -> None:
    report = archcalc.report(name)
    sums = [row for row in report.rows if row.kind == "add"]
    assert [sum(row.name.startswith(f"conv{i}_x.") for row in sums) for i in range(2, 6)] == BLOCKS[name]
    width = 1 if name in ("resnet18", "resnet34") else 4
    shapes = {row.name.split(".")[0]: row.shape for row in sums}
    assert list(shapes.values()) == [(64 * width, 56, 56), (128 * width, 28, 28),
                                     (256 * width, 14, 14), (512 * width, 7, 7)]
    layers = sum(row.kind in ("conv", "linear") for row in report.rows if "shortcut" not in row.name)
    assert layers == int(name.removeprefix("resnet"))


@pytest.mark.parametrize(("option", "projections"), [("a", 0), ("b", 3), ("c", 16)])
def test_resnet34_shortcuts(option: str, projections: int) -> None:
    """§4.1: options B and C; thirteen of C's sixteen are extra to B's three."""
    rows = archcalc.report(f"resnet34-{option}").rows
    assert sum(row.name.endswith("shortcut.proj") for row in rows) == projections


def test_plain_nets_have_no_shortcuts_and_the_weights_of_option_a() -> None:
    for name in ("plain18", "plain34"):
        report = archcalc.report(name)
        assert not any(row.kind == "add" for row in report.rows)
        assert sum(row.kind in ("conv", "linear") for row in report.rows) == int(name.removeprefix("plain"))
    assert archcalc.report("plain34").totals.params == archcalc.report("resnet34-a").totals.params


def cifar_params(n: int) -> int:
    """§4.2: 3×3 convolutions without bias, each with a batch normalization, and a 10-way classifier."""
    def conv(a: int, b: int) -> int:
        return 9 * a * b + 2 * b
    stages = sum(conv(a, b) + (2 * n - 1) * conv(b, b) for a, b in [(16, 16), (16, 32), (32, 64)])
    return conv(3, 16) + stages + 64 * 10 + 10


# Table 6: millions of parameters as printed, and n of 6n + 2.
CIFAR = {20: (3, "0.27"), 32: (5, "0.46"), 44: (7, "0.66"), 56: (9, "0.85"), 110: (18, "1.73"), 1202: (200, "19.42")}


@pytest.mark.parametrize("depth", CIFAR)
def test_cifar_resnets(depth: int) -> None:
    n, millions = CIFAR[depth]
    report = archcalc.report(f"resnet{depth}")
    assert report.totals.params == cifar_params(n)
    assert f"{report.totals.params / 1e6:.2f}" == millions
    assert sum(row.kind in ("conv", "linear") for row in report.rows) == depth == 6 * n + 2
    assert sum(row.kind == "add" for row in report.rows) == 3 * n
    if depth <= 56:
        assert archcalc.report(f"plain{depth}").totals.params == report.totals.params


BOTTLENECK = """
input: [256, 56, 56]
layers: [{reduce: {conv: 64, bias: false}}, {conv: {conv: 64, kernel: 3, padding: 1, bias: false}}, \
{restore: {conv: 256, bias: false}}]
"""
WITHOUT_LAST = """
input: [256, 56, 56]
layers: [{reduce: {conv: 64, bias: false}}, {conv: {conv: 256, kernel: 3, padding: 1, bias: false}}]
"""


def test_bottleneck_against_dropping_its_last_convolution() -> None:
    assert archcalc.report(archcalc.loads(BOTTLENECK)).totals.weights == 256 * 64 + 9 * 64 * 64 + 64 * 256 == 69_632
    assert archcalc.report(archcalc.loads(WITHOUT_LAST)).totals.weights == 256 * 64 + 9 * 64 * 256 == 163_840


def test_zoo_has_all_names() -> None:
    expected = {
        "alexnet", "zfnet", "googlenet", "inception-naive", "inception-reduced", "vgg11", "vgg13", "vgg16", "vgg19",
        *VGG, *BLOCKS, "resnet34-a", "resnet34-b", "resnet34-c", "plain18", "plain34",
        *(f"resnet{d}" for d in CIFAR), *(f"plain{d}" for d in (20, 32, 44, 56))}
    assert expected <= set(zoo.names())


@pytest.mark.parametrize("name", sorted(path.stem for path in zoo.root().glob("*.yaml")))
def test_files_are_short(name: str) -> None:
    """As a reader of the paper would like: not counting comments, `paper:` and `claims:`."""
    lines = (zoo.root() / f"{name}.yaml").read_text("utf-8").split("\nclaims:")[0].splitlines()
    code = [line for line in lines if line.strip() and not line.lstrip().startswith(("#", "paper:"))]
    assert len(code) <= (40 if name == "alexnet" else 60)
