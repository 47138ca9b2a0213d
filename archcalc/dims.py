"""Integer arithmetic that runs alike on ints, NumPy integer arrays and SymPy symbols.

A layer rule uses ``+ - * //`` and the helpers here, and never branches on a dimension, so
that one rule serves a single network, a sweep over a thousand widths and a closed form.

>>> ceil_div(7, 2), minimum(3, 5), maximum(3, 5), gcd(12, 18), product([2, 3, 4])
(4, 3, 5, 6, 24)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, TypeAlias

from archcalc.errors import RuleError

Dim: TypeAlias = Any
"""An int, a NumPy array of Python ints (see `grid`) or a SymPy expression."""


class Ledger:
    """What `require` noted instead of raising: a mask over arrays, conditions on symbols."""

    def __init__(self) -> None:
        self.valid: Any = True
        self.assumptions: list[Any] = []


_ledger: ContextVar[Ledger | None] = ContextVar("ledger", default=None)


@contextmanager
def noting() -> Iterator[Ledger]:
    """Within the block, conditions on arrays and symbols are noted in the ledger yielded."""
    ledger = Ledger()
    token = _ledger.set(ledger)
    try:
        yield ledger
    finally:
        _ledger.reset(token)


def require(condition: Any, message: str, *values: Any, field: str | None = None) -> None:
    """Raise `RuleError` with ``message.format(*values)`` unless the condition holds.

    On arrays and symbols the condition is noted in the ledger of `noting`; outside such a
    block an array raises where any element fails, and a symbol where it is known to fail.
    """
    if condition is True:
        return
    ledger = _ledger.get()
    if hasattr(condition, "dtype"):
        if ledger is not None:
            ledger.valid = ledger.valid & condition.astype(bool)
            return
        condition = condition.all()
    elif condition is not False and hasattr(condition, "free_symbols") and condition != False:  # noqa: E712 - SymPy's own
        if ledger is not None and condition != True:  # noqa: E712
            ledger.assumptions.append(condition)
        return
    if not condition:
        raise RuleError(message.format(*values), field)


def grid(values: Iterable[int]) -> Any:
    """An array of Python ints, which cannot overflow as NumPy's own integers do."""
    import numpy

    return numpy.array([int(v) for v in values], dtype=object)


def exact(value: Dim) -> Dim:
    """The dimension, with a NumPy integer array turned into one of Python ints."""
    return grid(value) if getattr(value, "ndim", 0) else value


def _backend(values: tuple[Dim, ...]) -> str:
    if all(isinstance(v, int) for v in values):
        return "int"
    return "array" if any(hasattr(v, "dtype") for v in values) else "symbol"


def _apply(name: str, symbol: str, a: Dim, b: Dim) -> Dim:
    backend = _backend((a, b))
    if backend == "array":
        import numpy

        return getattr(numpy, name)(a, b)
    import sympy

    return getattr(sympy, symbol)(a, b)


def minimum(a: Dim, b: Dim) -> Dim:
    """The smaller of two dimensions."""
    return min(a, b) if _backend((a, b)) == "int" else _apply("minimum", "Min", a, b)


def maximum(a: Dim, b: Dim) -> Dim:
    """The larger of two dimensions."""
    return max(a, b) if _backend((a, b)) == "int" else _apply("maximum", "Max", a, b)


def gcd(a: Dim, b: Dim) -> Dim:
    """The greatest common divisor; of symbols, left open until they are known."""
    backend = _backend((a, b))
    if backend == "int":
        return math.gcd(a, b)
    if backend == "array":
        return _apply("gcd", "", a, b)
    return _symbolic_gcd()(a, b)


@cache
def _symbolic_gcd() -> Any:
    """SymPy's own gcd is of polynomials (gcd(n, 2) = 1); this one waits for integers."""
    import sympy

    class Gcd(sympy.Function):  # type: ignore[misc]  # sympy ships no types
        nargs = 2

        @classmethod
        def eval(cls, a: Any, b: Any) -> Any:
            return sympy.igcd(a, b) if a.is_Integer and b.is_Integer else None

    return Gcd


def equal(a: Dim, b: Dim) -> Any:
    """Whether two dimensions are equal, as a condition for `require`."""
    if _backend((a, b)) != "symbol":
        return a == b
    import sympy

    return sympy.Eq(a, b)


def both(a: Any, b: Any) -> Any:
    """Conjunction of two conditions."""
    return (a and b) if isinstance(a, bool) and isinstance(b, bool) else a & b


def ceil_div(a: Dim, b: Dim) -> Dim:
    """⌈a / b⌉."""
    return -(-a // b)


def product(values: Iterable[Dim]) -> Dim:
    """The product, 1 for none."""
    result: Dim = 1
    for value in values:
        result = result * value
    return result
