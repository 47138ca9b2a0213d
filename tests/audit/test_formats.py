"""How audits are written: text of 80 columns, Markdown, JSON, annotations; and the command."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.claims.audit import references
from archcalc.claims.render import render
from archcalc.claims.result import Audit
from archcalc.claims.verdict import VERDICTS
from archcalc.cli import cli
from archcalc.errors import ArchcalcError
from archcalc.reports.table import cells
from tests.audit.audited import audited

SPECS = ("alexnet", "zfnet", "vgg", "googlenet", "resnet", "audits/study-notes")
ANNOTATION = re.compile(r"::(notice|warning) file=(.+?),line=(\d+),col=(\d+),title=claim [a-z ]+::(.+)")

NEWS = """\
name: "Tiny | net"
input: [3, 8, 8]
layers: [{conv1: {conv: 4, kernel: 3}}]
claims:
- {source: table 1, params: {conv1: 108}}
- {source: figure 2, params: {conv1: 100}}
- {source: figure 3, note: "50% is what it is", params: {conv1: 224}}
- {statement: It is a net., unchecked: it has no figure}
"""


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Audit:
    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(NEWS, "utf-8")
    return archcalc.audit("tiny.yaml")


@pytest.mark.parametrize("spec", SPECS)
def test_text_fits_80_columns(spec: str) -> None:
    assert max(map(cells, audited(spec).to_table().splitlines())) <= 80


@pytest.mark.parametrize("spec", SPECS)
def test_sentences_read_well(spec: str) -> None:
    """Whole sentences, without what a template leaves behind."""
    for verdict in audited(spec).verdicts:
        assert re.fullmatch(r"\S.*[^.]\.", verdict.sentence), verdict.sentence
        assert not re.search(r"  |None|[{}\[\]]|, ,|\(\)|\b1 (layers|parameters)\b|Fraction", verdict.sentence)


@pytest.mark.parametrize("spec", SPECS)
def test_markdown_is_a_table_for_each_source(spec: str) -> None:
    """Heads are of two columns, or of three where there are statements; rows have as many as their head."""
    sizes = [len(re.split(r"(?<!\\)\|", line)) - 2 if line.startswith("|") else 0
             for line in audited(spec).to_markdown().splitlines()]
    tables = "".join(map(str, sizes)).replace("0", " ").split()
    assert all(re.fullmatch("2{3,}|3{3,}", table) for table in tables)
    assert sum(len(table) - 2 for table in tables) == len(audited(spec).verdicts)
    assert len(tables) == len({verdict.claim.source for verdict in audited(spec).verdicts})


@pytest.mark.parametrize("spec", SPECS)
def test_json(spec: str) -> None:
    data = json.loads(audited(spec).to_json())
    assert data["schema"] == "audit/1"
    assert sum(data["counts"].values()) == len(data["verdicts"]) == len(audited(spec).verdicts)
    for row, verdict in zip(data["verdicts"], audited(spec).verdicts, strict=True):
        assert row["verdict"] in VERDICTS
        assert (row["quantity"], row["of"], row["printed"]) == (
            verdict.claim.quantity, verdict.claim.of, verdict.claim.printed)
        text = (Path(archcalc.__file__).parent.parent / row["file"]).read_text("utf-8").splitlines()[row["line"] - 1]
        assert 0 < row["column"] <= len(text)
    assert [s["statement"] for s in data["statements"]] == list(audited(spec).statements)


def test_text(tiny: Audit) -> None:
    """112 = 3·3·3·4 + 4 parameters, 108 without biases."""
    assert tiny.to_table() == """\
Tiny | net · 4 claims: 1 agrees under a convention, 2 differ, 1 cannot be judged

table 1: 1 of 1 figure holds if biases are left out; none without
  agrees if *      conv1 of Tiny | net has 108 parameters, as printed. This
                   holds if biases are left out; otherwise it is 112.
                   3 × 3 × 3 × 4 = 108 weights (+ 4 biases); 108 + 4 = 112
                     parameters

figure 2
  differs *        conv1 of Tiny | net has 112 parameters; printed: 100, 10.7%
                   less. No convention explains it.
                   3 × 3 × 3 × 4 = 108 weights (+ 4 biases); 108 + 4 = 112
                     parameters

