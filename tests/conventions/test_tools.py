"""Counts against the tools themselves, where they are installed: pip install 'archcalc[peers]'."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.conventions import counted
from tests.conventions.layers import LAYERS
from tests.conventions.measure import TOOLS, networks, run

SOME = {"alexnet", "vgg11", "vgg16_bn", "googlenet", "inception_v3", "resnet18", "resnet50", "resnext50_32x4d",
        "squeezenet1_0", "squeezenet1_1", "densenet121", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large",
        "shufflenet_v2_x1_0", "mnasnet1_0", "efficientnet_b0", "regnet_x_400mf", "regnet_y_400mf", "convnext_tiny",
        "vit_b_16", "vit_b_32", "swin_t", "swin_v2_t", "maxvit_t"}


@pytest.mark.peers
@pytest.mark.parametrize("tool", TOOLS)
def test_tool(tool: str) -> None:
    given = [name for name in networks() if name.partition(":")[0] in SOME]
    assert len(given) == len(SOME)
    found = run(tool, "no_grad", [*given, *LAYERS])
    ours = {name: counted(archcalc.loads(LAYERS[name]) if name in LAYERS else archcalc.load(f"torchvision/{name}"),
                          tool).total for name in found}
    assert ours == found


@pytest.mark.peers
def test_three_answers_of_torch() -> None:
    found = [run("torch", mode, ["vit_b_16:224"])["vit_b_16"]
             for mode in ("no_grad", "with gradients", "on the meta device")]
    net = archcalc.load("torchvision/vit_b_16")
    assert found == [counted(net, "torch", mode).total for mode in (None, "with gradients", "on the meta device")]
    assert len(set(found)) == 3
