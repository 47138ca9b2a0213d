"""Quantities that are counted: parameters, operations, elements and bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archcalc.analysis.storage import BYTES
from archcalc.claims.measured import Counting, Measured
from archcalc.claims.quantity import Register, Value, counted
from archcalc.reports.model import Row
from archcalc.spec.claim import Claim

COUNTS = Register()


def _total(rows: list[Row], of: str) -> int:
    return sum(getattr(row, of) for row in rows)


def parameters_of(row: Row, counting: Counting) -> int:
    """The parameters of a layer in a way of counting."""
    left_out = {role for role, counts in (("bias", counting.biases), ("norm", counting.norm)) if not counts}
    own: int = row.params if not left_out else sum(w.size for w in row.tensors.values() if w.role not in left_out)
    return own + (row.buffers if counting.statistics else 0)


def operations_of(row: Row, counting: Counting) -> int:
    """The FLOPs of a layer in a way of counting."""
    counts: dict[str, int] = {"all": row.flops, "doubled": 2 * row.macs, "macs": row.macs}
    return counts[counting.flops]


@COUNTS("params", "{of} has {value} parameters", "parameters",
           ("biases", "norm", "statistics", "convolutions", "kilo"))
def _params(m: Measured, claim: Claim, counting: Counting) -> Value:
    return sum(parameters_of(row, counting) for row in counted(m.rows(claim.of), counting))


@COUNTS("weights", "{of} has {value} weights, biases and normalization left out", "weights",
           ("convolutions", "kilo"))
def _weights(m: Measured, claim: Claim, counting: Counting) -> Value:
    return _total(counted(m.rows(claim.of), counting), "weights")


@COUNTS("buffers", "{of} has {value} buffer elements", "buffer elements", ("kilo",))
def _buffers(m: Measured, claim: Claim, counting: Counting) -> Value:
    return _total(m.rows(claim.of), "buffers")


@COUNTS("macs", "{of} takes {value} multiply-adds", "multiply-adds", ("convolutions", "kilo"))
def _macs(m: Measured, claim: Claim, counting: Counting) -> Value:
    return _total(counted(m.rows(claim.of), counting), "macs")


@COUNTS("flops", "{of} takes {value} FLOPs", "FLOPs", ("flops", "convolutions", "kilo"))
def _flops(m: Measured, claim: Claim, counting: Counting) -> Value:
    return sum(operations_of(row, counting) for row in counted(m.rows(claim.of), counting))


@COUNTS("outputs", "{of} has {value} output elements", "output elements", ("kilo",))
def _outputs(m: Measured, claim: Claim, counting: Counting) -> Value:
    return _total(m.rows(claim.of), "outputs")


@COUNTS("neurons", "{of} has {value} neurons", "neurons", ("convolutions", "kilo"))
def _neurons(m: Measured, claim: Claim, counting: Counting) -> Value:
    rows = m.rows(claim.of)
    return _total([row for row in counted(rows, counting) if row.weights or not row.node.inputs], "outputs")


@COUNTS("memory", "the outputs of {of} take {value} bytes in float32", "bytes of outputs", ("kilo",))
def _memory(m: Measured, claim: Claim, counting: Counting) -> Value:
    sizes: list[int] = [row.outputs * BYTES[row.out.dtype or "float32"] for row in m.rows(claim.of)]
    return sum(sizes)


def _whole(name: str, says: str, pick: Callable[[Any], int]) -> None:
    """A quantity of the whole network only, from the report's memory."""
    @COUNTS(name, says, "bytes", ("kilo",))
    def measure(m: Measured, claim: Claim, counting: Counting) -> Value:
        return pick(m.report.memory)


_whole("peak_inference", "inference with {of} takes {value} bytes at its peak", lambda memory: memory.peak.bytes)
_whole("saved_for_backward", "{of} keeps {value} bytes for the backward pass", lambda memory: memory.saved.bytes)
_whole("training", "a training step of {of} takes about {value} bytes", lambda memory: memory.training.total)
