"""What a check found, as data."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.net import Net
from archcalc.spec.source import Term


class Outcome(NamedTuple):
    """One thing checked: a budget, a claim, a finding of lint, or several that hold, in a sentence.

    ``place`` is where it stands in a spec, None for limits of the command line and for sums.
    """

    kind: str
    title: str
    sentence: str
    holds: bool
    place: Term | None = None


class Checked(NamedTuple):
    """A network and the outcomes of its check."""

    net: Net
    outcomes: tuple[Outcome, ...]

    @property
    def broken(self) -> tuple[Outcome, ...]:
        """What does not hold."""
        return tuple(outcome for outcome in self.outcomes if not outcome.holds)

    @property
    def holds(self) -> bool:
        """Whether everything does."""
        return not self.broken
