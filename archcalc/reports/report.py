"""The report as the library gives it: the numbers, and the formats in which they are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.reports.model import Numbers


class Report(Numbers):
    """What archcalc derives of a network: a row per layer, and totals.

    ``local`` reports receptive fields through windowed paths alone; ``optimizer`` and ``checkpoint``
    are for the bytes of training.

    >>> import archcalc
    >>> report = archcalc.report("alexnet")
    >>> report.totals.params, report["conv1"].shape
    (60965224, (96, 55, 55))
    >>> report.field(report["pool5"])[0].size
    195
    """

    def to_dict(self, depth: int | None = None) -> dict[str, Any]:
        """The report as the JSON schema ``report/1`` has it."""
        from archcalc.reports.json import to_dict

        return to_dict(self, depth)

    def to_json(self, depth: int | None = None) -> str:
        """The report as a JSON text."""
        from archcalc.reports.json import render

        return render(self, depth=depth)

    def to_markdown(self, depth: int | None = None, layout: str = "chw", columns: Sequence[str] = ()) -> str:
        """The report as a Markdown table."""
        from archcalc.reports.markdown import render

        return render(self, depth=depth, layout=layout, columns=columns)

    def to_csv(self, depth: int | None = None, layout: str = "chw", columns: Sequence[str] = ()) -> str:
        """The report as comma-separated values, one line per layer."""
        from archcalc.reports.csv import render

        return render(self, depth=depth, layout=layout, columns=columns)

    def to_table(self, depth: int | None = None, layout: str = "chw", columns: Sequence[str] = (),
                 width: int | None = 80) -> str:
        """The report as a text table, kept within ``width`` columns where that loses nothing."""
        from archcalc.reports.table import render

        return render(self, depth=depth, layout=layout, columns=columns, width=width)

    def __str__(self) -> str:
        return self.to_table()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from archcalc.reports.html_tables import bundle

        return bundle(self.to_table(), self.to_markdown())
