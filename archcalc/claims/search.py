"""The smallest set of conventions that explains most figures of a source.

Three free changes per figure would explain almost anything, so the figures of one source are judged
together. A set of changes must pay: the first for one figure more than hold without it, each further
one for two more. Of the sets of up to three that do, the one that explains most figures is the
source's; of those that explain as many, the smallest, and the first in the order of conventions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from archcalc.claims.compare import Computed, agreement, computed, scaled
from archcalc.claims.conventions import CONVENTIONS, Convention
from archcalc.claims.measured import Counting, Measured, Unjudged, Unknown
from archcalc.claims.quantities import QUANTITIES
from archcalc.claims.subject import Networks, Subject
from archcalc.errors import ArchcalcError
from archcalc.spec.claim import Claim
from archcalc.spec.figure import Figure

PRICES = (0, 1, 4, 7)
"""The price of a set by its size, in half figures: one figure more pays for the first change, two for a further one."""

MOST = len(PRICES) - 1
"""Changes together, at most."""

Names = tuple[str, ...]


class Reading(NamedTuple):
    """A claim under some conventions: what was computed, how it agrees, and the networks it was computed from."""

    computed: Computed
    how: str
    counting: Counting
    measured: Measured
    to: Measured | None


class Case:
    """A claim with its network, judged under any set of conventions; each set that matters once."""

    def __init__(self, claim: Claim, subject: Subject, to: Subject | None, networks: Networks) -> None:
        self.claim, self.subject, self.to, self.networks = claim, subject, to, networks
        self.stated: Names = tuple(str(term.value) for term in claim.under)
        self._readings: dict[Names, Reading | None] = {}
        self.relevant = [c.name for c in CONVENTIONS.values() if self._matters(c)]

    def _matters(self, convention: Convention) -> bool:
        """Whether a convention can change the figure: not where the claim itself says otherwise."""
        quantity = QUANTITIES[self.claim.quantity]
        stated = [CONVENTIONS[name].slot for name in self.stated]
        if convention.slot in stated or convention.slot in self._given():
            return False
        if convention.counting:
            return set(convention.counting) <= set(quantity.counting) and self._scales(convention)
        if not quantity.network:
            return False
        try:
            self.networks.measured(self.subject, [convention])
        except ArchcalcError:
            return False
        return True

    def _scales(self, convention: Convention) -> bool:
        """Whether K matters: the figure has a unit made of it."""
        value = self.claim.value
        return convention.slot != "kilo" or (isinstance(value, Figure) and scaled(value, 1024) != value)

    def _given(self) -> set[str]:
        """Slots that `with` fills."""
        given = self.claim.given.value if self.claim.given is not None else {}
        fields = {field for patch in given.values() if isinstance(patch.value, dict) for field in patch.value}
        return fields | ({"image"} if set(self.subject.image()) & set(given) else set())

    def under(self, names: Names) -> Reading | None:
        """The claim under conventions, of which only the relevant ones count; None where they do not apply."""
        key = tuple(name for name in names if name in self.relevant)
        if key not in self._readings:
            try:
                self._readings[key] = self.read(key)
            except (ArchcalcError, Unjudged, Unknown):
                self._readings[key] = None
        return self._readings[key]

    def read(self, names: Names) -> Reading:
        """The claim under conventions. Raises where they do not apply, or it cannot be judged."""
        stated, chosen = ([CONVENTIONS[name] for name in some] for some in (self.stated, names))
        counting = Counting()._replace(**{k: v for c in (*stated, *chosen) for k, v in c.counting.items()})
        changes = [*self._applying(self.subject, stated), *(c for c in chosen if not c.counting)]
        measured = self.networks.measured(self.subject, changes)
        to = self.networks.measured(self.to, self._applying(self.to, changes)) if self.to is not None else None
        found = computed(self.claim, measured, to, counting)
        return Reading(found, agreement(self.claim, found.value, counting.kilo), counting, measured, to)

    def _applying(self, subject: Subject, changes: Sequence[Convention]) -> list[Convention]:
        """Those of some changes of a network that make a difference to it."""
        applied: list[Convention] = []
        for change in changes:
            try:
                if not change.counting and self.networks.measured(subject, [*applied, change]):
                    applied.append(change)
            except ArchcalcError:
                continue
        return applied

    def holds(self, names: Names) -> bool:
        """Whether the figure holds under conventions."""
        reading = self.under(names)
        return reading is not None and bool(reading.how)


def sets(names: Sequence[str], size: int) -> Iterator[Names]:
    """The sets of a size, in order, with one change of a slot at most."""
    for chosen in combinations(names, size):
        if len({CONVENTIONS[name].slot for name in chosen}) == size:
            yield chosen


def convention_of(cases: Sequence[Case]) -> Names:
    """The set of conventions of a source."""
    names = [name for name in CONVENTIONS if any(name in case.relevant for case in cases)]
    best: Names = ()
    worth = 2 * sum(case.holds(()) for case in cases)
    for size in range(1, MOST + 1):
        if worth >= 2 * len(cases) - PRICES[size]:
            return best
        for chosen in sets(names, size):
            found = 2 * sum(case.holds(chosen) for case in cases) - PRICES[size]
            if found > worth:
                best, worth = chosen, found
    return best


def needed(case: Case, most: int = MOST) -> list[Names]:
    """The smallest sets under which a figure alone holds, in order; none where there is no such set."""
    for size in range(most + 1):
        found = [chosen for chosen in sets(case.relevant, size) if case.holds(chosen)]
        if found:
            return found
    return []


def part(case: Case, names: Names) -> Names:
    """The smallest part of a source's set that a figure needs."""
    for size in range(len(names) + 1):
        for chosen in combinations(names, size):
            if case.holds(chosen):
                return chosen
    return names
