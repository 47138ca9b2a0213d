"""The rules of torch's functions and methods by name: modules note theirs here, and `operators` reads them all."""

from __future__ import annotations

from archcalc.importing.rules import Rules

RULES = Rules()
"""Plain name → a function of the call and its operands, to its results."""

of = RULES.of
