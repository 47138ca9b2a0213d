"""A report as comma-separated values."""

from __future__ import annotations

import csv
import io

from archcalc.reports.groups import fold
from archcalc.reports.model import Report, shape_text

HEAD = ["name", "kind", "inputs", "output_shape", "params", "buffers", "macs", "flops", "outputs"]


def render(report: Report, depth: int | None = None, layout: str = "chw", width: int | None = None) -> str:
    """One line per layer, or per block of a depth; sizes in shapes are joined by ``x``."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEAD)
    if depth is None:
        for row in report.rows:
            inputs = " ".join(report.net.nodes[i].name for i in row.node.inputs)
            writer.writerow([row.name, row.kind, inputs, shape_text(row.out, layout).replace("×", "x"),
                             row.params, row.buffers, row.macs, row.flops, row.outputs])
    else:
        for group in fold(report, depth):
            t, last = group.totals, group.last
            kind = last.kind if t.layers == 1 else "group"
            writer.writerow([group.name, kind, "", shape_text(last.out, layout).replace("×", "x"),
                             t.params, t.buffers, t.macs, t.flops, t.outputs])
    return out.getvalue()
