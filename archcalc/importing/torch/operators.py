"""What functions and methods of torch are in the language: one small rule each, by name."""

from __future__ import annotations

from typing import Any

from archcalc.importing.torch.attention import ATTENTION
from archcalc.importing.torch.compute import COMPUTE
from archcalc.importing.torch.einsum import einsum
from archcalc.importing.torch.join import JOIN
from archcalc.importing.torch.lookup import LOOKUP
from archcalc.importing.torch.shape import SHAPE
from archcalc.importing.torch.written import WRITTEN

_RULES = {**COMPUTE, **JOIN, **SHAPE, **ATTENTION, **LOOKUP, **WRITTEN, "einsum": einsum}
_OPERATORS = {"__add__": "add", "__iadd__": "add", "__radd__": "add", "__mul__": "mul", "__imul__": "mul",
              "__rmul__": "mul", "__sub__": "sub", "__isub__": "sub", "__truediv__": "div", "__itruediv__": "div",
              "__matmul__": "matmul", "__neg__": "neg", "true_divide": "div", "multiply": "mul", "subtract": "sub"}


def rule_for(function: Any) -> tuple[str, Any]:
    """A function's plain name, and its rule or None."""
    name: str = getattr(function, "__name__", "") or type(function).__name__
    name = _OPERATORS.get(name, name)
    if name.endswith("_") and not name.endswith("__"):
        name = name[:-1]
    return name, _RULES.get(name)
