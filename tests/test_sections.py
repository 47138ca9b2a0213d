"""The command line of the analyses: sections of a report, columns, explanations; and their wrong uses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import cli
from archcalc.errors import ArchcalcError


def run(*arguments: str) -> str:
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_columns() -> None:
    table = run("report", "alexnet", "--depth", "1", "--columns", "field,stride,start")
    assert "conv2       51       8    -16" in table
    assert "fc6      ≥ 355       –    -64" in table
    everything = run("report", "resnet18", "--columns", "all", "--depth", "1", "--format", "csv").splitlines()
    assert everything[0] == ("name,label,output,params,weights,buffers,macs,flops,outputs,memory,field,stride,start,"
                             "unproductive")


def test_wide_tables_have_memory_and_field() -> None:
    report = archcalc.report("alexnet")
    assert "bytes  field" in report.to_table(width=120).splitlines()[2]
    assert "FLOPs  field" in report.to_table(width=88).splitlines()[2]
    assert report.to_table(width=80).splitlines()[2].endswith("FLOPs")
    assert "kind" not in report.to_table(width=60).splitlines()[2]


def test_unproductive_layers_of_resnet18_at_64_pixels() -> None:
    """conv2_x sees 43 pixels at stride 4; conv3_x's first block adds 2·4 and 2·8, which makes 67, more than 64."""
    report = archcalc.report("resnet18", image=64)
    fields = {row.name: report.field(row) for row in report.rows}
    for row in report.rows:
        before = [fields[report.net.nodes[i].name] for i in row.node.inputs if i]
        covered = bool(before) and all(f is not None and all(a.size >= 64 for a in f) for f in before)
        assert report.unproductive(row) == (covered and row.weights > 0)
    assert next(row.name for row in report.rows if report.unproductive(row)) == "conv3_x.2.sum.branch.conv1"


def test_json_of_alexnet() -> None:
    data = json.loads(run("report", "alexnet", "--format", "json"))
    layers = {layer["name"]: layer for layer in data["layers"]}
    assert layers["conv1"]["receptive_field"] == {
        "size": [11, 11], "stride": [4, 4], "start": [0, 0], "aligned": True, "covers_input": False}
    assert layers["fc8"]["receptive_field"] == {
        "size": [355, 355], "stride": [None, None], "start": [-64, -64], "aligned": True, "covers_input": True}
    assert data["totals"]["bytes"]["params"] == 4 * 60_965_224


def test_sections_as_json() -> None:
    memory = json.loads(run("report", "alexnet", "--memory", "--format", "json"))
    assert memory["bytes"]["params"] == 4 * 60_965_224
    assert sum(memory["training"][k] for k in ("params", "gradients", "optimizer_state", "saved_for_backward",
                                               "working_estimate")) == memory["bytes"]["training"]
    order = json.loads(run("report", "inception-reduced", "--order", "--format", "json"))
    assert (order["exact"], order["gain"]) == (True, order["given"] - order["peak"])
    placed = json.loads(run("report", "alexnet", "--placement", "--format", "json"))
    assert [c["layer"] for c in placed["crossings"]] == ["conv3", "fc6", "fc7", "fc8"]
    region = json.loads(run("report", "alexnet", "--field-of", "conv5@6,6", "--format", "json"))
    assert region["regions"] == {"input": [[32, 194], [32, 194]]}


def test_explanation_into_a_file(tmp_path: Path) -> None:
    target = tmp_path / "conv1.md"
    assert run("explain", "alexnet", "conv1", "--what", "params", "-o", str(target)) == ""
    assert "11 × 11 × 3 × 48 × 2 groups" in target.read_text("utf-8")


WRONG = {
    "report alexnet --columns parms": "unknown column 'parms'; did you mean 'params'?",
    "report alexnet --field-of conv5": "--field-of takes LAYER@I,J, such as conv5@6,6; found 'conv5'",
    "report alexnet --field-of conv5@x": "--field-of takes LAYER@I,J, such as conv5@6,6; found 'conv5@x'",
    "report alexnet --field-of cnv5@1,1": "'cnv5' is no layer of AlexNet; did you mean 'conv5'?",
    "report alexnet --from conv1": "--from goes with --field-of LAYER@I,J",
    "report alexnet --field-of conv5@1,1 --memory": "--field-of and --memory are two sections; ask for one at a time",
    "report alexnet --memory --format csv": "--format csv has no such section; use table or json",
    "report vgg16 --placement": "vgg16 has no `placement`",
    "explain alexnet cnv1": "alexnet has no layer or block 'cnv1'; did you mean 'conv1'?",
    "explain alexnet --what parms": "unknown quantity 'parms'; did you mean 'params'?",
    "explain alexnet -o x.csv": "an explanation is no table of values; use .txt, .md or .json",
}


@pytest.mark.parametrize("line", WRONG)
def test_wrong_use(line: str) -> None:
    done = CliRunner().invoke(cli, line.split())
    assert isinstance(done.exception, ArchcalcError)
    assert (done.exception.exit_code, str(done.exception)) == (2, WRONG[line])


@pytest.mark.parametrize(("unit", "message"), [
    ("conv5@13,0", "13"), ("conv5@1", "2 spatial axes"), ("fc6@0", "no spatial axes"),
])
def test_units_that_do_not_exist(unit: str, message: str) -> None:
    done = CliRunner().invoke(cli, ["report", "alexnet", "--field-of", unit])
    assert isinstance(done.exception, ArchcalcError)
    assert message in str(done.exception)
