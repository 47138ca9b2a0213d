"""A report as comma-separated values."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from archcalc.reports.columns import chosen
from archcalc.reports.groups import fold
from archcalc.reports.model import Numbers

DEFAULT = ("kind", "output", "params", "buffers", "macs", "flops", "outputs", "memory", "field")


def render(report: Numbers, depth: int | None = None, layout: str = "chw", columns: Sequence[str] = ()) -> str:
    """One line per layer, or per block of a depth. Numbers are plain; sizes in shapes are joined by ``x``."""
    count = report.count is not None
    found = chosen(columns or DEFAULT + ("count",) * count, count)
    groups = [(row.name, [row]) for row in report.rows] if depth is None \
        else [(g.name, g.rows) for g in fold(report, depth)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["name", *(c.key for c in found)])
    for name, rows in groups:
        writer.writerow([name, *(_plain(c.cell(report, rows, layout), c.sums) for c in found)])
    return out.getvalue()


def _plain(text: str, number: bool) -> str:
    return text.replace(",", "") if number else text.replace("×", "x").removeprefix("≥ ").replace("–", "")
