"""The numbers of a report, without any rendering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from archcalc.analysis.parameters import owned
from archcalc.analysis.shapes import calls
from archcalc.collector import paused
from archcalc.net import Net, Node
from archcalc.tensor import Tensor, Weights

BYTES = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8, "int8": 1}
CONVENTION = ("MACs: multiply-accumulates of convolutions, dense layers and matrix products. "
              "FLOPs: 2·MACs + all other arithmetic.")


class Row:
    """One layer's numbers: exact integers, for the report's batch."""

    __slots__ = ("buffers", "flops", "macs", "node", "out", "outputs", "params", "tensors", "weights")

    def __init__(self, node: Node, out: Tensor, tensors: Weights, params: int, weights: int, buffers: int,
                 macs: int, flops: int, outputs: int) -> None:
        self.node, self.out, self.tensors = node, out, tensors
        self.params, self.weights, self.buffers = params, weights, buffers
        self.macs, self.flops, self.outputs = macs, flops, outputs

    @property
    def name(self) -> str:
        """Full name of the layer."""
        return self.node.name

    @property
    def kind(self) -> str:
        """Name of the layer's kind."""
        return self.node.layer.kind

    @property
    def label(self) -> str:
        """The layer's fields as figures write them: ``11×11, 96, /4``."""
        return self.node.layer.label()

    @property
    def shape(self) -> tuple[int, ...]:
        """Output shape of one sample."""
        return self.out.dims

    def __repr__(self) -> str:
        return f"<Row {self.name}: {self.out}, {self.params:,} params, {self.macs:,} MACs>"


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over rows. ``weights`` leaves biases and normalization out; buffers stand apart."""

    layers: int
    params: int
    weights: int
    buffers: int
    macs: int
    flops: int
    outputs: int


def total(rows: Sequence[Row]) -> Totals:
    """Sums over some rows."""
    return Totals(len(rows), *(sum(getattr(row, name) for row in rows)
                               for name in ("params", "weights", "buffers", "macs", "flops", "outputs")))


class Report:
    """What archcalc derives of a network: a row per layer, and totals.

    >>> import archcalc
    >>> report = archcalc.report("alexnet")
    >>> report.totals.params, report["conv1"].shape
    (60965224, (96, 55, 55))
    """

    def __init__(self, net: Net, batch: int = 1, dtype: str = "float32") -> None:
        self.net, self.batch, self.dtype = net, batch, dtype
        self.rows = _rows(net, batch)
        self.inputs = {node.name: call.out for node, call in zip(net.inputs, calls(net), strict=False)}
        self.outputs = [net.nodes[i].name for i in net.outputs]

    @cached_property
    def totals(self) -> Totals:
        """Sums over all rows."""
        return total(self.rows)

    @cached_property
    def _index(self) -> dict[str, Row]:
        return {row.name: row for row in self.rows}

    def __getitem__(self, name: str) -> Row:
        """The row of a layer's full name; KeyError if there is none."""
        return self._index[name]

    def __len__(self) -> int:
        return len(self.rows)

    def to_dict(self, depth: int | None = None) -> dict[str, Any]:
        """The report as the JSON schema ``report/1`` has it."""
        from archcalc.reports.json import to_dict

        return to_dict(self, depth)

    def to_json(self, depth: int | None = None) -> str:
        """The report as a JSON text."""
        from archcalc.reports.json import render

        return render(self, depth=depth)

    def to_markdown(self, depth: int | None = None, layout: str = "chw") -> str:
        """The report as a Markdown table."""
        from archcalc.reports.markdown import render

        return render(self, depth=depth, layout=layout)

    def to_csv(self, depth: int | None = None, layout: str = "chw") -> str:
        """The report as comma-separated values, one line per layer."""
        from archcalc.reports.csv import render

        return render(self, depth=depth, layout=layout)

    def to_table(self, depth: int | None = None, layout: str = "chw", width: int | None = 80) -> str:
        """The report as a text table, kept within ``width`` columns where that loses nothing."""
        from archcalc.reports.table import render

        return render(self, depth=depth, layout=layout, width=width)

    def __str__(self) -> str:
        return self.to_table()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.to_table(), "text/markdown": self.to_markdown()}


@paused()
def _rows(net: Net, batch: int) -> list[Row]:
    rows = []
    for node, call, tensors in zip(net.nodes, calls(net), owned(net), strict=True):
        if tensors is call.params:
            params, weights = call.n_params, call.n_weights
        else:
            params = sum(w.size for w in tensors.values())
            weights = sum(w.size for w in tensors.values() if w.role == "weight")
        rows.append(Row(node, call.out, tensors, params, weights, call.n_buffers,
                        batch * call.macs, batch * call.flops, batch * call.n_outputs))
    return rows[net.n_inputs:]


def shape_text(out: Tensor, layout: str = "chw") -> str:
    """A shape as tables show it: ``96×55×55``, or ``55×55×96`` with layout ``hwc``."""
    dims = list(out.dims)
    if layout == "hwc" and out.axes.count("channel") == 1:
        dims.append(dims.pop(out.channel))
    return "×".join(map(str, dims))
