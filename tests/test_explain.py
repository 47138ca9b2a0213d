"""Explanations: what they say of AlexNet, and that every equation of the whole zoo is true."""

from __future__ import annotations

import json
import math
import re
from functools import cache

import pytest

import archcalc
from archcalc import zoo
from archcalc.explain import Step, explain
from archcalc.reports.explanation import render


def steps(name: str, *layers: str) -> list[str]:
    return [str(step) for one in explain(archcalc.report(name), layers) for step in one.steps]


def test_conv1_of_alexnet() -> None:
    found = steps("alexnet", "conv1")
    assert "(227 − 11 + 2·0) / 4 + 1 = 55  (height and width)" in found
    assert "11 × 11 × 3 × 48 × 2 groups = 34,848 weights (+ 96 biases)" in found
    assert "55 × 55 × 34,848 weights = 105,415,200 MACs" in found
    assert "2 × 105,415,200 + 290,400 = 211,120,800 FLOPs" in found
    assert "1 + (11 − 1)·1 = 11 size" in found
    assert "96 × 55 × 55 × 4 bytes = 1,161,600 bytes of output" in found


def test_field_step_by_step() -> None:
    assert "19 + (5 − 1)·8 = 51 size" in steps("alexnet", "conv2")
    assert "0 − 2·8 = −16 start" in steps("alexnet", "conv2")
    assert "67 size, the hull of paths of 67 from −33, 43 from −21" in steps("torchvision/resnet18", "layer2.1.sum")


def test_a_window_that_does_not_tile_is_rounded_in_sight() -> None:
    report = archcalc.report("alexnet", image=224)
    assert "⌊(224 − 11 + 2·0) / 4⌋ + 1 = 54  (height and width)" in [
        str(s) for one in explain(report, ["conv1"]) for s in one.steps]


def test_augmentation_against_the_printed_2048() -> None:
    """§4.1 prints 2048; the number of places of a 224 crop in 256 is 33, not 32."""
    assert steps("alexnet")[-2:] == ["256 − 224 + 1 = 33 places of a crop along an axis",
                                     "33·33·2 = 2,178 distinct crops of an image, reflected or not"]


def test_totals() -> None:
    assert any(s.startswith("34,944 (conv1) + 307,456 (conv2)") and s.endswith("= 60,965,224 parameters")
               for s in steps("alexnet"))


@cache
def value(text: str) -> float:
    """The arithmetic of a step, worked out by Python after its words are struck out."""
    text = re.sub(r"(?<=\d),(?=\d)", "", text)
    text = text.replace("⌊", "math.floor(").replace("⌋", ")").replace("⌈", "math.ceil(").replace("⌉", ")")
    kept = re.sub(r"(?<=\d) \([^()]*\)|(?<![\w.])(?!math)[^\W\d][\w .]*", "", text)
    result = eval(kept.replace("×", "*").replace("·", "*").replace("−", "-").replace("²", "**2"), {"math": math})
    assert isinstance(result, (int, float))
    return result


def check(step: Step) -> None:
    if step.arithmetic and not step.arithmetic.startswith("the sum"):
        assert value(step.arithmetic) == value(step.result), str(step)


@pytest.mark.parametrize("name", [n for n in zoo.names() if n != "resnet1202"])
def test_every_equation_is_true(name: str) -> None:
    for one in explain(archcalc.report(name)):
        for step in one.steps:
            check(step)


def test_the_check_can_fail() -> None:
    check(Step("macs", "2 × 3", "6"))
    with pytest.raises(AssertionError):
        check(Step("macs", "2 × 3", "7"))


def test_each_number_of_the_report_is_explained() -> None:
    """Parameters, MACs and FLOPs of each layer are the result of a step, the last of its kind."""
    report = archcalc.report("googlenet")
    for row, one in zip(report.rows, explain(report), strict=False):
        for what, number in (("params", row.params), ("macs", row.macs), ("flops", row.flops)):
            results = [s.result for s in one.steps if s.what == what]
            assert (f"{number:,}" in results) if number else not results


def test_formats() -> None:
    report = archcalc.report("alexnet")
    found = explain(report, ["conv2"])
    data = json.loads(render(report, found, "json"))
    assert data["layers"][0]["steps"][2]["result"] == "307200"
    assert r"5 \times  5 \times  48 \times  128 \times  2\text{ groups} &= 307{,}200" in render(report, found, "latex")
    assert "| params | 5 × 5 × 48 × 128 × 2 groups | = 307,200 weights" in render(report, found, "md")
    assert max(map(len, render(report, explain(report), "table").splitlines())) <= 80
