"""Random expressions against a plain evaluation by fractions."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.spec.expression import ExpressionError, parse

ENV: dict[str, Any] = {"n": 7, "half": Fraction(1, 2), "minus": -3, "zero": 0}
Pair = tuple[str, Callable[[], Any]]
"""An expression as text, and its value by other means."""

DECIMALS = st.builds(lambda whole, part: (f"{whole}.{part:02}", lambda: Fraction(100 * whole + part, 100)),
                     st.integers(0, 99), st.integers(0, 99))
LEAVES: st.SearchStrategy[Pair] = st.one_of(
    st.integers(0, 999).map(lambda n: (str(n), lambda: Fraction(n))), DECIMALS,
    st.sampled_from(sorted(ENV)).map(lambda name: (name, lambda: Fraction(ENV[name]))))

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: Fraction(a) / b,
    "//": lambda a, b: math.floor(Fraction(a) / b), "%": lambda a, b: a - b * math.floor(Fraction(a) / b),
    "<": lambda a, b: a < b, ">=": lambda a, b: a >= b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}


def _half_even(x: Fraction) -> int:
    down = math.floor(x)
    rest = x - down
    return down + (rest > Fraction(1, 2) or (rest == Fraction(1, 2) and down % 2 == 1))


def _divisible(x: Fraction, d: Fraction) -> Fraction:
    nearest = max(d, math.floor(Fraction(x) / d + Fraction(1, 2)) * d)
    return nearest if 10 * nearest >= 9 * x else nearest + d


CALLS: dict[str, Callable[..., Any]] = {
    "floor": math.floor, "ceil": lambda x: -math.floor(-x), "round": _half_even, "abs": lambda x: -x if x < 0 else x,
}


def _inner(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    def binary(op: str, a: Pair, b: Pair) -> Pair:
        return f"({a[0]} {op} {b[0]})", lambda: BINARY[op](a[1](), b[1]())

    def call(name: str, a: Pair) -> Pair:
        return f"{name}({a[0]})", lambda: CALLS[name](a[1]())

    def choose(c: Pair, a: Pair, b: Pair) -> Pair:
        return f"({a[0]} if {c[0]} else {b[0]})", lambda: a[1]() if c[1]() else b[1]()

    return st.one_of(
        st.builds(binary, st.sampled_from(sorted(BINARY)), inner, inner),
        st.builds(call, st.sampled_from(sorted(CALLS)), inner), st.builds(choose, inner, inner, inner),
        inner.map(lambda a: (f"-{a[0]}", lambda: -a[1]())),
        st.builds(lambda a, b: (f"max({a[0]}, {b[0]})", lambda: a[1]() if a[1]() > b[1]() else b[1]()), inner, inner),
        st.builds(lambda a, b: (f"min([{a[0]}, {b[0]}])", lambda: a[1]() if a[1]() < b[1]() else b[1]()), inner, inner),
        st.builds(lambda a, d: (f"divisible({a[0]}, {d})", lambda: _divisible(a[1](), Fraction(d))),
                  inner, st.integers(1, 16)))


@given(st.recursive(LEAVES, _inner, max_leaves=12))
@settings(max_examples=500, deadline=None)
def test_equals_arithmetic_by_fractions(pair: Pair) -> None:
    text, reference = pair
    try:
        expected = reference()
    except ZeroDivisionError:
        with pytest.raises(ExpressionError, match="division by zero"):
            parse(text)(ENV)
        return
    try:
        found = parse(text)(ENV)
    except ExpressionError as error:
        found, message = None, str(error)
    if found is None:
        # only what is too long for an expression, or has too many digits on the way
        assert any(reason in message for reason in ("at most 500", "too many digits", "18 digits"))
    else:
        assert found == expected
        assert isinstance(found, int) == (Fraction(expected).denominator == 1)


@given(st.text(st.characters(max_codepoint=0x2FF), max_size=60))
@settings(max_examples=500, deadline=None)
def test_any_text_is_an_expression_or_an_error(text: str) -> None:
    try:
        answer = repr(parse(text))
    except ExpressionError as error:
        answer = str(error)
    assert 0 < len(answer) < 300


SYNTAX = st.lists(st.sampled_from(["n", "1", "2.5", "(", ")", "[", "]", "+", "-", "*", "**", "/", "//", "%", "<", "==",
                                   " if ", " else ", " and ", " or ", " not ", " in ", ",", ".", ":", "=", ":=", "'a'",
                                   "lambda ", " for ", "max", "len", "__class__", "{", "}", "f'", "\\", "\n", "@",
                                   "1e9"]), max_size=15).map("".join)


@given(SYNTAX)
@settings(max_examples=500, deadline=None)
def test_any_syntax_is_computed_or_refused(text: str) -> None:
    try:
        expression = parse(text)
        value = expression(ENV) if expression.names <= ENV.keys() else 0
    except ExpressionError as error:
        value = str(error)
    assert isinstance(value, (bool, int, Fraction, str, tuple))
    assert value != ""
