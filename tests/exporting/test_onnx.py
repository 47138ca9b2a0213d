"""ONNX models pass the checker with full shape inference, and give the network's outputs in onnxruntime."""

from __future__ import annotations

import json
from typing import Any

import pytest

import archcalc
from archcalc.analysis.shapes import calls
from archcalc.api import loads
from archcalc.exporting.onnx.model import onnx_model, written
from archcalc.layers.conditional import CondConv
from archcalc.layers.regularization import Dropout
from archcalc.net import Net
from archcalc.spec.source import SpecError
from tests.dependencies.draw import graph
from tests.exporting.agreement import of_case, same_onnx
from tests.exporting.test_torch import EXPORTED, FAMILIES
from tests.kinds.test_kinds import CASES

pytestmark = pytest.mark.peers


@pytest.mark.parametrize("case", [c for c in EXPORTED if type(c.layer) is not CondConv], ids=str)
def test_kinds(case: Any) -> None:
    same_onnx(of_case(case))


@pytest.mark.parametrize("case", [c for c in EXPORTED if type(c.layer) is CondConv], ids=str)
def test_groups_of_a_dynamic_batch_are_refused(case: Any) -> None:
    with pytest.raises(SpecError, match=r"layer: .*'cond_conv' cannot be exported: .* as many groups as"):
        onnx_model(of_case(case))


@pytest.mark.parametrize("name", [*FAMILIES, "googlenet", "torchvision/vit_b_32", "bert-base"])
def test_families(name: str) -> None:
    same_onnx(archcalc.load(name))


@pytest.mark.parametrize("seed", range(20))
def test_random_networks(seed: int) -> None:
    same_onnx(loads(graph(seed).text()))


def test_dropout_is_the_identity_outside_training() -> None:
    case = next(c for c in CASES if type(c.layer) is Dropout)
    same_onnx(of_case(case, "train").in_mode("eval"))


def _tensors(net: Net) -> dict[str, tuple[int, ...]]:
    import onnx

    found = onnx.load_from_string(onnx_model(net)).graph.input
    return {i.name: tuple(d.dim_value or d.dim_param for d in i.type.tensor_type.shape.dim) for i in found}


def test_without_weights_they_are_inputs() -> None:
    net = archcalc.load("resnet18")
    found = _tensors(net)
    ours = {f"{node.name}.{word}": w.shape for node, call in zip(net.nodes, calls(net), strict=True)
            for word, w in {**call.params, **call.buffers}.items()}
    assert found == {"input": ("batch", 3, 224, 224)} | ours


def test_shared_tensors_are_one() -> None:
    net = loads(json.dumps({"inputs": {"ids": {"shape": [6], "dtype": "int64"}}, "layers": [
        {"wte": {"embedding": 50, "features": 16}},
        {"head": {"linear": 50, "bias": False, "share": {"weight": "wte.weight"}}}]}))
    assert _tensors(net) == {"ids": ("batch", 6), "wte.weight": (50, 16)}
    same_onnx(net)


def test_the_same_seed_gives_the_same_model() -> None:
    net = archcalc.load("lenet5")
    assert onnx_model(net, True, 3) == onnx_model(net, True, 3) != onnx_model(net, True, 4)


def test_every_layers_output_has_its_name_and_shape() -> None:
    import onnx

    net = archcalc.load("inception-reduced")
    made = onnx.load_from_string(onnx_model(net)).graph
    infos = [*made.value_info, *made.output]
    found = {i.name: tuple(d.dim_value for d in i.type.tensor_type.shape.dim[1:]) for i in infos}
    assert found == {node.name: call.out.dims for node, call in zip(net.nodes, calls(net), strict=True) if node.inputs}


def test_large_weights_do_not_fit_into_one_file() -> None:
    net = archcalc.load("llama2-7b")
    with pytest.raises(archcalc.ArchcalcError, match="do not fit into one ONNX file of 2 GiB; leave --weights random"):
        onnx_model(net, random=True)
    assert len(written(net)[0].stored) == 32 * 9 + 3    # 7 dense layers and 2 norms a block; embedding, norm, head
