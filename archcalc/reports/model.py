"""The numbers of a report, without any rendering."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from archcalc.analysis.parameters import owned
from archcalc.analysis.shapes import Call, calls
from archcalc.collector import paused
from archcalc.errors import UsageError
from archcalc.net import Net, Node
from archcalc.tensor import Tensor, Weights
from archcalc.words import listed

if TYPE_CHECKING:
    from archcalc.analysis.footprint import Memory
    from archcalc.analysis.receptive_field import AxisField, Fields
    from archcalc.conventions import Count

DTYPES = ("float16", "bfloat16", "float32", "float64", "int8")
CONVENTION = ("MACs: multiply-accumulates of convolutions, dense layers and matrix products. "
              "FLOPs: 2·MACs + all other arithmetic.")


class Row:
    """One layer's numbers: exact integers, for the report's batch."""

    __slots__ = ("call", "flops", "index", "macs", "node", "outputs", "params", "tensors", "weights")

    def __init__(self, index: int, node: Node, call: Call, tensors: Weights, batch: int) -> None:
        self.index, self.node, self.call, self.tensors = index, node, call, tensors
        if tensors is call.params:
            self.params, self.weights = call.n_params, call.n_weights
        else:
            self.params = sum(w.size for w in tensors.values())
            self.weights = sum(w.size for w in tensors.values() if w.role == "weight")
        self.macs, self.flops, self.outputs = batch * call.macs, batch * call.flops, batch * call.n_outputs

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
    def out(self) -> Tensor:
        """Output of one sample."""
        return self.call.out

    @property
    def shape(self) -> tuple[int, ...]:
        """Output shape of one sample."""
        return self.call.out.dims

    @property
    def buffers(self) -> int:
        """Elements kept but not trained."""
        count: int = self.call.n_buffers
        return count

    def __repr__(self) -> str:
        return f"<Row {self.name}: {self.out}, {self.params:,} params, {self.macs:,} MACs>"


class Totals(NamedTuple):
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


class Numbers:
    """The numbers of a `Report`, which adds how they are written."""

    def __init__(self, net: Net, batch: int = 1, dtype: str = "float32", *, local: bool = False,
                 optimizer: str = "adam", checkpoint: bool = False, count: str | None = None) -> None:
        self.net, self.batch, self.dtype, self.local, self.count = net, batch, dtype, local, count
        self.optimizer, self.checkpoint = optimizer, checkpoint
        self._fields: dict[tuple[int, int], tuple[AxisField, ...] | None] = {}
        self.rows = _rows(net, batch)
        self.inputs = {node.name: call.out for node, call in zip(net.inputs, calls(net), strict=False)}
        self.outputs = [net.nodes[i].name for i in net.outputs]

    @cached_property
    def totals(self) -> Totals:
        """Sums over all rows."""
        return total(self.rows)

    @cached_property
    def counted(self) -> Count:
        """What the tool of the convention ``count`` prints, for one sample; UsageError where none was chosen."""
        from archcalc.conventions import counted

        if self.count is None:
            raise UsageError("column 'count' needs --count NAME: which tool counts")
        return counted(self.net, self.count)

    @cached_property
    def fields(self) -> list[Fields]:
        """What each node sees of each input; see `archcalc.analysis.receptive_field`."""
        from archcalc.analysis.receptive_field import fields

        return fields(self.net)

    @cached_property
    def memory(self) -> Memory:
        """Bytes: of parameters and outputs, of inference at its peak, of a training step."""
        from archcalc.analysis.footprint import memory

        return memory(self.net, self.dtype, self.batch, self.optimizer, self.checkpoint)

    def field(self, row: Row, which: int = 0) -> tuple[AxisField, ...] | None:
        """A layer's receptive field on an input, per spatial axis; None where it has none."""
        key = row.index, which
        if key not in self._fields:
            from archcalc.analysis.receptive_field import field_of

            self._fields[key] = field_of(self.fields[row.index], row.call, which, self.local)
        return self._fields[key]

    def covers(self, row: Row, which: int = 0) -> bool:
        """Whether a layer's field is as large as the input along every axis."""
        field = self.field(row, which)
        sizes = calls(self.net)[which].out.spatial
        return field is not None and all(f.size >= n for f, n in zip(field, sizes, strict=True))

    def unproductive(self, row: Row) -> bool:
        """Whether a layer with weights only sees inputs whose field already covers the image.

        Richter, Byttner, Krumnack, Wiedenroth, Schallner, Shenk: (Input) Size Matters for CNN
        Classifiers, 2021: such layers do not improve on what the others integrate.
        """
        rows = [self.rows[i - self.net.n_inputs] for i in row.node.inputs if i >= self.net.n_inputs]
        return row.weights > 0 and len(rows) == len(row.node.inputs) > 0 and all(map(self.covers, rows))

    @cached_property
    def _index(self) -> dict[str, Row]:
        return {row.name: row for row in self.rows}

    def __getitem__(self, name: str) -> Row:
        """The row of a layer's full name; KeyError if there is none."""
        return self._index[name]

    def __len__(self) -> int:
        return len(self.rows)


def count_note(report: Numbers) -> str:
    """What the column ``count`` of a report is; empty where it has none."""
    if report.count is None:
        return ""
    from archcalc.conventions import convention

    found = convention(report.count)
    says = found.says if found.says == found.unit else f'"{found.says}", in {found.unit}'
    return f"Count: what {found.tool} {found.version} prints, {says}, in eval mode under no_grad on the CPU."


BOUNDED = ("macs", "flops", "receptive_field", "bytes.peak_inference", "bytes.peak_inference_min",
           "bytes.saved_for_backward", "bytes.saved_for_backward_min", "bytes.training")
"""What is a lower bound where the operations of some layers are not known, by the keys of the JSON report."""


def lower_bounds(report: Numbers) -> list[str]:
    """Which of a report's numbers are lower bounds; empty where all are exact."""
    unknown = any(row.node.layer.unknown for row in report.rows)
    return [*BOUNDED, *(["count"] if report.count else [])] if unknown else []


def bounds_note(report: Numbers) -> str:
    """Which totals are lower bounds, where the operations of some layers are not known; else empty."""
    names = [row.name for row in report.rows if row.node.layer.unknown]
    if not names:
        return ""
    layers = "1 layer is" if len(names) == 1 else f"{len(names):,} layers are"
    return (f"{layers} opaque ({listed(names, 3)}): MACs, FLOPs, fields and bytes of inference and training are lower "
            "bounds.")


@paused()
def _rows(net: Net, batch: int) -> list[Row]:
    rows = [Row(i, node, call, tensors, batch)
            for i, (node, call, tensors) in enumerate(zip(net.nodes, calls(net), owned(net), strict=True))]
    return rows[net.n_inputs:]
