"""What a rule is, and how rules are found by their code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import getdoc
from typing import Literal, NamedTuple

from archcalc.linting.facts import Facts

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
"""Every rule by code; filled when the modules of rules are imported (see `archcalc.linting.catalogue`)."""

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
