"""Spec → ONNX model → import → spec: the same network, layer by layer, with the same numbers."""

from __future__ import annotations

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


def _back(net: Net, folder: Path) -> Net:
    from archcalc.importing.onnx_import import read

    path = folder / "net.onnx"
    path.write_bytes(onnx_model(net, random=True))
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
