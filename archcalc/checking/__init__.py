"""Checks: budgets, claims and warnings of lint, as one verdict for a build."""

from archcalc.checking.check import Check, check
from archcalc.checking.outcome import Outcome

__all__ = ["Check", "Outcome", "check"]
