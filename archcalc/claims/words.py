"""Words for verdicts: values, subjects and sentences that can be quoted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from archcalc.claims.compare import Computed, scaled
from archcalc.claims.conventions import CONVENTIONS
from archcalc.claims.quantities import QUANTITIES
from archcalc.claims.quantity import Settings, Value
from archcalc.claims.search import Case, Names, Reading
from archcalc.spec.claim import Claim
from archcalc.spec.figure import UNITS, WORDS, Figure
from archcalc.spec.source import Term

SHOWN = 3
"""Names in a list, before the others are only counted."""


def number(value: Any) -> str:
    """A number as a sentence has it: exact with commas where it is short, else to four digits.

    >>> number(60965224), number(Fraction(67977, 10)), number(Fraction(1444080, 1024)), number(Fraction(122, 14))
    ('60,965,224', '6,797.7', '1,410.23', '8.714')
    """
    if isinstance(value, tuple):
        return "×".join(map(number, value))
    if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    exact = Fraction(value)
    if exact.denominator == 1:
        return f"{exact.numerator:,}"
    if 100 % exact.denominator == 0:
        return f"{float(exact):,.2f}".rstrip("0")
    return f"{float(exact):,.2f}" if abs(exact) >= 100 else f"{float(exact):.4g}"


def percent(value: Fraction) -> str:
    """A part as percent, to three digits."""
    return f"{float(100 * value):.3g}%" if value < 10 else f"{float(100 * value):,.0f}%"


def joined(names: Sequence[str]) -> str:
    """Names as a phrase: ``a, b and c``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def value_text(claim: Claim, value: Value) -> str:
    """A computed value in the manner of the printed one."""
    if isinstance(value, Settings):
        return _settings(value)
    if isinstance(value, tuple):
        if all(isinstance(v, str) for v in value):
            return joined([str(v) for v in value]) or "nothing"
        if isinstance(claim.value, Figure) and len(set(value)) == 1 and claim.quantity != "size":
            return number(value[0])
        return "×".join(map(str, value))
    if claim.quantity == "year":
        return str(value)
    percents = isinstance(claim.value, Figure) and claim.value.unit == "%"
    return percent(Fraction(value)) if percents else number(value)


def _settings(found: Settings) -> str:
    if len(found) == 1:
        return number(next(iter(found)))
    parts = sorted(found.items(), key=lambda item: -len(item[1]))
    return joined([f"{number(value)} in {_layers(names)}" for value, names in parts])


def _layers(names: list[str]) -> str:
    return joined(names) if len(names) <= SHOWN else f"{len(names)} layers ({names[0]}, …)"


def subject(case: Case) -> str:
    """Of what a claim is: ``conv1 of AlexNet``."""
    of, title = case.claim.of, case.subject.document.title
    if of is None:
        return title
    selected = case.networks.measured(case.subject).select(of)
    if selected.how in ("pattern", "kind"):
        return f"the set of layers {_which(case)} of {title}"
    named = "the input" if of == "input" else of.replace(" + ", " plus ")
    return f"{named} of {title}"


def setting_out(claim: Claim) -> str:
    """What `with` and `mode` change, to begin a sentence; empty where they change nothing."""
    changes: dict[str, list[str]] = {}
    for key, value in (claim.given.value if claim.given is not None else {}).items():
        if value.value is None:
            changes.setdefault("without ", []).append(key)
        elif isinstance(value.value, dict):
            fields = joined([f"{field} {_shown(v)}" for field, v in value.value.items()])
            changes.setdefault(f"{fields} in ", []).append(key)
        else:
            changes[f"{key} {_shown(value)}"] = []
    words = [text + joined(layers) for text, layers in changes.items()]
    mode = ["in training"] if claim.mode == "train" else []
    start = "" if words and words[0].startswith("without") else "with "
    return f"{joined([start + joined(words)] * bool(words) + mode)}, " if words or mode else ""


def _shown(term: Term) -> str:
    return f"[{', '.join(map(_shown, term.value))}]" if isinstance(term.value, list) else number(term.value)


def printed(claim: Claim) -> str:
    """The printed value, and what a word is taken to say."""
    text = claim.printed
    return f"'{text}' (taken as {WORDS[text]})" if text in WORDS else text


