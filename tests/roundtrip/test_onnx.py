"""Spec → ONNX model → import → spec: the same network, layer by layer, with the same numbers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc.api import loads
from archcalc.exporting.onnx.model import onnx_model
from archcalc.net import Net
from tests.roundtrip.test_torch import same

pytestmark = pytest.mark.peers
FAMILIES: list[tuple[str, dict[str, Any]]] = [
    ("alexnet", {"gpus": 1}), ("zfnet", {}), ("vgg-a", {}), ("googlenet", {}), ("resnet18", {}), ("resnet50", {})]


def _back(net: Net, folder: Path, weights: bool = True) -> Net:
    from archcalc.importing.onnx_import import read

    path = folder / "net.onnx"
    path.write_bytes(onnx_model(net, random=weights))
    return loads(read(str(path)).text)


@pytest.mark.parametrize(("name", "parameters"), FAMILIES, ids=[name for name, _ in FAMILIES])
def test_families(name: str, parameters: dict[str, Any], tmp_path: Path) -> None:
    net = archcalc.load(name, **parameters)
    same(net, _back(net, tmp_path))


@pytest.mark.parametrize("name", ["alexnet", "torchvision/vit_b_32", "bert-base", "gpt2"])
def test_totals(name: str, tmp_path: Path) -> None:
    net = archcalc.load(name)
    ours, theirs = archcalc.report(net).totals, archcalc.report(_back(net, tmp_path)).totals
    assert (ours.params, ours.macs) == (theirs.params, theirs.macs)


@pytest.mark.parametrize("name", ["resnet50", "torchvision/swin_t", "llama2-7b", "t5-small"])
def test_without_weights(name: str, tmp_path: Path) -> None:
    net = archcalc.load(name)
    back = _back(net, tmp_path, weights=False)
    ours, theirs = archcalc.report(net).totals, archcalc.report(back).totals
    assert (ours.params, ours.macs) == (theirs.params, theirs.macs)
    assert not any(node.layer.unknown for node in back.layers)


def test_rotary_and_causal_attention_come_back(tmp_path: Path) -> None:
    back = _back(archcalc.load("llama2-7b"), tmp_path, weights=False)
    kinds = Counter(node.layer.kind for node in back.layers)
    assert (kinds["rotary"], kinds["scaled_dot_product"]) == (2 * 32, 32)
    assert all(node.layer.causal for node in back.layers if node.layer.kind == "scaled_dot_product")
