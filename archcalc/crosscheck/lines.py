"""What a verification says: a line per check."""

from __future__ import annotations

from typing import NamedTuple


class Line(NamedTuple):
    """One check: its name, its verdict, both figures, and a remark.

    The verdict is ``equal``, ``differs``, ``not run``, or ``within`` where ours are bounds that theirs keeps.
    """

    check: str
    verdict: str
    ours: str
    theirs: str
    remark: str = ""


class Verification(NamedTuple):
    """All checks of one spec; ``card`` is the CUDA device on which some of them ran, in words."""

    spec: str
    against: str
    lines: tuple[Line, ...]
    card: str | None = None

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return all(line.verdict != "differs" for line in self.lines)


def reason(error: Exception) -> str:
    """An error of somebody else's code, as one line."""
    text = next(iter(str(error).strip().splitlines()), "")[:300]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
