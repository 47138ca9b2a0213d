"""What a quantity of claims is: how it follows from a network, the words for it, and what it depends on."""

from __future__ import annotations

from collections.abc import Callable, Collection
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from archcalc.claims.measured import Counting, Measured
from archcalc.reports.model import Row
from archcalc.spec.claim import Claim

Value: TypeAlias = "int | Fraction | tuple[int, ...] | tuple[str, ...] | Settings"


class Settings(dict[Any, list[str]]):
    """The values that a field has in some layers, and in which."""


Measure: TypeAlias = Callable[[Measured, Claim, Counting], Value]


class Quantity(NamedTuple):
    """A quantity: how it is measured, and the words for it.

    ``says`` is a sentence with places for the subject and the value; ``noun`` what is counted, for
    ratios. ``counting`` are the fields of `Counting` that it depends on; ``network`` is whether it
    depends on the sizes of the network.
    """

    measure: Measure
    says: str
    noun: str
    counting: Collection[str] = ()
    network: bool = True


class Register(dict[str, Quantity]):
    """Quantities by name; called, it is the decorator that adds one."""

    def __call__(self, name: str, says: str, noun: str = "", counting: Collection[str] = (),
                 network: bool = True) -> Callable[[Measure], Measure]:
        def add(measure: Measure) -> Measure:
            self[name] = Quantity(measure, says, noun or name, counting, network)
            return measure
        return add


def counted(rows: list[Row], counting: Counting) -> list[Row]:
    """The rows that count: all, or convolutions only."""
    return [row for row in rows if not counting.convolutions or row.node.layer.family in ("conv", "dwconv")]
