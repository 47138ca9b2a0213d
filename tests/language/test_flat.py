"""`show --expanded`: a flat spec that reads back as an equal network, for every network of the zoo."""

from typing import Any

import pytest

from archcalc import zoo
from archcalc.api import load, loads, report
from archcalc.net import Net
from archcalc.spec.flat import flat
from tests.language.networks import network


def content(net: Net) -> list[Any]:
    return [(node.name, node.layer, node.inputs, dict(node.share)) for node in net.nodes]


def read_back(net: Net) -> None:
    text = flat(net)
    again = loads(text, mode=net.mode)
    assert content(again) == content(net)
    assert (again.outputs, again.n_inputs, again.name) == (net.outputs, net.n_inputs, net.name)
    assert report(again).totals == report(net).totals
    assert flat(again) == text


# Variants without a shape of their own would only repeat the others; the largest takes seconds.
@pytest.mark.parametrize("name", [name for name in zoo.names() if name != "resnet1202"])
def test_zoo(name: str) -> None:
    read_back(load(name))


@pytest.mark.parametrize("name", ["alexnet", "googlenet"])
def test_zoo_in_training(name: str) -> None:
    read_back(load(name, mode="train"))


@pytest.mark.parametrize("text", [
    "- conv: 4\n- relu\n- 'a b': {conv: 4, kernel: [1, 3], padding: [0, [1, 1]]}",
    "- conv: {conv: 4, padding: same}\n- 'é\"\\': {add: [conv, input]}\n- 'true': relu\n- 'null': relu",
    "- drop: {batchnorm: , eps: 1e-7}\n- y: {lrn: 5, alpha: 1e-4}",
    "- a: {conv: 4}\n- up: {upsample: 2}\n- b: {crop: , like: a}\n- c: {conv: 4, share: {weight: a.weight}}",
    "inputs: {'x y': [3, 4], z: {shape: [3, 4], axes: [sequence, channel]}}\nlayers:\n- a: {linear: 4, from: z}",
])
def test_names_and_fields(text: str) -> None:
    read_back(network(text))
