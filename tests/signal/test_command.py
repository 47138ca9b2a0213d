"""`archcalc signal`: its formats, its messages, its chart."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from archcalc.cli import cli
from archcalc.propagation.text import number
from archcalc.propagation.verdict import Change, times


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["signal", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_table() -> None:
    output = run("alexnet", "--init", "he,xavier")
    assert max(map(len, output.splitlines())) <= 80
    assert "AlexNet · he · evaluation · 21 layers" in output
    assert "AlexNet · xavier" in output
    assert "* lrn: the sum over few channels is taken at its mean." in output
    assert "independent weights of the scheme's variance" in " ".join(output.split())
    # weights of variance 2/n give an input of mean square 1 one of 2
    assert next(line.split()[2] for line in output.splitlines() if line.startswith("conv1 ")) == "2"
    assert "norm1" not in output
    assert "norm1" in run("alexnet", "--all")


def test_json_csv_and_markdown() -> None:
    data = json.loads(run("vgg16", "--format", "json"))
    assert data["schema"] == "signal/1"
    [net] = data["networks"]
    assert (net["init"], net["verdict"]["layers"], len(net["layers"])) == ("he", 16, 37)
    assert net["layers"][0]["depth"] == 1
    assert {"second_moment", "variance", "gradient", "gradient_norm", "mean"} <= set(net["layers"][0])
    rows = list(csv.DictReader(run("lenet5", "nin", "--format", "csv", "--all").splitlines()))
    assert {row["spec"] for row in rows} == {"lenet5", "nin"}
    assert "| conv1.1 | conv | 1 |" in run("vgg16", "--format", "md")


def test_chart(tmp_path: Path) -> None:
    path = tmp_path / "signal.svg"
    run("plain18", "resnet18", "-o", str(path))
    root = ElementTree.parse(path).getroot()
    texts = "".join(root.itertext())
    assert "plain-18" in texts
    assert "ResNet-18" in texts
    assert float(root.attrib["width"]) <= 760
    circles = [e for e in root.iter() if e.tag.endswith("circle")]
    # two panels and a mark in the legend: 18 layers of weights, and 18 and 3 projections
    assert len(circles) == 2 * (18 + 21) + 2


@pytest.mark.parametrize(("arguments", "message"), [
    (["alexnet", "--init", "hee"], "unknown initialisation 'hee'; did you mean 'he'?"),
    (["googlenet", "--init", "paper"], "no initialisation is known of the paper behind 'googlenet'"),
    (["alexnet", "--init", ",".join(["he"] * 9), "--format", "svg"], "1 to 8 lines, found 9"),
    (["alexnet", "-o", "x.doc"], "the format cannot be told"),
    (["alexnt"], "did you mean 'alexnet'"),
])
def test_messages(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(cli, ["signal", *arguments])
    assert message in str(result.exception or result.output)


def test_a_chart_needs_weights(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("input: [3, 8, 8]\nlayers: [{a: relu}]\n")
    result = CliRunner().invoke(cli, ["signal", str(spec), "--format", "svg"])
    assert "needs layers with weights" in str(result.exception)
    assert "keeps its size" in run(str(spec))


def test_words() -> None:
    assert [number(v) for v in (0.5, 123456.0, 2.5e-9, 0.0)] == ["0.5", "1.23e5", "2.5e-9", "0"]
    assert [times(v) for v in (-9.1, 1.7, 3.2)] == ["by 10⁻⁹", "50-fold", "by 10³"]
    assert str(Change("gradient", 0.1, 34, -9.0)) == "gradient shrinks by 10⁻⁹ over 34 layers"
    assert str(Change("signal", 2.0, 1, 0.301)) == "signal keeps its size over 1 layer (×2)"
