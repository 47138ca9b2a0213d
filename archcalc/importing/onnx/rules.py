"""The rules of ONNX operators by name: modules of rules note theirs here, and `operators` reads them all."""

from __future__ import annotations

from archcalc.importing.rules import Rules

RULES = Rules()
"""Operator → a function of its node and operands (values, constants, or None for what is left out), to its results."""

of = RULES.of


def ranked(kind: str, rank: int) -> str:
    """A kind for a number of spatial axes.

    >>> ranked("conv", 2), ranked("conv", 3)
    ('conv', 'conv3d')
    """
    return kind if rank == 2 else f"{kind}{rank}d"
