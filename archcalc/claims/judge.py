"""Verdicts: the figures of one source judged together, each by the source's convention."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from archcalc.claims import words
from archcalc.claims.arithmetic import arithmetic
from archcalc.claims.compare import scaled
from archcalc.claims.conventions import CONVENTIONS
from archcalc.claims.measured import Unjudged
from archcalc.claims.quantity import Settings
from archcalc.claims.search import Case, Names, Reading, convention_of, needed, part
from archcalc.claims.verdict import Source, Verdict
from archcalc.spec.claim import Claim
from archcalc.spec.figure import Figure


def judge(cases: Sequence[Case]) -> tuple[Source, list[Verdict]]:
    """The convention of one source, and a verdict on each of its claims."""
    convention = convention_of(cases)
    used = {name for case in cases if not case.holds(()) and case.holds(convention) for name in part(case, convention)}
    source = Source(cases[0].claim.source, tuple(name for name in convention if name in used),
                    sum(case.holds(()) for case in cases),
                    sum(case.holds(convention) or case.holds(()) for case in cases), len(cases))
    return source, [_verdict(case, convention) for case in cases]


def unchecked(claim: Claim, spec: str) -> Verdict:
    """A claim that its entry says cannot be checked."""
    return Verdict(claim, spec, "cannot be judged",
                   f"“{claim.statement}” cannot be judged: {claim.unchecked.rstrip('.')}.")


def unjudged(case: Case, reason: Unjudged) -> Verdict:
    """A claim on something that the network does not have."""
    claim = case.claim
    what = f"{words.setting_out(claim)}the {claim.setting or claim.quantity} of {words.subject(case)}"
    return Verdict(claim, case.subject.document.spec, "cannot be judged", f"{words.sentence(what)}, "
                   f"{words.source_word(claim)} as {claim.printed}, cannot be judged: {reason}.")


def _verdict(case: Case, convention: Names) -> Verdict:
    plain = case.under(())
    if plain is not None and plain.how:
        return _found(case, "agrees", f"{words.agreeing(case, plain)}.", plain)
    needs = part(case, convention)
    reading = case.under(needs)
    if reading is not None and reading.how:
        return _found(case, "agrees if", _conditional(case, reading, plain, needs), reading, needs)
    names = _effective(case, convention)
    reading = case.under(names) or plain
    assert reading is not None
    alone = tuple(needed(case))
    return _found(case, "differs", _different(case, reading, names, alone), reading, alone=alone)


def _found(case: Case, verdict: str, sentence: str, reading: Reading, names: Names = (),
           alone: tuple[Names, ...] = ()) -> Verdict:
    claim = case.claim
    return Verdict(claim, case.subject.document.spec, verdict, sentence, _plain(reading.computed.value),
                   relative_error(claim, reading), names, alone, arithmetic(claim, reading))


def _effective(case: Case, convention: Names) -> Names:
    """Those of a source's changes that change what is computed for a figure, if they apply to it."""
    if case.under(convention) is None:
        return ()
    return tuple(name for name in convention if name in case.relevant and _changes(case, convention, name))


def _changes(case: Case, convention: Names, name: str) -> bool:
    with_all, without = case.under(convention), case.under(tuple(n for n in convention if n != name))
    return with_all is None or without is None or with_all.computed != without.computed \
        or with_all.counting.kilo != without.counting.kilo


def _conditional(case: Case, reading: Reading, plain: Reading | None, names: Names) -> str:
    """A claim that holds under changes; others of the same sort that do as well; and what there is without."""
    slots = [CONVENTIONS[name].slot for name in names]
    alike = [names, *(other for other in needed(case) if other != names
                      and [CONVENTIONS[name].slot for name in other] == slots)]
    otherwise = ""
    if plain is not None and plain.computed.value != reading.computed.value:
        otherwise = f"; otherwise it is {words.value_text(case.claim, plain.computed.value)}"
    return f"{words.agreeing(case, reading)}. This holds if {words.alternatives(alike)}{otherwise}."


def _different(case: Case, reading: Reading, names: Names, alone: tuple[Names, ...]) -> str:
    claim = case.claim
    error = relative_error(claim, reading)
    off = f", {words.percent(abs(error))} {'more' if error > 0 else 'less'}" if error else ""
    under = f" if {words.conditions(names)}" if names else ""
    said = f"{words.sentence(words.statement(case, reading))}{under}; " \
           f"{words.source_word(claim)}: {words.printed(claim)}{off}."
    if alone:
        return f"{said} It alone would hold if {words.alternatives(alone)}."
    return f"{said} No convention explains it." if case.relevant else said


def relative_error(claim: Claim, reading: Reading) -> Fraction | None:
    """(printed − computed) / computed, of figures that are one number."""
    value = reading.computed.value
    if isinstance(value, tuple) and len(set(value)) == 1 and isinstance(value[0], int):
        value = value[0]
    if not isinstance(claim.value, Figure) or isinstance(value, bool) or not isinstance(value, (int, Fraction)) \
            or not value or claim.value.relation not in ("", "~"):
        return None
    return Fraction(scaled(claim.value, reading.counting.kilo).value - value) / value


def _plain(value: Any) -> Any:
    """A computed value as JSON has it."""
    if isinstance(value, Settings):
        values = [_plain(v) for v in value]
        return values[0] if len(values) == 1 else values
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    return float(value) if isinstance(value, Fraction) and value.denominator != 1 else \
        int(value) if isinstance(value, Fraction) else value
