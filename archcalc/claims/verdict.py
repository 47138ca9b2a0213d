"""What an audit finds: a verdict on each claim, and the convention of each source."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.spec.claim import Claim

VERDICTS = ("agrees", "agrees if", "differs", "cannot be judged")


class Verdict(NamedTuple):
    """A claim and what became of it.

    ``sentence`` says it in full. ``computed`` is the computed value: a number, or a list of sizes or
    names; None where there is none. ``relative_error`` is that of the printed figure, (printed −
    computed) / computed. ``conventions`` are the changes under which it holds, of a claim that agrees
    under some; ``alone`` those under which a claim that differs would hold if it stood alone, each
    set of the smallest size. ``news`` marks what a `note` should explain and none does.
    """

    claim: Claim
    spec: str
    verdict: str
    sentence: str
    computed: Any = None
    relative_error: Fraction | None = None
    conventions: tuple[str, ...] = ()
    alone: tuple[tuple[str, ...], ...] = ()
    arithmetic: str = ""

    @property
    def news(self) -> bool:
        """Whether it differs or holds under a convention only, without a note that says so."""
        return self.verdict in ("differs", "agrees if") and not self.claim.note


class Source(NamedTuple):
    """A source's convention: names of changes, and how many of its figures hold as they are and under these."""

    name: str
    conventions: tuple[str, ...]
    plain: int
    explained: int
    figures: int


class Judged(NamedTuple):
    """The verdicts on the claims of a spec, a family of networks or an audit file, in their order."""

    name: str
    spec: str
    verdicts: tuple[Verdict, ...]
    sources: tuple[Source, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many claims have each verdict."""
        found = Counter(verdict.verdict for verdict in self.verdicts)
        return {name: found[name] for name in VERDICTS}

    @property
    def states(self) -> bool:
        """Whether every claim belongs to a statement, as those of an audit file do."""
        return bool(self.verdicts) and all(verdict.claim.statement for verdict in self.verdicts)

    @property
    def statements(self) -> dict[str, str]:
        """The verdict on each statement: that of the worst of its claims that can be judged."""
        found: dict[str, list[str]] = {}
        for verdict in self.verdicts:
            if verdict.claim.statement:
                found.setdefault(verdict.claim.statement, []).append(verdict.verdict)
        worst = ("differs", "agrees if", "agrees", "cannot be judged")
        return {statement: min(verdicts, key=worst.index) for statement, verdicts in found.items()}

    @property
    def news(self) -> tuple[Verdict, ...]:
        """What no `note` explains."""
        return tuple(verdict for verdict in self.verdicts if verdict.news)
