"""Totals and stages of several networks, side by side with ratios."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple

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


class Compared(NamedTuple):
    """Networks side by side. ``totals`` has a figure per quantity and network.

    ``stages`` has for each scale, and for each network or None: a scale is the input's size over the map's,
    to the nearest power of 2, so that the stages of different networks meet; layers without space come last.
    """

    reports: tuple[Numbers, ...]
    totals: dict[str, tuple[Figure, ...]]
    stages: dict[str, tuple[Stage | None, ...]]

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What ``totals`` has, in order."""
        return quantities(self.reports)


def quantities(reports: Sequence[Numbers]) -> tuple[Quantity, ...]:
    """What is compared: a tool's count too, where the reports have one."""
    name = reports[0].count
    return (*QUANTITIES, Quantity("count", f"count of {name}", lambda r: r.counted.total)) if name else QUANTITIES


def compared(*reports: Numbers) -> Compared:
    """Totals and stages of networks side by side; ratios are to the first."""
    totals = {q.key: _figures([q.value(report) for report in reports], q.cost) for q in quantities(reports)}
    stages = [_stages(report) for report in reports]
    names = sorted({name for found in stages for name in found}, key=_place)
    return Compared(reports, totals, {name: tuple(found.get(name) for found in stages) for name in names})


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
