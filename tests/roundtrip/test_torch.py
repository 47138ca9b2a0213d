"""Spec → PyTorch source → import → spec: the same network, layer by layer, with the same numbers."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.api import loads
from tests.dependencies.draw import graph
from tests.roundtrip.agreement import by_torch, families, same, same_totals

pytestmark = pytest.mark.torch
OTHERWISE = {
    "torchvision/convnext_tiny": "its scale per channel, a parameter and a product, is one layer where it is read",
    "torchvision/maxvit_t": "its windows are cut without turning the axes before",
}
"""Networks that come back in other words, with the same numbers."""


@pytest.mark.parametrize("name", families())
def test_families(name: str) -> None:
    net = archcalc.load(name)
    (same_totals if name in OTHERWISE else same)(net, by_torch(net))


def test_alexnet_on_one_gpu() -> None:
    net = archcalc.load("alexnet", gpus=1)
    same(net, by_torch(net))


@pytest.mark.parametrize("seed", range(20))
def test_random_networks(seed: int) -> None:
    """Parameters and MACs; an average that leaves padding out is a quotient of two, one of them opaque."""
    net = loads(graph(seed).text())
    ours, theirs = archcalc.report(net).totals, archcalc.report(by_torch(net)).totals
    assert (ours.params, ours.macs) == (theirs.params, theirs.macs)
