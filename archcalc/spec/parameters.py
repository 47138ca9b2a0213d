"""Parameters: their expressions evaluated in order of need, replaced by `--set` and `--input`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from archcalc.errors import UsageError
from archcalc.spec import reader
from archcalc.spec.arithmetic import bounded
from archcalc.spec.document import Document
from archcalc.spec.expression import ExpressionError, parse
from archcalc.spec.source import MAX_DEPTH, SpecError, Term
from archcalc.spec.value import Value
from archcalc.words import describe, listed, suggest


def evaluate(document: Document, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every parameter's value. Those given replace the spec's; the others may depend on them."""
    terms = document.parameters
    for name in given:
        if name not in terms:
            there = f"; it has {listed(terms, 30).replace(' or ', ' and ') or 'none'}"
            raise UsageError(f"{document.spec} has no parameter '{name[:80]}'{suggest(name, terms) or there}")
    values: dict[str, Any] = {name: _given(name, value) for name, value in given.items()}
    for name in terms:
        _resolve(name, terms, values, [])
    return {name: values[name] for name in terms}


def _given(name: str, value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return tuple(_given(name, v) for v in value)
    try:
        if isinstance(value, (bool, int, str, float, Fraction)):
            return bounded(Fraction(str(value)) if isinstance(value, float) else value)
    except ValueError:
        pass
    raise UsageError(f"parameter '{name}' cannot be {str(value)[:40]}: it is a number of at most 18 digits, "
                     "a word or a list of these")


def _resolve(name: str, terms: Mapping[str, Term], values: dict[str, Any], path: list[str]) -> None:
    if name in values:
        return
    term = terms[name]
    if name in path:
        circle = [*path[path.index(name):], name]
        raise SpecError(term, f"parameters depend on each other in a circle: {' → '.join(circle[-6:])}")
    if len(path) >= MAX_DEPTH:
        raise SpecError(term, f"parameters need each other more than {MAX_DEPTH} deep")
    if term.value is None:
        raise SpecError(term, f"parameter '{name}' has no value")
    if _is_word(term, terms):
        values[name] = term.value
        return
    value = Value(term, terms)
    for other in sorted(value.names):
        _resolve(other, terms, values, [*path, name])
    values[name] = value(values)


def _is_word(term: Term, terms: Mapping[str, Term]) -> bool:
    """Whether a string is a plain word and no expression: ``option: B``."""
    if not isinstance(term.value, str):
        return False
    try:
        names = parse(term.value).names
    except ExpressionError:
        return re.fullmatch(r"[\w-]+", term.value) is not None
    return term.value.isidentifier() and not names & terms.keys()


def from_text(assignments: list[str]) -> dict[str, Any]:
    """Parameters from ``name=value`` texts of the command line."""
    values: dict[str, Any] = {}
    for text in assignments:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise UsageError(f"--set takes name=value, found {describe(text)}")
        try:
            term = reader.parse(value, "--set")
        except SpecError as error:
            raise UsageError(f"--set {name.strip()}: {error.message}") from None
        values[name.strip()] = _exact(term, name.strip())
    return values


def _exact(term: Term, name: str) -> Any:
    if isinstance(term.value, list):
        return tuple(_exact(item, name) for item in term.value)
    if term.value is None or isinstance(term.value, dict):
        raise UsageError(f"--set {name}: expected a number, a word or a list, found {term}")
    return term.value


def from_input(document: Document, text: str) -> dict[str, Any]:
    """The parameters that stand alone in the input's shape, from sizes such as ``3x256x256``."""
    if not re.fullmatch(r"[0-9]{1,18}([x×,][0-9]{1,18})*", text):
        raise UsageError(f"--input takes sizes such as 3x224x224, found {describe(text)}")
    sizes = [int(n) for n in re.split("[x×,]", text)]
    shape = _shape(document)
    if len(shape) != len(sizes):
        raise UsageError(f"--input {text}: the input of {document.spec} has {len(shape)} axes, found {len(sizes)}")
    values: dict[str, Any] = {}
    for axis, (term, size) in enumerate(zip(shape, sizes, strict=True), 1):
        if isinstance(term.value, str) and term.value in document.parameters:
            if values.setdefault(term.value, size) != size:
                raise UsageError(f"--input {text}: '{term.value}' stands for more than one axis, "
                                 f"and cannot be both {values[term.value]} and {size}")
        elif term.value != size:
            raise UsageError(f"--input {text}: axis {axis} of the input is {term}, not a parameter; "
                             f"it cannot become {size}")
    return values


def _shape(document: Document) -> list[Term]:
    term = document.section("input")
    several = document.section("inputs")
    if term is None and several is not None and len(several.value) == 1:
        term = next(iter(several.value.values()))
    if term is None:
        raise UsageError(f"--input: {document.spec} has {len(several.value) if several else 0} inputs; use --set")
    shape = term.value.get("shape") if isinstance(term.value, dict) else term
    if shape is None or not isinstance(shape.value, list):
        raise UsageError(f"--input: the input of {document.spec} has no list of sizes")
    found: list[Term] = shape.value
    return found
