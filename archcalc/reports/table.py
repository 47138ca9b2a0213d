"""A report as a text table: a tree of layers with aligned numbers and totals.

Written here and not by rich: it loads nothing, never truncates, and prints 100,000 rows in
a second (docs/decisions/002-text-tables.md).
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from archcalc.reports.groups import Group, fold, tree
from archcalc.reports.model import CONVENTION, Report, Row, Totals, shape_text, total

Line = tuple[str, str, str, str, str, str, str]
"""Name, kind, kind with its fields, shape, params, MACs, FLOPs."""

GAP = "  "


def render(report: Report, depth: int | None = None, layout: str = "chw", width: int | None = 80,
           bold: Callable[[str], str] = str) -> str:
    """The table. Columns are dropped to keep within ``width``, numbers never; None is no bound."""
    lines = list(_lines(report, depth, layout))
    head: Line = ("layer", "kind", "kind", "output", "params", "MACs", "FLOPs")
    foot: Line = ("total", "", "", "", *_numbers(report.totals))
    columns = _columns([head, *lines, foot], width)
    out = [bold(_clean(report.net.name)) + " · " + _subtitle(report, layout), ""]
    out += [bold(_row(head, columns))]
    out += [bold(text) if line[0].endswith(":") else text for line in lines for text in [_row(line, columns)]]
    out += [_row(("─",) * 7, [(i, size, "─") for i, size, _ in columns]), bold(_row(foot, columns)), ""]
    return "\n".join([*out, *_notes(report)]) + "\n"


def _subtitle(report: Report, layout: str) -> str:
    inputs = ", ".join(shape_text(x, layout) for x in report.inputs.values())
    batch = f" · batch {report.batch:,}" if report.batch != 1 else ""
    mode = " · training" if report.net.mode == "train" else ""
    return f"input {inputs}{batch}{mode} · {len(report):,} layers"


def _notes(report: Report) -> list[str]:
    t = report.totals
    what = f"{t.weights:,} of the parameters are weights, the others biases and normalization"
    buffers = f"; {t.buffers:,} buffer elements" if t.buffers else ""
    per = "per sample" if report.batch == 1 else f"for a batch of {report.batch:,}"
    return textwrap.wrap(f"{what}{buffers}. {CONVENTION} Exact integers, {per}.", 80)


def _lines(report: Report, depth: int | None, layout: str) -> Iterator[Line]:
    if depth is not None:
        for folded in fold(report, depth):
            kind = folded.last.kind if len(folded.rows) == 1 else f"{len(folded.rows)} layers"
            yield (_clean(folded.name), kind, kind, shape_text(folded.last.out, layout), *_numbers(folded.totals))
        return
    stack = [(group, 0) for group in reversed(tree(report).children.values())]
    while stack:
        group, level = stack.pop()
        group, label = _chain(group)
        yield _line(group, "  " * level + _clean(label), layout)
        stack.extend((child, level + 1) for child in reversed(group.children.values()))


def _chain(group: Group) -> tuple[Group, str]:
    """A group that only holds one other is shown as one line: ``sum.branch``."""
    label = group.label
    while group.row is None and len(group.children) == 1:
        group = next(iter(group.children.values()))
        label = f"{label}.{group.label}"
    return group, label


def _line(group: Group, name: str, layout: str) -> Line:
    row = group.row
    if row is None:
        rows = group.rows()
        return (f"{name}:", "", "", shape_text(rows[-1].out, layout), *_numbers(total(rows)))
    label = f"{row.kind} {row.label}".rstrip()
    return (name, row.kind, label, shape_text(row.out, layout), *_numbers(row))


def _numbers(of: Totals | Row) -> tuple[str, str, str]:
    return f"{of.params:,}", f"{of.macs:,}", f"{of.flops:,}"


def _columns(lines: Sequence[Line], width: int | None) -> list[tuple[int, int, str]]:
    """Index, size and alignment of the columns shown: kinds with fields if they fit, else kinds, else none."""
    sizes = [max(cells(line[i]) for line in lines) for i in range(7)]
    for kind in ([2], [1], []):
        shown = [0, *kind, 3, 4, 5, 6]
        if width is None or sum(sizes[i] for i in shown) + len(GAP) * (len(shown) - 1) <= width:
            break
    return [(i, sizes[i], "<" if i <= 2 else ">") for i in shown]


def _row(line: Sequence[str], columns: Sequence[tuple[int, int, str]]) -> str:
    parts = []
    for i, size, align in columns:
        space = " " * (size - cells(line[i])) if align != "─" else "─" * (size - 1)
        parts.append(space + line[i] if align == ">" else line[i] + space)
    return GAP.join(parts).rstrip()


def cells(text: str) -> int:
    """Columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def _clean(text: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in text)
