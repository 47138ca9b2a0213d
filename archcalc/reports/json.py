"""A report as JSON, by the schema ``report/1``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from archcalc.analysis.storage import BYTES
from archcalc.reports.groups import Folded, fold
from archcalc.reports.model import Numbers, Row, lower_bounds


def to_dict(report: Numbers, depth: int | None = None) -> dict[str, Any]:
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
                   "macs": t.macs, "flops": t.flops, "outputs": t.outputs, **count_of(report),
                   "bytes": bytes_of(report)},
        "memory": memory_of(report),
        **({"lower_bounds": bounds} if (bounds := lower_bounds(report)) else {}),
        "layers": layers,
    }


def count_of(report: Numbers) -> dict[str, Any]:
    """What the tool that was chosen prints for one sample: its convention, its number, its unit and its own word."""
    if report.count is None:
        return {}
    found = report.counted
    return {"count": {"convention": found.name, "total": found.total, "unit": found.unit, "says": found.says,
                      "by_kind": {kind: n for kind, n in found.by_kind.items() if n}}}


def bytes_of(report: Numbers) -> dict[str, int]:
    """Bytes of a network as the report's totals have them."""
    m = report.memory
    return {"params": m.params, "buffers": m.buffers, "outputs": m.outputs,
            "peak_inference": m.peak.bytes, "peak_inference_min": m.peak.minimum,
            "saved_for_backward": m.saved.bytes, "saved_for_backward_min": m.saved.minimum,
            "training": m.training.total}


def memory_of(report: Numbers) -> dict[str, Any]:
    """What the bytes of the totals are made of."""
    m = report.memory
    step = m.training
    return {
        "peak": {"layer": m.peak.layer, "alive": [{"name": name, "bytes": size} for name, size in m.peak.alive]},
        "surplus": m.saved.surplus,
        "training": {"optimizer": report.optimizer, "checkpoint": report.checkpoint, "params": step.params,
                     "gradients": step.gradients, "optimizer_state": step.optimizer,
                     "saved_for_backward": step.saved, "working_estimate": step.working},
    }


def _layer(report: Numbers, row: Row) -> dict[str, Any]:
    found = {
        "name": row.name,
        "kind": row.kind,
        "inputs": [report.net.nodes[i].name for i in row.node.inputs],
        "output_shape": list(row.shape),
        "params": row.params,
        "tensors": {name: list(weight.shape) for name, weight in row.tensors.items()},
        "buffers": row.buffers,
        "macs": row.macs,
        "flops": row.flops,
        "bytes": row.outputs * BYTES[row.out.dtype or report.dtype],
    } | _counted(report, [row])
    fields = {name: report.field(row, which) for which, name in enumerate(report.inputs)}
    seen = {name: _field(report, row, which, fields[name]) for which, name in enumerate(report.inputs)
            if fields[name]}
    if seen:
        found |= {"receptive_field": next(iter(seen.values())), "unproductive": report.unproductive(row)}
    if len(report.inputs) > 1:
        found["receptive_fields"] = seen
    return found


def _field(report: Numbers, row: Row, which: int, field: Any) -> dict[str, Any]:
    return {"size": [f.size for f in field], "stride": [_exact(f.stride) for f in field],
            "start": [f.start for f in field], "aligned": all(f.aligned for f in field),
            "covers_input": report.covers(row, which)}


def _exact(stride: Fraction | None) -> int | str | None:
    """A whole stride as a number, another as an exact fraction ``1/2``."""
    return None if stride is None else stride.numerator if stride.denominator == 1 else str(stride)


def _folded(report: Numbers, group: Folded) -> dict[str, Any]:
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
        "bytes": sum(row.outputs * BYTES[row.out.dtype or report.dtype] for row in group.rows),
    } | _counted(report, group.rows)


def _counted(report: Numbers, rows: Sequence[Row]) -> dict[str, int]:
    if report.count is None:
        return {}
    return {"count": sum(report.counted.by_layer[row.index - report.net.n_inputs] for row in rows)}


def plain(value: Any) -> Any:
    """A parameter's value as JSON has it; exact fractions become decimals."""
    if isinstance(value, (tuple, list)):
        return [plain(v) for v in value]
    return float(value) if isinstance(value, Fraction) else value


def render(report: Numbers, depth: int | None = None) -> str:
    """The report as a JSON text."""
    return json.dumps(to_dict(report, depth), ensure_ascii=False, indent=1)
