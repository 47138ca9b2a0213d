"""`verify`: what archcalc derives of a spec, line by line against a real torch module."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from math import prod
from typing import Any, NamedTuple

import torch
from torch import nn

from archcalc.analysis.receptive_field import fields
from archcalc.analysis.region import region
from archcalc.analysis.shapes import calls
from archcalc.crosscheck.build import Built, build
from archcalc.crosscheck.gradient import Gradients
from archcalc.crosscheck.measure import macs, peak_bytes, saved_bytes
from archcalc.crosscheck.reference import execution, leaf_shapes, reference, tensors, varied
from archcalc.errors import Unavailable, UsageError
from archcalc.net import Net
from archcalc.reports.report import Report

DEVICES = ("auto", "meta", "cpu", "cuda")
BATCH = 2
"""Samples in the checks of memory: with one, batch normalization refuses maps of one pixel."""

UNITS = 6
"""About so many layers, at two units each, whose field is checked by gradients."""

TOLERANCE = 1e-8
"""Relative and absolute tolerance of outputs in float64."""


class Line(NamedTuple):
    """One check: its name, ``equal``, ``differs`` or ``not run``, both figures, and a remark."""

    check: str
    verdict: str
    ours: str
    theirs: str
    remark: str = ""


class Verification(NamedTuple):
    """All checks of one spec."""

    spec: str
    against: str
    lines: tuple[Line, ...]

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return all(line.verdict != "differs" for line in self.lines)


def verify(net: Net, against: str | None = None, device: str = "auto") -> Verification:
    """Compare a network in evaluation mode with a module, or with its own kinds' torch equivalents.

    ``against`` is by default torchvision's model where the spec is of that folder, else the module built
    from the spec. ``device``: meta checks tensors, shapes and MACs; cpu everything that runs there;
    auto is cpu. Raises `UsageError` for a reference that cannot be had or does not take the inputs.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise Unavailable("no CUDA device here: use --device cpu, or a machine and a torch build with CUDA")
    if against is None and net.spec.startswith("torchvision/"):
        against = "torchvision:" + net.spec.partition("/")[2]
    other = None if against is None else reference(against, net)
    check = _Check(net, other)
    lines = list(check.shapes())
    if device != "meta":
        lines += list(check.values())
    lines.append(Line("CUDA memory and time", "not run", "", "", "not measured by this version"
                      if torch.cuda.is_available() else "no CUDA device here"))
    return Verification(net.spec, against or "its kinds' torch equivalents", tuple(lines))


