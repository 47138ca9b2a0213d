"""Every number of a report as written-out arithmetic, from the same rules that gave the number."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from archcalc.analysis.receptive_field import AxisField
from archcalc.analysis.shapes import Call
from archcalc.analysis.storage import BYTES
from archcalc.reports.groups import fold
from archcalc.reports.model import Numbers, Row
from archcalc.reports.sections import augmentation_steps
from archcalc.spec.sections import placement
from archcalc.tensor import Weight

WHAT = ("shape", "params", "macs", "flops", "field", "memory")
"""What can be explained, in order."""

TERMS = 40
"""A sum of more terms than this is given by its number of terms."""


class Step(NamedTuple):
    """One equation: what it is about, its arithmetic, and its result with a unit or remark."""

    what: str
    arithmetic: str
    result: str
    remark: str = ""

    def __str__(self) -> str:
        return f"{self.arithmetic} = {self.result}{self.remark}" if self.arithmetic else f"{self.result}{self.remark}"


class Explanation(NamedTuple):
    """The steps of one layer, or of the totals (whose name is empty)."""

    name: str
    title: str
    steps: tuple[Step, ...]


def explain(report: Numbers, layers: Sequence[str] = (), what: Sequence[str] = WHAT) -> list[Explanation]:
    """Explanations of some layers, by full name or as all below a block's, or of all layers and the totals."""
    rows = report.rows if not layers else [row for row in report.rows if _named(row, layers)]
    found = [Explanation(row.name, f"{row.kind} {row.label}".strip(), tuple(_steps(report, row, what))) for row in rows]
    return found if layers else [*found, Explanation("", "totals", tuple(_totals(report, what)))]


def _named(row: Row, layers: Sequence[str]) -> bool:
    return any(row.name == name or row.name.startswith(name + ".") for name in layers)


def _steps(report: Numbers, row: Row, what: Sequence[str]) -> Iterator[Step]:
    rules: dict[str, Callable[[Numbers, Row], Iterator[Step]]] = {
        "shape": _shape, "params": _params, "macs": _macs, "flops": _flops, "field": _field, "memory": _memory}
    for name in WHAT:
        if name in what:
            yield from rules[name](report, row)


def _shape(report: Numbers, row: Row) -> Iterator[Step]:
    call = row.call
    derived = call.layer.derivation(*call.inputs)
    groups: dict[tuple[str, int], list[str]] = {}
    for axis, text in derived.items():
        groups.setdefault((text, call.out.dims[axis]), []).append(axis_name(call, axis))
    for (text, size), axes in groups.items():
        yield Step("shape", text, f"{size:,}", f"  ({' and '.join(axes)})")
    before = ", ".join(map(str, call.inputs)) or "none"
    change = f"{before} → {call.out}" if (call.out,) != call.inputs else f"{call.out}, as its input"
    yield Step("shape", "", change, _given(call, derived))


def _given(call: Call, derived: dict[int, str]) -> str:
    """Which fields set the sizes that no arithmetic gives."""
    fields = {value: name for name, value in call.layer if isinstance(value, int) and not isinstance(value, bool)}
    sizes = [f"{fields[n]} = {n:,}" for i, n in enumerate(call.out.dims)
             if i not in derived and n in fields and (len(call.inputs) != 1 or n not in call.inputs[0].dims)]
    return f"  ({', '.join(dict.fromkeys(sizes))})" if sizes else ""


def axis_name(call: Call, axis: int) -> str:
    """What an output axis is called: channels, height, width …"""
    role = call.out.axes[axis]
    if role != "space":
        return {"channel": "channels", "sequence": "length", "window": "windows"}[role]
    names = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}.get(len(call.out.space))
    return names[call.out.space.index(axis)] if names else f"axis {axis}"


