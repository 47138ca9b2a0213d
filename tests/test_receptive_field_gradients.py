"""Receptive fields against gradients of real torch graphs: where one is not 0, the unit depends on the pixel."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
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


class Graph:
    """A network run once on ones with every weight 1/n, and the gradients of its units."""

    def __init__(self, net: Net, local: bool = False) -> None:
        import torch

        from archcalc.crosscheck.build import Built

        self.net = net
        model = Built(net, _positive(), dtype=torch.float64).eval()
        with torch.no_grad():
            for name, tensor in model.named_parameters():
                tensor.fill_(0 if name.endswith("bias") else 1 / prod(tensor.shape[1:]))
        for node in net.layers if local else ():
            if node.layer.kind == "global_avgpool":
                model.layer(node.name).register_forward_hook(lambda module, given, out: out.detach())
        given = {name: torch.ones_like(x).requires_grad_() for name, x in model.example().items()}
        self.values = {**given, **dict(model.steps(given))}

    def box(self, layer: str, unit: tuple[int, ...], source: str) -> tuple[range, ...]:
        """The bounding box of the non-zero gradient of a unit, all channels of it together."""
        import torch

        spaces = {name: call.out.space for name, call in zip(self.net.index, calls(self.net), strict=True)}
        place: list[Any] = [slice(None)] * self.values[layer].ndim
        for axis, i in zip(spaces[layer], unit, strict=True):
            place[axis + 1] = i
        total = self.values[layer][tuple(place)].sum()
        gradient = torch.zeros_like(self.values[source])
        if total.requires_grad:
            gradient, = torch.autograd.grad(total, self.values[source], retain_graph=True, materialize_grads=True)
        found = gradient[0].nonzero()
        ends = [(int(found[:, axis].min()), int(found[:, axis].max())) if len(found) else (0, -1)
                for axis in spaces[source]]
        return tuple(range(first, last + 1) for first, last in ends)


def _mean(rank: int) -> Any:
    """A stand-in for torch's max pooling of the rank: the mean of each window, zeros for its padding."""
    import torch
    from torch import nn

    from archcalc.crosscheck import Torch

    pooling, conv = getattr(nn, f"MaxPool{rank}d"), getattr(nn.functional, f"conv{rank}d")

    def made(kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool = False) -> Any:
        shape = pooling(kernel, stride, padding, dilation, ceil_mode=ceil_mode)
        weight = torch.full((1, 1, *kernel), 1 / prod(kernel), dtype=torch.float64)
        pads = padding if isinstance(padding, tuple) else (padding,) * rank

        def run(x: Any) -> Any:
            with torch.no_grad():
                sizes = shape(x).shape[2:]
            behind = [max((m - 1) * s + d * (k - 1) + 1 - n - p, 0) for m, s, d, k, n, p in
                      zip(sizes, stride, dilation, kernel, x.shape[2:], pads, strict=True)]
            flat = [v for pair in reversed(list(zip(pads, behind, strict=True))) for v in pair]
            channels = x.shape[1]
            out = conv(nn.functional.pad(x, flat), weight.expand(channels, *weight.shape[1:]), None, stride, 0,
                       dilation, channels)
            return out[(..., *(slice(m) for m in sizes))]

        return Torch.function(run)
    return made


def _positive() -> Any:
    """torch in which no gradient vanishes by chance: means for maxima, sums for products, no normalization."""
    import torch
    from torch import nn

    from archcalc.crosscheck import Torch

    class Operations:
        mul = staticmethod(torch.add)

        def __getattr__(self, name: str) -> Any:
            return getattr(torch, name)

    class Modules:
        MaxPool1d, MaxPool2d, MaxPool3d = (staticmethod(_mean(rank)) for rank in (1, 2, 3))
        BatchNorm2d = LocalResponseNorm = staticmethod(lambda *_: nn.Identity())

        def __getattr__(self, name: str) -> Any:
            return getattr(nn, name)

    class Positive(Torch):
        nn, torch = Modules(), Operations()

        def padded(self, module: Any, pads: Any, value: float = 0.0) -> Any:
            return super().padded(module, pads, value if value == 1 else 0.0)

    return Positive()


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
    seen, ran, by_node = drawn.seen(local=local), Graph(net, local), fields(net)
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
    ran, source = Graph(net), list(drawn.steps)[len(drawn.steps) // 3]
    for name, seen in drawn.seen(source).items():
        if name != source and seen.by.any():
            for unit in [tuple(random.randrange(n) for n in drawn.steps[name].sizes) for _ in range(3)]:
                assert ran.box(name, unit, source) == region(net, name, unit, source), (name, unit)


@pytest.mark.parametrize("name", FAMILIES)
def test_families(name: str) -> None:
    """A corner and the middle of a dozen layers, forwards where no border is near, backwards always."""
    net = loads(FAMILIES[name])
    ran, image = Graph(net), calls(net)[0].out.spatial
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
    ran = Graph(net)
    assert ran.box("b", (1, 1), "input") == (range(2, 6), range(2, 6)) == region(net, "b", (1, 1))
    assert ran.box("b", (3, 3), "input") == (range(6, 9), range(6, 9)) != region(net, "b", (2, 2))
