"""Totals and stages of several networks, side by side with ratios."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from os import PathLike
from typing import Any, NamedTuple

from archcalc.api import loaded
from archcalc.errors import UsageError
from archcalc.net import Net
from archcalc.reports.model import Numbers, Row, Totals, total
from archcalc.tensor import Tensor

VECTORS, SEQUENCES = "vectors", "sequences"
"""The stages of layers without a map."""


class Quantity(NamedTuple):
    """Something that all networks have: its key, its heading, its value, and whether less of it is better."""

    key: str
    head: str
    value: Callable[[Numbers], int]
    cost: bool = True


QUANTITIES = (
    Quantity("layers", "layers", lambda r: r.totals.layers, False),
    Quantity("params", "params", lambda r: r.totals.params),
    Quantity("weights", "weights", lambda r: r.totals.weights),
    Quantity("macs", "MACs", lambda r: r.totals.macs),
    Quantity("flops", "FLOPs", lambda r: r.totals.flops),
    Quantity("outputs", "outputs", lambda r: r.totals.outputs),
    Quantity("peak_inference", "peak bytes", lambda r: r.memory.peak.bytes),
    Quantity("saved_for_backward", "saved bytes", lambda r: r.memory.saved.bytes),
    Quantity("training", "training bytes", lambda r: r.memory.training.total),
)


class Figure(NamedTuple):
    """A network's value, its ratio to that of the first network (None to nothing), and whether none has less."""

    value: int
    ratio: Fraction | None
    best: bool


class Stage(NamedTuple):
    """What a network does on maps of one scale: the shapes it begins and ends with there, and sums."""

    first: Tensor
    last: Tensor
    totals: Totals


class Comparison(NamedTuple):
    """Networks side by side. ``totals`` has a figure per quantity and network.

    ``stages`` has for each scale, and for each network or None: a scale is the input's size over the map's,
    to the nearest power of 2, so that the stages of different networks meet; layers without space come last.
    """

    reports: tuple[Numbers, ...]
    totals: dict[str, tuple[Figure, ...]]
    stages: dict[str, tuple[Stage | None, ...]]

    def to_table(self, width: int = 80) -> str:
        """The comparison as text: networks in columns where they fit, else in rows."""
        from archcalc.comparison import totals_text

        return totals_text.table(self, width)

    def to_markdown(self) -> str:
        """The comparison as a Markdown table."""
        from archcalc.comparison import totals_text

        return totals_text.markdown(self)

    def to_csv(self) -> str:
        """A line per network for its totals and for each stage."""
        from archcalc.comparison import totals_text

        return totals_text.csv_text(self)

    def to_json(self) -> str:
        """The comparison as JSON, of schema ``comparison/1``."""
        from archcalc.comparison import totals_text

        return totals_text.to_json(self)

    def __str__(self) -> str:
        return self.to_table()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.to_table(), "text/markdown": self.to_markdown()}


def compare(*nets: Net | str | PathLike[str], batch: int = 1, dtype: str = "float32") -> Comparison:
    """Totals and stages of networks, or of the specs of these paths or names, side by side; ratios are to the first.

    ``batch`` multiplies MACs, FLOPs, outputs and bytes of activations; ``dtype`` is for bytes. Raises
    `UsageError` for fewer than two networks.

    >>> found = compare("vgg16", "resnet34")
    >>> [(figure.value, figure.best) for figure in found.totals["params"]]
    [(138357544, False), (21797672, True)]
    """
    if len(nets) < 2:
        raise UsageError(f"a comparison needs at least 2 networks, found {len(nets)}")
    reports = tuple(Numbers(loaded(net), batch, dtype) for net in nets)
    totals = {q.key: _figures([q.value(report) for report in reports], q.cost) for q in QUANTITIES}
    stages = [_stages(report) for report in reports]
    names = sorted({name for found in stages for name in found}, key=_place)
    return Comparison(reports, totals, {name: tuple(found.get(name) for found in stages) for name in names})


def _figures(values: Sequence[int], cost: bool) -> tuple[Figure, ...]:
    least = min(values)
    best = cost and max(values) > least
    return tuple(Figure(v, Fraction(v, values[0]) if values[0] else None, best and v == least) for v in values)


def _stages(report: Numbers) -> dict[str, Stage]:
    found: dict[str, list[Row]] = {}
    sizes = [max(x.spatial) for x in report.inputs.values() if x.space]
    for row in report.rows:
        found.setdefault(scale_of(row.out, max(sizes, default=1)), []).append(row)
    return {name: Stage(rows[0].out, rows[-1].out, total(rows)) for name, rows in found.items()}


def scale_of(out: Tensor, size: int) -> str:
    """The stage of a layer in a network whose input has maps of ``size``: 1/4, say.

    >>> scale_of(Tensor.of(96, 55, 55), 227), scale_of(Tensor.of(3, 448, 448), 224), scale_of(Tensor.of(10), 224)
    ('1/4', '2', 'vectors')
    """
    n = max(out.spatial, default=1)
    if n == 1:
        return SEQUENCES if "sequence" in out.axes or "window" in out.axes else VECTORS
    # The nearest power of 2 to size / n: 2ᵏ where (size / n)² is between 2²ᵏ⁻¹ and 2²ᵏ⁺¹.
    down = up = 0
    while size * size > n * n << 2 * down + 1:
        down += 1
    while n * n > size * size << 2 * up + 1:
        up += 1
    return f"1/{2**down}" if down else str(2**up)


def _place(name: str) -> tuple[int, Fraction]:
    """Stages from the largest map to the smallest, then those without space."""
    if name in (SEQUENCES, VECTORS):
        return 1 + (name == VECTORS), Fraction(0)
    return 0, -Fraction(name)
