"""The numbers behind a diagram: per part counts, shapes, fields and shares, as text and as tooltips."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from archcalc.analysis.storage import BYTES
from archcalc.diagrams.parts import Part
from archcalc.diagrams.text import clean, short
from archcalc.net import Net
from archcalc.reports.columns import field_text, shape_text
from archcalc.reports.model import Numbers, Row
from archcalc.tensor import Tensor

HEATS = ("params", "macs", "memory", "field")
"What heat can show."


class Style(NamedTuple):
    """What the reader chose to see."""

    layout: str = "hwc"
    counts: str = "both"
    shapes: str = "edges"
    heat: str | None = None
    local: bool = False
    legend: bool = True


class Figures:
    """A network's numbers, in eval mode for totals and as drawn for each part."""

    def __init__(self, net: Net, style: Style) -> None:
        self.net, self.style = net, style
        self.numbers = Numbers(net, local=style.local)
        self.totals = Numbers(net.in_mode("eval")).totals

    def row(self, i: int) -> Row:
        """The row of a node that is no input."""
        return self.numbers.rows[i - self.net.n_inputs]

    def out(self, i: int) -> Tensor:
        """The output of any node."""
        return self.numbers.inputs[self.net.nodes[i].name] if i < self.net.n_inputs else self.row(i).out

    def shape(self, i: int) -> str:
        """A node's output as edges show it: ``55×55×96``."""
        return shape_text(self.out(i), self.style.layout)

    def share_of(self, i: int, parts: int) -> str:
        """A node's output with its channels divided: ``55×55×48``."""
        out = self.out(i)
        return shape_text(out.put(out.channel, out.channels // parts), self.style.layout)

    def params(self, part: Part) -> int:
        """Parameters of a part; shared ones count where they are first."""
        return sum(self.row(i).params for i in part.nodes)

    def macs(self, part: Part) -> int:
        """MACs of a part."""
        return sum(self.row(i).macs for i in part.nodes)

    def memory(self, part: Part) -> int:
        """Bytes of all outputs of a part, in float32."""
        return self._bytes(part.nodes)

    def _bytes(self, nodes: Iterable[int]) -> int:
        return sum(self.row(i).outputs * BYTES[self.row(i).out.dtype or "float32"] for i in nodes)

    def counts(self, params: int, macs: int, roomy: bool) -> str:
        """``35.0 K params · 105 M MACs``, or in short; nothing where both are 0 or the reader wants none."""
        chosen = [(n, word) for n, word in ((params, "params"), (macs, "MACs"))
                  if self.style.counts in ("both", word.lower())]
        if not any(n for n, _ in chosen):
            return ""
        return " · ".join(f"{short(n)} {word}" if roomy else short(n) for n, word in chosen)

    def tooltip(self, part: Part) -> str:
        """All that is exact about a part."""
        row = self.row(part.main)
        what = f"{row.kind} {row.label}".rstrip() if part.is_layer else f"{len(part.nodes)} layers"
        if part.is_run:
            what = f"{len(part.parts)} blocks, {what}"
        after = [self.row(i).kind for i in part.nodes if i != part.main] if part.is_layer else []
        lines = [f"{part.name}: {what}" + (f", with {', '.join(after)}" if after else ""),
                 f"in {', '.join(dict.fromkeys(self._sources(part)))}; out {self.shape(part.nodes[-1])}",
                 f"{self.params(part):,} params, {self.macs(part):,} MACs"]
        if self.numbers.field(row):
            lines.append(f"receptive field {field_text(self.numbers, row)}")
        return clean("; ".join(lines))

    def _sources(self, part: Part) -> list[str]:
        inside = set(part.nodes)
        return [self.shape(k) for i in part.nodes for k in self.net.nodes[i].inputs if k not in inside] or ["nothing"]

    # ── heat ──

    def share(self, part: Part) -> float:
        """A part's share in percent of what heat shows; of a field, its size in percent of the input."""
        heat = self.style.heat
        if heat == "field":
            return self._field_share(part.main)
        total = self._heat_total
        return 100 * self._heat_value(part.nodes) / total if total else 0.0

    def _heat_value(self, nodes: Sequence[int]) -> int:
        if self.style.heat == "memory":
            return self._bytes(nodes)
        return sum(getattr(self.row(i), self.style.heat or "macs") for i in nodes)

    @cached_property
    def _heat_total(self) -> int:
        return self._heat_value(range(self.net.n_inputs, len(self.net.nodes)))

    def _field_share(self, i: int) -> float:
        field = self.numbers.field(self.row(i))
        sizes = self.out(0).spatial
        if not field or not sizes:
            return 0.0
        return min(100.0, *(100 * float(f.size) / int(n) for f, n in zip(field, sizes, strict=True)))

    @property
    def heat_words(self) -> str:
        """What the percentages are of."""
        return {"params": "share of parameters", "macs": "share of MACs", "memory": "share of bytes of all outputs",
                "field": "receptive field in percent of the input"}[self.style.heat or "macs"]

    @property
    def headline(self) -> str:
        """``61.0 M params · 724 M MACs · input 227×227×3``."""
        inputs = " and ".join(self.shape(i) for i in range(self.net.n_inputs))
        return f"{short(self.totals.params)} params · {short(self.totals.macs)} MACs · input {inputs}"
