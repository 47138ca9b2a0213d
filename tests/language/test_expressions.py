"""Expressions: every operator and function, exact numbers, and sizes that must come out whole."""

from fractions import Fraction
from typing import Any

import pytest

from archcalc.spec.expression import ExpressionError, parse
from archcalc.spec.source import SpecError
from tests.language.networks import network

ENV = {"n": 7, "half": Fraction(1, 2), "yes": True, "no": False, "word": "B", "list": (3, 4, 6, 3)}


@pytest.mark.parametrize(("text", "value"), [
    ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("n - 10", -3), ("-n", -7), ("+n", 7), ("7 / 2", Fraction(7, 2)),
    ("6 / 2", 3), ("7 // 2", 3), ("-7 // 2", -4), ("7 % 4", 3), ("2 ** 10", 1024), ("2 ** -1", Fraction(1, 2)),
    ("n / 2 * 2", 7), ("1 / 3 + 1 / 3 + 1 / 3", 1), ("0.1 + 0.2", Fraction(3, 10)), ("0.1 * 3 == 0.3", True),
    ("1e-4 * 10000", 1), ("1.5e3", 1500), ("1_000", 1000), ("half * n", Fraction(7, 2)), ("0x10", 16),
    ("999999999999999999 - 1", 999999999999999998),
    ("n == 7", True), ("n != 7", False), ("n < 7", False), ("n <= 7", True), ("n > 6", True), ("n >= 8", False),
    ("1 < n < 10", True), ("1 < n < 5", False), ("word == 'B'", True), ('word == "A"', False), ("word != 'A'", True),
    ("n in [1, 7]", True), ("n not in [1, 7]", False), ("n in list", False), ("word in ['A', 'B']", True),
    ("yes and no", False), ("yes or no", True), ("not yes", False), ("not no and yes", True), ("yes and n", True),
    ("true", True), ("false or true", True), ("1 if yes else 2", 1), ("1 if no else 2", 2),
    ("1 if no else 2 if no else 3", 3), ("1 / 0 if no else 4", 4), ("no and 1 / 0", False),
    ("floor(7 / 2)", 3), ("floor(-7 / 2)", -4), ("ceil(7 / 2)", 4), ("ceil(-7 / 2)", -3), ("floor(3)", 3),
    ("round(7 / 3)", 2), ("round(5 / 2)", 2), ("round(7 / 2)", 4), ("abs(-3)", 3), ("abs(3 - n)", 4),
    ("min(3, 1, 2)", 1), ("max(3, 1, 2)", 3), ("min(list)", 3), ("max(list)", 6), ("max(1, half)", 1),
    ("sum(list)", 3 + 4 + 6 + 3), ("len(list)", 4), ("sum([1, n])", 8), ("list[0]", 3), ("list[-1]", 3),
    ("list[n - 5]", 6), ("[1, 2][1]", 2), ("list + [1]", (3, 4, 6, 3, 1)), ("[n, n + 1]", (7, 8)),
    # MobileNet's rule: the nearest multiple of 8, at least 8, and never less than 0.9 of the number
    ("divisible(32)", 32), ("divisible(35)", 32), ("divisible(36)", 40), ("divisible(3)", 8),
    ("divisible(0.75 * 32)", 24),
    ("divisible(0.35 * 32)", 16), ("divisible(10)", 16), ("divisible(11, 4)", 12), ("divisible(1, 4, 16)", 16),
])
def test_value(text: str, value: Any) -> None:
    found = parse(text)(ENV)
    assert found == value
    assert type(found) is type(value)


def test_names_are_what_is_read() -> None:
    assert parse("a + min(b, 2) if c else d[e]").names == {"a", "b", "c", "d", "e"}


@pytest.mark.parametrize("text", [
    "__import__('os').system('true')", "n.real", "().__class__", "lambda: 1", "[i for i in list]", "f'{n}'", "(n := 1)",
    "print(1)", "eval('1')", "open('x')", "n @ n", "n & 1", "n << 2", "~n", "n is 7", "list[0:2]", "{1: 2}",
    "{1, 2}",
    "b'x'", "1j", "max(*list)", "max(list, key=n)", "min(list)(1)", "await n", "yield n", "...", "None", "*n", "x = 1",
    "1; 2", "n if yes", "1 +", "(", "'\\x41'", "1if yes else 2", "\0", "n n", "import os", "not", "",
])
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


