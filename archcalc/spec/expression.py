"""Expressions over parameters: parsed into closures over exact numbers, never evaluated as Python."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from archcalc.errors import ArchcalcError
from archcalc.spec.arithmetic import BINARY, COMPARE, FUNCTIONS, LIMIT, UNARY, bounded, item
from archcalc.words import describe, listed, suggest

Env: TypeAlias = Mapping[str, Any]
Closure: TypeAlias = Callable[[Env], Any]

MAX_LENGTH = 500
MAX_DEPTH = 50


class ExpressionError(ArchcalcError):
    """What is wrong with an expression; the place in the spec is added by the reader."""


def is_name(word: str) -> bool:
    """Whether a word can be read in an expression, and so name a parameter."""
    return word.isidentifier() and not keyword.iskeyword(word) and word not in ("true", "false", "index")


class Expression(NamedTuple):
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
            return bounded(self.run(env))
        except ZeroDivisionError:
            raise ExpressionError(f"division by zero in '{self.text}'") from None
        except (TypeError, ValueError) as error:
            raise ExpressionError(f"'{self.text}' cannot be computed: {error}") from None


# Python warns of these, on standard error; and none of them is arithmetic.
_WARNED = re.compile(r"\\|(?<![\w.])[0-9][0-9._a-fA-FxXoO]*(and|else|for|if|in|is|not|or)\b")


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """The expression in a string. Raises `ExpressionError` for all that is not in the language."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"an expression has at most {MAX_LENGTH} characters, found {len(text)}")
    if _WARNED.search(text):
        raise ExpressionError(f"{describe(text)} is not an expression")
    names: set[str] = set()
    try:
        tree = ast.parse(text.strip(), mode="eval")
        run = _Compiler(text, names).closure(tree.body)
        return Expression(text, frozenset(names), run)
    except SyntaxError:
        raise ExpressionError(f"{describe(text)} is not an expression") from None
    except (RecursionError, MemoryError):
        raise ExpressionError(f"{describe(text)} is nested too deeply") from None
    except ValueError as error:
        raise ExpressionError(f"{describe(text)} is not an expression: {error}") from None


class _Compiler:
    def __init__(self, text: str, names: set[str]) -> None:
        self.text, self.names, self.depth = text.strip(), names, 0

    def closure(self, node: ast.expr) -> Closure:
        rule = getattr(self, f"_{type(node).__name__}", None)
        if rule is None:
            raise self._refuse(node)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError(f"{describe(self.text)} is nested too deeply")
        result: Closure = rule(node)
        self.depth -= 1
        return result

    def _refuse(self, node: ast.AST) -> ExpressionError:
        part = ast.get_source_segment(self.text, node) or self.text
        functions = listed(FUNCTIONS, 20).replace(" or ", " and ")
        return ExpressionError(f"{describe(part)} is not allowed in an expression; it has numbers, parameters, "
                               f"lists, arithmetic, comparisons, 'a if c else b' and {functions}")

    def _operator(self, table: dict[type[ast.AST], Any], op: ast.AST, node: ast.AST) -> Any:
        if type(op) not in table:
            raise self._refuse(node)
        return table[type(op)]

    def _Constant(self, node: ast.Constant) -> Closure:
        value: Any = node.value
        if isinstance(value, float):
            value = _decimal(ast.get_source_segment(self.text, node) or "")
        if not isinstance(value, (bool, int, Fraction, str)):
            raise self._refuse(node)
        value = bounded(value)
        return lambda env: value

    def _Name(self, node: ast.Name) -> Closure:
        name = node.id
        if name in ("true", "false"):
            return lambda env: name == "true"
        self.names.add(name)
        return lambda env: env[name]

    def _List(self, node: ast.List) -> Closure:
        parts = [self.closure(part) for part in node.elts]
        return lambda env: tuple([part(env) for part in parts])

    def _BinOp(self, node: ast.BinOp) -> Closure:
        op = self._operator(BINARY, node.op, node)
        left, right = self.closure(node.left), self.closure(node.right)
        return lambda env: bounded(op(left(env), right(env)))

    def _UnaryOp(self, node: ast.UnaryOp) -> Closure:
        op, operand = self._operator(UNARY, node.op, node), self.closure(node.operand)
        return lambda env: op(operand(env))

    def _BoolOp(self, node: ast.BoolOp) -> Closure:
        values = [self.closure(value) for value in node.values]
        join = all if isinstance(node.op, ast.And) else any
        return lambda env: join(value(env) for value in values)

    def _Compare(self, node: ast.Compare) -> Closure:
        ops = [self._operator(COMPARE, op, node) for op in node.ops]
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
        return lambda env: item(value(env), index(env))

    def _Call(self, node: ast.Call) -> Closure:
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise self._refuse(node)
        if node.func.id not in FUNCTIONS:
            there = f"; there are {listed(FUNCTIONS, 20).replace(' or ', ' and ')}"
            raise ExpressionError(f"unknown function '{node.func.id}'{suggest(node.func.id, FUNCTIONS) or there}")
        function = FUNCTIONS[node.func.id]
        arguments = [self.closure(argument) for argument in node.args]
        return lambda env: function(*(argument(env) for argument in arguments))


def _decimal(text: str) -> Fraction:
    """A decimal as an exact fraction, of an exponent that cannot exhaust memory."""
    if abs(int(re.sub(".*e|_", "", text.lower()) if "e" in text.lower() else 0)) > 2 * len(str(LIMIT)):
        raise ValueError("the exponent is out of range")
    return Fraction(text)
