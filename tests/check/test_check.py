"""Checks: budgets of networks and blocks, claims, warnings of lint, and their formats."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import archcalc
from archcalc.budgets import NOUNS
from archcalc.checking import check
from archcalc.checking.text import github, markdown, table, to_dict
from archcalc.cli import cli
from archcalc.errors import ArchcalcError, CheckFailed, UsageError
from archcalc.spec.sections import BUDGETS

# conv: 3·8·3·3 + 8 = 224 parameters, 216·30·30 = 194,400 MACs; norm 2·8 = 16; fc: 8·10 + 10 = 90
NET = """\
input: [3, 32, 32]
layers:
- stem:
    concat:
      main: [{conv: 8, kernel: 3}, relu]
- pool: {global_avgpool: , keep: false}
- fc: {linear: 10}
"""


def net(budget: str = "", more: str = "") -> archcalc.Net:
    return archcalc.loads(f"{NET}budget: {budget or '{}'}\n{more}", name="net.yaml")


def broken(budget: str) -> list[str]:
    return [f"{o.title}: {o.sentence}" for o in check(net(budget)).broken]


HOLDS = ["{params: 314}", "{params: 1K}", "{weights: 296}", "{macs: 194480}", "{layers: 5}", "{stem: {params: 224}}",
         "{stem.main: {macs: 194400}}", "{fc: {params: 90, layers: 1}}", "{outputs: 21618}", "{buffers: 0}",
         "{params: '<315'}", "{params: '>=314'}"]
BROKEN = {
    "{params: 313}": "params: 314 parameters, at most 313 allowed (100.3%)",
    "{weights: 295}": "weights: 296 weights, at most 295 allowed (100.3%)",
    "{macs: 190K}": "macs: 194,480 MACs, at most 190K allowed (102.4%)",
    "{stem: {params: 200}}": "stem params: 224 parameters, at most 200 allowed (112.0%)",
    "{fc: {params: 89}}": "fc params: 90 parameters, at most 89 allowed (101.1%)",
    "{layers: 4}": "layers: 5 layers, at most 4 allowed (125.0%)",
    "{outputs: 21617}": "outputs: 21,618 output elements, at most 21617 allowed (100.0%)",
    "{params: '<314'}": "params: 314 parameters, less than 314 allowed (100.0%)",
    "{params: '>314'}": "params: 314 parameters, more than 314 allowed (100.0%)",
    # an output element takes 4 bytes
    "{memory: 84KiB}": "memory: 86,472 bytes of outputs, at most 84KiB allowed (100.5%)",
    "{stem: {memory: 10}}": "stem memory: 86,400 bytes of outputs, at most 10 allowed (864000.0%)",
}


def test_outputs_are_those_of_the_layers() -> None:
    # conv, relu and concat 8·30·30 each, pool 8, fc 10
    assert archcalc.report(net()).totals.outputs == 3 * 8 * 30 * 30 + 8 + 10 == 21_618


@pytest.mark.parametrize("budget", HOLDS)
def test_budget_holds(budget: str) -> None:
    assert broken(budget) == []


@pytest.mark.parametrize("budget", BROKEN)
def test_budget_broken(budget: str) -> None:
    assert broken(budget) == [BROKEN[budget]]


def test_bytes_of_the_whole_network() -> None:
    memory = archcalc.report(net()).memory
    for key, size in (("peak_inference", memory.peak.bytes), ("saved_for_backward", memory.saved.bytes),
                      ("training", memory.training.total)):
        assert broken(f"{{{key}: {size}}}") == []
        assert broken(f"{{{key}: {size - 1}}}")[0].startswith(f"{key}: {size:,} bytes ")
    assert check(net(f"{{peak_inference: {memory.peak.bytes // 2}}}"), dtype="float16").holds


def test_place_of_a_budget() -> None:
    [outcome] = check(net("{fc: {params: 1}}")).broken
    assert outcome.place is not None
    assert (outcome.place.line + 1, outcome.place.column + 1) == (8, 23)
    [outcome] = check(net(), {"params": "1"}).broken
    assert outcome.place is None


WRONG = {
    "{params: 12x}": "net.yaml:8:18: a budget is a number such as 5M or 2MiB, found '12x'",
    "{params: 50%}": "net.yaml:8:18: a budget is a number such as 5M or 2MiB, found '50%'",
    "{params: ~5M}": "net.yaml:8:18: a budget is a number such as 5M or 2MiB, found '~5M'",
    "{fc: {training: 5M}}": "net.yaml:8:25: 'training' is of a whole network, not of a part",
}


@pytest.mark.parametrize("budget", WRONG)
def test_budget_that_cannot_be(budget: str) -> None:
    with pytest.raises(ArchcalcError) as error:
        check(net(budget))
    assert str(error.value).startswith(WRONG[budget])


def test_limits_of_unknown_quantities() -> None:
    with pytest.raises(UsageError, match="unknown quantity 'parms'; did you mean 'params'"):
        check(net(), {"parms": "5M"})
    with pytest.raises(UsageError, match="limit of params: expected a figure such as 60M"):
        check(net(), {"params": "lots"})


def test_every_quantity_has_a_noun_and_an_option() -> None:
    assert tuple(NOUNS) == BUDGETS
    text = CliRunner().invoke(cli, ["check", "--help"]).output
    assert [q for q in BUDGETS if f"--max-{q.replace('_', '-')} " not in text] == []


CLAIMS = """\
claims:
- {params: 314, source: table 1}
- {macs: 100K, source: table 1}
- {layers: 7, source: text, note: counts the softmax}
"""


def test_claims_fail_on_news_only() -> None:
    found = check(net(more=CLAIMS))
    [outcome] = found.broken
    assert (outcome.kind, outcome.title) == ("claim", "macs")
    assert outcome.place is not None
    assert outcome.place.line + 1 == 11
    [sums] = [o for o in found.outcomes if o.kind == "claims"]
    assert sums.sentence == "1 of 3 agree, 1 is explained by a note"
    assert check(net(more=CLAIMS), claims=False).holds


def test_claims_are_left_out_under_other_parameters() -> None:
    spec = archcalc.loads("parameters: {w: 8}\ninput: [3]\nlayers: [{linear: w}]\nclaims: [{params: 32}]\n", w=9)
    found = check(spec)
    assert found.holds
    assert found.outcomes[0].sentence == "claims speak of the spec as it stands; other parameters were given"


def test_warnings_break_and_notes_do_not() -> None:
    spec = archcalc.loads("input: [3, 32, 32]\nlayers: [{conv: 8}, batchnorm, {maxpool: 3, stride: 2}]")
    found = check(spec)
    assert [o.title for o in found.broken] == ["AC201 conv"]
    assert check(spec, lint=False).holds
    assert check(spec, ignore=["AC201"]).holds
    assert check(spec, select=["AC1"]).holds


def test_the_papers_networks_hold() -> None:
    for name in ("alexnet", "zfnet", "vgg16", "resnet34"):
        assert check(name).holds


def test_texts() -> None:
    found = [check(net("{params: 313}")), check(net())]
    lines = table(found).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[:3] == ["net.yaml", "BROKEN  budget, params  net.yaml:8:18",
                         "        314 parameters, at most 313 allowed (100.3%)"]
    assert "### archcalc: 1 of 2 specs are broken: net.yaml" in markdown(found)
    assert "| **broken** | net.yaml | budget, params | 314 parameters, at most 313 allowed (100.3%) |" in \
        markdown(found)
    assert github(found) == ("::error file=net.yaml,line=8,col=18,title=budget params::net.yaml: 314 parameters, "
                             "at most 313 allowed (100.3%25)\n")
    data = to_dict(found)
    assert (data["schema"], data["holds"], [s["holds"] for s in data["specs"]]) == ("check/1", False, [False, True])
    assert data["specs"][0]["outcomes"][0]["line"] == 8


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "a.yaml").write_text(NET + "budget: {params: 300}\n")
    (tmp_path / "nets" / "b.yaml").write_text(NET)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["check", *arguments])


def test_command(folder: Path) -> None:
    result = run("nets/a.yaml", "nets/b.yaml")
    assert isinstance(result.exception, CheckFailed)
    assert result.exception.exit_code == 1
    assert str(result.exception) == "1 of 2 specs are broken: a"
    assert "BROKEN  budget, params  nets/a.yaml:8:18" in result.output
    assert run("nets/b.yaml", "--max-params", "314").exit_code == 0
    assert str(run("nets/b.yaml", "--max-params", "313").exception) == "b is broken"
    assert run("nets/a.yaml", "--format", "json").output.startswith('{\n "schema": "check/1"')


def test_annotations_and_summary(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = folder / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    result = run("nets/a.yaml", "--format", "github")
    assert result.output.startswith("::error file=nets/a.yaml,line=8,col=18,title=budget params::a: 314 parameters")
    assert summary.read_text().startswith("before\n### archcalc: a is broken\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "missing" / "x.md"))
    assert "GITHUB_STEP_SUMMARY" in str(run("nets/b.yaml", "--format", "github").exception)


def test_annotation_of_lint(folder: Path) -> None:
    (folder / "c.yaml").write_text("input: [3, 8, 8]\nlayers:\n- conv: {conv: 8}\n- batchnorm\n")
    result = CliRunner().invoke(cli, ["lint", "c.yaml", "--format", "github"])
    assert result.output == ("::warning file=c.yaml,line=3,col=3,title=AC201 conv::Its 8 biases are cancelled by "
                             "'batchnorm'. Set `bias: false`.\n")
    assert isinstance(result.exception, CheckFailed)
    for level, code in (("never", 0), ("note", 1), ("warning", 1)):
        failed = CliRunner().invoke(cli, ["lint", "c.yaml", "--fail-on", level]).exception
        assert isinstance(failed, CheckFailed) == bool(code)
    data = json.loads(CliRunner().invoke(cli, ["lint", "c.yaml", "--format", "json", "--fail-on", "never"]).output)
    assert data["specs"][0]["findings"][0]["code"] == "AC201"
