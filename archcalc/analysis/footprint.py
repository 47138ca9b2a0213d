"""All memory of a network together: every line exact, or marked as an estimate."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.analysis.memory import Peak, Saved, Training, peak, saved, training
from archcalc.analysis.parameters import owned
from archcalc.analysis.shapes import calls
from archcalc.analysis.storage import BYTES, nbytes
from archcalc.net import Net


class Memory(NamedTuple):
    """Bytes at a type and batch. ``training.working`` is an estimate (see `Training`)."""

    params: int
    buffers: int
    outputs: int
    peak: Peak
    saved: Saved
    training: Training


def memory(net: Net, dtype: str, batch: int, optimizer: str, checkpoint: bool) -> Memory:
    """Memory of a network: inference in evaluation mode, the backward pass and training in training mode."""
    trained = net.in_mode("train")
    tensors = [w for own in owned(trained) for w in own.values()]
    params = sum(w.size for own in owned(net) for w in own.values())
    buffers = sum(w.size * (8 if w.role == "index" else BYTES[dtype])
                  for call in calls(net) for w in call.buffers.values())
    outputs = sum(nbytes(call.out, dtype, batch) for call in calls(net)[net.n_inputs:])
    step = training(trained, sum(w.size for w in tensors), len(tensors), dtype, batch, optimizer,
                    checkpoint=checkpoint)
    return Memory(params * BYTES[dtype], buffers, outputs, peak(net.in_mode("eval"), dtype, batch),
                  saved(trained, dtype, batch), step)
