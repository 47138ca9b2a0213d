"""All rules of ONNX operators (opset 9 to the latest), and of onnxruntime's own that models have."""

from __future__ import annotations

from archcalc.importing.onnx import (  # noqa: F401  # each notes its rules
    activations,
    join,
    masks,
    norms,
    products,
    quantized,
    recurrent,
    reduce,
    select,
    shapes,
    windows,
)
from archcalc.importing.onnx.rules import RULES

__all__ = ["RULES"]
