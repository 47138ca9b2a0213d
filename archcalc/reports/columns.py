"""The columns that a table can show: what each says of a layer, and of a block of layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from archcalc.analysis.storage import BYTES
from archcalc.errors import UsageError
from archcalc.reports.model import Numbers, Row
from archcalc.tensor import Tensor
from archcalc.words import listed, suggest

Cell = Callable[[Numbers, Sequence[Row], str], str]
"""The text for some rows, of which the last makes the output, in a layout."""


class Column(NamedTuple):
    """A column: its key, its heading, its text, and whether it holds numbers that add up."""

    key: str
    head: str
    cell: Cell
    sums: bool = False


def shape_text(out: Tensor, layout: str = "chw") -> str:
    """A shape as tables show it: ``96×55×55``, or ``55×55×96`` with layout ``hwc``."""
    dims = list(out.dims)
    if layout == "hwc" and out.axes.count("channel") == 1:
        dims.append(dims.pop(out.channel))
    return "×".join(map(str, dims))


def field_text(report: Numbers, row: Row) -> str:
    """A field's size, ``≥`` before it where it covers the input: ``51``, ``≥ 355``, ``3×7``."""
    field = report.field(row)
    if field is None:
        return "–"
    sizes = [str(f.size) for f in field]
    return ("≥ " if report.covers(row) else "") + (sizes[0] if len(set(sizes)) == 1 else "×".join(sizes))


def _per_axis(name: str) -> Cell:
    def cell(report: Numbers, rows: Sequence[Row], layout: str) -> str:
        values = [getattr(f, name) for f in report.field(rows[-1]) or ()]
        texts = ["–" if v is None else str(v) for v in values]
        return (texts[0] if len(set(texts)) == 1 else ", ".join(texts)) if texts else "–"
    return cell


def _number(name: str) -> Cell:
    return lambda report, rows, layout: f"{sum(getattr(row, name) for row in rows):,}"


def _kind(report: Numbers, rows: Sequence[Row], layout: str) -> str:
    return rows[0].kind if len(rows) == 1 else f"{len(rows)} layers"


def _label(report: Numbers, rows: Sequence[Row], layout: str) -> str:
    return f"{rows[0].kind} {rows[0].label}".rstrip() if len(rows) == 1 else f"{len(rows)} layers"


def _count(report: Numbers, rows: Sequence[Row], layout: str) -> str:
    return f"{sum(report.counted.by_layer[row.index - report.net.n_inputs] for row in rows):,}"


def _memory(report: Numbers, rows: Sequence[Row], layout: str) -> str:
    return f"{sum(row.outputs * BYTES[row.out.dtype or report.dtype] for row in rows):,}"


def _unproductive(report: Numbers, rows: Sequence[Row], layout: str) -> str:
    count = sum(map(report.unproductive, rows))
    return "" if not count else "yes" if len(rows) == 1 else str(count)


COLUMNS = {column.key: column for column in (
    Column("kind", "kind", _kind),
    Column("label", "kind", _label),
    Column("output", "output", lambda report, rows, layout: shape_text(rows[-1].out, layout)),
    Column("params", "params", _number("params"), True),
    Column("weights", "weights", _number("weights"), True),
    Column("buffers", "buffers", _number("buffers"), True),
    Column("macs", "MACs", _number("macs"), True),
    Column("flops", "FLOPs", _number("flops"), True),
    Column("count", "count", _count, True),
    Column("outputs", "outputs", _number("outputs"), True),
    Column("memory", "bytes", _memory, True),
    Column("field", "field", lambda report, rows, layout: field_text(report, rows[-1])),
    Column("stride", "stride", _per_axis("stride")),
    Column("start", "start", _per_axis("start")),
    Column("unproductive", "unproductive", _unproductive),
)}

ADAPTIVE = (
    ("output", "params", "macs", "flops"),
    ("kind", "output", "params", "macs", "flops"),
    ("label", "output", "params", "macs", "flops"),
    ("label", "output", "params", "macs", "flops", "field"),
    ("label", "output", "params", "macs", "flops", "memory", "field"),
)
"""What a table shows by default: the last of these that fits the width, else the first."""


def adaptive(report: Numbers) -> list[tuple[str, ...]]:
    """`ADAPTIVE`, with a tool's count in place of FLOPs where the report has one."""
    return [tuple("count" if key == "flops" and report.count else key for key in keys) for keys in ADAPTIVE]


def chosen(keys: Sequence[str], count: bool = False) -> list[Column]:
    """Columns by key; ``all`` is every one, with ``count`` a tool's too. Raises `UsageError` for an unknown key."""
    if list(keys) == ["all"]:
        return [column for key, column in COLUMNS.items() if key not in ("kind", "" if count else "count")]
    for key in keys:
        if key not in COLUMNS:
            hint = suggest(key, COLUMNS) or f"; there are {listed(COLUMNS, 20)}"
            raise UsageError(f"unknown column '{key[:40]}'{hint}")
    return [COLUMNS[key] for key in keys]
