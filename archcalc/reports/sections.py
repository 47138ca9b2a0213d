"""Sections of a report beside its table: memory, a better order, placement, what one unit sees."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence

from archcalc.analysis.order import Order, best_order
from archcalc.analysis.placement import Spread, spread
from archcalc.analysis.region import region
from archcalc.errors import UsageError
from archcalc.reports.json import bytes_of, memory_of
from archcalc.reports.model import Numbers
from archcalc.spec.sections import augmentation, placement

ALIVE = 12


def memory_text(report: Numbers) -> str:
    """Every line of the memory of a report, and what is alive at the peak of inference."""
    m, step = report.memory, report.memory.training
    lines = [f"{report.net.name} · memory in bytes, {report.dtype}, batch {report.batch:,}", ""]
    lines += _aligned([("parameters", m.params), ("buffers", m.buffers), ("outputs of all layers", m.outputs),
                       ("peak of inference", m.peak.bytes), ("  without what torch keeps and need not", m.peak.minimum),
                       ("saved for backward", m.saved.bytes),
                       ("  without what torch keeps and need not", m.saved.minimum)])
    lines += ["", f"alive at the peak, {m.peak.layer}:"]
    lines += _aligned([(f"  {name}", size) for name, size in m.peak.alive[:ALIVE]])
    if len(m.peak.alive) > ALIVE:
        lines.append(f"  and {len(m.peak.alive) - ALIVE} more")
    how = ", checkpoints at top-level blocks" if report.checkpoint else ""
    lines += ["", f"a training step with {report.optimizer}{how}:"]
    lines += _aligned([("  parameters", step.params), ("  gradients of parameters", step.gradients),
                       ("  state of the optimizer", step.optimizer), ("  saved for backward", step.saved),
                       ("  gradients of activations (estimate)", step.working), ("  total (estimate)", step.total)])
    if m.saved.surplus:
        names = ", ".join(f"{name} {size:,}" for name, size in m.saved.surplus.items())
        lines += ["", *textwrap.wrap(f"torch keeps beyond what mathematics needs: {names} bytes.", 80)]
    lines += ["", *textwrap.wrap(
        "Peak and saved bytes are torch's on the CPU: values are dropped after their last reader, inputs count "
        "throughout, parameters and buffers do not. The estimate takes all saved tensors as held while the "
        "gradients of activations are at their most.", 80)]
    return "\n".join(lines) + "\n"


def order_of(report: Numbers) -> Order:
    """The order with the lowest peak of inference."""
    return best_order(report.net.in_mode("eval"), report.dtype, report.batch)


def order_text(report: Numbers) -> str:
    """The order with the lowest peak, what it gains, and whether it is the best there is."""
    order = order_of(report)
    proof = "no order has a lower one" if order.exact else \
        f"the search stopped at {order.stopped}; no order is below {order.bound:,}"
    lines = [f"{report.net.name} · order of execution, {report.dtype}, batch {report.batch:,}", ""]
    lines += _aligned([("peak of inference in the spec's order", order.given), ("lowest peak found", order.peak),
                       ("gain", order.gain), ("lower bound of any order", order.bound)])
    lines += ["", *textwrap.wrap(f"Of the lowest peak found: {proof}.", 80)]
    if order.gain:
        lines += ["", "the better order:", *(f"  {name}" for name in order.layers)]
    return "\n".join(lines) + "\n"


def spread_of(report: Numbers) -> Spread | None:
    """The network over the devices of its `placement`, if it has one."""
    found = placement(report.net)
    if found is None:
        return None
    return spread(report.net, found.devices, found.split is not None, found.layers, report.dtype, report.batch)


def placement_text(report: Numbers) -> str:
    """Per device what it holds and does, and each crossing between devices."""
    found = spread_of(report)
    if found is None:
        raise UsageError(f"{report.net.spec} has no `placement`")
    on = f"placement on {len(found.devices)} devices, {report.dtype}, batch {report.batch:,}"
    lines = [f"{report.net.name} · {on}", ""]
    head = ["device", "params", "MACs", "activation bytes", "peak bytes"]
    rows = [[str(i), f"{d.params:,}", f"{d.macs:,}", f"{d.activations:,}", f"{d.peak:,}"]
            for i, d in enumerate(found.devices)]
    sizes = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines += ["  ".join(t.rjust(n) for t, n in zip(row, sizes, strict=True)) for row in [head, *rows]]
    lines += ["", "bytes that cross between devices in a forward pass:"]
    lines += _aligned([(f"  {c.source} → {c.layer}", c.bytes) for c in found.crossings] + [("  total", found.forward)])
    lines += ["", *textwrap.wrap(f"In training as many bytes of gradients go back: {found.training:,} in all. The "
                                 "network's input is on every device. A peak counts what a layer receives while it "
                                 "runs.", 80)]
    return "\n".join(lines) + "\n"


def _aligned(rows: Sequence[tuple[str, int]]) -> list[str]:
    size = max((len(name) for name, _ in rows), default=0)
    width = max((len(f"{value:,}") for _, value in rows), default=0)
    return [f"{name:<{size}}  {value:>{width},}" for name, value in rows]


def region_text(report: Numbers, unit: str, source: str | None, as_data: bool) -> str:
    """The region of the input, or of an earlier layer, that one unit sees: ``conv5@6,6``."""
    layer, at, indices = unit.partition("@")
    try:
        position = tuple(int(i) for i in indices.split(","))
    except ValueError:
        position = ()
    if not at or not position:
        raise UsageError(f"--field-of takes LAYER@I,J, such as conv5@6,6; found '{unit[:80]}'")
    names = [source] if source is not None else list(report.inputs)
    found = {name: region(report.net, layer, position, name) for name in names}
    if as_data:
        return json.dumps({"schema": "region/1", "layer": layer, "unit": list(position), "regions": {
            name: [[r.start, r.stop - 1] if r else None for r in ranges] for name, ranges in found.items()}}) + "\n"
    lines = []
    for name, ranges in found.items():
        sizes = [str(len(r)) for r in ranges]
        places = " × ".join(f"{r.start}…{r.stop - 1}" if r else "nothing" for r in ranges)
        lines.append(f"{layer} at ({', '.join(map(str, position))}) sees {places} of {name}: {'×'.join(sizes)}")
    return "\n".join(lines) + "\n"


def as_json(report: Numbers, section: str | None) -> str:
    """A section as a JSON text."""
    if section == "memory":
        return json.dumps({"schema": "memory/1", "spec": report.net.spec, "bytes": bytes_of(report),
                           **memory_of(report)}, indent=1) + "\n"
    if section == "order":
        order = order_of(report)
        return json.dumps({"schema": "order/1", "spec": report.net.spec, "peak": order.peak, "given": order.given,
                           "gain": order.gain, "bound": order.bound, "exact": order.exact, "stopped": order.stopped,
                           "layers": list(order.layers)}, indent=1) + "\n"
    found = spread_of(report)
    if found is None:
        raise UsageError(f"{report.net.spec} has no `placement`")
    return json.dumps({"schema": "placement/1", "spec": report.net.spec, "forward": found.forward,
                       "training": found.training, "devices": [d._asdict() for d in found.devices],
                       "crossings": [c._asdict() for c in found.crossings]}, indent=1) + "\n"


def augmentation_steps(report: Numbers) -> list[tuple[str, str, str]]:
    """The number of distinct training images that the spec's `augmentation` makes of one, as arithmetic."""
    found = augmentation(report.net)
    if found is None:
        return []
    places = found.image - found.crop + 1
    flips = 2 if found.flip else 1
    steps = [(f"{found.image} − {found.crop} + 1", f"{places:,}", " places of a crop along an axis")]
    text = f"{places}·{places}" + (f"·{flips}" if found.flip else "")
    return [*steps, (text, f"{places * places * flips:,}", " distinct crops of an image"
                     + (", reflected or not" if found.flip else ""))]
