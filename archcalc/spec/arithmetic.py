"""The operators and functions of expressions: exact, bounded, and strict about what they take."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from archcalc.words import describe

LIMIT = 10**18
MAX_ITEMS = 10_000


def bounded(value: Any) -> Any:
    """A result as an int where it is whole, and refused where it is out of range."""
    if isinstance(value, Fraction):
        if value.denominator == 1:
            value = value.numerator
        elif value.denominator > LIMIT * LIMIT:
            raise ValueError("the fraction has too many digits")
    if isinstance(value, (int, Fraction)) and not -LIMIT < value < LIMIT:
        raise ValueError(f"more than {len(str(LIMIT)) - 1} digits")
    if isinstance(value, tuple) and len(value) > MAX_ITEMS:
        raise ValueError(f"a list of more than {MAX_ITEMS:,}")
    return value


def _number(value: Any, use: str) -> Any:
    if not isinstance(value, (int, Fraction)):
        raise TypeError(f"{use} a number, found {describe(value)}")
    return value


def _list(value: Any, use: str) -> Any:
    if not isinstance(value, tuple):
        raise TypeError(f"{use} a list, found {describe(value)}")
    return value


def _divisible(x: Any, divisor: Any = 8, least: Any = None) -> Any:
    """The multiple of ``divisor`` nearest to x, at least ``least``, never below 0.9 x (MobileNet's rule)."""
    down = max(divisor if least is None else least, (x + Fraction(divisor, 2)) // divisor * divisor)
    return down + divisor if down < Fraction(9, 10) * x else down


def _of_numbers(name: str, function: Callable[..., Any], least: int = 1, most: int = 1) -> Callable[..., Any]:
    def call(*values: Any) -> Any:
        if not least <= len(values) <= most:
            count = f"{least}" if least == most else f"{least} to {most}"
            raise TypeError(f"{name} takes {count} number{'' if count == '1' else 's'}, found {len(values)}")
        return function(*(_number(value, f"{name} takes") for value in values))
    return call


def _of_list(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*values: Any) -> Any:
        if len(values) != 1:
            raise TypeError(f"{name} takes one list, found {len(values)} values")
        return function(_list(values[0], f"{name} takes"))
    return call


def _of_any(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*values: Any) -> Any:
        values = values[0] if len(values) == 1 and isinstance(values[0], tuple) else values
        if not values:
            raise TypeError(f"{name} takes numbers or a list of them, found none")
        return function(_number(value, f"{name} takes numbers, that is") for value in values)
    return call


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "floor": _of_numbers("floor", math.floor), "ceil": _of_numbers("ceil", math.ceil),
    "round": _of_numbers("round", lambda x: round(Fraction(x))), "abs": _of_numbers("abs", abs),
    "min": _of_any("min", min), "max": _of_any("max", max), "sum": _of_any("sum", sum),
    "divisible": _of_numbers("divisible", _divisible, 1, 3), "len": _of_list("len", len),
}


def _power(a: Any, b: Any) -> Any:
    if not isinstance(b, int) or abs(b) > 64 or abs(a) > 10**9:
        raise ValueError("a power needs a whole exponent of at most 64")
    return Fraction(a) ** b


def _add(a: Any, b: Any) -> Any:
    if isinstance(a, tuple) and isinstance(b, tuple):
        return a + b
    return _number(a, "+ takes") + _number(b, "+ takes")


def _of_two(sign: str, function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda a, b: function(_number(a, f"{sign} takes"), _number(b, f"{sign} takes"))


def item(items: Any, i: Any) -> Any:
    """One value of a list, counted from 0, or from the end if negative."""
    _list(items, "only a list has items: expected")
    if not isinstance(i, int) or not -len(items) <= i < len(items):
        raise ValueError(f"there is no item {describe(i)} in a list of {len(items)}, counted from 0")
    return items[i]


def _within(a: Any, b: Any) -> bool:
    return a in _list(b, "`in` takes")


BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: _add, ast.Sub: _of_two("-", operator.sub), ast.Mult: _of_two("*", operator.mul),
    ast.Div: _of_two("/", lambda a, b: Fraction(a) / Fraction(b)), ast.FloorDiv: _of_two("//", operator.floordiv),
    ast.Mod: _of_two("%", operator.mod), ast.Pow: _of_two("**", _power),
}
COMPARE: dict[type[ast.AST], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: _of_two("<", operator.lt), ast.LtE: _of_two("<=", operator.le),
    ast.Gt: _of_two(">", operator.gt), ast.GtE: _of_two(">=", operator.ge), ast.In: _within,
    ast.NotIn: lambda a, b: not _within(a, b),
}
UNARY: dict[type[ast.AST], Callable[[Any], Any]] = {
    ast.USub: lambda a: -_number(a, "- takes"), ast.UAdd: lambda a: +_number(a, "+ takes"), ast.Not: operator.not_,
}
