"""Charts over the order of execution: a bar for each layer, or the most of several, and bytes alive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import NamedTuple

from archcalc.analysis.memory import liveness
from archcalc.analysis.storage import BYTES
from archcalc.diagrams.text import clip
from archcalc.reports.model import Numbers, Row

BARS = 600
"""Bars at most: with more layers, a bar is the largest of several."""
HIGH = 100
"""Height of a chart in its own units; a layer is one unit wide."""
_LETTER = 0.9
"""Width of a letter of a label in percent of a chart as wide as a screen allows."""


class Chart(NamedTuple):
    """A chart: its key, heading and a sentence that says what is most; a path for each role; a line to compare with."""

    key: str
    head: str
    says: str
    layers: int
    paths: tuple[tuple[str, str], ...]
    line: float | None = None


class Stretch(NamedTuple):
    """Layers whose names begin alike: the name, if there is room for it, and percents from the left."""

    label: str
    start: float
    width: float


def charts(report: Numbers) -> list[Chart]:
    """Parameters, MACs, output bytes, receptive fields, and the bytes alive while each layer runs for inference."""
    found = [_counts(report, "params", "Parameters", "", lambda row: row.params),
             _counts(report, "macs", "MACs", "", lambda row: row.macs),
             _counts(report, "memory", "Memory of outputs", " bytes",
                     lambda row: row.outputs * BYTES[row.out.dtype or report.dtype])]
    return [chart for chart in [*found, _fields(report), _alive(report)] if chart is not None]


def _counts(report: Numbers, key: str, head: str, unit: str, value: Callable[[Row], int]) -> Chart | None:
    values = [value(row) for row in report.rows]
    most = max(values, default=0)
    if not most:
        return None
    where = report.rows[values.index(most)].name
    share = f", {100 * most / sum(values):.1f}% of all"
    return Chart(key, head, f"most in {clip(where)}: {most:,}{unit}{share}", len(values), _bars(report, values))


def _fields(report: Numbers) -> Chart | None:
    fields = [report.field(row) for row in report.rows]
    values = [max((f.size for f in field), default=0) if field else 0 for field in fields]
    sizes = [n for x in list(report.inputs.values())[:1] for n in x.spatial]
    if not any(values) or not sizes:
        return None
    most, seen = max(values), max(sizes)
    covering = next((row.name for row in report.rows if report.covers(row)), None)
    says = f"covers the input of {seen:,} from {clip(covering)} on" if covering is not None \
        else f"up to {most:,} of the input's {seen:,}"
    return Chart("field", "Receptive field", says, len(values), _bars(report, values),
                 HIGH * (1 - seen / most) if seen <= most else None)


def _alive(report: Numbers) -> Chart | None:
    values, peak = alive(report), report.memory.peak
    if not peak.bytes or not values:
        return None
    tops = "".join(f"H{a}V{_height(v, peak.bytes)}H{b}" for a, b, v in _binned(values))
    return Chart("alive", "Memory alive in inference", f"peak {peak.bytes:,} bytes, in {clip(peak.layer)}", len(values),
                 (("alive", f"M0 {HIGH}{tops}V{HIGH}z"),))


def alive(report: Numbers) -> list[int]:
    """Bytes alive while each layer runs for inference; 0 for layers that are there in training only."""
    found = dict(liveness(report.net.in_mode("eval"), report.dtype, report.batch))
    return [found.get(row.name, 0) for row in report.rows]


def _binned(values: Sequence[int]) -> list[tuple[int, int, int]]:
    """From, to and the most of as many layers as one bar stands for."""
    size = -(-len(values) // BARS)
    return [(i, min(i + size, len(values)), max(values[i:i + size])) for i in range(0, len(values), size)]


def _bars(report: Numbers, values: Sequence[int]) -> tuple[tuple[str, str], ...]:
    """A path of bars for each family of layers, in its colour."""
    paths: dict[str, str] = {}
    gap, most = (0.12 if len(values) <= BARS else 0), max(values)
    for a, b, value in _binned(values):
        if value:
            role = report.rows[a + values[a:b].index(value)].call.layer.family
            bar = f"M{a + gap:g} {HIGH}V{_height(value, most)}H{b - gap:g}V{HIGH}z"
            paths[role] = paths.get(role, "") + bar
    return tuple(sorted(paths.items()))


def _height(value: int, most: int) -> str:
    """The place of a bar's top, downwards; what is not 0 is seen."""
    return f"{min(HIGH * (1 - value / most), HIGH - 0.8):.4g}" if value else f"{HIGH}"


def stretches(report: Numbers) -> list[Stretch]:
    """Where in the order of execution each top-level name stands."""
    found, at = [], 0
    total = max(len(report.rows), 1)
    for name, rows in groupby(report.rows, key=lambda row: row.name.split(".")[0]):
        n = len(list(rows))
        width = 100 * n / total
        label = clip(name, 20)
        found.append(Stretch(label if len(label) * _LETTER < width else "", round(100 * at / total, 3),
                             round(width, 3)))
        at += n
    return found
