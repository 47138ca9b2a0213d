"""Checks: budgets, claims and warnings of lint, as one verdict for a build."""

from archcalc.checking.check import Check, Outcome, check

__all__ = ["Check", "Outcome", "check"]
