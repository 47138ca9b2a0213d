"""What commands print with ``--format json`` agrees with the published schemas, and nothing in it is undescribed."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import cli
from archcalc.errors import UsageError
from archcalc.reports.model import BOUNDED
from archcalc.schemas import COMMANDS, NAMES, schema

PLACED = "input: [4]\nlayers: [{fc: {linear: 8}}, {out: {linear: 2}}]\nplacement: {devices: 2, layers: {out: [1]}}\n"
WRONG = "input: [4]\nlayers: [{fc: {linear: 8}}]\nclaims: [{params: 41}, {macs: 32, source: table 1}]\n"
UNKNOWN = "input: [4, 8, 8]\nlayers: [{conv: 4}, {odd: {opaque: [4]}}]\n"
TWO = "inputs: {a: [4], b: [4]}\nlayers: [{fc: {linear: 4, from: a}}, {sum: {add: [fc, b]}}, {out: {linear: 2}}]\n"
PRINTED = {
    "report": ["report lenet5", "report resnet20 --depth 1", "report lenet5 inception-naive", "report UNKNOWN",
               "report lenet5 --count thop", "report TWO --batch 2"],
    "memory": ["report lenet5 --memory", "report TWO --memory"],
    "order": ["report inception-reduced --order", "report TWO --order"],
    "placement": ["report alexnet --placement", "report PLACED --placement"],
    "region": ["report alexnet --field-of conv5@0,12"],
    "explanation": ["explain alexnet conv5", "explain TWO sum"],
    "check": ["check TWO WRONG"],
    "lint": ["lint vgg16 lenet5"],
    "audit": ["audit alexnet", "audit TWO WRONG"],
    "diff": ["diff resnet20 plain20", "diff zfnet alexnet"],
    "comparison": ["compare alexnet TWO"],
    "paths": ["paths resnet18 lenet5", "paths TWO --init he --unit layers"],
    "signal": ["signal zfnet plain20", "signal TWO --init lecun"],
    "deconvnet": ["deconvnet zfnet --at conv5", "deconvnet alexnet --at conv2 --unit 3,1,1 --method guided"],
    "list": ["list --kinds"],
}
"""Commands of which each schema describes the output; words in capitals are the specs above."""
LINES = [(name, line) for name, lines in PRINTED.items() for line in lines]


@cache
def _closed(name: str) -> Any:
    """The validator of a schema in which records have no keys but those described."""
    found = schema(name)
    jsonschema.Draft7Validator.check_schema(found)

    def close(of: Any) -> Any:
        if isinstance(of, list):
            return [close(item) for item in of]
        if not isinstance(of, dict):
            return of
        more = {"additionalProperties": False} if isinstance(of.get("properties"), dict) and "required" in of else {}
        return {key: close(value) for key, value in of.items()} | more

    return jsonschema.Draft7Validator(close(found))


def _run(line: str, folder: Path) -> Any:
    words = []
    for word in line.split():
        path = folder / f"{word.lower()}.yaml"
        if word.isupper():
            path.write_text(globals()[word], "utf-8")
        words.append(str(path) if word.isupper() else word)
    result = CliRunner().invoke(cli, [*words, "--format", "json"])
    assert result.exit_code == 0 or result.stdout.startswith(("{", "[")), result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize(("name", "line"), LINES, ids=[line for _, line in LINES])
def test_output(name: str, line: str, tmp_path: Path) -> None:
    data = _run(line, tmp_path)
    errors = [f"{error.json_path}: {error.message[:200]}" for error in _closed(name).iter_errors(data)]
    assert errors == []
    if name != "list":
        assert {one["schema"] for one in (data if isinstance(data, list) else [data])} == {f"{name}/1"}


def test_every_schema_is_tried() -> None:
    assert PRINTED.keys() | {"verification"} == COMMANDS.keys()


@pytest.mark.torch
def test_verification() -> None:
    """As `archcalc verify` writes it, which needs torch."""
    from archcalc.commands.verify import _json
    from archcalc.crosscheck.lines import Line, Verification

    found = [Verification("lenet5", "kinds", (Line("MACs", "equal", "1", "1"), Line("fields", "not run", "", "")), card)
             for card in (None, "a card")]
    _closed("verification").validate(json.loads(_json(found)))


@pytest.mark.parametrize("name", COMMANDS)
def test_mistakes_are_found(name: str) -> None:
    validator = jsonschema.Draft7Validator(schema(name))
    assert not validator.is_valid({"schema": "report/2"})
    assert not validator.is_valid(3)
    assert '"enum": []' not in json.dumps(schema(name))


def test_later_versions_may_add_keys() -> None:
    data = archcalc.report("lenet5").to_dict() | {"new": 1}
    jsonschema.Draft7Validator(schema("report")).validate(data)
    assert not _closed("report").is_valid(data)


def test_lower_bounds() -> None:
    exact = archcalc.report(archcalc.loads(WRONG.partition("claims")[0])).to_dict()
    assert "lower_bounds" not in exact
    found = archcalc.report(archcalc.loads(UNKNOWN)).to_dict()
    assert found["lower_bounds"] == list(BOUNDED)
    totals = found["totals"] | {f"bytes.{key}": n for key, n in found["totals"]["bytes"].items()}
    assert {*found["lower_bounds"]} <= totals.keys() | {"receptive_field"}
    assert found["layers"][0].keys() >= {"receptive_field"}
    assert not {"params", "weights", "outputs"} & set(found["lower_bounds"])     # a spec gives those of opaque layers


def test_command() -> None:
    for name in NAMES:
        result = CliRunner().invoke(cli, ["schema", name])
        assert json.loads(result.output) == schema(name)
    with pytest.raises(UsageError, match=r"there is no schema 'path'; did you mean 'paths'\?"):
        schema("path")
    failed = CliRunner().invoke(cli, ["schema", "reprot"])
    assert getattr(failed.exception, "exit_code", failed.exit_code) == 2
