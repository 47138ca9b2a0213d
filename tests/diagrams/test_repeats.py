"""Repeats are found by the graph; the counts are those of the papers' tables."""

from collections.abc import Iterator

import pytest

import archcalc
from archcalc.diagrams.parts import Part, fused
from archcalc.diagrams.repeats import folded, main_path
from archcalc.diagrams.tree import blocks
from archcalc.net import Net, Node

# He et al. 2015, table 1 and §4.2 (ResNet-1202: n = 200); Szegedy et al. 2016, figure 9; Dosovitskiy et al., table 1.
RUNS = {
    "resnet18": [2, 2, 2, 2],
    "resnet34": [3, 4, 6, 3],
    "resnet50": [3, 4, 6, 3],
    "resnet101": [3, 4, 23, 3],
    "resnet152": [3, 8, 36, 3],
    "resnet1202": [200, 200, 200],
    "slim/inception_v4": [4, 7, 3],
    "torchvision/vit_b_16": [12],
    "torchvision/vit_l_16": [24],
    "googlenet": [],
    "slim/mobilenet_v1": [5],           # table 1: five times a depthwise and a 1×1 convolution of 512 filters
    "alexnet": [],
    "vgg16": [],
}


def runs(net: Net) -> list[int]:
    """Lengths of all outermost runs."""
    def found(parts: list[Part]) -> Iterator[int]:
        for part in parts:
            if part.is_run:
                yield len(part.parts)
            else:
                yield from found(list(part.parts))
    return list(found(folded(net, blocks(net, fused(net)))))


def renamed(net: Net) -> Net:
    """The network with names that tell nothing."""
    nodes = [Node(f"n{i}", node.layer, node.inputs, node.origin, node.share) for i, node in enumerate(net.nodes)]
    return Net(nodes, net.n_inputs, net.outputs, spec=net.spec, document=net.document, parameters=net.parameters,
               mode=net.mode)


@pytest.mark.parametrize(("spec", "counts"), RUNS.items(), ids=list(RUNS))
def test_runs_are_those_of_the_paper(spec: str, counts: list[int]) -> None:
    assert runs(archcalc.load(spec)) == counts


@pytest.mark.parametrize("spec", ["resnet34", "resnet50", "resnet101", "torchvision/vit_b_16"])
def test_names_do_not_matter(spec: str) -> None:
    assert runs(renamed(archcalc.load(spec))) == RUNS[spec]


def test_every_layer_is_in_exactly_one_part() -> None:
    for spec in ("googlenet", "resnet50", "torchvision/densenet121", "torchvision/swin_t", "unet", "yolov3"):
        net = archcalc.load(spec)
        parts = folded(net, blocks(net, fused(net)))
        assert sorted(i for part in parts for i in part.nodes) == list(range(net.n_inputs, len(net.nodes))), spec
        assert sorted(i for part in parts for layer in part.layers() for i in layer.nodes) == \
            list(range(net.n_inputs, len(net.nodes))), spec


SWAPPED = """
input: [8, 16, 16]
layers:
  - a: {conv: 8, kernel: 3, padding: 1}
  - b1:
      add:
        left: [{x: {conv: 8, kernel: 3, padding: 1}}, {y: {conv: 8}}]
        right: [{z: {conv: 8, kernel: 5, padding: 2}}]
  - b2:
      add:
        right: [{z: {conv: 8, kernel: 5, padding: 2}}]
        left: [{x: {conv: 8, kernel: 3, padding: 1}}, {y: {conv: 8}}]
"""


def test_order_of_branches_does_not_matter() -> None:
    net = archcalc.loads(SWAPPED)
    [_, run] = folded(net, blocks(net, fused(net)))
    assert len(run.parts) == 2
    assert len(set(run.classes)) == 1


def test_one_field_makes_a_block_another() -> None:
    net = archcalc.loads(SWAPPED.replace("kernel: 5, padding: 2", "kernel: 5, padding: 2, bias: false", 1))
    [_, run] = folded(net, blocks(net, fused(net)))
    assert len(set(run.classes)) == 2
    net = archcalc.loads(SWAPPED.replace("kernel: 3, padding: 1}}, {y", "kernel: 1}}, {y", 1))
    assert [len(p.parts) for p in folded(net, blocks(net, fused(net)))] == [0, 3 + 1, 3 + 1]


def test_first_block_may_project() -> None:
    net = archcalc.load("resnet50")
    run = next(p for p in folded(net, blocks(net, fused(net))) if p.name == "conv4_x")
    first, *others = run.classes
    assert first not in others
    assert len(set(others)) == 1
    assert [layer.name.rpartition(".")[2] for layer in main_path(net, list(run.parts[1].layers()))] == \
        ["conv1", "conv2", "conv3", "sum"]


def test_side_heads_are_no_run() -> None:
    net = archcalc.load("googlenet", mode="train")
    assert runs(net) == []
