"""The difference of two networks, as data and as text."""

from __future__ import annotations

from os import PathLike
from typing import Any

from archcalc.api import loaded
from archcalc.comparison import difference_text
from archcalc.comparison.pairs import Differences, differences
from archcalc.net import Net


class Diff(Differences):
    """Two networks and their layers in order, paired where they correspond; and how that is written."""

    def to_table(self, everything: bool = False, width: int = 80) -> str:
        """The layers that differ as text; with ``everything``, all layers."""
        return difference_text.table(self, everything, width)

    def to_markdown(self, everything: bool = False) -> str:
        """The layers that differ as a Markdown table."""
        return difference_text.markdown(self, everything)

    def to_json(self) -> str:
        """All pairs as JSON, of schema ``diff/1``."""
        return difference_text.to_json(self)

    def __str__(self) -> str:
        return self.to_table()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from archcalc.reports.html_tables import bundle

        return bundle(self.to_table(), self.to_markdown())


def diff(a: Net | str | PathLike[str], b: Net | str | PathLike[str]) -> Diff:
    """What was added, removed and changed from one network, or the spec of that path or name, to another.

    >>> found = diff("plain34", "resnet34")
    >>> found.count("added"), found.count("removed"), found.params
    (22, 0, 173824)
    """
    return Diff(*differences(loaded(a), loaded(b)))
