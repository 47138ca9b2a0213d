"""The classics outside torchvision against arithmetic, written out per network, and the figures of their papers."""

from __future__ import annotations

from itertools import pairwise

import pytest

import archcalc
from archcalc.analysis.receptive_field import field_of, fields
from archcalc.analysis.shapes import calls
from archcalc.reports.groups import fold
from tests.test_receptive_fields_published import last_of


def conv(inputs: int, filters: int, *kernel: int) -> int:
    """Parameters of a convolution with biases."""
    size = inputs * filters
    for k in kernel:
        size *= k
    return size + filters


def chain(kernel: tuple[int, ...], *channels: int) -> int:
    """Parameters of convolutions with biases, one behind the other."""
    return sum(conv(a, b, *kernel) for a, b in pairwise(channels))


def size(name: str, layer: str, **parameters: int) -> tuple[int, ...]:
    """The receptive field of a layer, or of the last one below the name, per axis."""
    net = archcalc.load(name, **parameters)
    index = last_of(net, layer)
    found = field_of(fields(net)[index], calls(net)[index])
    assert found is not None
    return tuple(axis.size for axis in found)


# LeCun et al. 1998, §II.B: trainable parameters and connections of each layer, where the paper states them.
LENET5 = {"C1": (156, 122_304), "S2": (12, 5_880), "C3_map": (1_516, 151_600), "S4": (32, 2_000),
          "C5": (48_120, 48_120), "F6": (10_164, 10_164), "output": (0, 840)}


def test_lenet5() -> None:
    report = archcalc.report("lenet5")
    layers = {group.name: group.totals for group in fold(report, 1)}
    maps = {"C1": 6 * 28 * 28, "C3_map": 16 * 10 * 10, "C5": 120, "F6": 84}  # a bias is a connection too
    for name, (params, connections) in LENET5.items():
        assert layers[name].params == params
        if name in maps:
            assert layers[name].macs + maps[name] == connections
    assert LENET5["S2"][1] == 6 * 14 * 14 * (2 * 2 + 1)
    assert LENET5["S4"][1] == 16 * 5 * 5 * (2 * 2 + 1)
    assert sum(connections for _, connections in LENET5.values()) == 340_908  # "340,908 connections"
    assert report.totals.params == 60_000  # "only 60,000 trainable free parameters"
    assert report["output"].buffers == 84 * 10


def test_lenet5_connection_table() -> None:
    """Table I: six maps read three in a row, six four in a row, three four with a gap, and the last all six."""
    net = archcalc.load("lenet5")
    table = [net[f"C3_map.{i}.of"].layer.indices for i in range(1, 17)]  # type: ignore[attr-defined]
    assert {frozenset((i + k) % 6 for k in range(3)) for i in range(6)} == set(map(frozenset, table[:6]))
    assert {frozenset((i + k) % 6 for k in range(4)) for i in range(6)} == set(map(frozenset, table[6:12]))
    assert {frozenset((i + k) % 6 for k in (0, 1, 3, 4)) for i in range(3)} == set(map(frozenset, table[12:15]))
    assert table[15] == (0, 1, 2, 3, 4, 5)
    assert [sum(i in row for row in table) for i in range(6)] == [10] * 6  # each map of S2 feeds ten


def test_nin() -> None:
    expected = (conv(3, 192, 5, 5) + chain((1,), 192, 160, 96) + conv(96, 192, 5, 5) + chain((1,), 192, 192, 192)
                + conv(192, 192, 3, 3) + chain((1,), 192, 192, 10))
    report = archcalc.report("nin")
    assert report.totals.params == expected == 966_986
    assert report.rows[-1].shape == (10,)
    assert [row.shape[-1] for row in report.rows if row.name.startswith("pool")] == [16, 8, 1]


def test_unet() -> None:
    widths = (64, 128, 256, 512, 1024)
    down = sum(chain((3, 3), a, b, b) for a, b in pairwise((1, *widths)))
    up = sum(conv(2 * w, w, 2, 2) + chain((3, 3), 2 * w, w, w) for w in widths[:-1])
    report = archcalc.report("unet")
    assert report.totals.params == down + up + conv(64, 2, 1) == 31_030_658
    assert report.outputs == ["segmentation"]
    assert report["segmentation"].shape == (2, 388, 388)
    assert sum(row.kind in ("conv", "conv_transpose") for row in report.rows) == 23  # §2
    crops = [row.shape[-1] for row in report.rows if row.kind == "crop"]
    assert crops == [56, 104, 200, 392]  # figure 1


@pytest.mark.parametrize(("image", "segmentation"), [(572, 388), (188, 4), (700, 516)])
def test_unet_tiles(image: int, segmentation: int) -> None:
    """§3.2: sizes for which every pooling has an even input; 184 pixels are lost."""
    report = archcalc.report("unet", image=image)
    assert report["segmentation"].shape[-1] == segmentation == image - 184
    assert all(row.shape[-1] * 2 == before.shape[-1] for before, row in pairwise(report.rows) if row.kind == "maxpool")


