"""Rules for ONNX operators that work on each element, and for softmax."""

from __future__ import annotations

from typing import Any

from archcalc.importing.onnx.constants import numbers, rounded
from archcalc.importing.onnx.rules import RULES, of
from archcalc.importing.rules import Rule
from archcalc.importing.sketch import Refused
from archcalc.importing.views.batched import Value


def _plain(kind: str, **attributes: tuple[str, float]) -> Rule:
    def rule(c: Any, x: Any, *_: Any) -> Any:
        fields = {field: rounded(c.attribute(name, default)) for field, (name, default) in attributes.items()}
        return c.layer(kind, [x], **fields)
    return rule


RULES |= {"Relu": _plain("relu"), "Sigmoid": _plain("sigmoid"), "Tanh": _plain("tanh"), "Silu": _plain("silu"),
          "HardSwish": _plain("hard_swish"), "Exp": _plain("exp"),
          "LeakyRelu": _plain("leaky_relu", slope=("alpha", 0.01)), "Elu": _plain("elu", alpha=("alpha", 1.0))}


@of("Swish")
def _swish(c: Any, x: Any) -> Any:
    if c.attribute("alpha", 1.0) != 1:
        raise Refused("has another slope")
    return c.layer("silu", [x])


@of("Gelu")
def _gelu(c: Any, x: Any) -> Any:
    return c.layer("gelu", [x], approximate=c.attribute("approximate", "none"))


@of("FastGelu")
def _fast_gelu(c: Any, x: Any, bias: Any = None) -> Any:
    x = x if bias is None else RULES["Add"](c, x, bias)
    return c.layer("gelu", [x], approximate="tanh")


@of("BiasGelu")
def _bias_gelu(c: Any, x: Any, bias: Any) -> Any:
    return c.layer("gelu", [RULES["Add"](c, x, bias)])


@of("HardSigmoid")
def _hard_sigmoid(c: Any, x: Any) -> Any:
    if abs(c.attribute("alpha", 0.2) - 1 / 6) > 1e-4:
        raise Refused("has another slope")
    return c.layer("hard_sigmoid", [x])


@of("PRelu")
def _prelu(c: Any, x: Any, slope: Any) -> Any:
    shared = all(n == 1 for n in slope.dims)
    return c.layer("prelu", [x], tensors={"weight": slope}, slopes="shared" if shared else "channel")


@of("Clip")
def _clip(c: Any, x: Any, low: Any = None, high: Any = None) -> Any:
    first = numbers(low)[0] if low is not None else c.attribute("min")
    last = numbers(high)[0] if high is not None else c.attribute("max")
    if (first, last) == (0, 6):
        return c.layer("relu6", [x])
    return _clamped(c, x, first, last)


@of("Max")
def _max(c: Any, x: Any, low: Any = None) -> Any:
    if low is None:
        return x
    x, low = (x, low) if isinstance(x, Value) else (low, x)
    return _clamped(c, x, _single(low), None)


@of("Min")
def _min(c: Any, x: Any, high: Any = None) -> Any:
    if high is None:
        return x
    x, high = (x, high) if isinstance(x, Value) else (high, x)
    return _clamped(c, x, None, _single(high))


def _single(x: Any) -> float:
    found = numbers(x)
    if len(found) != 1:
        raise Refused("is of several tensors")
    return float(found[0])


def _clamped(c: Any, x: Value, low: Any, high: Any) -> Value:
    low, high = (None if n is None or abs(n) > 3e38 else rounded(n) for n in (low, high))
    return x if low is None and high is None else c.layer("clamp", [x], low=low, high=high)


@of("Softmax", "LogSoftmax")
def _softmax(c: Any, x: Any) -> Any:
    axis = c.attribute("axis", -1 if c.opset >= 13 else 1)
    if c.opset < 13 and axis % len(x.shape) != len(x.shape) - 1:
        raise Refused("joins axes")
    kind = "softmax" if c.operation.kind == "Softmax" else "log_softmax"
    return c.layer(kind, [x], axis=c.views.axis_name(x, x.axis(axis)))
