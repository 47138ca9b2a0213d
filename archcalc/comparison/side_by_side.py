"""Networks side by side, as data and as text."""

from __future__ import annotations

from os import PathLike
from typing import Any

from archcalc.api import loaded
from archcalc.comparison import totals_text
from archcalc.comparison.totals import Compared, compared
from archcalc.errors import UsageError
from archcalc.net import Net
from archcalc.reports.model import Numbers


class Comparison(Compared):
    """Networks side by side, and how that is written."""

    def to_table(self, width: int = 80) -> str:
        """The comparison as text: networks in columns where they fit, else in rows."""
        return totals_text.table(self, width)

    def to_markdown(self) -> str:
        """The comparison as a Markdown table."""
        return totals_text.markdown(self)

    def to_csv(self) -> str:
        """A line per network for its totals and for each stage."""
        return totals_text.csv_text(self)

    def to_json(self) -> str:
        """The comparison as JSON, of schema ``comparison/1``."""
        return totals_text.to_json(self)

    def __str__(self) -> str:
        return self.to_table()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from archcalc.reports.html_tables import bundle

        return bundle(self.to_table(), self.to_markdown())


def compare(*nets: Net | str | PathLike[str], batch: int = 1, dtype: str = "float32",
            count: str | None = None) -> Comparison:
    """Totals and stages of networks, or of the specs of these paths or names, side by side; ratios are to the first.

    ``batch`` multiplies MACs, FLOPs, outputs and bytes of activations; ``dtype`` is for bytes; ``count`` adds
    what another tool would print (`archcalc.conventions`). Raises `UsageError` for fewer than two networks.

    >>> found = compare("vgg16", "resnet34")
    >>> [(figure.value, figure.best) for figure in found.totals["params"]]
    [(138357544, False), (21797672, True)]
    """
    if len(nets) < 2:
        raise UsageError(f"a comparison needs at least 2 networks, found {len(nets)}")
    return Comparison(*compared(*(Numbers(loaded(net), batch, dtype, count=count) for net in nets)))
