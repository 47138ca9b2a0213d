"""Findings about architectures: what a network does in vain, or other than was probably meant."""

from archcalc.linting.catalogue import all_rules
from archcalc.linting.rules import Rule
from archcalc.linting.run import Finding, lint

__all__ = ["Finding", "Rule", "all_rules", "lint"]
