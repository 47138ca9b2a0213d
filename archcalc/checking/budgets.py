"""Budgets: bounds of a network's quantities, or of a block's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from archcalc.analysis.storage import BYTES
from archcalc.budgets import NOUNS
from archcalc.errors import UsageError
from archcalc.reports.model import Numbers, Row
from archcalc.spec.figure import Figure, parse_figure
from archcalc.spec.sections import BUDGETS, Bound, budget
from archcalc.spec.source import Source, SpecError, Term
from archcalc.words import listed, suggest

_COMMAND_LINE = Source("command line", ())

_WHOLE: dict[str, Callable[[Numbers], int]] = {
    "peak_inference": lambda report: report.memory.peak.bytes,
    "saved_for_backward": lambda report: report.memory.saved.bytes,
    "training": lambda report: report.memory.training.total,
}


class Spent(NamedTuple):
    """A bound and what the network, or its block, has of the quantity."""

    bound: Bound
    value: int

    @property
    def holds(self) -> bool:
        """Whether the value is at most the limit; of a limit written with a sign, whether it is so."""
        limit = self.bound.limit.value
        return {"<": self.value < limit, ">": self.value > limit, ">=": self.value >= limit,
                "≥": self.value >= limit}.get(self.bound.limit.relation, self.value <= limit)

    @property
    def title(self) -> str:
        """The quantity, of a block with its name: ``fc6 params``."""
        return f"{self.bound.of} {self.bound.quantity}" if self.bound.of else self.bound.quantity

    @property
    def sentence(self) -> str:
        """What there is, the bound, and the share of it: ``60,965,224 parameters, at most 61M allowed (99.9%)``."""
        limit, noun = self.bound.limit, NOUNS[self.bound.quantity]
        least = {"<": "less than", ">": "more than", ">=": "at least", "≥": "at least"}
        relation, text = least.get(limit.relation, "at most"), limit.text.strip().lstrip("<>≤≥= ")
        share = f" ({self.value / float(limit.value):.1%})" if limit.value else ""
        return f"{self.value:,} {noun}, {relation} {text} allowed{share}"


def limits(given: Mapping[str, str]) -> list[Bound]:
    """Bounds given by quantity, as texts: ``{"params": "5M"}``. Raises `UsageError` for what is none."""
    found = []
    for quantity, text in given.items():
        if quantity not in BUDGETS:
            raise UsageError(f"unknown quantity '{quantity[:80]}'{suggest(quantity, BUDGETS) or ''}; there are "
                             f"{listed(BUDGETS, 20).replace(' or ', ' and ')}")
        term = Term(str(text), _COMMAND_LINE, 0, 0)
        try:
            found.append(_checked(Bound(quantity, parse_figure(term), None, term)))
        except SpecError as error:
            raise UsageError(f"limit of {quantity}: {error.message}") from None
    return found


def spent(report: Numbers, given: Mapping[str, str]) -> list[Spent]:
    """What a network has of everything that its spec's `budget`, or ``given``, bounds.

    Raises `SpecError` for a bound that cannot be: of a part, a quantity that only a whole network has.
    """
    bounds = [*map(_checked, budget(report.net)), *limits(given)]
    return [Spent(bound, _value(report, bound)) for bound in bounds]


def _checked(bound: Bound) -> Bound:
    limit: Figure = bound.limit
    if limit.than or limit.unit in ("%", "x") or limit.relation in ("~", "≈"):
        raise SpecError(bound.term, f"a budget is a number such as 5M or 2MiB, found '{limit.text}'")
    if bound.of is not None and bound.quantity in _WHOLE:
        raise SpecError(bound.term, f"'{bound.quantity}' is of a whole network, not of a part")
    return bound


def _value(report: Numbers, bound: Bound) -> int:
    if bound.quantity in _WHOLE:
        return _WHOLE[bound.quantity](report)
    rows: list[Row] = [row for row in report.rows if bound.of is None or _within(row.name, bound.of)]
    if bound.quantity == "layers":
        return len(rows)
    if bound.quantity == "memory":
        return sum(_bytes(report, row) for row in rows)
    values: list[int] = [getattr(row, bound.quantity) for row in rows]
    return sum(values)


def _bytes(report: Numbers, row: Row) -> int:
    size: int = row.outputs * BYTES[row.out.dtype or report.dtype]
    return size


def _within(name: str, part: str) -> bool:
    return name == part or name.startswith(part + ".")
