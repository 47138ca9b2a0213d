"""Rules for ONNX operators of integers: the layers that they stand for, without the change of type around them."""

from __future__ import annotations

from typing import Any

from archcalc.importing.onnx.products import matmul
from archcalc.importing.onnx.rules import of
from archcalc.importing.onnx.state import Constant
from archcalc.importing.onnx.windows import conv


@of("QLinearConv")
def _quantized_conv(c: Any, x: Any, x_scale: Any, x_zero: Any, weight: Any, w_scale: Any, w_zero: Any, y_scale: Any,
                    y_zero: Any = None, bias: Any = None) -> Any:
    c.state.quantized += 1
    return conv(c, x, weight, bias)


@of("ConvInteger")
def _integer_conv(c: Any, x: Any, weight: Any, *_: Any) -> Any:
    c.state.quantized += 1
    return conv(c, x, weight)


@of("QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear")
def _quantize(c: Any, x: Any, *_: Any) -> Any:
    c.state.quantized += 1
    if isinstance(x, Constant) and x.numbers is not None and x.name is None:
        return x._replace(numbers=None)
    return x


@of("QLinearAdd", "QLinearMul")
def _quantized_join(c: Any, a: Any, _: Any, __: Any, b: Any, *more: Any) -> Any:
    c.state.quantized += 1
    return c.layer("add" if c.operation.kind == "QLinearAdd" else "multiply", [a, c.value(b, a)])


@of("QLinearMatMul")
def _quantized_product(c: Any, x: Any, x_scale: Any, x_zero: Any, y: Any, *_: Any) -> Any:
    c.state.quantized += 1
    return matmul(c, x, y)


@of("MatMulInteger")
def _integer_product(c: Any, x: Any, y: Any, *_: Any) -> Any:
    c.state.quantized += 1
    return matmul(c, x, y)
