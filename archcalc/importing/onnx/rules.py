"""The rules of ONNX operators by name: modules of rules note theirs here, and `onnx_operators` reads them all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Rule = Callable[..., Any]
RULES: dict[str, Rule] = {}
"""Operator → a function of its node and operands (values, constants, or None for what is left out), to its results."""


def of(*names: str) -> Callable[[Rule], Rule]:
    """Note a rule for operators."""
    def note(rule: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, rule))
        return rule
    return note


def ranked(kind: str, rank: int) -> str:
    """A kind for a number of spatial axes.

    >>> ranked("conv", 2), ranked("conv", 3)
    ('conv', 'conv3d')
    """
    return kind if rank == 2 else f"{kind}{rank}d"
