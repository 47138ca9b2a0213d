"""The search for a source's convention: bounded, and paid for by figures that it explains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import archcalc
from archcalc.claims import counts, structure
from archcalc.claims.conventions import CONVENTIONS
from archcalc.claims.measured import Counting
from archcalc.claims.quantities import QUANTITIES
from archcalc.claims.result import Audit
from archcalc.claims.search import MOST, PRICES, sets
from archcalc.spec.claim import QUANTITIES as FORMS
from tests.audit.audited import audited as of_the_zoo

SPEC = """
input: [3, 32, 32]
defaults: {conv: {kernel: 3, padding: 1}}
layers:
  - a: {conv: 10, then: batchnorm}
  - b: {conv: 10}
  - flatten
  - fc: {linear: 10}
claims:
"""
A, B, FC = 3 * 10 * 9 + 10, 10 * 10 * 9 + 10, 10 * 32 * 32 * 10 + 10
"""Parameters with biases; normalization has 2·10 of each kind."""


Audited = Callable[..., Audit]


@pytest.fixture
def audited(tmp_path: Path) -> Audited:
    def run(*claims: str) -> Audit:
        path = tmp_path / "spec.yaml"
        path.write_text(SPEC + "".join(f"- {{source: t, {claim}}}\n" for claim in claims), "utf-8")
        return archcalc.audit(path)
    return run


def outcome(audit: Audit) -> list[tuple[str, tuple[str, ...]]]:
    return [(verdict.verdict, verdict.conventions) for verdict in audit.verdicts]


def test_one_figure_pays_for_one_change(audited: Audited) -> None:
    assert outcome(audited(f"params: {{a: {A - 10}}}")) == [("agrees if", ("no-biases",))]
    # All parameters without biases and without the 20 of normalization: two changes for one figure.
    total = A + B + FC - 30
    (verdict,) = audited(f"params: {total}").verdicts
    assert (verdict.verdict, verdict.alone) == ("differs", (("no-biases", "no-norm"),))
    assert "It alone would hold if biases are left out and the parameters of normalization are left out." \
        in verdict.sentence


def test_a_table_pays_for_two(audited: Audited) -> None:
    """Four figures: three need biases out, one of these normalization as well, one both: +3 for two changes."""
    rows = (f"params: {{a: {A - 10}}}", f"params: {{b: {B - 10}}}", f"params: {A + B + FC - 30}",
            f"params: {{fc + a.batchnorm: {FC - 10}}}")
    audit = audited(*rows)
    assert outcome(audit) == [("agrees if", ("no-biases",)), ("agrees if", ("no-biases",)),
                              ("agrees if", ("no-biases", "no-norm")), ("agrees if", ("no-biases", "no-norm"))]
    # One row less, and the second change would be for one row only.
    assert [verdict for verdict, _ in outcome(audited(*rows[:3]))] == ["agrees if", "agrees if", "differs"]


def test_a_row_that_needs_another_differs(audited: Audited) -> None:
    audit = audited(f"params: {{a: {A}}}", f"params: {{b: {B}}}", f"params: {{fc: {FC - 10}}}",
                    f"params: {{a.batchnorm: {20}}}")
    assert outcome(audit)[:2] == [("agrees", ()), ("agrees", ())]
    assert audit.verdicts[2].verdict == "differs"
    assert audit.verdicts[2].alone == (("no-biases",),)
    assert audit.sources[0].conventions == ()


def test_a_figure_that_holds_as_it_is_agrees_whatever_its_table_needs(audited: Audited) -> None:
    audit = audited(f"params: {{a: {A - 10}}}", f"params: {{b: {B - 10}}}", f"params: {{fc: {FC}}}")
    assert outcome(audit) == [("agrees if", ("no-biases",)), ("agrees if", ("no-biases",)), ("agrees", ())]


def test_sources_are_judged_apart(tmp_path: Path) -> None:
    path = tmp_path / "apart.yaml"
    claims = f"- {{source: one, params: {{a: {A - 10}}}}}\n- {{source: two, params: {{b: {B}}}}}\n"
    path.write_text(SPEC + claims, "utf-8")
    assert outcome(archcalc.audit(path)) == [("agrees if", ("no-biases",)), ("agrees", ())]


def test_what_the_source_states_is_no_free_change(audited: Audited) -> None:
    assert outcome(audited(f"under: no-biases, params: {{a: {A - 10}}}")) == [("agrees", ())]
    assert outcome(audited(f"under: [no-biases, no-norm], params: {A + B + FC - 30}")) == [("agrees", ())]


@pytest.mark.parametrize("spec", ["alexnet", "zfnet", "vgg", "googlenet", "resnet", "audits/study-notes"])
def test_verdicts_keep_to_the_convention_of_their_source(spec: str) -> None:
    """No figure has changes of its own; what one would need alone is of one size, and not what its source gives."""
    audit = of_the_zoo(spec)
    sources = {source.name: source for source in audit.sources}
    for verdict in audit.verdicts:
        if verdict.verdict != "cannot be judged":
            source = sources[verdict.claim.source]
            assert set(verdict.conventions) <= set(source.conventions)
            assert bool(verdict.conventions) == (verdict.verdict == "agrees if")
            assert len({len(names) for names in verdict.alone}) <= 1
            assert not any(set(names) <= set(source.conventions) for names in verdict.alone)
    for source in audit.sources:
        assert len(source.conventions) <= MOST
        assert source.explained >= source.plain + len(source.conventions)


def test_sets_are_bounded() -> None:
    names = list(CONVENTIONS)
    assert MOST == 3
    assert list(PRICES) == sorted(PRICES)
    for size in range(MOST + 1):
        for chosen in sets(names, size):
            assert len(chosen) == len({CONVENTIONS[name].slot for name in chosen}) == size
    assert ("macs", "2-macs") not in sets(names, 2)


def test_conventions_are_as_documented() -> None:
    """Each changes one thing: a way of counting that some quantity depends on, the mode, the input, or fields."""
    depended = {field for quantity in QUANTITIES.values() for field in quantity.counting}
    assert depended == set(Counting._fields)
    for convention in CONVENTIONS.values():
        assert set(convention.counting) <= depended
        assert sum(map(bool, (convention.counting, convention.mode, convention.image, convention.find))) == 1


def test_every_quantity_is_measured() -> None:
    assert QUANTITIES.keys() == FORMS.keys()
    assert not counts.COUNTS.keys() & structure.STRUCTURE.keys()
