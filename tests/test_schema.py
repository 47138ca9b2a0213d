"""The JSON Schemas: every spec of the zoo and every report agree with them, and mistakes do not."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import archcalc
from archcalc import zoo
from archcalc.layers.registry import kinds
from archcalc.spec.claim import CLAIM_KEYS, QUANTITIES
from archcalc.spec.document import KEYS
from archcalc.spec.items import STRUCTURE
from archcalc.spec.reader import parse
from archcalc.spec.schema import MOVES, report_schema, spec_schema
from archcalc.spec.schema_parts import SECTIONS, WORDS


@cache
def validator(which: str) -> Any:
    """The validator of the spec's or the report's schema."""
    schema = spec_schema() if which == "spec" else report_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def mistakes(text: str) -> list[str]:
    """What the schema finds wrong with a spec's text, each with its place."""
    errors = validator("spec").iter_errors(parse(text, "spec").plain())
    return [f"{error.json_path}: {error.message}" for error in errors]


SPECS = sorted(zoo.root().rglob("*.yaml"))
HEAD = "input: [3, 32, 32]\nlayers:\n"
BLOCK = "blocks:\n  unit(w, stride=1):\n  - {conv: w, stride: stride}\n"


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_zoo_spec_is_valid(path: Path) -> None:
    assert mistakes(path.read_text("utf-8")) == []


GOOD = {
    "bare kind": "- relu",
    "bare block": "- unit",
    "name and bare kind": "- act: relu",
    "kind and value": "- conv: 8",
    "kind and expression": "- conv: 2*w",
    "unnamed with fields": "- {conv: 8, kernel: [3, 1], padding: [[0, 1], 0], bias: false}",
    "fields in place of the value": "- maxpool: {kernel: 3, stride: 2}",
    "name that is a kind": "- conv: {conv: 8, kernel: 3}",
    "name that is a kind, and a bare kind": "- flatten: flatten",
    "value left out": "- act: {relu: , if: deep}",
    "branches": "- sum: {add: {left: [relu], right: []}, then: relu}",
    "branches named by kinds": "- concat: {conv: [{conv: 8}], add: []}",
    "numbered branches": "- add: [[relu], []]",
    "names of inputs": "- add: [a, b]",
    "field named as a kind": "- {upsample: , scale: 2}",
    "field named as a kind, alone": "- upsample: {scale: 2}",
    "reference": "- {upsample: , like: a}",
    "list by expression": "- {conv: 8, kernel: sizes}",
    "words of every item": "- x: {conv: 8, from: [a, b.*], repeat: n, first: {stride: 2}, if: deep, only: train}",
    "use of a block": "- {unit: [8, 2], repeat: 3, first: {stride: 2}}",
    "argument named as a word of override": "- {unit: 8, before: 2}",
    "use of a block with names": "- x: {unit: {w: 8, stride: 2}}",
    "then with fields": "- {conv: 8, then: [batchnorm, {act: {leaky_relu: 0.1}}]}",
    "then as one layer": "- {conv: 8, then: {leaky_relu: 0.1}}",
    "share": "- {linear: 8, share: {weight: embedding.weight}}",
}


@pytest.mark.parametrize("item", GOOD.values(), ids=GOOD)
def test_form_of_an_item(item: str) -> None:
    assert mistakes(BLOCK + HEAD + item) == []


