"""Reads conventions: one data file for each, beside this module."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from archcalc.analysis.shapes import Call
from archcalc.conventions.context import UNITS, VARIABLES, Context, fields
from archcalc.errors import UsageError
from archcalc.layers.registry import kinds
from archcalc.spec import reader
from archcalc.spec.called import lineage
from archcalc.spec.items import check_keys
from archcalc.spec.source import SpecError, Term
from archcalc.spec.value import Value
from archcalc.words import describe, listed, suggest

KEYS = ("tool", "version", "how", "says", "unit", "about", "default", "kinds", "modes")
RULE = ("when", "count", "because")
UNIT = {"MACs": 1, "FLOPs": 2}
"""What a convention may count, and how many of it one multiply-accumulate is, if the tool keeps to its own word."""


class Rule(NamedTuple):
    """What a layer counts, where ``when`` holds, and in words: what it is that is counted."""

    when: Value | None
    amount: Value
    because: str

    def __call__(self, call: Call, how: str, layer: str) -> int:
        """The count of a layer; raises `SpecError` where it is no whole number of 0 or more."""
        return self.amount.whole(Context(call, how), layer, "count")

    def holds(self, call: Call, how: str, layer: str) -> bool:
        """Whether the rule is one for a layer."""
        return self.when is None or bool(self.when(Context(call, how), layer))


Rules = Mapping[str, tuple[Rule, ...]]
"""By kind, the alternatives, of which the first that holds counts."""


class Convention(NamedTuple):
    """How a tool counts: ``says`` is its own word for what it prints, ``how`` the call that prints it.

    ``modes`` are circumstances in which the tool counts some kinds otherwise.
    """

    name: str
    tool: str
    version: str
    how: str
    says: str
    unit: str
    about: str
    default: tuple[Rule, ...]
    kinds: Rules
    modes: Mapping[str, Rules]

    def rule(self, call: Call, how: str, layer: str, mode: str | None = None) -> Rule:
        """The rule that counts a layer: of its kind, of the nearest kind that it specialises, or the default."""
        for rules in (self.modes[mode], self.kinds) if mode else (self.kinds,):
            for name in lineage(call.layer):
                for rule in rules.get(name, ()):
                    if rule.holds(call, how, layer):
                        return rule
        return next(rule for rule in self.default if rule.holds(call, how, layer))


def names() -> list[str]:
    """Every convention by name."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.yaml"))


@cache
def convention(name: str) -> Convention:
    """The convention of a name. Raises `UsageError` for an unknown one."""
    known = names()
    if name not in known:
        there = f"; there are {listed(known, 20).replace(' or ', ' and ')}"
        raise UsageError(f"unknown tool {describe(name)}{suggest(name, known) or there}")
    return read(Path(__file__).with_name(f"{name}.yaml"))


def read(path: Path) -> Convention:
    """The convention of a file. Raises `SpecError` for whatever is wrong with it."""
    root = reader.read(path, path.name)
    if not isinstance(root.value, dict):
        raise SpecError(root, f"a convention is a mapping with `tool`, `unit` and `kinds`, found {root}")
    check_keys(root, KEYS, "key")
    if _text(root, "unit") not in UNIT:
        raise SpecError(root.value["unit"], f"'unit' takes {listed(UNIT)}, found {root.value['unit']}")
    modes = _mapping(root, "modes") if "modes" in root.value else root.like({})
    text = {key: _text(root, key) for key in ("tool", "version", "how", "says", "unit", "about")}
    return Convention(path.stem, **text, default=_default(root), kinds=_kinds(_mapping(root, "kinds")),
                      modes={mode: _kinds(_mapping(modes, mode)) for mode in modes.value})


def _text(root: Term, key: str) -> str:
    term = root.value.get(key)
    if term is None or term.value is None or isinstance(term.value, (dict, list)):
        raise SpecError(term or root, f"'{key}' is a text, found {term or 'nothing'}")
    return " ".join((term.text or str(term.value)).split())


def _mapping(root: Term, key: str) -> Term:
    term: Term | None = root.value.get(key)
    if term is None or not isinstance(term.value, dict):
        raise SpecError(term or root, f"'{key}' is a mapping by kind, found {term or 'nothing'}")
    return term


def _default(root: Term) -> tuple[Rule, ...]:
    term = root.value.get("default")
    if term is None:
        raise SpecError(root, "'default' is missing: what a kind counts that is not named")
    return _alternatives(term, frozenset())


def _kinds(term: Term) -> Rules:
    """Rules by kind; a key may name several kinds, with commas between them."""
    found: dict[str, tuple[Rule, ...]] = {}
    for key, value in term.value.items():
        several = [name.strip() for name in key.split(",")]
        for name in several:
            if name not in kinds():
                raise SpecError(term.place(key), f"unknown kind {describe(name)}{suggest(name, kinds())}")
            if name in found or several.count(name) > 1:
                raise SpecError(term.place(key), f"'{name}' is named twice")
        common = frozenset.intersection(*(fields(kinds()[name]) for name in several))
        found |= dict.fromkeys(several, _alternatives(value, common))
    return found


def _alternatives(term: Term, own: Collection[str]) -> tuple[Rule, ...]:
    """A rule, or a list of rules of which the last has no `when`."""
    written = term.value if isinstance(term.value, list) else [term]
    rules = tuple(_rule(one, ("call", *VARIABLES, *UNITS, *own)) for one in written)
    if not rules or rules[-1].when is not None:
        raise SpecError(term, "the last rule of a kind has no `when`: it counts what the others leave")
    return rules


def _rule(term: Term, known: Collection[str]) -> Rule:
    if not isinstance(term.value, dict) or "count" not in term.value:
        raise SpecError(term, f"a rule is {{count: 2 * outputs, because: ...}}, found {term}")
    check_keys(term, RULE, "key", " of a rule")
    when = term.value.get("when")
    return Rule(when and Value(when, known), Value(term.value["count"], known), _text(term, "because"))
