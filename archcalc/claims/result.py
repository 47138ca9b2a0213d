"""An audit, as data and as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archcalc.claims import render, text
from archcalc.claims.verdict import Judged


class Audit(Judged):
    """The verdicts on the claims of a spec, a family of networks or an audit file; and how they are written."""

    def to_dict(self) -> dict[str, Any]:
        """The audit as plain data, of schema ``audit/1``."""
        return render.to_dict(self)

    def to_json(self) -> str:
        """The audit as JSON."""
        return render.render([self], "json")

    def to_markdown(self) -> str:
        """The audit as a Markdown table."""
        return render.render([self], "md")

    def to_table(self, width: int = 80, bold: Callable[[str], str] = str) -> str:
        """The audit as text of a width."""
        return text.render(self, width, bold)

    def to_github(self) -> str:
        """An annotation for each claim that is not what was computed."""
        return render.render([self], "github")

    def __str__(self) -> str:
        return self.to_table()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from archcalc.reports.html_tables import bundle

        return bundle(self.to_table(), self.to_markdown())
