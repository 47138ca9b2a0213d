"""How other tools count: a data file for each, in the expression language of the specs."""

from archcalc.conventions.convention import Convention, convention, names
from archcalc.conventions.count import Count, counted

__all__ = ["Convention", "Count", "convention", "counted", "names"]
