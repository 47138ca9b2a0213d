"""Every printed figure of five papers has a claim, as printed, and a verdict; so has every statement of the notes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from archcalc.claims.verdict import VERDICTS, Verdict
from tests.audit.audited import audited
from tests.audit.facts import CLAIMS, IN_OTHER_WORDS, OTHER_FILE

FACTS = {fact["id"]: fact for fact in json.loads(
    (Path(__file__).parents[1] / "facts" / "papers.json").read_text("utf-8"))["facts"]}
NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?")


def verdicts_of(fact: str) -> list[Verdict]:
    """The verdicts on the claims of a fact."""
    spec = "resnet-cifar" if fact in OTHER_FILE else fact.partition("-")[0]
    found = []
    for wanted in CLAIMS[fact]:
        matching = [verdict for verdict in audited(spec).verdicts if is_of(verdict, wanted, spec)]
        assert matching, f"{fact}: no claim '{wanted}' in {spec}"
        found += matching
    return found


def is_of(verdict: Verdict, wanted: str, spec: str) -> bool:
    claim = verdict.claim
    if wanted.startswith("'"):
        return wanted.strip("'") in claim.statement
    quantity = f"{claim.quantity}.{claim.setting}" if claim.setting else claim.quantity
    of = "" if claim.of is None else claim.of
    own = f"{quantity} {of}".strip()
    return wanted in (own, f"{verdict.spec} {own}", f"{quantity} *")


def numbers(text: str) -> set[str]:
    return {number.replace(",", "") for number in NUMBER.findall(text)}


def test_no_fact_is_left_out() -> None:
    assert CLAIMS.keys() == FACTS.keys()
    assert len(FACTS) == 135


@pytest.mark.parametrize("fact", FACTS)
def test_fact_has_a_verdict(fact: str) -> None:
    for verdict in verdicts_of(fact):
        assert verdict.verdict in VERDICTS
        assert verdict.sentence.endswith(".")
        assert verdict.claim.term.source.name.startswith("specs/")


@pytest.mark.parametrize("fact", [fact for fact in FACTS if fact not in IN_OTHER_WORDS])
def test_claims_print_what_the_paper_prints(fact: str) -> None:
    printed = " ".join(f"{v.claim.printed} {v.claim.of} {v.claim.statement}" for v in verdicts_of(fact))
    assert numbers(str(FACTS[fact]["printed"])) <= numbers(printed)


def test_what_cannot_be_checked_says_why() -> None:
    for spec in ("googlenet", "resnet-cifar", "audits/study-notes"):
        for verdict in audited(spec).verdicts:
            assert (verdict.verdict == "cannot be judged") == bool(verdict.claim.unchecked)


def test_statements_of_the_study_notes() -> None:
    """48 statements in order, each with a verdict, none in other words."""
    notes = audited("audits/study-notes")
    assert notes.states
    assert len(notes.statements) == 48
    assert set(notes.statements.values()) == set(VERDICTS)
    assert list(notes.statements)[5] == "conv1 params 11*11*3*48*2 = 34848"
