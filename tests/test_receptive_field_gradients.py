"""Receptive fields against gradients of real torch graphs: where one is not 0, the unit depends on the pixel."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

import archcalc
from archcalc.analysis.receptive_field import fields
from archcalc.analysis.region import region
from archcalc.analysis.shapes import calls
from archcalc.api import loads
from archcalc.net import Net
from tests.dependencies.draw import graph
from tests.test_receptive_field_sets import forward

pytestmark = pytest.mark.torch

FAMILIES = {
    "alexnet": "extends: alexnet\nparameters: {image: 99}",
    "zfnet": "extends: zfnet\nparameters: {image: 95}",
    "vgg16": "extends: vgg16\nparameters: {image: 48}",
    "googlenet": "extends: googlenet\nparameters: {image: 64}\noverride: {pool5: {avgpool: 2}}",
    "resnet18": "extends: resnet18\nparameters: {image: 65}",
    "resnet50": "extends: resnet50\nparameters: {image: 64}",
}


def gradients(net: Net, local: bool = False) -> Any:
    from archcalc.crosscheck.gradient import Gradients

    pooled = [node.name for node in net.layers if node.layer.kind == "global_avgpool"]
    return Gradients(net, pooled if local else ())


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Tensors are so small that threads only wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("seed", range(60))
def test_random_graphs(seed: int) -> None:
    drawn, random = graph(seed), Random(seed)
    net = loads(drawn.text())
    local = seed % 2 == 1
    seen, ran, by_node = drawn.seen(local=local), gradients(net, local), fields(net)
    sizes = drawn.steps["input"].sizes
    interior = 0
    for index, (node, call) in enumerate(zip(net.nodes, calls(net), strict=True)):
        units = [tuple(random.randrange(n) for n in call.out.spatial) for _ in range(6)]
        for unit in [tuple(0 for _ in sizes), *units] if index else []:
            box = ran.box(node.name, unit, "input")
            assert box == seen[node.name].box(unit), (node, unit)
            if not local:
                assert box == region(net, node.name, unit), (node, unit)
            if any(box) and not seen[node.name].rough[unit]:
                found = by_node[index][0] or ()
                assert [forward(s, call, unit, n, local) for s, n in zip(found, sizes, strict=True)] == list(box)
                interior += 1
    assert interior or seed


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs_from_a_layer_between(seed: int) -> None:
    drawn, random = graph(seed), Random(seed)
    net = loads(drawn.text())
    ran, source = gradients(net), list(drawn.steps)[len(drawn.steps) // 3]
    for name, seen in drawn.seen(source).items():
        if name != source and seen.by.any():
            for unit in [tuple(random.randrange(n) for n in drawn.steps[name].sizes) for _ in range(3)]:
                assert ran.box(name, unit, source) == region(net, name, unit, source), (name, unit)


@pytest.mark.parametrize("name", FAMILIES)
def test_families(name: str) -> None:
    """A corner and the middle of a dozen layers, forwards where no border is near, backwards always."""
    net = loads(FAMILIES[name])
    ran, image = gradients(net), calls(net)[0].out.spatial
    spatial = [i for i, call in enumerate(calls(net)) if call.out.space and i]
    inside = 0
    for index in spatial[::max(len(spatial) // 12, 1)]:
        node, call, seen = net.nodes[index], calls(net)[index], fields(net)[index][0] or ()
        middle, corner = tuple(n // 2 for n in call.out.spatial), tuple(n - 1 for n in call.out.spatial)
        for unit in (middle, corner):
            assert ran.box(node.name, unit, "input") == region(net, node.name, unit), (node, unit)
        ours = [forward(s, call, middle, n, False) for s, n in zip(seen, image, strict=True)]
        if all(r.start > 0 and r.stop < n for r, n in zip(ours, image, strict=True)):
            assert ours == list(ran.box(node.name, middle, "input"))
            inside += 1
    assert inside > 2


def test_the_check_can_fail() -> None:
    net = archcalc.loads("input: [1, 9, 9]\n"
                         "layers: [{a: {conv: 1, kernel: 3}}, {b: {maxpool: 2, stride: 2, ceil: true}}]")
    ran = gradients(net)
    assert ran.box("b", (1, 1), "input") == (range(2, 6), range(2, 6)) == region(net, "b", (1, 1))
    assert ran.box("b", (3, 3), "input") == (range(6, 9), range(6, 9)) != region(net, "b", (2, 2))