BAD = {
    "unknown key": ("inptu: [3, 32, 32]", "inptu"),
    "layers as a mapping": ("layers: {conv: 8}", "layers"),
    "input as a number": ("input: 3", "input"),
    "both inputs": ("input: [3]\ninputs: {a: [3]}", "should not be valid"),
    "unknown field": (HEAD + "- conv1: {conv: 8, kernal: 3}", "kernal"),
    "unknown field, unnamed": (HEAD + "- {conv: 8, kernal: 3}", "kernal"),
    "unknown field alone": (HEAD + "- maxpool: {kernal: 3}", "kernal"),
    "unknown field in a branch": (HEAD + "- add: {a: [{x: {conv: 8, strid: 2}}]}", "strid"),
    "unknown field in then": (HEAD + "- {conv: 8, then: [{x: {elu: 1, alhpa: 2}}]}", "alhpa"),
    "unknown field in first": (HEAD + "- {conv: 8, repeat: 2, first: {strides: 2}}", "strides"),
    "unknown field in a block": ("blocks:\n  unit:\n  - {conv: 8, kernal: 3}", "kernal"),
    "unknown field in defaults": ("defaults: {conv: {biass: false}}", "biass"),
    "word of an item in defaults": ("defaults: {conv: {from: a}}", "from"),
    "unknown kind in defaults": ("defaults: {cnov: {bias: false}}", "cnov"),
    "two kinds": (HEAD + "- {conv: 8, linear: 8}", "conv"),
    "no number": (HEAD + "- {conv: 8, stride: {a: 1}}", "stride"),
    "value out of bounds": (HEAD + "- {conv: 0}", "conv"),
    "fraction": (HEAD + "- {conv: 8.5}", "conv"),
    "number for true or false": (HEAD + "- {conv: 8, bias: 1}", "bias"),
    "value of a kind without one": (HEAD + "- x: {relu: 3}", "relu"),
    "pair of three": (HEAD + "- {conv: 8, padding: [[1, 2, 3], 1]}", "padding"),
    "number as an item": (HEAD + "- 3", "layers"),
    "name with a star": (HEAD + "- a*: relu", "a*"),
    "reserved name": (HEAD + "- input: {conv: 8}", "input"),
    "moved without override": (HEAD + "- {conv: 8, after: a}", "after"),
    "from a number": (HEAD + "- {conv: 8, from: 3}", "from"),
    "unknown mode": (HEAD + "- {conv: 8, only: eval}", "only"),
    "negative repeat": (HEAD + "- {conv: 8, repeat: -1}", "repeat"),
    "claim without a quantity": ("claims: [{source: table 1}]", "claims"),
    "claim of nothing known": ("claims: [{parms: 60M}]", "parms"),
    "budget of nothing known": ("budget: {fc: {parms: 60M}}", "parms"),
    "variant as a list": ("variants: {a: [1]}", "variants"),
    "parameter as a mapping": ("parameters: {a: {b: 1}}", "parameters"),
    "unknown field in override": ("override: {a: {conv: 8, kernal: 3}}", "kernal"),
    "placement without devices": ("placement: {split: filters}", "devices"),
    "augmentation by a word": ("augmentation: {image: 256, crop: 224, flip: yes}", "flip"),
}


@pytest.mark.parametrize(("text", "named"), BAD.values(), ids=BAD)
def test_mistake_is_found(text: str, named: str) -> None:
    found = mistakes(text)
    assert any(named in mistake for mistake in found)
    assert all(len(mistake) < 250 for mistake in found), "the message is about the mistake, not all around it"


def test_every_kind_is_offered_with_its_documentation() -> None:
    definitions = spec_schema()["definitions"]
    for name in kinds().keys() - {"input"}:
        assert definitions["patch"]["properties"][name]["description"]
        assert set(kinds()[name].model_fields) <= definitions[f"kind.{name}"]["properties"].keys()
        assert all(text.get("description") for field, text in definitions[f"kind.{name}"]["properties"].items()
                   if field in kinds()[name].model_fields)


def test_no_enumeration_is_empty() -> None:
    """The validator of editors refuses a schema with one, unlike jsonschema."""
    assert '"enum": []' not in json.dumps([spec_schema(), report_schema()])


def test_hand_written_parts_are_complete() -> None:
    assert SECTIONS.keys() == KEYS.keys()
    assert {*STRUCTURE, *MOVES} == WORDS.keys() - {"expression"}
    claim = spec_schema()["properties"]["claims"]["else"]["items"]["properties"]
    assert set(claim) == {*QUANTITIES, *CLAIM_KEYS}


@pytest.mark.parametrize("depth", [None, 1])
@pytest.mark.parametrize("name", ["alexnet", "googlenet", "resnet50"])
def test_report_is_valid(name: str, depth: int | None) -> None:
    check_report(name, depth)


@pytest.mark.zoo
@pytest.mark.parametrize("depth", [None, 1])
@pytest.mark.parametrize("name", zoo.names())
def test_report_of_the_zoo_is_valid(name: str, depth: int | None) -> None:
    check_report(name, depth)


def check_report(name: str, depth: int | None) -> None:
    """The report is as the schema says, alone and in a list."""
    data = json.loads(archcalc.report(name).to_json(depth))
    validator("report").validate(data)
    validator("report").validate([data, data])


@pytest.mark.parametrize("change", [
    {"schema": "report/2"}, {"totals": {}}, {"batch": 0}, {"mode": "test"}, {"inputs": {"input": "3x32x32"}},
    {"layers": [{"name": "a"}]}, {"layers": {}}, {"outputs": "fc"}, {"dtype": "float3"}, {"name": None},
], ids=str)
def test_broken_report_is_found(change: dict[str, Any]) -> None:
    report = archcalc.report("alexnet").to_dict()
    assert list(validator("report").iter_errors(report)) == []
    assert list(validator("report").iter_errors({**report, **change}))


def test_group_says_how_many_layers_it_has() -> None:
    report = archcalc.report("resnet50").to_dict(1)
    group = next(row for row in report["layers"] if row["kind"] == "group")
    del group["layers"]
    assert [error.message for error in validator("report").iter_errors(report)] == ["'layers' is a required property"]
