"""`verify`: what archcalc derives of a spec, line by line against a real torch module."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from math import prod
from typing import Any

from torch import nn

from archcalc.analysis.receptive_field import fields
from archcalc.analysis.region import region
from archcalc.analysis.shapes import calls
from archcalc.crosscheck.build import build
from archcalc.crosscheck.card import chosen
from archcalc.crosscheck.cuda import on_card
from archcalc.crosscheck.gradient import Gradients
from archcalc.crosscheck.lines import Line, Verification
from archcalc.crosscheck.measure import Untraceable, macs, peak_bytes, saved_bytes
from archcalc.crosscheck.outputs import Pair, alike, outputs
from archcalc.crosscheck.reference import leaf_shapes, reference
from archcalc.crosscheck.subject import BATCH, Subject
from archcalc.net import Net

UNITS = 6
"""About so many layers, at two units each, whose field is checked by gradients."""


def verify(net: Net, against: str | None = None, device: str = "auto") -> Verification:
    """Compare a network in evaluation mode with a module, or with its own kinds' torch equivalents.

    ``against`` is by default torchvision's model where the spec is of that folder, else the module built
    from the spec. ``device``: meta checks tensors, shapes and MACs; cpu everything that runs there; cuda and
    cuda:1 also a card's memory, time and outputs, as auto does where there is a card. Raises `UsageError` for a
    reference that cannot be had or does not take the inputs, `Unavailable` for a card that is not there.
    """
    card, why = chosen(device)
    if against is None and net.spec.startswith("torchvision/"):
        against = "torchvision:" + net.spec.partition("/")[2]
    other = None if against is None else reference(against, net)
    subject = Subject(net, other)
    check = _Check(subject)
    lines, large = list(check.shapes()), subject.too_large()
    if device != "meta":
        lines += [_not_run("fields, memory and outputs", large)] if large else check.values()
    lines += on_card(subject, card) if card and not large else [
        _not_run("memory, time and outputs on a CUDA device", why or str(large))]
    return Verification(net.spec, against or "its kinds' torch equivalents", tuple(lines), str(card) if card else None)


def _not_run(check: str, why: str) -> Line:
    return Line(check, "not run", "", "", why)


class _Check:
    def __init__(self, subject: Subject) -> None:
        self.subject, self.net, self.other = subject, subject.net, subject.other
        self.trained, self.report, self.inputs = subject.trained, subject.report, subject.inputs

    def shapes(self) -> Iterator[Line]:
        """Tensors, output shapes and MACs; nothing is computed."""
        yield from self._tensors()
        built = build(self.net, "meta")
        found = {name: tuple(value.shape[1:]) for name, value in built.steps(*self.inputs(1, "meta"))}
        wrong = [row.name for row in self.report.rows if found[row.name] != row.shape]
        yield Line("output shapes", "differs" if wrong else "equal", f"{len(self.report.rows)} layers",
                   f"{len(found) - len(wrong)} of them", f"first: {wrong[0]}" if wrong else "by the rules' equivalents")
        if self.other is not None:
            yield self._reference_shapes(self.other)
        model, x = built if self.other is None else copy.deepcopy(self.other).eval().to("meta"), self.inputs(1, "meta")
        yield self._compared("MACs", self.report.totals.macs // BATCH, lambda: macs(model, *x),
                             "FlopCounterMode / 2, attention decomposed")

    def _reference_shapes(self, other: nn.Module) -> Line:
        """Outputs of the reference's modules that have parameters and no parts, against ours, in order."""
        theirs = leaf_shapes(copy.deepcopy(other).eval().to("meta"), *self.inputs(1, "meta"))
        ours = [(row.name, row.shape) for row in self.report.rows if row.call.params]
        what = "shapes in the reference"
        sizes = [sum(w.size for w in row.call.params.values()) for row in self.report.rows if row.call.params]
        if sizes != [size for _, _, size in theirs]:
            return Line(what, "not run", f"{len(ours)}", f"{len(theirs)}",
                        "not applicable: layers and modules with parameters are not one to one")
        wrong = [f"{name} {_times(a)} against {module} {_times(b)}"
                 for (name, a), (module, b, _) in zip(ours, theirs, strict=True) if a != b]
        return Line(what, "differs" if wrong else "equal", f"{len(ours)} layers with parameters",
                    f"{len(ours) - len(wrong)} modules", wrong[0] if wrong else "by hooks")

    def _tensors(self) -> Iterator[Line]:
        """Parameters and buffers in order: of registration, or of execution where that differs."""
        pairs = list(zip(self.trained.nodes, calls(self.trained), strict=True))
        model = build(self.trained, "meta") if self.other is None else self.other
        buffers = dict(model.named_buffers())
        for what, kind in (("parameters", "params"), ("buffers", "buffers")):
            ours = [(f"{node.name}.{name}", w.shape, w.role) for node, call in pairs
                    for name, w in getattr(call, kind).items() if name not in node.share]
            tried = []
            for remark, found in self.subject.orders(model):
                theirs = [(name, tuple(t.shape)) for name, t in found if (name in buffers) == (kind == "buffers")]
                tried.append((_first_difference(ours, theirs), remark))
                if tried[-1][0] is None:
                    break
            wrong = None if tried[-1][0] is None else tried[0][0]
            yield Line(what, "differs" if wrong else "equal", f"{sum(prod(s) for _, s, _ in ours):,} in {len(ours)}",
                       f"{sum(prod(s) for _, s in theirs):,} in {len(theirs)}", wrong or tried[-1][1])

    def values(self) -> Iterator[Line]:
        """Fields, memory and outputs, which need numbers."""
        yield self._field()
        other, x = self.other, self.inputs(BATCH)
        if other is not None:
            eager = self.subject.measured(lambda: peak_bytes(other.eval(), *x, eager=True))
            more = f"; eager scopes hold {eager:,}" if eager > self.report.memory.peak.bytes else ""
            yield self._peak(lambda: peak_bytes(other.eval(), *x), more)
        trained = copy.deepcopy(other) if other is not None else build(self.trained)
        yield self._compared("saved for backward, bytes", self.report.memory.saved.bytes,
                             lambda: saved_bytes(trained.train(), *x), f"hooks on saved tensors, batch {BATCH}")
        if other is not None:
            yield self.subject.measured(lambda: outputs(Pair(self.subject)), "does not run in float64")

    def _peak(self, measure: Callable[[], int], more: str) -> Line:
        what = "peak of inference, bytes"
        try:
            return self._compared(what, self.report.memory.peak.bytes, measure, f"live storages under fx, batch "
                                  f"{BATCH}{more}")
        except Untraceable as error:
            return _not_run(what, str(error))

    def _field(self) -> Line:
        """Middle and corner units of layers that see by position, backwards through the graph and by gradients."""
        what = "receptive field"
        if any(x.dtype for x in self.report.inputs.values()) or len(self.report.inputs) > 1:
            return Line(what, "not run", "", "", "not applicable: no single image as input")
        rows = [row for row, seen in zip(self.report.rows, fields(self.net)[1:], strict=True)
                if row.out.space and seen[0] and all(s.span is not None and s.fixed is None for s in seen[0])]
        if not rows:
            return Line(what, "not run", "", "", "not applicable: attention or pooling sees the whole input")
        chosen = rows[::max(1, len(rows) // UNITS)] + rows[-1:]
        ran, source = Gradients(self.net), next(iter(self.report.inputs))
        wrong, last = [], ""
        for row in chosen:
            for unit in (tuple(n // 2 for n in row.out.spatial), tuple(n - 1 for n in row.out.spatial)):
                ours, theirs = region(self.net, row.name, unit), ran.box(row.name, unit, source)
                last = f"{row.name} at {unit} sees {_box(theirs)}"
                wrong += [f"{row.name} at {unit}: {_box(ours)} against {_box(theirs)}"] if ours != theirs else []
        count = 2 * len(chosen)
        return Line(what, "differs" if wrong else "equal", f"{count} units",
                    f"{count - len(wrong)} of them by gradients", wrong[0] if wrong else last)

    def _compared(self, what: str, ours: int, measure: Callable[[], int], remark: str) -> Line:
        theirs = self.subject.measured(measure)
        return Line(what, "equal" if ours == theirs else "differs", f"{ours:,}", f"{theirs:,}", remark)


def _first_difference(ours: list[Any], theirs: list[Any]) -> str | None:
    for (name, shape, role), (other, found) in zip(ours, theirs, strict=False):
        if not alike(shape, found, role):
            return f"{name} {_times(shape)} against {other} {_times(found)}"
    if len(ours) == len(theirs):
        return None
    longer = ours[len(theirs)][0] if len(ours) > len(theirs) else theirs[len(ours)][0]
    return f"{'ours' if len(ours) > len(theirs) else 'the reference'} goes on with {longer}"


def _times(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "1"


def _box(ranges: tuple[range, ...]) -> str:
    return " × ".join(f"{r.start}…{r.stop - 1}" if r else "nothing" for r in ranges)
