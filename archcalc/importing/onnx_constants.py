"""Constants of an ONNX graph, and the arithmetic on shapes that exporters write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archcalc.importing.batched import Value
from archcalc.importing.onnx_node import Constant
from archcalc.importing.sketch import Refused

_ARITHMETIC: dict[str, Callable[..., Any]] = {
    "Add": lambda a, b: a + b, "Sub": lambda a, b: a - b, "Mul": lambda a, b: a * b, "Equal": lambda a, b: a == b,
    "Div": lambda a, b: a // b if isinstance(a, int) and isinstance(b, int) else a / b,
    "Where": lambda a, b, c: b if a else c, "Neg": lambda a: -a, "Sqrt": lambda a: a ** 0.5,
    "Floor": lambda a: a // 1, "Ceil": lambda a: -(-a // 1), "Mod": lambda a, b: a % b, "Max": max, "Min": min,
    "Less": lambda a, b: a < b, "Greater": lambda a, b: a > b, "Not": lambda a: not a, "Abs": abs}


def numbers(x: Any) -> tuple[Any, ...]:
    """The numbers of a constant."""
    if x is None or isinstance(x, Value) or x.numbers is None:
        raise Refused("depends on numbers that are not in the file")
    return tuple(x.numbers)


def constant(values: Any, dims: tuple[int, ...] | None = None) -> Any:
    """A constant of the numbers given."""
    values = tuple(values)
    return Constant((len(values),) if dims is None else dims, values)


def computed(kind: str, operands: Any) -> Any:
    """The constant that an operator makes of constants, None where it has no such rule or they are unknown."""
    if kind not in _ARITHMETIC or any(isinstance(x, Value) or x is None or x.numbers is None for x in operands):
        return None
    size = max(len(x.numbers) for x in operands)
    if any(len(x.numbers) not in (1, size) for x in operands):
        return None
    rows = zip(*(x.numbers * size if len(x.numbers) == 1 else x.numbers for x in operands), strict=True)
    try:
        dims = max((x.dims for x in operands), key=len)
        return constant((_ARITHMETIC[kind](*row) for row in rows), dims)
    except (ZeroDivisionError, OverflowError):
        return None


def rounded(value: float) -> float:
    """A number of the file's 32 bits as it was meant."""
    return float(f"{value:.6g}")
