"""A report as a text table: a tree of layers with aligned numbers and totals.

Written here and not by rich: it loads nothing, never truncates, and prints 100,000 rows in
a few seconds (docs/decisions/002-text-tables.md).
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from archcalc.reports.columns import Column, adaptive, chosen, shape_text
from archcalc.reports.groups import Group, fold, tree
from archcalc.reports.model import CONVENTION, Numbers, Row, bounds_note, count_note
from archcalc.words import printable

GAP = "  "
Line = tuple[str, Sequence[Row], bool]
"""Name with its indent; the rows it stands for, the last of which makes the output; whether it is a heading."""


def render(report: Numbers, depth: int | None = None, layout: str = "chw", columns: Sequence[str] = (),
           width: int | None = 80, bold: Callable[[str], str] = str) -> str:
    """The table. Without a choice of columns, as many as ``width`` has room for; None is no bound."""
    lines = list(_lines(report, depth))
    parts = [(["layer", *(name for name, _, _ in lines), "total"], True)]
    for keys in (columns,) if columns else adaptive(report):
        found = chosen(keys, report.count is not None)
        # A column is not worked out where not even its heading has room.
        if columns or width is None or _room(parts[0][0], found) <= width:
            wider = [parts[0], *(_texts(report, lines, column, layout) for column in found)]
            if columns or width is None or len(parts) == 1 or _extent(wider) <= width:
                parts = wider
    table = _joined(parts)
    head, body, foot = table[0], table[1:-1], table[-1]
    rule = "─" * max(map(cells, table))
    shown = [bold(text) if heading else text for text, (_, _, heading) in zip(body, lines, strict=True)]
    title = f"{bold(printable(report.net.name))} · {_subtitle(report, layout)}"
    return "\n".join([title, "", bold(head), *shown, rule, bold(foot), "", *_notes(report)]) + "\n"


def _subtitle(report: Numbers, layout: str) -> str:
    inputs = ", ".join(shape_text(x, layout) for x in report.inputs.values())
    batch = f" · batch {report.batch:,}" if report.batch != 1 else ""
    mode = " · training" if report.net.mode == "train" else ""
    return f"input {inputs}{batch}{mode} · {len(report):,} layers"


def _notes(report: Numbers) -> list[str]:
    t, m = report.totals, report.memory
    buffers = f"; {t.buffers:,} buffer elements" if t.buffers else ""
    per = "per sample" if report.batch == 1 else f"for a batch of {report.batch:,}"
    spare = f" ({m.peak.minimum:,} without torch's extra tensors)" if m.peak.minimum < m.peak.bytes else ""
    return [
        *textwrap.wrap(f"{t.weights:,} of the parameters are weights, the others biases and normalization{buffers}. "
                       f"{CONVENTION} Exact integers, {per}.", 80),
        *textwrap.wrap(count_note(report), 80, break_on_hyphens=False),
        *textwrap.wrap(bounds_note(report), 80, break_on_hyphens=False),
        *textwrap.wrap(f"Bytes in {report.dtype}: parameters {m.params:,}; inference {m.peak.bytes:,} at its peak, "
                       f"{printable(m.peak.layer)}{spare}; saved for backward {m.saved.bytes:,}; a training step with "
                       f"{report.optimizer} about {m.training.total:,}.", 80, break_on_hyphens=False),
    ]


def _lines(report: Numbers, depth: int | None) -> Iterator[Line]:
    if depth is not None:
        for folded in fold(report, depth):
            yield printable(folded.name), folded.rows, False
        return
    stack = [(group, 0) for group in reversed(tree(report).children.values())]
    while stack:
        group, level = stack.pop()
        group, label = _chain(group)
        name = "  " * level + printable(label)
        yield (name, [group.row], False) if group.row is not None else (name + ":", group.rows(), True)
        stack.extend((child, level + 1) for child in reversed(group.children.values()))


def _chain(group: Group) -> tuple[Group, str]:
    """A group that only holds one other is shown as one line: ``sum.branch``."""
    label = group.label
    while group.row is None and len(group.children) == 1:
        group = next(iter(group.children.values()))
        label = f"{label}.{group.label}"
    return group, label


Part = tuple[list[str], bool]
"""The texts of a column, and whether they are aligned to the left."""


def _texts(report: Numbers, lines: Sequence[Line], column: Column, layout: str) -> Part:
    """A column from its heading to its total."""
    left = column.head == "kind"
    body = ["" if heading and left else column.cell(report, rows, layout) for _, rows, heading in lines]
    return [column.head, *body, column.cell(report, report.rows, layout) if column.sums else ""], left


def _extent(parts: Sequence[Part]) -> int:
    """Columns of the terminal that a table takes."""
    return sum(max(map(cells, texts)) for texts, _ in parts) + len(GAP) * (len(parts) - 1)


def _room(names: Sequence[str], columns: Sequence[Column]) -> int:
    """The least that a table of these columns can take."""
    return _extent([(list(names), True), *(([column.head], True) for column in columns)])


def _joined(parts: Sequence[Part]) -> list[str]:
    """Columns side by side, each aligned to the left or to the right."""
    padded = []
    for texts, left in parts:
        size = max(map(cells, texts))
        padded.append([t + " " * (size - cells(t)) if left else " " * (size - cells(t)) + t for t in texts])
    return [GAP.join(row).rstrip() for row in zip(*padded, strict=True)]


def cells(text: str) -> int:
    """Columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)
