"""What is verified: a network, its report, and the module that it is held against."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import torch
from torch import nn

from archcalc.analysis.shapes import calls
from archcalc.crosscheck.build import build
from archcalc.crosscheck.lines import reason
from archcalc.crosscheck.measure import Untraceable
from archcalc.crosscheck.reference import by_name, execution, tensors
from archcalc.errors import UsageError
from archcalc.net import Net
from archcalc.reports.report import Report

BATCH = 2
"""Samples in the checks of memory: with one, batch normalization refuses maps of one pixel."""


class Subject:
    """A network with its report for `BATCH` samples, and its reference; without one, its own torch equivalents.

    Raises `UsageError` for a reference that does not take the network's inputs.
    """

    def __init__(self, net: Net, other: nn.Module | None) -> None:
        self.net, self.other = net, other
        self.trained = net.in_mode("train")
        self.report = Report(net, BATCH)
        if other is not None:
            self.measured(lambda: execution(copy.deepcopy(other).eval().to("meta"), *self.inputs(1, "meta")))

    def measured(self, measure: Callable[[], Any], fails: str = "does not run") -> Any:
        """What a measurement of the reference gives; it may be a user's, and raise anything.

        Passes on that a device's memory is exhausted or a module not to be traced; raises `UsageError` for everything
        else, with what ``fails``.
        """
        try:
            return measure()
        except (torch.OutOfMemoryError, Untraceable):
            raise
        except Exception as error:
            what = "module" if self.other is None else "reference"
            raise UsageError(f"{self.net.spec}: the {what} {fails}: {reason(error)}") from None

    def too_large(self) -> str | None:
        """Why what needs numbers cannot run here, in words; None if this machine has the memory for it.

        Six copies of the parameters with a reference (two modules and their copies in float64) and three without.
        """
        memory, free = self.report.memory, available()
        needed = memory.params * (3 if self.other is None else 6) + memory.saved.bytes
        if free is None or needed <= free:
            return None
        return f"takes about {needed / 2**30:.3g} GiB, and this machine has {free / 2**30:.3g} GiB free"

    def module(self, training: bool = False) -> nn.Module:
        """A copy of the reference, or the module built from the spec, on the CPU, in a mode."""
        if self.other is not None:
            return copy.deepcopy(self.other).train(training)
        return build(self.trained if training else self.net)

    def inputs(self, batch: int, device: Any = "cpu", dtype: Any = None) -> list[torch.Tensor]:
        """Random inputs; integers are zeros."""
        generator = torch.Generator().manual_seed(0)
        return [torch.zeros(batch, *x.dims, dtype=getattr(torch, x.dtype), device=device) if x.dtype else
                torch.rand(batch, *x.dims, generator=generator, dtype=dtype).to(device)
                for x in self.report.inputs.values()]

    def orders(self, model: nn.Module) -> Iterator[tuple[str, list[tuple[str, torch.Tensor]]]]:
        """The tensors of a module as it registers them, as its modules run, and as the network's names have them."""
        yield "in order of registration", tensors(model)
        device = next((t.device.type for t in model.parameters()), "cpu")
        dtype = next((t.dtype for t in model.parameters()), None)
        yield "in order of execution", tensors(model, execution(model.eval(), *self.inputs(1, device, dtype)))
        names = [(f"{node.name}.{name}", node.name) for what in ("params", "buffers")
                 for node, call in zip(self.trained.nodes, calls(self.trained), strict=True)
                 for name in getattr(call, what) if name not in node.share]
        yield "by names without numbers, else in order of registration", by_name(tensors(model), names)


def available() -> int | None:
    """Bytes of memory that this machine has free, where that can be told."""
    with suppress(OSError, ValueError, StopIteration), open("/proc/meminfo", encoding="ascii") as lines:
        return 1024 * int(next(line for line in lines if line.startswith("MemAvailable:")).split()[1])
    return None
