"""Every rule: what it finds and what it does not, its example, and the ways to choose and ignore rules."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings

import archcalc
from archcalc.errors import UsageError
from archcalc.linting import Finding, all_rules, lint
from archcalc.linting.catalogue import chosen
from archcalc.spec.source import SpecError
from tests.fuzz.specs import specs
from tests.lint.cases import CASES, Case


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{CASES.index(case)}")
def test_finding(case: Case) -> None:
    found = lint(archcalc.loads(case.layers), select=[case.code])
    assert [f.message for f in found[:1]] == ([case.message] if case.message else [])
    if case.layer:
        assert found[0].layer == case.layer


def test_every_rule_has_a_finding_and_none() -> None:
    for code in all_rules():
        assert {case.message is None for case in CASES if case.code == code} == {True, False}, code


@pytest.mark.parametrize("code", all_rules())
def test_example_and_better(code: str) -> None:
    rule = all_rules()[code]
    assert [f.code for f in lint(archcalc.loads(rule.example))] == [code]
    assert lint(archcalc.loads(rule.better)) == []


@pytest.mark.parametrize("code", all_rules())
def test_rule_says_what_and_why(code: str) -> None:
    rule = all_rules()[code]
    what, why = rule.text.split("\n\n", 1)
    assert what.endswith(".")
    assert len(why) > 60
    assert rule.source
    [finding] = lint(archcalc.loads(rule.example))
    assert finding.severity == rule.severity
    assert not finding.message.endswith(".")
    assert finding.fix


NAMES = ("conv", "maxpool", "avgpool", "batchnorm", "relu", "linear", "add", "concat", "dropout", "lrn")


def test_no_rule_knows_a_kind_by_name() -> None:
    import inspect

    from archcalc.layers.registry import kinds
    from archcalc.linting import cost, facts, normalization, signal, structure, windows, wiring

    assert set(NAMES) <= set(kinds())
    for module in (cost, facts, normalization, signal, structure, wiring, windows):
        code = re.sub(r'example=.*?\)\ndef|""".*?"""', "def", inspect.getsource(module), flags=re.DOTALL)
        assert ".kind ==" not in code
        assert ".kind in" not in code
        words = set(re.findall(r'"([a-z0-9_]+)"', code))
        # `getattr(layer, "function", "") == "add"` reads a property of joins, torch's name of their operation.
        assert words & set(NAMES) <= {"add", "conv"}, module.__name__


def findings(text: str, **options: list[str]) -> list[Finding]:
    return lint(archcalc.loads(text, name="net.yaml"), **options)


SPEC = """\
input: [3, 32, 32]
layers:
- conv1: {conv: 8, kernel: 3}
- norm1: batchnorm
- act1: relu
- pool1: {maxpool: 3, stride: 2}
"""


def test_select_and_ignore_take_the_beginnings_of_codes() -> None:
    # 30 − 3 = 27 = 13·2 + 1
    assert [f.code for f in findings(SPEC)] == ["AC201", "AC101"]
    assert [f.code for f in findings(SPEC, select=["AC1"])] == ["AC101"]
    assert [f.code for f in findings(SPEC, ignore=["AC101"])] == ["AC201"]
    assert [f.code for f in findings(SPEC, select=["AC"], ignore=["AC1", "AC20"])] == []
    assert len(chosen(["AC2"])) == sum(code.startswith("AC2") for code in all_rules())


@pytest.mark.parametrize("option", ["select", "ignore"])
def test_unknown_code(option: str) -> None:
    with pytest.raises(UsageError, match=r"unknown rule 'AC999'; did you mean 'AC\d+'\?"):
        findings(SPEC, **{option: ["AC999"]})
    with pytest.raises(UsageError, match="unknown rule 'F841'; there are AC101, AC102"):
        findings(SPEC, **{option: ["F841"]})
    with pytest.raises(UsageError, match="unknown rule ''"):
        findings(SPEC, **{option: [""]})


@pytest.mark.parametrize(("comment", "left"), [
    ("# archcalc: ignore[AC201]", ["AC101"]),
    ("# archcalc: ignore[AC2]", ["AC101"]),
    ("# archcalc: ignore[AC101, AC201]", ["AC101"]),
    ("# archcalc: ignore", ["AC101"]),
    ("#archcalc:ignore[AC201] for old checkpoints", ["AC101"]),
    ("# archcalc: ignore[AC101]", ["AC201", "AC101"]),
    ("# archcalc: ignore-file[AC101]", ["AC201"]),
    ("# archcalc: ignore-file", []),
    ("# see archcalc: ignore[AC201]", ["AC201", "AC101"]),
])
def test_comments(comment: str, left: list[str]) -> None:
    text = SPEC.replace("kernel: 3}\n", f"kernel: 3}}   {comment}\n")
    assert [f.code for f in findings(text)] == left


def test_comment_of_its_own_is_for_the_next_line() -> None:
    text = SPEC.replace("- pool1", "# archcalc: ignore[AC101]\n# for the odd sizes\n- pool1")
    assert [f.code for f in findings(text)] == ["AC201"]


def test_comment_at_the_item_counts_for_its_fields() -> None:
    text = SPEC.replace("- pool1: {maxpool: 3, stride: 2}",
                        "- pool1:   # archcalc: ignore[AC101]\n    maxpool: 3\n    stride: 2")
    assert [f.code for f in findings(text)] == ["AC201"]


def test_comment_in_a_string_is_none() -> None:
    text = "notes: 'see# archcalc: ignore-file'\n" + SPEC
    assert [f.code for f in findings(text)] == ["AC201", "AC101"]


def test_unknown_code_in_a_comment() -> None:
    with pytest.raises(SpecError) as error:
        findings(SPEC + "# archcalc: ignore[AC200]\n")
    assert str(error.value).startswith("net.yaml:7:20: unknown rule 'AC200'; did you mean 'AC20")


def test_repeated_layers_are_one_finding() -> None:
    text = "input: [8, 8, 8]\nlayers:\n- block: {conv: 8, then: batchnorm, repeat: 4}\n"
    [finding] = findings(text, select=["AC201"])
    assert finding.layers == ("block.1", "block.2", "block.3", "block.4")
    assert str(finding) == ("net.yaml:3:3: AC201 block.1 (and 3 more): its 8 biases are cancelled by "
                            "'block.1.batchnorm'; set `bias: false`")


def test_findings_of_several_files_stand_in_their_own(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.yaml").write_text(SPEC)
    (tmp_path / "net.yaml").write_text("extends: base.yaml\noverride:\n  pool1: {stride: 4} # archcalc: ignore[AC1]\n")
    # 30 − 3 = 27 = 6·4 + 3 is ignored where net.yaml says 4; the bias is base.yaml's.
    assert [(f.code, f.where) for f in lint("net.yaml")] == [("AC201", "base.yaml:3:3")]
    (tmp_path / "base.yaml").write_text("# archcalc: ignore-file[AC201]\n" + SPEC)
    assert lint("net.yaml") == []


@settings(max_examples=60, deadline=None)
@given(specs())
def test_rules_run_on_any_network(text: str) -> None:
    net = archcalc.loads(text)
    found = lint(net)
    assert {layer for f in found for layer in f.layers} <= set(net.index)
    assert all(f.message and f.fix and 0 <= f.place.line < len(f.place.source.lines) for f in found)
    assert len({(f.code, f.where, f.layers) for f in found}) == len(found)