def test_fcn8s() -> None:
    vgg = chain((3, 3), 3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)
    dense = conv(512, 4096, 7, 7) + conv(4096, 4096, 1)
    scores = sum(conv(channels, 21, 1) for channels in (4096, 512, 256))
    upsampling = 21 * 21 * (2 * 4 * 4 + 16 * 16)
    report = archcalc.report("fcn8s")
    assert report.totals.params == vgg + dense + scores + upsampling == 134_489_759
    assert report.outputs == ["score"]
    assert report["score"].shape == (21, 500, 500)
    assert size("fcn8s", "fc7") == (404, 404)  # table 1


@pytest.mark.parametrize("image", [224, 384, 513])
def test_fcn8s_keeps_any_size(image: int) -> None:
    assert archcalc.report("fcn8s", image=image)["score"].shape == (21, image, image)


def unbiased(inputs: int, filters: int, k: int) -> int:
    """Parameters of a convolution with batch normalization in place of biases."""
    return inputs * filters * k * k + 2 * filters


def test_yolov3() -> None:
    stages = [(64, 1), (128, 2), (256, 8), (512, 8), (1024, 4)]  # table 1
    darknet = unbiased(3, 32, 3) + sum(
        unbiased(w // 2, w, 3) + n * (unbiased(w, w // 2, 1) + unbiased(w // 2, w, 3)) for w, n in stages)

    def neck(inputs: int, w: int) -> int:
        head = unbiased(w, 2 * w, 3) + conv(2 * w, 255, 1)
        return unbiased(inputs, w, 1) + 2 * (unbiased(w, 2 * w, 3) + unbiased(2 * w, w, 1)) + head

    necks = neck(1024, 512) + neck(256 + 512, 256) + neck(128 + 256, 128)
    necks += unbiased(512, 256, 1) + unbiased(256, 128, 1)
    report = archcalc.report("yolov3")
    assert report.totals.params == darknet + necks == 61_949_149
    assert 4 * (report.totals.params + report.totals.buffers) + 20 == 248_007_048  # bytes of yolov3.weights
    assert report.outputs == ["large.out", "medium.out", "small.out"]
    assert [report[name].shape for name in report.outputs] == [(3 * 85, n, n) for n in (13, 26, 52)]


@pytest.mark.parametrize(("image", "billions"), [(320, "38.97"), (416, "65.86"), (608, "140.69")])
def test_yolov3_billions_of_operations(image: int, billions: str) -> None:
    """darknet counts two for each multiply-accumulate of a convolution."""
    assert f"{2 * archcalc.report('yolov3', image=image).totals.macs / 1e9:.2f}" == billions


def test_darknet53() -> None:
    """Its 53rd layer is a classifier of 1000. Table 2 prints 18.7 billion operations, the code's page 18.57."""
    report = archcalc.report("yolov3", image=256)
    backbone = sum(group.totals.macs for group in fold(report, 1) if group.name.startswith("st"))
    assert f"{2 * (backbone + 1024 * 1000) / 1e9:.2f}" == "18.57"
    assert sum(row.kind == "conv" and row.name.startswith("st") for row in report.rows) == 52


def test_dcgan() -> None:
    """gen_params and discrim_params of faces/train_uncond_dcgan.py."""
    widths = (1024, 512, 256, 128)
    filters = sum(a * b * 5 * 5 for a, b in pairwise((*widths, 3)))
    generator, discriminator = archcalc.report("dcgan-generator"), archcalc.report("dcgan-discriminator")
    projection = 100 * 1024 * 4 * 4
    norms = 2 * (1024 * 4 * 4 + 512 + 256 + 128)
    assert generator.totals.params == projection + filters + norms == 18_885_760
    assert discriminator.totals.params == filters + 2 * (1024 + 512 + 256) + 1024 * 4 * 4 == 17_232_768
    assert [row.shape for row in generator.rows if row.kind == "conv_transpose"] == [
        (512, 8, 8), (256, 16, 16), (128, 32, 32), (3, 64, 64)]
    assert generator.rows[-1].shape == discriminator.inputs["input"].dims
    assert discriminator.rows[-1].shape == (1,)


def test_wavenet() -> None:
    """Causal layer without, all others with biases; two gated convolutions, a residual and a skip per layer."""
    layer = 2 * conv(32, 32, 2) + conv(32, 32, 1) + conv(32, 512, 1)
    net = archcalc.load("wavenet")
    report = archcalc.report(net)
    assert report.totals.params == 2 * 256 * 32 + 50 * layer + conv(512, 512, 1) + conv(512, 256, 1)
    dilations = [node.layer.dilation for node in net.layers  # type: ignore[attr-defined]
                 if node.name.endswith("filter.conv")]
    assert dilations == [2**i for i in range(10)] * 5
    assert {row.shape[-1] for row in report.rows} == {16_000}  # causal: as long as the input
    assert len(net["skips"].inputs) == 50


def test_wavenet_is_residual() -> None:
    """Figure 4: a layer adds to what it read, its gate's result behind a 1×1 convolution."""
    net = archcalc.load("wavenet")
    for before, name in [("causal", "stack.1.layer.1"), ("stack.1.layer.10.sum", "stack.2.layer.1")]:
        read = [net.nodes[i].name for i in net[f"{name}.sum"].inputs]
        assert read == [f"{name}.dense", before]
        assert {net.nodes[net[f"{name}.gate.{gate}.conv"].inputs[0]].name for gate in ("filter", "gate")} == {before}
        assert net.nodes[net[f"{name}.dense"].inputs[0]].name == f"{name}.gate"


def test_yolov3_merges() -> None:
    """cfg/yolov3.cfg: routes to layers 61 and 36, the ends of the stages of 512 and 256 filters."""
    net = archcalc.load("yolov3")
    for merge, up, stage in [("merged2", "up2", "stage4.residual.8.sum"), ("merged3", "up3", "stage3.residual.8.sum")]:
        assert [net.nodes[i].name for i in net[merge].inputs] == [up, stage]


@pytest.mark.parametrize(("stacks", "first", "samples"), [(1, 1, 1024), (1, 2, 1025), (5, 2, 5117)])
def test_wavenet_sees(stacks: int, first: int, samples: int) -> None:
    """§2.1: a block of 1, 2, 4, …, 512 sees 1024; each further one 1023 more."""
    assert size("wavenet", "conv2", stacks=stacks, first=first) == (samples,)
    assert samples == stacks * (2**10 - 1) + 1 + first - 1


def test_wavenet_is_causal() -> None:
    net = archcalc.load("wavenet")
    span = fields(net)[net.index["conv2"]][0][0].span  # type: ignore[index]
    assert span is not None
    assert [span.at(i)[1] for i in (0, 99, 15_999)] == [0, 99, 15_999]


def test_c3d() -> None:
    expected = (chain((3, 3, 3), 3, 64, 128, 256, 256, 512, 512, 512, 512)
                + 8192 * 4096 + 4096 + 4096 * 4096 + 4096 + 4096 * 487 + 487)
    report = archcalc.report("c3d")
    assert report.totals.params == expected == 79_991_015
    assert report["pool5"].shape == (512, 1, 4, 4)
    assert sum(row.params > 0 for row in report.rows) == 8 + 3  # §3.2: 8 convolutions, 2 dense layers, softmax
    smaller = archcalc.report("c3d", classes=101).totals
    assert (f"{smaller.params / 1e6:.1f}", f"{smaller.macs / 1e9:.1f}") == ("78.4", "38.5")


# README of github.com/google-research/receptive_field: billions of operations at 224×224, before the classifier.
BILLIONS = {("slim/inception_v2", "Mixed_5c"): 3.88, ("slim/mobilenet_v1_075", "Conv2d_13_pointwise"): 0.65,
            ("slim/inception_v4", "Mixed_7d"): 12.27, ("slim/inception_resnet_v2", "Conv2d_7b_1x1"): 12.96}


@pytest.mark.parametrize(("name", "layer"), BILLIONS)
def test_operations_of_slim_networks(name: str, layer: str) -> None:
    """Within half a percent, since a profiler counts biases and additions too."""
    net = archcalc.load(name, image=224)
    macs = sum(call.macs for call in calls(net)[:last_of(net, layer) + 1])
    assert 2 * macs / 1e9 == pytest.approx(BILLIONS[name, layer], rel=0.005, abs=0.005)


# Total and trainable parameters that Keras prints of the same networks, with 1000 classes.
KERAS = {"slim/mobilenet_v1": (4_253_864, 4_231_976), "slim/inception_resnet_v2": (55_873_736, 55_813_192)}


@pytest.mark.parametrize("name", KERAS)
def test_keras_applications(name: str) -> None:
    totals = archcalc.report(name, classes=1000).totals
    assert (totals.params + totals.buffers, totals.params) == KERAS[name]


def test_inception_v4_with_the_weights_of_batch_normalization() -> None:
    """timm's inception_v4 has them: 42,679,816 parameters. slim leaves them to the layer behind (scale: false)."""
    totals = archcalc.report("slim/inception_v4", classes=1000).totals
    assert totals.params + totals.buffers // 2 == 42_679_816


def test_inception_resnets_factors() -> None:
    """slim/nets/inception_resnet_v2.py: 0.17, 0.1 and 0.2, and none in the last block."""
    layers = [node.layer for node in archcalc.load("slim/inception_resnet_v2").layers]
    factors = [layer.factor for layer in layers if layer.kind == "rescale"]  # type: ignore[attr-defined]
    assert factors == [0.17] * 10 + [0.1] * 20 + [0.2] * 9
