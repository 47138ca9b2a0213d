"""What a rule is, and how rules are found by their code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from inspect import getdoc
from typing import Literal, NamedTuple

from archcalc.errors import UsageError
from archcalc.linting.facts import Facts
from archcalc.words import listed, suggest

Severity = Literal["warning", "note"]
"""A warning is work or weights that do nothing, or a likely mistake; a note is a choice worth knowing of."""


class Found(NamedTuple):
    """A layer to which a rule applies, by index: what is the case, what would change it, and the field at fault."""

    at: int
    message: str
    fix: str
    field: str | None = None


class Rule(NamedTuple):
    """A rule: its code and title, how grave it is, where it comes from, and specs with and without a finding."""

    code: str
    title: str
    severity: Severity
    find: Callable[[Facts], Iterator[Found]]
    source: str
    example: str
    better: str

    @property
    def text(self) -> str:
        """What the rule is about, and why."""
        return getdoc(self.find) or ""


RULES: dict[str, Rule] = {}
"""Every rule by code; filled when the modules of rules are imported (see `all_rules`)."""

Find = Callable[[Facts], Iterator[Found]]


def rule(code: str, title: str, severity: Severity, *, source: str, example: str,
         better: str) -> Callable[[Find], Find]:
    """Register a function as a rule. ``example`` and ``better`` are the layers of specs, or whole specs."""

    def register(find: Find) -> Find:
        RULES[code] = Rule(code, title, severity, find, source, _spec(example), _spec(better))
        return find

    return register


def _spec(text: str) -> str:
    text = text.strip() + "\n"
    return text if "layers:" in text else f"input: [16, 32, 32]\nlayers:\n{text}"


def all_rules() -> dict[str, Rule]:
    """Every rule by code, in order."""
    from archcalc.linting import cost, normalization, structure, windows, wiring  # noqa: F401 - they register

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
