"""AlexNet's two towers, as figure 2 of the paper has them."""

import re

import archcalc
from tests.diagrams.pictures import tooltips, words


def test_what_each_gpu_holds() -> None:
    text = words(archcalc.diagram("alexnet").svg)
    assert text.count("conv1 11×11, 48, /4") == 2
    assert text.count("conv2 5×5, 128") == 2
    assert text.count("conv3 3×3, 192") == 2
    assert text.count("conv5 3×3, 128") == 2
    assert text.count("fc6 2048") == 2
    assert text.count("output 1000") == 1
    # 11·11·3·48 weights and 48 biases; 5·5·48·128 and 128
    assert text.count("17.5 K params") == 2
    assert 11 * 11 * 3 * 48 + 48 == 17_472
    assert text.count("154 K params") == 2
    assert 5 * 5 * 48 * 128 + 128 == 153_728


def test_what_crosses() -> None:
    """§3.5: conv3 reads all maps of conv2, dense layers all neurons of the layer before; conv2, 4, 5 do not."""
    crossing = {name for name, tip in tooltips(archcalc.diagram("alexnet").svg).items() if "cross" in tip}
    ends = {re.sub(r"ac-alexnet-|_*$", "", name) for name in crossing}
    pairs = {("pool2", "conv3"), ("pool5", "fc6"), ("fc6", "fc7"), ("fc7", "fc8")}
    assert ends == {f"{a}-{d}--{b}-{1 - d}" for a, b in pairs for d in (0, 1)}


def test_one_gpu_has_no_towers() -> None:
    assert "GPU" not in words(archcalc.diagram("zfnet").svg)
