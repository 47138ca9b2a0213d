"""Receptive fields that Araujo, Norris and Sim published (Distill 2019), row by row, on the networks they measured.

`facts/receptive_fields.json` has their table, their endpoints at three resolutions (null is any), the nets of
their library's own tests, and the examples of the article. Their padding is minus our start.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc.analysis.receptive_field import AxisField, field_of, fields
from archcalc.analysis.shapes import calls
from archcalc.net import Net

FACTS = json.loads(Path(__file__).with_name("facts").joinpath("receptive_fields.json").read_text("utf-8"))
FEATURES = {"alexnet_v2": "pool5", "vgg_16": "pool5", "mobilenet_v1": "Conv2d_13_pointwise", "inception_v3": "Mixed_7c"}
"Where the table's networks end, before their classifier; a ResNet ends with block4."


def last_of(net: Net, name: str) -> int:
    """Index of the layer of a name, or of the last one below it."""
    return max(i for i, node in enumerate(net.nodes) if f"{node.name}.".startswith(f"{name}."))


def field(net: Net, name: str) -> tuple[AxisField, ...]:
    index = last_of(net, name)
    found = field_of(fields(net)[index], calls(net)[index])
    assert found is not None
    return found


@cache
def slim(model: str, image: int | None) -> Net:
    name = f"slim/{model}"
    return archcalc.load(name, image=image) if image else archcalc.load(name)


def check(found: tuple[AxisField, ...], row: dict[str, Any]) -> None:
    for axis in found:
        assert (axis.size, axis.stride, axis.aligned) == (row["rf"], row["stride"], True)
        if row["padding"] is not None:
            assert axis.start == -row["padding"]


@pytest.mark.parametrize("row", FACTS["table"], ids=lambda row: row["model"])
def test_table(row: dict[str, Any]) -> None:
    check(field(slim(row["model"], row["input_for_padding"]), FEATURES.get(row["model"], "block4")), row)


@pytest.mark.parametrize("row", FACTS["endpoints"],
                         ids=lambda row: f"{row['model']} {row['endpoint']} {row['resolution']}")
def test_endpoints(row: dict[str, Any]) -> None:
    """An endpoint is a layer or block of the last segment of its name."""
    check(field(slim(row["model"], row["resolution"]), row["endpoint"].split("/")[-1]), row)


def test_all_rows_are_there() -> None:
    assert (len(FACTS["table"]), len(FACTS["endpoints"]), len(FACTS["library_tests"])) == (7, 168, 11)


# Sizes that are published for other networks, each before its classifier and its global pooling.
SIZES = {
    ("slim/inception_v2", "Mixed_5c"): 699, ("slim/inception_v4", "Mixed_7d"): 2071,
    ("slim/inception_resnet_v2", "Conv2d_7b_1x1"): 3039, ("slim/resnet_v1_101", "block4"): 1027,
    ("googlenet", "5b"): 715, ("resnet50", "conv5_x"): 483, ("torchvision/resnet50", "layer4"): 427,
}


@pytest.mark.parametrize(("name", "layer"), SIZES)
def test_sizes(name: str, layer: str) -> None:
    assert [axis.size for axis in field(archcalc.load(name), layer)] == [SIZES[name, layer]] * 2


PADDED = "{pad: [[1, 0], [1, 0]]}"
FIRST = "- one: {add: {left: [{conv: 1, stride: 4}], right: [%s, %s]}}\n"
RIGHT = "{conv: 1, kernel: 3, stride: 2%s}, {conv: 1, stride: 2}"
SECOND = "- two: {add: {left: [{conv: 1, stride: 2}], right: [%s{conv: 1, kernel: 3, stride: 2%s}]}}\n"
SAME = FIRST % ("identity", RIGHT % ", padding: same")
NETS = {  # by number; and a size of input for which the branches' shapes agree
    1: (8, FIRST % (PADDED, RIGHT % "")),
    2: (8, FIRST % (PADDED, "{maxpool: 3, stride: 2}, {maxpool: 1, stride: 2}")),
    3: (8, "- one: {add: {left: [{pad: [[2, 1], [2, 1]]}, {conv: 1, kernel: 5, stride: 2}], "
           "right: [{conv: 1, kernel: 3}, {conv: 1, kernel: 3}]}}\n"),
    4: (9, SAME),
    5: (9, "- {conv: 1, kernel: [3, 5], stride: 2}\n- {conv: 1, kernel: [3, 1], stride: 2}\n"),
    6: (8, FIRST % (PADDED, RIGHT % "" + ", dropout")),
    7: (8, FIRST % (PADDED, RIGHT % "")),
    8: (16, FIRST % (PADDED, RIGHT % "") + SECOND % (PADDED + ", ", "")),
    9: (17, SAME + SECOND % ("", ", padding: same")),
}


def toy(number: int, size: int | None = None) -> Net:
    default, layers = NETS[number]
    return archcalc.loads(f"input: [1, {size or default}, {size or default}]\nlayers:\n{layers}", mode="train")


@pytest.mark.parametrize("row", FACTS["library_tests"], ids=lambda row: f"{row['net']} {row['input']}")
def test_library_tests(row: dict[str, Any]) -> None:
    net = toy(row["net"], row["input"] and row["input"][0])
    found = field(net, net.nodes[-1].name)
    if row["expect"] == "error: misaligned":
        assert not any(axis.aligned for axis in found)
        return
    expect = row["expect"]
    sizes = expect["rf_xy"][::-1] if "rf_xy" in expect else expect["rf"]  # x is the width, our second axis
    for axis, size, stride, padding in zip(found, sizes, expect["stride"], expect["padding"], strict=True):
        check((axis,), {"rf": size, "stride": stride, "padding": padding})


def test_worked_examples() -> None:
    window, misaligned, aligned = FACTS["worked_examples"]
    layers = "- {conv: 1, kernel: 3, stride: 3, padding: 1}\n- {conv: 1, kernel: 2}"
    net = archcalc.loads(f"input: [1, 12, 12]\nlayers:\n{layers}")
    for axis in field(net, net.nodes[-1].name):
        assert (axis.start, axis.start + axis.size - 1) == (window["u0"], window["v0"])  # type: ignore[operator]
    span = fields(toy(3))[-1][0][0].span  # type: ignore[index]
    sizes = [last - first + 1 for first, last in map(span.at, range(4))]  # type: ignore[union-attr]
    assert sizes[1:3] == [misaligned["rf_second_feature"], misaligned["rf_third_feature"]]
    check(field(toy(1), "one"), aligned)
