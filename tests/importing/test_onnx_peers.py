"""What torch's two exporters write, against the module: parameters, MACs, the output's shape, and nothing opaque.

MACs of recurrent layers are those of the spec of the same module, which torch's counter leaves out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from archcalc import loads, report
from archcalc.importing.onnx.reading import read
from tests.importing import exported

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]


def written(path: Path, name: str, dynamo: bool) -> tuple[Any, Any]:
    """A module, its input, and the file of an exporter at a path."""
    import torch

    torch.manual_seed(0)
    module, x = exported.made(name)
    with torch.no_grad():
        for tensor in (*module.parameters(), *module.buffers()):
            if tensor.is_floating_point():      # zeros, and what is equal, the exporter would leave out or share
                tensor.copy_(torch.rand_like(tensor) * 0.1 + 0.5)
    options = {"optimize": False, "verbose": False, "external_data": False} if dynamo else {
        "opset_version": 17, "do_constant_folding": False}
    torch.onnx.export(module, (x,), str(path), dynamo=dynamo, **options)
    return module, x


@pytest.mark.parametrize("name", exported.NAMES)
@pytest.mark.parametrize("dynamo", [True, False], ids=["dynamo", "script"])
def test_exported(name: str, dynamo: bool, tmp_path: Path) -> None:
    from archcalc import from_torch

    module, x = written(tmp_path / "net.onnx", name, dynamo)
    found = read(str(tmp_path / "net.onnx"))
    net = loads(found.text)
    ours = report(net)
    assert not found.notes
    assert ours.totals.params == sum(p.numel() for p in module.parameters())
    assert ours.totals.macs == report(from_torch(module, x)).totals.macs
    assert ours[net.nodes[net.outputs[0]].name].shape == tuple(module(x).shape[1:])


def test_without_names_it_folds_too(tmp_path: Path) -> None:
    import onnx

    written(tmp_path / "net.onnx", "resnet50", False)
    model = onnx.load(str(tmp_path / "net.onnx"))
    given = {v.name for v in (*model.graph.input, *model.graph.output)}
    new = {name: f"t{i}" for i, name in enumerate(dict.fromkeys(
        [i.name for i in model.graph.initializer] + [o for n in model.graph.node for o in n.output]))
        if name not in given}
    for array in model.graph.initializer:
        array.name = new[array.name]
    for node in model.graph.node:
        node.name = ""
        node.input[:] = [new.get(n, n) for n in node.input]
        node.output[:] = [new.get(n, n) for n in node.output]
    onnx.save(model, str(tmp_path / "bare.onnx"))
    bare = read(str(tmp_path / "bare.onnx")).text
    ours, theirs = report(loads(bare)).totals, report("torchvision/resnet50", image=64).totals
    assert (ours.params, ours.macs) == (theirs.params, theirs.macs)
    assert len(bare.splitlines()) < 60
    assert "repeat: 6" in bare
