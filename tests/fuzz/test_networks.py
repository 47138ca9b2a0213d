"""Random well-formed networks: expansion, report, flat form and sums hold together."""

import json

from hypothesis import given, settings

from archcalc.api import loads, report
from archcalc.reports.groups import fold
from archcalc.spec.flat import flat
from tests.fuzz.specs import specs

SUMS = ("layers", "params", "weights", "buffers", "macs", "flops", "outputs")


@given(specs())
@settings(max_examples=120, deadline=None)
def test_networks(text: str) -> None:
    net = loads(text)
    # a layer reads only earlier ones, and no two have a name in common
    assert all(i < index for index, node in enumerate(net.nodes) for i in node.inputs)
    assert len(net.index) == len(net.nodes)

    numbers = report(net)
    for depth in range(1, 2 + max(name.count(".") for name in net.index)):
        groups = fold(numbers, depth)
        for quantity in SUMS:
            assert sum(getattr(group.totals, quantity) for group in groups) == getattr(numbers.totals, quantity)
    batch = report(net, batch=3).totals
    assert (batch.macs, batch.flops, batch.params) == (
        3 * numbers.totals.macs, 3 * numbers.totals.flops, numbers.totals.params)

    again = loads(flat(net))
    assert [(n.name, n.layer, n.inputs) for n in again.nodes] == [(n.name, n.layer, n.inputs) for n in net.nodes]
    assert report(again).totals == numbers.totals
    assert flat(again) == flat(net)
    for row in json.loads(numbers.to_json())["layers"]:
        assert row["params"] == sum(_product(shape) for shape in row["tensors"].values())
    numbers.to_table(), numbers.to_csv(), numbers.to_markdown(1)


@given(specs())
@settings(max_examples=30, deadline=None)
def test_training_adds_layers_and_no_parameters(text: str) -> None:
    evaluated, trained = loads(text), loads(text, mode="train")
    assert {node.name for node in evaluated.nodes} <= {node.name for node in trained.nodes}
    assert report(trained).totals.params == report(evaluated).totals.params
    kinds = {node.layer.kind for node in trained.nodes if node.name not in evaluated.index}
    assert kinds <= {"dropout"}


def _product(shape: list[int]) -> int:
    result = 1
    for n in shape:
        result *= n
    return result