figure 3
  differs          conv1 of Tiny | net has 112 parameters; printed: 224, 100%
                   more. No convention explains it.
                   3 × 3 × 3 × 4 = 108 weights (+ 4 biases); 108 + 4 = 112
                     parameters
                   note: 50% is what it is

no source
  “It is a net.”
  cannot be judged it has no figure

* no note explains these 2
"""


def test_annotations(tiny: Audit) -> None:
    found = [ANNOTATION.fullmatch(line) for line in tiny.to_github().splitlines()]
    lines = NEWS.splitlines()
    assert [m and (m[1], m[2], int(m[3]), int(m[4])) for m in found] == [
        ("notice", "tiny.yaml", 5, lines[4].index("108") + 1), ("warning", "tiny.yaml", 6, lines[5].index("100") + 1),
        ("notice", "tiny.yaml", 7, lines[6].index("224") + 1), ("notice", "tiny.yaml", 8, 3)]
    assert found[1] is not None
    assert found[1][5].startswith("conv1 of Tiny | net has 112 parameters; printed: 100, 10.7%25 less.")
    assert "%0A3 × 3 × 3 × 4 = 108 weights" in found[1][5]


def test_markdown_escapes(tiny: Audit) -> None:
    assert "| **differs** | conv1 of Tiny \\| net has 112 parameters; printed: 224" in tiny.to_markdown()


def test_several(tiny: Audit) -> None:
    assert [one["name"] for one in json.loads(render([tiny, audited("vgg")], "json"))] == ["Tiny | net", "VGG"]
    assert render([tiny, tiny], "table") == tiny.to_table() + "\n" + tiny.to_table()
    bundle = tiny._repr_mimebundle_()
    assert (bundle["text/plain"], bundle["text/markdown"]) == (str(tiny), tiny.to_markdown())


def test_command_reports_whatever_it_finds(tiny: Audit) -> None:
    done = CliRunner().invoke(cli, ["audit", "tiny.yaml"])
    assert (done.exit_code, done.output) == (0, tiny.to_table())
    assert CliRunner().invoke(cli, ["audit", "tiny.yaml", "-o", "found.json"]).output == ""
    assert json.loads(Path("found.json").read_text("utf-8")) == tiny.to_dict()
    assert CliRunner().invoke(cli, ["audit", "-"], input=NEWS).output.startswith("Tiny | net · 4 claims")
    assert CliRunner().invoke(cli, ["audit", "tiny.yaml", "--format", "github"]).output == tiny.to_github()


def test_a_spec_without_claims(tmp_path: Path) -> None:
    path = tmp_path / "none.yaml"
    path.write_text("input: [3, 8, 8]\nlayers: [relu]\n", "utf-8")
    assert archcalc.audit(path).to_table() == "none · 0 claims\n"


def test_all() -> None:
    """Files with claims, also those that have them in variants, and audit files last."""
    found = references()
    assert {"alexnet", "zfnet", "vgg", "googlenet", "resnet", "resnet-cifar", "bert"} <= set(found)
    assert found[-1] == "audits/study-notes"
    assert "inception-naive" not in found


@pytest.mark.zoo
def test_all_of_the_zoo() -> None:
    done = CliRunner().invoke(cli, ["audit", "--all"], catch_exceptions=False)
    assert done.exit_code == 0
    assert max(map(cells, done.output.splitlines())) <= 80
    assert len(re.findall(r" · \d+ (?:claim|statement)s?\b", done.output)) == len(references())


WRONG = {
    "audit": "name the specs to audit, or --all",
    "audit alexnet --all": "name the specs to audit, or --all",
    "audit alexnet -o x.csv": "an audit is no table of values; use .txt, .md or .json",
    "audit alexnt": "no file and no network in the zoo is called 'alexnt'; did you mean 'alexnet'?",
    "audit missing.yaml": "no such file: 'missing.yaml'",
}


@pytest.mark.parametrize("line", WRONG)
def test_wrong_use(line: str) -> None:
    done = CliRunner().invoke(cli, line.split())
    assert isinstance(done.exception, ArchcalcError)
    assert (done.exception.exit_code, str(done.exception)) == (2, WRONG[line])
