"""Outputs: the module built from the spec and the reference, on the same weights and input."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from math import prod
from typing import Any

import torch
from torch import nn

from archcalc.crosscheck.build import Built, build
from archcalc.crosscheck.lines import Line
from archcalc.crosscheck.reference import tensors, varied
from archcalc.crosscheck.subject import Subject

TOLERANCE = 1e-8
"""Relative and absolute tolerance of outputs in float64."""


class Pair:
    """The module built from the spec with the reference's tensors in it, and the reference, in float64 on the CPU.

    ``fits`` says whether the tensors went in. Without a reference, ``theirs`` is None.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.x = subject.inputs(1, dtype=torch.float64)
        # With all that training has, so that tensors match one by one; in evaluation it gives the same.
        self.ours = build(subject.trained, dtype=torch.float64).eval()
        self.theirs: nn.Module | None = None
        if subject.other is None:
            varied(self.ours)
            self.fits = True
        else:
            self.theirs = varied(copy.deepcopy(subject.other).eval().double())
            self.fits = any(_loaded(self.ours, found) for _, found in subject.orders(self.theirs))

    def run(self, device: Any = "cpu", dtype: torch.dtype = torch.float64) -> list[torch.Tensor]:
        """The first output of ours, and of theirs if there is one, computed there in a type; float64 on the CPU."""
        found = []
        for module in filter(None, (self.ours, self.theirs)):
            there = module if dtype == torch.float64 else copy.deepcopy(module).to(device, dtype)
            x = [t.to(device, dtype if t.is_floating_point() else None) for t in self.x]
            with torch.no_grad():
                out = there(*x)
            found.append(_first(out).to("cpu", torch.float64))
        return found


def _first(out: Any) -> torch.Tensor:
    """Of several outputs, the first."""
    while not isinstance(out, torch.Tensor):
        out = next(iter(out.values() if isinstance(out, dict) else out))
    return out


def outputs(pair: Pair) -> Line:
    """The reference's tensors in the module built from the spec: the same numbers on the same input, in float64."""
    if not pair.fits:
        return Line("outputs", "differs", "", "", "the reference's tensors do not fit")
    a, b = pair.run()
    if not bool(b.any()):
        return Line("outputs", "not run", "0", "0", "all outputs are 0, which proves nothing")
    same = a.shape == b.shape and torch.allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE)
    apart = f"largest difference {largest(a - b):.2g}" if a.shape == b.shape else "of other shapes"
    return Line("outputs", "equal" if same else "differs", f"largest {largest(a):.6g}",
                f"largest {largest(b):.6g}", f"{apart}, in float64")


def largest(x: torch.Tensor) -> float:
    """The largest magnitude in a tensor."""
    return float(x.abs().max())


def alike(ours: tuple[int, ...], theirs: tuple[int, ...], role: str) -> bool:
    """Equal shapes, but for axes of 1 (a batch), and tables of positions that are kept flat."""
    if role == "index" and prod(ours) == prod(theirs):
        return True
    return [n for n in ours if n != 1] == [n for n in theirs if n != 1]


def held(found: list[tuple[str, torch.Tensor]], ours: Sequence[tuple[int, ...]]) -> list[tuple[str, torch.Tensor]]:
    """Tensors without the buffers that are like none of ours: masks, say, which a layer makes when it needs them."""
    return [(name, t) for name, t in found if isinstance(t, nn.Parameter) or any(
        alike(shape, tuple(t.shape), "" if t.is_floating_point() else "index") for shape in ours)]


def _loaded(ours: Built, found: list[tuple[str, torch.Tensor]]) -> bool:
    """Copy the reference's tensors into ours, one by one, if all fit."""
    own = [t for _, t in tensors(ours)]
    found = held(found, [tuple(t.shape) for t in own])
    pairs = list(zip(own, [t for _, t in found], strict=False))
    if len(own) != len(found) or not all(
            alike(tuple(a.shape), tuple(b.shape), "" if b.is_floating_point() else "index") for a, b in pairs):
        return False
    with torch.no_grad():
        for a, b in pairs:
            a.copy_(b.reshape(a.shape))
    return True
