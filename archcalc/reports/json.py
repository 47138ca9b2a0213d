"""A report as JSON, by the schema ``report/1``."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from archcalc.reports.groups import Folded, fold
from archcalc.reports.model import Report, Row


def to_dict(report: Report, depth: int | None = None) -> dict[str, Any]:
    """The report as plain data; with a depth, layers are folded by block."""
    t = report.totals
    layers = [_layer(report, row) for row in report.rows] if depth is None \
        else [_folded(report, group) for group in fold(report, depth)]
    return {
        "schema": "report/1",
        "name": report.net.name,
        "spec": report.net.spec,
        "parameters": {name: plain(value) for name, value in report.net.parameters.items()},
        "batch": report.batch,
        "dtype": report.dtype,
        "mode": report.net.mode,
        "inputs": {name: list(x.dims) for name, x in report.inputs.items()},
        "outputs": report.outputs,
        "totals": {"layers": t.layers, "params": t.params, "weights": t.weights, "buffers": t.buffers,
                   "macs": t.macs, "flops": t.flops, "outputs": t.outputs},
        "layers": layers,
    }


def _layer(report: Report, row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "kind": row.kind,
        "inputs": [report.net.nodes[i].name for i in row.node.inputs],
        "output_shape": list(row.shape),
        "params": row.params,
        "tensors": {name: list(weight.shape) for name, weight in row.tensors.items()},
        "buffers": row.buffers,
        "macs": row.macs,
        "flops": row.flops,
    }


def _folded(report: Report, group: Folded) -> dict[str, Any]:
    if len(group.rows) == 1 and group.rows[0].name == group.name:
        return _layer(report, group.rows[0])
    inside = {row.name for row in group.rows}
    sources = dict.fromkeys(report.net.nodes[i].name for row in group.rows for i in row.node.inputs)
    t = group.totals
    return {
        "name": group.name,
        "kind": "group",
        "inputs": [name for name in sources if name not in inside],
        "output_shape": list(group.last.shape),
        "layers": t.layers,
        "params": t.params,
        "buffers": t.buffers,
        "macs": t.macs,
        "flops": t.flops,
    }


def plain(value: Any) -> Any:
    """A parameter's value as JSON has it; exact fractions become decimals."""
    if isinstance(value, (tuple, list)):
        return [plain(v) for v in value]
    return float(value) if isinstance(value, Fraction) else value


def render(report: Report, depth: int | None = None, layout: str = "chw", width: int | None = None) -> str:
    """The report as a JSON text."""
    return json.dumps(to_dict(report, depth), ensure_ascii=False, indent=1)