@pytest.mark.parametrize(("text", "message"), [
    ("1 / 0", "division by zero in '1 / 0'"), ("n % 0", "division by zero in 'n % 0'"),
    ("n // (7 - n)", "division by zero"),
    ("0 ** -1", "division by zero in '0 ** -1'"), ("2 ** 65", "a power needs a whole exponent of at most 64"),
    ("2 ** half", "a power needs a whole exponent"), ("9 ** 9 ** 9", "a power needs a whole exponent of at most 64"),
    ("10 ** 18", "'10 ** 18' cannot be computed: more than 18 digits"), ("1 / 10 ** 17 / 10 ** 17 / 10 ** 17",
                                                                        "the fraction has too many digits"),
    ("list[4]", "there is no item 4 in a list of 4, counted from 0"), ("list[half]", "no item 0.5 in a list of 4"),
    ("n[0]", "only a list has items: expected a list, found 7"), ("word[0]", "expected a list, found 'B'"),
    ("word + 1", "'word + 1' cannot be computed: + takes a number, found 'B'"), ("word * 3", "* takes a number"),
    ("word % 5", "% takes a number, found 'B'"), ("list * 2", "* takes a number, found a list of 4"),
    ("list + 1", "+ takes a number, found a list of 4"), ("word < 3", "< takes a number, found 'B'"),
    ("-list", "- takes a number, found a list of 4"), ("len(n)", "len takes a list, found 7"),
    ("floor(word)", "floor takes a number, found 'B'"), ("floor()", "floor takes 1 number, found 0"),
    ("divisible(1, 2, 3, 4)", "divisible takes 1 to 3 numbers, found 4"),
    ("max()", "max takes numbers or a list of them"),
    ("divisible(1, 0)", "division by zero"), ("n in 7", "`in` takes a list, found 7"), ("sum(word)", "found 'B'"),
])
def test_what_cannot_be_computed(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as error:
        parse(text)(ENV)
    assert message in str(error.value)


def test_lengths_and_depths_are_bounded() -> None:
    with pytest.raises(ExpressionError, match="at most 500 characters, found 501"):
        parse("1" * 501)
    with pytest.raises(ExpressionError, match="is not an expression"):
        parse("(" * 240 + "1" + ")" * 240)
    with pytest.raises(ExpressionError, match="is nested too deeply"):
        parse("-" * 400 + "1")
    assert parse("-" * 48 + "1")({}) == 1
    with pytest.raises(ExpressionError, match="is not an expression: the exponent is out of range"):
        parse("1e999999999")
    with pytest.raises(ExpressionError, match="more than 18 digits"):
        parse("9" * 400)


def test_doubling_lists_are_bounded() -> None:
    doubling = ", ".join(f"l{i}: l{i - 1} + l{i - 1}" for i in range(1, 60))
    with pytest.raises(SpecError, match="a list of more than 10,000"):
        network(f"parameters: {{l0: [1], {doubling}}}\nlayers:\n- relu")


def test_a_size_must_come_out_whole() -> None:
    text = "parameters: {width: 0.75}\nlayers:\n- a: {conv: %s}"
    assert network(text % "32 * width").nodes[1].layer.filters == 24  # type: ignore[attr-defined]
    with pytest.raises(SpecError, match=r"a: 'filters': expected a positive whole number, found 7\.5"):
        network(text % "10 * width")
    assert network(text % "floor(10 * width)").nodes[1].layer.filters == 7  # type: ignore[attr-defined]


def test_decimals_of_a_spec_are_exact() -> None:
    net = network("parameters: {a: 0.1, b: 0.2, c: 1e-3}\nlayers:\n- x: {conv: 10 * (a + b)}\n- y: {conv: 4000 * c}")
    assert [node.layer.filters for node in net.layers] == [3, 4]  # type: ignore[attr-defined]


def test_words_of_a_field_are_no_expressions() -> None:
    net = network("parameters: {p: 2}\nlayers:\n- a: {conv: 1, kernel: 3, padding: same}\n- b: {conv: 1, padding: p}")
    assert [node.layer.padding for node in net.layers] == ["same", 2]  # type: ignore[attr-defined]
