"""The memory of a report: every line of it exact, or marked as an estimate."""

from __future__ import annotations

from dataclasses import dataclass

from archcalc.analysis import memory as analysis
from archcalc.analysis.parameters import owned
from archcalc.analysis.shapes import calls
from archcalc.analysis.storage import BYTES
from archcalc.reports.model import Report


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes for the report's batch and type. ``training.working`` is an estimate (see `analysis.Training`)."""

    params: int
    buffers: int
    outputs: int
    peak: analysis.Peak
    saved: analysis.Saved
    training: analysis.Training


def memory(report: Report) -> Memory:
    """Memory of a network: inference in evaluation mode, the backward pass and training in training mode."""
    dtype, batch = report.dtype, report.batch
    trained = report.net.in_mode("train")
    tensors = [w for own in owned(trained) for w in own.values()]
    buffers = sum(w.size * (8 if w.role == "index" else BYTES[dtype])
                  for call in calls(report.net) for w in call.buffers.values())
    step = analysis.training(trained, sum(w.size for w in tensors), len(tensors), dtype, batch, report.optimizer,
                             checkpoint=report.checkpoint)
    return Memory(report.totals.params * BYTES[dtype], buffers, report.totals.outputs * BYTES[dtype],
                  analysis.peak(report.net.in_mode("eval"), dtype, batch), analysis.saved(trained, dtype, batch), step)
