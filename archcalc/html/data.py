"""What the page's script works on: the table's lines, their cells, and the arithmetic of each layer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from archcalc.diagrams.diagram import Diagram
from archcalc.diagrams.text import clean
from archcalc.explain import Step, explain
from archcalc.html.lines import Line, lines
from archcalc.html.links import boxes, ranges
from archcalc.html.profile import alive
from archcalc.reports.columns import Column, chosen
from archcalc.reports.model import Numbers

COLUMNS = ("label", "output", "params", "macs", "flops", "memory", "field")
"""What the table shows where nothing else is asked for; a tool's count stands beside FLOPs."""


def columns_of(report: Numbers, keys: Sequence[str]) -> list[Column]:
    """The columns of the page's table. Raises `UsageError` for an unknown key."""
    usual = [key for name in COLUMNS for key in ((name, "count") if name == "flops" and report.count else (name,))]
    return chosen(keys or usual, report.count is not None)


def network_data(report: Numbers, diagram: Diagram, keys: Sequence[str] = (), layout: str = "chw") -> dict[str, Any]:
    """A network as plain data.

    ``lines`` are [line above, name below it, index of the layer or −1 for a block, cells...], ``steps`` texts that
    ``explain`` names by index, per layer and last for the totals; ``boxes`` are [id, line, first and last layers...],
    ``reads`` the layers that each layer reads, −1 for an input; ``alive`` bytes while each layer runs.
    """
    table, columns = lines(report), columns_of(report, keys)
    steps, by_layer = _steps(report)
    first = report.net.n_inputs
    return {
        "name": clean(report.net.name), "spec": clean(report.net.spec),
        "columns": [{"key": c.key, "head": c.head, "sums": c.sums} for c in columns],
        "lines": [[line.parent, clean(line.label), -1 if line.block else line.rows[0].index - first,
                   *(clean(c.cell(report, line.rows, layout)) for c in columns)] for line in table],
        "total": [c.cell(report, report.rows, layout) if c.sums else "" for c in columns],
        "steps": steps, "explain": by_layer,
        "reads": [[max(i - first, -1) for i in row.node.inputs] for row in report.rows],
        "alive": [f"{n:,}" for n in alive(report)], "boxes": _boxes(report, diagram, table),
    }


def _steps(report: Numbers) -> tuple[list[list[str]], list[list[int]]]:
    """Every equation once, and which of them explain each layer and the totals."""
    numbers: dict[Step, int] = {}
    found = [[numbers.setdefault(step, len(numbers)) for step in one.steps] for one in explain(report)]
    return [[step.what, clean(step.arithmetic), clean(step.result), clean(step.remark.strip())]
            for step in numbers], found


def _boxes(report: Numbers, diagram: Diagram, table: Sequence[Line]) -> list[list[Any]]:
    """Boxes with the line that a click on them selects: that of their name, else that of their first layer."""
    first, names = report.net.n_inputs, full_names(table)
    layers = {line.rows[0].index: i for i, line in enumerate(table) if not line.block}
    blocks = {names[i]: i for i, line in enumerate(table) if line.block}
    found = []
    for box in boxes(diagram, report.net):
        own = report.net.index.get(box.name)
        line = layers[own] if own is not None else blocks.get(box.name, layers[min(box.nodes)])
        found.append([box.id, line, *ranges(i - first for i in box.nodes)])
    return found


def full_names(table: Sequence[Line]) -> list[str]:
    """The full name of each line."""
    names: list[str] = []
    for line in table:
        names.append(line.label if line.parent < 0 else f"{names[line.parent]}.{line.label}")
    return names


def as_script(data: Any) -> str:
    """Data as JSON that can stand in a script element: no text in it ends the element or begins a comment."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.translate({ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028",
                           0x2029: "\\u2029"})
