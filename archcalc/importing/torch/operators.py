"""What functions and methods of torch are in the language: one small rule each, by name."""

from __future__ import annotations

from typing import Any

from archcalc.importing.torch import (  # noqa: F401  # each notes its rules
    attention,
    compute,
    einsum,
    join,
    lookup,
    shape,
    written,
)
from archcalc.importing.torch.rules import RULES

_OPERATORS = {"__add__": "add", "__iadd__": "add", "__radd__": "add", "__mul__": "mul", "__imul__": "mul",
              "__rmul__": "mul", "__sub__": "sub", "__isub__": "sub", "__truediv__": "div", "__itruediv__": "div",
              "__matmul__": "matmul", "__neg__": "neg", "true_divide": "div", "multiply": "mul", "subtract": "sub"}


def rule_for(function: Any) -> tuple[str, Any]:
    """A function's plain name, and its rule or None."""
    name: str = getattr(function, "__name__", "") or type(function).__name__
    name = _OPERATORS.get(name, name)
    if name.endswith("_") and not name.endswith("__"):
        name = name[:-1]
    return name, RULES.get(name)
