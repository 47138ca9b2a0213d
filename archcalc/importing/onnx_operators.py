"""All rules of ONNX operators (opset 9 to the latest), and of onnxruntime's own that models have."""

from __future__ import annotations

from archcalc.importing import (  # noqa: F401  # each notes its rules
    onnx_activations,
    onnx_join,
    onnx_masks,
    onnx_norms,
    onnx_products,
    onnx_quantized,
    onnx_recurrent,
    onnx_reduce,
    onnx_select,
    onnx_shapes,
    onnx_windows,
)
from archcalc.importing.onnx_rules import RULES

__all__ = ["RULES"]
