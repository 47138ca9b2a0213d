"""Networks against each other: what changed from one to another, and their totals side by side."""

from archcalc.comparison.difference import Diff, Pair, diff
from archcalc.comparison.totals import Comparison, compare

__all__ = ["Comparison", "Diff", "Pair", "compare", "diff"]
