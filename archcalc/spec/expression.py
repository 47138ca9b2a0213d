"""Expressions over parameters: parsed into closures over exact numbers, never evaluated as Python."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeAlias

from archcalc.errors import ArchcalcError
from archcalc.spec.source import describe, listed, suggest

Env: TypeAlias = Mapping[str, Any]
Closure: TypeAlias = Callable[[Env], Any]

MAX_LENGTH = 500
LIMIT = 10**18


class ExpressionError(ArchcalcError):
    """What is wrong with an expression; the place in the spec is added by the reader."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: ``names`` are the parameters it reads; call it with their values.

    Numbers are exact: an int, or a Fraction where the result is not whole.

    >>> e = parse("divisible(32 * width, 8) if width < 1 else 32")
    >>> e.names, e({"width": Fraction(3, 4)}), e({"width": 1})
    (frozenset({'width'}), 24, 32)
    """

    text: str
    names: frozenset[str]
    run: Closure

    def __call__(self, env: Env) -> Any:
        try:
            value = self.run(env)
        except ZeroDivisionError:
            raise ExpressionError(f"division by zero in '{self.text}'") from None
        except (TypeError, IndexError, ValueError) as error:
            raise ExpressionError(f"'{self.text}' cannot be computed: {error}") from None
        return bounded(value, self.text)


def bounded(value: Any, text: str) -> Any:
    """A result as an int where it is whole, and refused where it is out of range."""
    if isinstance(value, Fraction):
        if value.denominator == 1:
            value = value.numerator
        elif value.denominator > LIMIT**2:
            raise ExpressionError(f"'{text}' is not a number of bearable length")
    if isinstance(value, (int, Fraction)) and abs(value) >= LIMIT:
        raise ExpressionError(f"'{text}' is out of range: more than 18 digits")
    return value


def _divisible(x: Any, divisor: Any = 8, least: Any = None) -> Any:
    """The multiple of ``divisor`` nearest to x, at least ``least``, never below 0.9 x (MobileNet's rule)."""
    down = max(divisor if least is None else least, (x + Fraction(divisor, 2)) // divisor * divisor)
    return down + divisor if down < Fraction(9, 10) * x else down


def _round(x: Any) -> int:
    return round(Fraction(x))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "floor": math.floor, "ceil": math.ceil, "round": _round, "min": min, "max": max, "abs": abs,
    "divisible": _divisible, "len": len, "sum": sum,
}


def _divide(a: Any, b: Any) -> Any:
    return Fraction(a) / Fraction(b)


def _power(a: Any, b: Any) -> Any:
    if not isinstance(b, int) or abs(b) > 64 or abs(a) > 10**9:
        raise ValueError("a power needs a whole exponent of at most 64")
    return Fraction(a) ** b


def _times(a: Any, b: Any) -> Any:
    if isinstance(a, (str, list)) or isinstance(b, (str, list)):
        raise TypeError("only numbers can be multiplied")
    return a * b


_BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: _times, ast.Div: _divide,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: _power,
}
_COMPARE: dict[type[ast.AST], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}
_UNARY: dict[type[ast.AST], Callable[[Any], Any]] = {
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_,
}


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """The expression in a string. Raises `ExpressionError` for all that is not in the language."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"an expression has at most {MAX_LENGTH} characters, found {len(text)}")
    try:
        tree = ast.parse(text.strip(), mode="eval")
        names: set[str] = set()
        run = _Compiler(text, names).closure(tree.body)
    except SyntaxError:
        raise ExpressionError(f"{describe(text)} is not an expression") from None
    except (RecursionError, MemoryError, ValueError):
        raise ExpressionError(f"{describe(text)} is nested too deeply") from None
    return Expression(text, frozenset(names), run)


class _Compiler:
    def __init__(self, text: str, names: set[str]) -> None:
        self.text, self.names = text, names

    def closure(self, node: ast.expr) -> Closure:
        rule = getattr(self, f"_{type(node).__name__}", None)
        if rule is None:
            raise self._refuse(node)
        result: Closure = rule(node)
        return result

    def _refuse(self, node: ast.AST) -> ExpressionError:
        part = ast.get_source_segment(self.text.strip(), node) or self.text
        return ExpressionError(f"{describe(part)} is not allowed in an expression; it has numbers, parameters, "
                               f"arithmetic, comparisons, 'a if c else b' and {listed(FUNCTIONS, 20)}")

    def _operator(self, table: dict[type[ast.AST], Any], op: ast.AST, node: ast.AST) -> Any:
        if type(op) not in table:
            raise self._refuse(node)
        return table[type(op)]

    def _Constant(self, node: ast.Constant) -> Closure:
        value = node.value
        if isinstance(value, float):
            value = Fraction(ast.get_source_segment(self.text.strip(), node) or repr(value))
        if not isinstance(value, (bool, int, Fraction, str)):
            raise self._refuse(node)
        bounded(value, self.text)
        return lambda env: value

    def _Name(self, node: ast.Name) -> Closure:
        name = node.id
        if name in ("true", "false"):
            return lambda env: name == "true"
        self.names.add(name)
        return lambda env: env[name]

    def _List(self, node: ast.List) -> Closure:
        items = [self.closure(item) for item in node.elts]
        return lambda env: [item(env) for item in items]

    def _BinOp(self, node: ast.BinOp) -> Closure:
        op = self._operator(_BINARY, node.op, node)
        left, right = self.closure(node.left), self.closure(node.right)
        return lambda env: bounded(op(left(env), right(env)), self.text)

    def _UnaryOp(self, node: ast.UnaryOp) -> Closure:
        op, operand = self._operator(_UNARY, node.op, node), self.closure(node.operand)
        return lambda env: op(operand(env))

    def _BoolOp(self, node: ast.BoolOp) -> Closure:
        values = [self.closure(value) for value in node.values]
        join = all if isinstance(node.op, ast.And) else any
        return lambda env: join(value(env) for value in values)

    def _Compare(self, node: ast.Compare) -> Closure:
        ops = [self._operator(_COMPARE, op, node) for op in node.ops]
        terms = [self.closure(term) for term in (node.left, *node.comparators)]

        def run(env: Env) -> bool:
            values = [term(env) for term in terms]
            return all(op(a, b) for op, a, b in zip(ops, values, values[1:], strict=False))
        return run

    def _IfExp(self, node: ast.IfExp) -> Closure:
        test, body, other = self.closure(node.test), self.closure(node.body), self.closure(node.orelse)
        return lambda env: body(env) if test(env) else other(env)

    def _Subscript(self, node: ast.Subscript) -> Closure:
        value, index = self.closure(node.value), self.closure(node.slice)
        return lambda env: value(env)[index(env)]

    def _Call(self, node: ast.Call) -> Closure:
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise self._refuse(node)
        if node.func.id not in FUNCTIONS:
            raise ExpressionError(f"unknown function '{node.func.id}'{suggest(node.func.id, FUNCTIONS) or ';'} "
                                  f"there are {listed(FUNCTIONS, 20).replace(' or ', ' and ')}")
        function = FUNCTIONS[node.func.id]
        arguments = [self.closure(argument) for argument in node.args]
        return lambda env: function(*(argument(env) for argument in arguments))