def _params(report: Numbers, row: Row) -> Iterator[Step]:
    if not row.call.params:
        return
    tied = [name for name in row.call.params if name not in row.tensors]
    weights = {name: w for name, w in row.tensors.items() if w.role == "weight"}
    others = {name: w for name, w in row.tensors.items() if w.role != "weight"}
    rest = "".join(f" (+ {w.size:,} {_plural(name)})" for name, w in others.items())
    for i, (name, w) in enumerate(weights.items()):
        label = "weights" if name == "weight" else name
        remark = f" {label}{rest if i == len(weights) - 1 else ''}"
        yield Step("params", _factors(report, row, w), f"{w.size:,}", remark)
    sizes = [w.size for w in row.tensors.values()]
    if len(sizes) > 1:
        names = "" if weights else f"  ({', '.join(others)})"
        yield Step("params", " + ".join(f"{n:,}" for n in sizes), f"{row.params:,}", f" parameters{names}")
    for name in tied:
        owner, tensor = row.node.share[name]
        yield Step("params", "", "0", f"  ({name} is {report.net.nodes[owner].name}.{tensor}, counted there)")


def _plural(name: str) -> str:
    return "biases" if name == "bias" else name


def _factors(report: Numbers, row: Row, w: Weight) -> str:
    """A weight's axes as factors, the window first: ``11 × 11 × 3 × 48 × 2 groups``."""
    sizes = [size for _, size in w.axes]
    ordered = [*sizes[2:], *sizes[1:2]]
    groups = _groups(report, row)
    last = [f"{sizes[0] // groups}", f"{groups} groups"] if groups > 1 and len(sizes) > 1 else [str(sizes[0])]
    return " × ".join([*map(str, ordered), *last])


def _groups(report: Numbers, row: Row) -> int:
    """The layer's groups; where it has none but its filters are split over devices, these."""
    groups = getattr(row.call.layer, "groups", None)
    if groups is None or groups > 1:
        return groups or 1
    placed = placement(report.net)
    split = placed is not None and placed.split and row.call.out.channels % placed.devices == 0
    return placed.devices if placed is not None and split else 1


def _macs(report: Numbers, row: Row) -> Iterator[Step]:
    products = row.call.products
    batch = [f"{report.batch}"] if report.batch > 1 else []
    for name, factors in products.items():
        text = " × ".join([*batch, *(f"{n:,} {unit}".strip() for n, unit in factors)])
        value = report.batch * math.prod(n for n, _ in factors)
        yield Step("macs", text, f"{value:,}", f" MACs{'  (' + name + ')' if name else ''}")
    if len(products) > 1:
        values = [report.batch * math.prod(n for n, _ in factors) for factors in products.values()]
        yield Step("macs", " + ".join(f"{v:,}" for v in values), f"{row.macs:,}", " MACs")


def _flops(report: Numbers, row: Row) -> Iterator[Step]:
    if not row.flops:
        return
    rest = row.flops - 2 * row.macs
    if rest:
        yield from _operations(row, rest)
    if row.macs:
        yield Step("flops", f"2 × {row.macs:,}" + (f" + {rest:,}" if rest else ""), f"{row.flops:,}", " FLOPs")


def _operations(row: Row, rest: int) -> Iterator[Step]:
    """Operations besides MACs, as so many per output or input element where they are that."""
    inputs = row.outputs // row.out.size * sum(x.size for x in row.call.inputs)
    for size, name in ((row.outputs, "outputs"), (inputs, "inputs")):
        if size and rest % size == 0:
            yield Step("flops", f"{rest // size} × {size:,} {name}", f"{rest:,}", " other operations")
            return
    yield Step("flops", "", f"{rest:,}", " other operations")


def _field(report: Numbers, row: Row) -> Iterator[Step]:
    field = report.field(row)
    if field is None:
        return
    if row.call.pointwise and len(row.node.inputs) == 1:
        yield Step("field", "", _field_text(field[0]) if len(set(field)) == 1 else "", "as its input's")
        return
    texts = [_field_step(report, row, axis, f) for axis, f in enumerate(field)]
    alike = len(set(texts)) == 1
    for axis, steps in enumerate(texts[:1] if alike else texts):
        where = "" if alike else f"  (axis {axis + 1} of the input)"
        for text, result, remark in steps:
            yield Step("field", text, result, remark + where)


def _field_text(f: AxisField) -> str:
    stride = "" if f.stride is None else f"stride {f.stride}, "
    start = "" if f.start is None else f"start {_signed(f.start)}, "
    return f"{f.size} size, {stride}{start}"


def _signed(n: int) -> str:
    return str(n).replace("-", "−")


