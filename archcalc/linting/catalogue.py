"""Every rule there is, and those that a reader chooses by code."""

from __future__ import annotations

from collections.abc import Iterable

from archcalc.errors import UsageError
from archcalc.linting import cost, normalization, signal, structure, windows, wiring  # noqa: F401 - they register
from archcalc.linting.rules import RULES, Rule
from archcalc.words import listed, suggest


def all_rules() -> dict[str, Rule]:
    """Every rule by code, in order."""
    return dict(sorted(RULES.items()))


def chosen(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> list[Rule]:
    """The rules whose codes begin with one of ``select`` (all if there is none) and with none of ``ignore``.

    Raises `UsageError` for what no code begins with.
    """
    rules = all_rules()
    select, ignore = tuple(select), tuple(ignore)
    for prefix in (*select, *ignore):
        check_code(prefix)
    return [rule for code, rule in rules.items()
            if (not select or code.startswith(select)) and not (ignore and code.startswith(ignore))]


def check_code(prefix: str) -> None:
    """Raise `UsageError` unless some code begins so."""
    rules = all_rules()
    if not prefix or not any(code.startswith(prefix) for code in rules):
        hint = suggest(prefix, rules) or f"; there are {listed(rules, 40).replace(' or ', ' and ')}"
        raise UsageError(f"unknown rule '{prefix[:40]}'{hint}")
