"""A report as a Markdown table."""

from __future__ import annotations

import html
from collections.abc import Sequence

from archcalc.reports.columns import adaptive, chosen, shape_text
from archcalc.reports.groups import fold
from archcalc.reports.model import CONVENTION, Numbers, bounds_note, count_note
from archcalc.words import printable


def render(report: Numbers, depth: int | None = None, layout: str = "chw", columns: Sequence[str] = ()) -> str:
    """A heading line, one row per layer (or block of a depth), totals and the convention."""
    found = chosen(columns or adaptive(report)[-1], report.count is not None)
    inputs = ", ".join(shape_text(x, layout) for x in report.inputs.values())
    groups = [(row.name, [row]) for row in report.rows] if depth is None \
        else [(g.name, g.rows) for g in fold(report, depth)]
    lines = [f"**{escape(report.net.name)}**, input {inputs}, batch {report.batch:,}, {report.net.mode}", "",
             _row(["layer", *(c.head for c in found)]),
             _row([":--", *(":--" if c.head == "kind" else "--:" for c in found)])]
    lines += [_row([escape(name), *(escape(c.cell(report, rows, layout)) for c in found)]) for name, rows in groups]
    total = [c.cell(report, report.rows, layout) if c.sums else "" for c in found]
    notes = [CONVENTION, count_note(report), escape(bounds_note(report))]
    return "\n".join([*lines, _row(["**total**", *total]), "", " ".join(filter(None, notes))]) + "\n"


def _row(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


def escape(text: str) -> str:
    """A text that Markdown and HTML show as it is."""
    text = html.escape(printable(text), quote=False)
    return "".join("\\" + c if c in "\\`*_{}[]|#~" else c for c in text)