def _field_step(report: Numbers, row: Row, axis: int, f: AxisField) -> tuple[tuple[str, str, str], ...]:
    """How the field along one axis of the input comes from that of the layer before."""
    before = [report.rows[i - report.net.n_inputs] for i in row.node.inputs if i >= report.net.n_inputs]
    fields = [found[axis] for r in before if (found := report.field(r)) is not None]
    if len(before) < len(row.node.inputs):
        fields.append(AxisField(1, Fraction(1), 0, True))
    reach = _window(row.call, axis)
    if len(fields) == 1 and reach is not None and fields[0].start is not None and f.stride is not None \
            and fields[0].phases == f.phases == 1:
        return _slid(fields[0], fields[0].start, f, reach)
    how = ""
    if len(fields) > 1:
        paths = ", ".join(f"{g.size} from {_signed(g.start)}" if g.start is not None else str(g.size) for g in fields)
        how = f", the hull of paths of {paths}{'' if f.aligned else ', not aligned'}"
    elif f.stride is None:
        how = ", all units together"
    return (("", str(f.size), f" size{how}"), *((("", str(f.stride), " stride"),) if f.stride is not None else ()),
            *((("", _signed(f.start), " start"),) if f.start is not None else ()))


def _slid(old: AxisField, start: int, f: AxisField, reach: tuple[int, int, int]) -> tuple[tuple[str, str, str], ...]:
    """A window's three equations, each only where it changes something."""
    first, last, advance = reach
    moved = f"{_signed(start)} {'−' if first < 0 else '+'} {abs(first)}·{old.stride}" if first else ""
    return (("" if first == last else f"{old.size} + ({last - first + 1} − 1)·{old.stride}", str(f.size), " size"),
            (f"{old.stride}·{advance}" if advance != 1 else "", str(f.stride), " stride"),
            (moved, _signed(f.start or 0), " start"))


def _window(call: Call, axis: int) -> tuple[int, int, int] | None:
    """First and last unit seen by unit 0 along a spatial axis of the only input, and the advance."""
    if len(call.inputs) != 1 or len(call.sights) != 1 or axis >= len(call.inputs[0].space):
        return None
    wanted = call.inputs[0].space[axis]
    for pair in call.sights[0].axes:
        if pair is not None and pair[0] == wanted and pair[1].period == 1 and not pair[1].constant:
            units = pair[1].phases[0]
            return (units[0], units[1] - (units[1] - units[0]) % units[2], pair[1].advance) if units else None
    return None


def _memory(report: Numbers, row: Row) -> Iterator[Step]:
    width = BYTES[row.out.dtype or report.dtype]
    dims = " × ".join([*([str(report.batch)] if report.batch > 1 else []), *map(str, row.out.dims)])
    shared = ", the storage of its input" if row.call.sights else ", the parameter itself"
    storage = shared if row.call.layer.reuse == "view" else ""
    yield Step("memory", f"{dims} × {width} bytes", f"{row.outputs * width:,}", f" bytes of output{storage}")


def _totals(report: Numbers, what: Sequence[str]) -> Iterator[Step]:
    groups = fold(report, 1)
    for key, name in (("params", "parameters"), ("macs", "MACs"), ("flops", "FLOPs")):
        if key in what:
            terms = [(g.name, getattr(g.totals, key)) for g in groups if getattr(g.totals, key)]
            text = " + ".join(f"{value:,} ({name})" for name, value in terms) if len(terms) <= TERMS \
                else f"the sum over {len(terms)} layers and blocks"
            yield Step(key, text if len(terms) > 1 else "", f"{getattr(report.totals, key):,}", f" {name}")
    if "memory" in what:
        m, step = report.memory, report.memory.training
        width = BYTES[report.dtype]
        yield Step("memory", f"{report.totals.params:,} × {width} bytes", f"{m.params:,}", " bytes of parameters")
        alive = " + ".join(f"{size:,} ({name})" for name, size in m.peak.alive[:TERMS])
        yield Step("memory", alive if len(m.peak.alive) <= TERMS else "", f"{m.peak.bytes:,}",
                   f" bytes at the peak of inference, {m.peak.layer}")
        parts = [step.params, step.gradients, step.optimizer, step.saved, step.working]
        yield Step("memory", " + ".join(f"{p:,}" for p in parts), f"{step.total:,}",
                   f" bytes of training with {report.optimizer} (parameters, gradients, optimizer, saved, an estimate "
                   "of activations' gradients)")
    yield from (Step("augmentation", *step) for step in augmentation_steps(report))
