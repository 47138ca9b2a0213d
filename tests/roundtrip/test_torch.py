"""Spec → PyTorch source → import → spec: the same network, layer by layer, with the same numbers."""

from __future__ import annotations

from typing import Any

import pytest

import archcalc
from archcalc.analysis.shapes import calls
from archcalc.net import Net
from tests.exporting.agreement import module

pytestmark = pytest.mark.torch
FAMILIES = ["zfnet", "vgg16", "googlenet", "inception-naive", "resnet18", "resnet34-a", "resnet50"]
PARTED = "alexnet"
"""Its normalization is apart on each GPU, for which torch has no module: it comes back as chunks that are joined."""
TRANSFORMERS = ["torchvision/vit_b_16", "bert-base", "gpt2"]


def _back(net: Net) -> Net:
    import torch

    from archcalc.importing.torch_import import from_torch

    given = [torch.zeros(2, *node.layer.out().dims, device="meta",
                         dtype=getattr(torch, node.layer.out().dtype or "float32")) for node in net.inputs]
    return from_torch(module(net, "meta"), given)


def labelled(net: Net) -> Any:
    """The graph of layers, each with what it computes: kind, shapes, parameters, MACs, FLOPs."""
    import networkx

    graph = networkx.DiGraph()
    for i, (node, call) in enumerate(zip(net.nodes, calls(net), strict=True)):
        graph.add_node(i, label=(node.layer.kind, tuple(x.dims for x in call.inputs), call.out.dims, call.n_params,
                                 call.macs, call.flops))
        graph.add_edges_from((k, i) for k in node.inputs)
    return graph


def same(a: Net, b: Net) -> None:
    """The same layers with the same numbers, joined in the same way."""
    import networkx

    one, other = labelled(a), labelled(b)
    ours, theirs = (sorted(map(str, (g.nodes[i]["label"] for i in g))) for g in (one, other))
    assert ours == theirs
    assert networkx.is_isomorphic(one, other, node_match=lambda m, n: m["label"] == n["label"])
    first, second = archcalc.report(a).totals, archcalc.report(b).totals
    assert (first.params, first.macs, first.flops, first.outputs) == (second.params, second.macs, second.flops,
                                                                      second.outputs)


@pytest.mark.parametrize("name", FAMILIES)
def test_families(name: str) -> None:
    net = archcalc.load(name)
    same(net, _back(net))


def test_alexnet_on_one_gpu() -> None:
    net = archcalc.load(PARTED, gpus=1)
    same(net, _back(net))


@pytest.mark.parametrize("name", [PARTED, *TRANSFORMERS])
def test_totals(name: str) -> None:
    net = archcalc.load(name)
    ours, theirs = archcalc.report(net).totals, archcalc.report(_back(net)).totals
    assert (ours.params, ours.macs) == (theirs.params, theirs.macs)