class _Check:
    def __init__(self, net: Net, other: nn.Module | None) -> None:
        self.net, self.other = net, other
        self.trained = net.in_mode("train")
        self.report = Report(net, BATCH)
        if other is not None:
            self._run(lambda: execution(copy.deepcopy(other).eval().to("meta"), *self.inputs(1, "meta")))

    def _run(self, measure: Callable[[], Any]) -> Any:
        """What a measurement of the reference gives; it may be a user's, and raise anything."""
        try:
            return measure()
        except Exception as error:
            raise UsageError(f"{self.net.spec}: the reference does not run: {type(error).__name__}: {error}") from None

    def inputs(self, batch: int, device: str = "cpu", dtype: Any = None) -> list[torch.Tensor]:
        """Random inputs; integers are zeros."""
        generator = torch.Generator().manual_seed(0)
        return [torch.zeros(batch, *x.dims, dtype=getattr(torch, x.dtype), device=device) if x.dtype else
                torch.rand(batch, *x.dims, generator=generator, dtype=dtype).to(device)
                for x in self.report.inputs.values()]

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
        if len(ours) != len(theirs):
            return Line(what, "not run", f"{len(ours)}", f"{len(theirs)}",
                        "not applicable: layers and modules with parameters are not one to one")
        wrong = [f"{name} {_times(a)} against {module} {_times(b)}"
                 for (name, a), (module, b) in zip(ours, theirs, strict=True) if a != b]
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
            for remark, found in self._orders(model):
                theirs = [(name, tuple(t.shape)) for name, t in found if (name in buffers) == (kind == "buffers")]
                tried.append((_first_difference(ours, theirs), remark))
                if tried[-1][0] is None:
                    break
            wrong = None if tried[-1][0] is None else tried[0][0]
            yield Line(what, "differs" if wrong else "equal", f"{sum(prod(s) for _, s, _ in ours):,} in {len(ours)}",
                       f"{sum(prod(s) for _, s in theirs):,} in {len(theirs)}", wrong or tried[-1][1])

    def _orders(self, model: nn.Module) -> Iterator[tuple[str, list[tuple[str, torch.Tensor]]]]:
        """The reference's tensors as it registers them, then as its modules run."""
        yield "in order of registration", tensors(model)
        device = next((t.device.type for t in model.parameters()), "cpu")
        dtype = next((t.dtype for t in model.parameters()), None)
        yield "in order of execution", tensors(model, execution(model.eval(), *self.inputs(1, device, dtype)))

    def values(self) -> Iterator[Line]:
        """Fields, memory and outputs, which need numbers."""
        yield self._field()
        other, x = self.other, self.inputs(BATCH)
        if other is not None:
            eager = self._run(lambda: peak_bytes(other.eval(), *x, eager=True))
            more = f"; eager scopes hold {eager:,}" if eager > self.report.memory.peak.bytes else ""
            yield self._compared("peak of inference, bytes", self.report.memory.peak.bytes,
                                 lambda: peak_bytes(other.eval(), *x), f"live storages under fx, batch {BATCH}{more}")
        trained = copy.deepcopy(other) if other is not None else build(self.trained)
        yield self._compared("saved for backward, bytes", self.report.memory.saved.bytes,
                             lambda: saved_bytes(trained.train(), *x), f"hooks on saved tensors, batch {BATCH}")
        if other is not None:
            yield self._outputs(other)

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

    def _outputs(self, other: nn.Module) -> Line:
        """The reference's tensors in the module built from the spec: the same numbers on the same input."""
        theirs = varied(copy.deepcopy(other).eval().double())
        # With all that training has, so that tensors match one by one; in evaluation it gives the same.
        ours = build(self.trained, dtype=torch.float64).eval()
        x = self.inputs(1, dtype=torch.float64)
        if not any(_loaded(ours, found) for _, found in self._orders(theirs)):
            return Line("outputs", "differs", "", "", "the reference's tensors do not fit")
        with torch.no_grad():
            a, b = ours(*x), theirs(*x)
        a = a[self.report.outputs[0]] if isinstance(a, dict) else a
        b = next(iter(b.values())) if isinstance(b, dict) else b
        apart = float((a - b).abs().max())
        if not bool(b.any()):
            return Line("outputs", "not run", "0", "0", "all outputs are 0, which proves nothing")
        same = a.shape == b.shape and torch.allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE)
        return Line("outputs", "equal" if same else "differs", f"largest {float(a.abs().max()):.6g}",
                    f"largest {float(b.abs().max()):.6g}", f"largest difference {apart:.2g}, in float64")

    def _compared(self, what: str, ours: int, measure: Callable[[], int], remark: str) -> Line:
        theirs = self._run(measure)
        return Line(what, "equal" if ours == theirs else "differs", f"{ours:,}", f"{theirs:,}", remark)


def _alike(ours: tuple[int, ...], theirs: tuple[int, ...], role: str) -> bool:
    """Equal shapes, but for axes of 1 (a batch), and tables of positions that are kept flat."""
    if role == "index" and prod(ours) == prod(theirs):
        return True
    return [n for n in ours if n != 1] == [n for n in theirs if n != 1]


def _first_difference(ours: list[Any], theirs: list[Any]) -> str | None:
    for (name, shape, role), (other, found) in zip(ours, theirs, strict=False):
        if not _alike(shape, found, role):
            return f"{name} {_times(shape)} against {other} {_times(found)}"
    if len(ours) == len(theirs):
        return None
    longer = ours[len(theirs)][0] if len(ours) > len(theirs) else theirs[len(ours)][0]
    return f"{'ours' if len(ours) > len(theirs) else 'the reference'} goes on with {longer}"


def _times(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "1"


def _box(ranges: tuple[range, ...]) -> str:
    return " × ".join(f"{r.start}…{r.stop - 1}" if r else "nothing" for r in ranges)


def _loaded(ours: Built, found: list[tuple[str, torch.Tensor]]) -> bool:
    """Copy the reference's tensors into ours, one by one, if all fit."""
    pairs = list(zip([t for _, t in tensors(ours)], [t for _, t in found], strict=False))
    if len(tensors(ours)) != len(found) or not all(
            _alike(tuple(a.shape), tuple(b.shape), "" if b.is_floating_point() else "index") for a, b in pairs):
        return False
    with torch.no_grad():
        for a, b in pairs:
            a.copy_(b.reshape(a.shape))
    return True
