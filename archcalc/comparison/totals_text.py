"""A comparison as a text table, as Markdown, as CSV and as data."""

from __future__ import annotations

import csv
import io
import json
import textwrap
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.comparison.totals import Compared, Figure, Stage
from archcalc.reports.columns import shape_text
from archcalc.reports.markdown import escape
from archcalc.reports.model import CONVENTION, Numbers, count_note
from archcalc.reports.table import cells
from archcalc.words import printable

GAP = "  "
_SUMS = (("params", "params"), ("macs", "MACs"))
"""What a stage sums, and its headings."""


class Line(NamedTuple):
    """A heading, and for each network a value and what is said of it (a ratio, a mark); none is a blank line."""

    head: str
    values: Sequence[tuple[str, str]] = ()


def ratio_text(ratio: Fraction | None) -> str:
    """A ratio to three digits.

    >>> ratio_text(Fraction(1, 3)), ratio_text(Fraction(20)), ratio_text(Fraction(123456, 10))
    ('0.333×', '20.0×', '12,346×')
    """
    if ratio is None:
        return ""
    return f"{float(ratio):,.0f}×" if ratio >= 1000 else f"{float(ratio):#.3g}".rstrip(".") + "×"


def _said(figures: Sequence[Figure]) -> list[tuple[str, str]]:
    return [(f"{f.value:,}", (ratio_text(f.ratio) if k else "") + (" *" if f.best else ""))
            for k, f in enumerate(figures)]


def _lines(found: Compared) -> Iterator[Line]:
    yield Line("input", [(", ".join(shape_text(x) for x in r.inputs.values()), "") for r in found.reports])
    for quantity in found.quantities:
        yield Line(quantity.head, _said(found.totals[quantity.key]))
    for scale, stages in found.stages.items():
        yield Line("")
        yield Line(f"{scale}:", [(_shapes(s), "") for s in stages])
        yield Line("  layers", [(str(s.totals.layers) if s else "–", "") for s in stages])
        for key, head in _SUMS:
            yield Line(f"  {head}", _sums(stages, key))


def _shapes(stage: Stage | None) -> str:
    return "–" if stage is None else shape_text(stage.last)


def _sums(stages: Sequence[Stage | None], key: str) -> list[tuple[str, str]]:
    values = [None if s is None else getattr(s.totals, key) for s in stages]
    first = values[0]
    return [("–", "") if v is None else (f"{v:,}", ratio_text(Fraction(v, first)) if k and first and v else "")
            for k, v in enumerate(values)]


def table(found: Compared, width: int = 80, bold: Callable[[str], str] = str) -> str:
    """Networks in columns where they fit the width, else in rows."""
    names = [printable(r.net.spec) for r in found.reports]
    lines = _columns(names, list(_lines(found)), bold)
    if max(map(cells, lines)) > width:
        lines = [*_rows(found, names, width, bold)]
    title = " · ".join(["comparison", *_conditions(found.reports[0])])
    notes = textwrap.wrap(_note(found), 80)
    return "\n".join([bold(title), "", *lines, "", *notes]) + "\n"


def _conditions(report: Numbers) -> list[str]:
    return [report.dtype, f"batch {report.batch:,}", *(["training"] if report.net.mode == "train" else [])]


def _note(found: Compared) -> str:
    count = count_note(found.reports[0])
    return ("Ratios are to the first network; * is the least. A stage, such as 1/4, has all layers whose maps are that "
            f"part of the input's size, to the nearest power of 2. {CONVENTION}{' ' * bool(count)}{count}")


def _columns(names: Sequence[str], lines: Sequence[Line], bold: Callable[[str], str]) -> list[str]:
    heads = max(cells(line.head) for line in lines)
    wide = [[max((cells(line.values[k][part]) for line in lines if line.values), default=0) for part in (0, 1)]
            for k in range(len(names))]
    for k, name in enumerate(names):
        wide[k][0] = max(wide[k][0], cells(name))
    shown = [bold(_joined(Line("", [(name, "") for name in names]), heads, wide))]
    return [*shown, *(_joined(line, heads, wide) for line in lines)]


def _joined(line: Line, heads: int, wide: Sequence[Sequence[int]]) -> str:
    parts = [line.head + " " * (heads - cells(line.head))]
    for (value, said), (first, second) in zip(line.values, wide, strict=False):
        parts.append(" " * (first - cells(value)) + value + (" " + said.ljust(second) if second else ""))
    return GAP.join(parts).rstrip()


