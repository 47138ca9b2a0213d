"""What torch's exporter writes, against the zoo's specs of the same models."""

from __future__ import annotations

from pathlib import Path

import pytest

from archcalc import loads, report
from archcalc.importing.onnx_import import read

pytestmark = pytest.mark.peers


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_small", "vit_b_32"])
def test_torchvision(name: str, tmp_path: Path) -> None:
    torch, torchvision = pytest.importorskip("torch"), pytest.importorskip("torchvision")
    pytest.importorskip("onnx")
    path = str(tmp_path / f"{name}.onnx")
    torch.onnx.export(torchvision.models.get_model(name).eval(), (torch.zeros(1, 3, 224, 224),), path, dynamo=False,
                      opset_version=17, do_constant_folding=False, input_names=["x"], dynamic_axes={"x": {0: "N"}})
    found = read(path)
    assert not found.notes
    ours, theirs = report(loads(found.text)).totals, report(f"torchvision/{name}").totals
    assert (ours.params, ours.macs) == (theirs.params, theirs.macs)
    assert len(found.text.splitlines()) < 120
