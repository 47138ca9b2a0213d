"""Networks against each other: what changed from one to another, and their totals side by side."""

from archcalc.comparison.difference import Diff, diff
from archcalc.comparison.pairs import Pair
from archcalc.comparison.side_by_side import Comparison, compare

__all__ = ["Comparison", "Diff", "Pair", "compare", "diff"]