def statement(case: Case, reading: Reading) -> str:
    """What was computed, as a sentence without its end."""
    text = setting_out(case.claim) + _statement(case, reading.computed)
    return re.sub(r"(?<![\d,.])1 (layer|parameter|neuron|image|weight|time|byte)s\b", r"1 \1", text) \
        + _in_unit(case.claim, reading)


def _statement(case: Case, found: Computed) -> str:
    claim, quantity = case.claim, QUANTITIES[case.claim.quantity]
    value = value_text(claim, found.value)
    title = case.subject.document.title
    if claim.quantity == "arithmetic":
        than = getattr(claim.value, "than", "")
        return f"{str(claim.of).replace('*', '·')} = " + (f"{number(found.own)}, {value} {than}" if than else value)
    about = subject(case)
    if claim.share:
        return f"{about} has {number(found.own)} of {number(found.other)} {quantity.noun}, {value}"
    if claim.quantity == "layers":
        return _relation(case, found, value, f"layers {_which(case)}")
    if case.to is not None and isinstance(found.own, (int, Fraction)):
        return _relation(case, found, value, quantity.noun)
    if isinstance(found.value, Settings) and _which(case) != "with weights":
        among = f" of {title}" if len(found.value) > 1 else f" in all layers {_which(case)} of {title}"
        return f"{claim.setting} is {value}{among}"
    return quantity.says.format(of=about, value=value, setting=claim.setting).replace("output of the input", "input")


def _which(case: Case) -> str:
    """Which layers a number of layers is of."""
    of = case.claim.of
    how = case.networks.measured(case.subject).select(of).how
    return {"kind": f"of kind {of}", "pattern": f"named {of}"}.get(how, "with weights")


def _relation(case: Case, found: Computed, value: str, noun: str) -> str:
    """A number of something, and where there is another network, its number and what they make."""
    named = case.claim.quantity == "layers" and _which(case) != "with weights"
    about = case.subject.document.title if named else subject(case)
    if case.to is None:
        return f"{about} has {value} {noun}"
    than = getattr(case.claim.value, "than", "")
    how = f"a difference of {value}" if isinstance(found.value, int) else f"{value} {than}".rstrip() \
        if value.endswith("%") else f"a ratio of {value}"
    return f"{about} has {number(found.own)} {noun}, against {number(found.other)} of {case.to.document.title}: {how}"


def _in_unit(claim: Claim, reading: Reading) -> str:
    """The value in the printed unit, where that is not decimal: ``, or 159.9K``."""
    figure, value = claim.value, reading.computed.value
    if not isinstance(figure, Figure) or not isinstance(value, (int, Fraction)):
        return ""
    other = scaled(figure, reading.counting.kilo)
    if other == figure:
        return ""
    return f", or {number(Fraction(value) * figure.step / other.step / UNITS[figure.unit])}{figure.unit}"


def conditions(names: Names) -> str:
    """Conventions as a clause: ``K is 1,024 and biases are left out``."""
    return joined([CONVENTIONS[name].says for name in names])


def alternatives(sets: Sequence[Names]) -> str:
    """Sets of conventions as a clause: ``the first layer has a padding of 2 or 3``."""
    clauses = [conditions(names) for names in sets[:SHOWN]]
    heads = {clause.rpartition(" ")[0] for clause in clauses}
    shown = " or ".join([clauses[0], *(clause.rpartition(" ")[2] for clause in clauses[1:])]) \
        if len(heads) == 1 else ", or if ".join(clauses)
    return shown + (f" (or in {len(sets) - SHOWN} more ways)" if len(sets) > SHOWN else "")


def agreeing(case: Case, reading: Reading) -> str:
    """A claim that agrees, as a sentence without its end."""
    text = sentence(statement(case, reading))
    if reading.how == "exactly" and printed(case.claim) == case.claim.printed:
        return f"{text}, as {source_word(case.claim)}"
    how = f", {reading.how}" if reading.how in ("rounded", "truncated") else \
        ", which holds at the precision printed" if "precision" in reading.how else ""
    return f"{text}; {source_word(case.claim)}: {printed(case.claim)}{how}"


def source_word(claim: Claim) -> str:
    """How a source has its figures: `stated` where there is a statement."""
    return "stated" if claim.statement else "printed"


def sentence(text: str) -> str:
    """A text that begins a sentence; names of layers keep their case."""
    first = text.split(" ")[0].rstrip(",")
    return text[:1].upper() + text[1:] if first in ("the", "a", "with", "without", "in", "crops", "inference") else text
