"""A report as a Markdown table."""

from __future__ import annotations

import html

from archcalc.reports.groups import fold
from archcalc.reports.model import CONVENTION, Report, shape_text


def render(report: Report, depth: int | None = None, layout: str = "chw", width: int | None = None) -> str:
    """A heading line, one row per layer (or block of a depth), totals and the convention."""
    inputs = ", ".join(shape_text(x, layout) for x in report.inputs.values())
    lines = [f"**{escape(report.net.name)}**, input {inputs}, batch {report.batch:,}, {report.net.mode}", "",
             "| layer | kind | output | params | MACs | FLOPs |", "|:--|:--|--:|--:|--:|--:|"]
    if depth is None:
        lines += [_row(r.name, f"{r.kind} {r.label}".strip(), shape_text(r.out, layout), r.params, r.macs, r.flops)
                  for r in report.rows]
    else:
        lines += [_row(g.name, g.last.kind if len(g.rows) == 1 else f"{len(g.rows)} layers",
                       shape_text(g.last.out, layout), g.totals.params, g.totals.macs, g.totals.flops)
                  for g in fold(report, depth)]
    t = report.totals
    lines += [_row("**total**", "", "", t.params, t.macs, t.flops, raw=True), "", CONVENTION]
    return "\n".join(lines) + "\n"


def _row(name: str, kind: str, shape: str, params: int, macs: int, flops: int, raw: bool = False) -> str:
    return f"| {name if raw else escape(name)} | {escape(kind)} | {shape} | {params:,} | {macs:,} | {flops:,} |"


def escape(text: str) -> str:
    """A text that Markdown and HTML show as it is."""
    text = html.escape("".join(c if c.isprintable() else "�" for c in text), quote=False)
    return "".join("\\" + c if c in "\\`*_{}[]|#~" else c for c in text)
