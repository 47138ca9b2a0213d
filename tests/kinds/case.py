"""One row of the table of kinds: a layer, its inputs, and figures from written-out arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from archcalc.layers.base import Layer
from archcalc.tensor import Tensor


@dataclass(frozen=True)
class Case:
    """Expected figures are written as arithmetic, or taken from the source named in ``why``."""

    layer: Layer
    inputs: tuple[Tensor, ...]
    out: tuple[int, ...]
    params: int = 0
    macs: int = 0
    ops: int = 0
    buffers: int = 0
    why: str = ""
    torch: bool = True
    "False where torch has no module of the kind; say so in ``why``."
    torch_inputs: tuple[Any, ...] | None = field(default=None, hash=False)

    def __str__(self) -> str:
        return f"{self.layer.kind}({self.layer.label()}) on {', '.join(map(str, self.inputs))} {self.why}"