def _rows(found: Compared, names: Sequence[str], width: int, bold: Callable[[str], str]) -> Iterator[str]:
    """Totals with a network a row, in as many tables as the width asks for, and then a stage a table."""
    columns = [[q.head, *(" ".join(pair).rstrip() for pair in _said(found.totals[q.key]))] for q in found.quantities]
    columns.insert(0, ["input", *(", ".join(shape_text(x) for x in r.inputs.values()) for r in found.reports)])
    yield from _wrapped(["network", *names], columns, width, bold)
    for scale, stages in found.stages.items():
        present = [k for k, stage in enumerate(stages) if stage]
        parts = [["output", *(_shapes(stages[k]) for k in present)],
                 ["layers", *(str(stages[k].totals.layers) for k in present)]]  # type: ignore[union-attr]
        parts += [[head, *(f"{getattr(stages[k].totals, key):,}" for k in present)] for key, head in _SUMS]  # type: ignore[union-attr]
        yield ""
        yield from _wrapped([scale, *(names[k] for k in present)], parts, width, bold)


def _wrapped(names: list[str], columns: list[list[str]], width: int, bold: Callable[[str], str]) -> Iterator[str]:
    first = max(map(cells, names))
    start = 0
    while start < len(columns):
        end, used = start, first
        while end < len(columns) and (end == start or used + 2 + max(map(cells, columns[end])) <= width):
            used += 2 + max(map(cells, columns[end]))
            end += 1
        if start:
            yield ""
        sizes = [max(map(cells, column)) for column in columns[start:end]]
        for i, name in enumerate(names):
            row = [name + " " * (first - cells(name))]
            row += [" " * (size - cells(c[i])) + c[i] for c, size in zip(columns[start:end], sizes, strict=True)]
            text = GAP.join(row).rstrip()
            yield text if i else bold(text)
        start = end


def markdown(found: Compared) -> str:
    """A row per quantity and a column per network; the least in bold."""
    names = [escape(r.net.spec) for r in found.reports]
    lines = [f"| | {' | '.join(names)} |", f"|:--|{'--:|' * len(names)}"]
    for line in _lines(found):
        if line.values:
            texts = [_emphasized(value, said) for value, said in line.values]
            lines.append(f"| {escape(line.head.strip())} | {' | '.join(texts)} |")
    return "\n".join([*lines, "", _note(found).replace("* is the least", "the least is in bold")]) + "\n"


def _emphasized(value: str, said: str) -> str:
    best, text = said.endswith("*"), said.removesuffix(" *")
    return (f"**{value}**" if best else value) + (f" ({text})" if text else "")


def csv_text(found: Compared) -> str:
    """A line per network for its totals, and one for each of its stages."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    keys = [q.key for q in found.quantities]
    writer.writerow(["network", "stage", "output", *keys])
    for k, report in enumerate(found.reports):
        shape = "x".join(map(str, report.rows[-1].shape))
        writer.writerow([report.net.spec, "total", shape, *(found.totals[key][k].value for key in keys)])
        for scale, stages in found.stages.items():
            stage = stages[k]
            if stage is not None:
                writer.writerow([report.net.spec, scale, "x".join(map(str, stage.last.dims)),
                                 *(getattr(stage.totals, key, "") for key in keys)])
    return out.getvalue()


def to_dict(found: Compared) -> dict[str, Any]:
    """The comparison as plain data; a ratio is a decimal, rounded."""
    return {
        "schema": "comparison/1",
        "batch": found.reports[0].batch,
        "dtype": found.reports[0].dtype,
        "networks": [{"name": r.net.name, "spec": r.net.spec, "inputs": {n: list(x.dims) for n, x in r.inputs.items()}}
                     for r in found.reports],
        "totals": {key: [{"value": f.value, "ratio": None if f.ratio is None else float(f.ratio), "best": f.best}
                         for f in figures] for key, figures in found.totals.items()},
        "stages": {scale: [None if s is None else {"first": list(s.first.dims), "last": list(s.last.dims),
                                                  **s.totals._asdict()} for s in stages]
                   for scale, stages in found.stages.items()},
    }


def to_json(found: Compared) -> str:
    """`to_dict` as a JSON text."""
    return json.dumps(to_dict(found), ensure_ascii=False, indent=1) + "\n"
