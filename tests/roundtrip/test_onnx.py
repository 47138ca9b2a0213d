"""Spec → ONNX model → import → spec: the same network, layer by layer, with the same numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

import archcalc
from archcalc.api import loads
from tests.dependencies.draw import graph
from tests.roundtrip.agreement import by_onnx, families, same, same_totals

pytestmark = pytest.mark.peers
OTHERWISE = {"torchvision/maxvit_t": "its windows are cut without turning the axes before"}
"""Networks that come back in other words, with the same numbers."""


@pytest.mark.parametrize("name", families())
def test_families(name: str, tmp_path: Path) -> None:
    """Without weights, whose places are inputs of the graph."""
    net = archcalc.load(name)
    back = by_onnx(net, tmp_path)
    (same_totals if name in OTHERWISE else same)(net, back)
    assert not any(node.layer.unknown for node in back.layers)


@pytest.mark.parametrize("name", ["alexnet", "googlenet", "resnet50", "gpt2", "torchvision/vit_b_32",
                                  "torchvision/swin_v2_t", "torchvision/shufflenet_v2_x0_5", "slim/inception_v3",
                                  "lenet5", "unet"])
def test_with_weights(name: str, tmp_path: Path) -> None:
    net = archcalc.load(name)
    same(net, by_onnx(net, tmp_path, weights=True))


@pytest.mark.parametrize("seed", range(20))
def test_random_networks(seed: int, tmp_path: Path) -> None:
    """Parameters; adaptive averages of sizes that do not divide are products with constants there."""
    net = loads(graph(seed).text())
    assert archcalc.report(net).totals.params == archcalc.report(by_onnx(net, tmp_path)).totals.params
