"""Parameters: values, dependence on each other, and replacement by keyword, `--set` and `--input`."""

from fractions import Fraction
from typing import Any

import pytest

from archcalc.api import load, loads, report
from archcalc.errors import ArchcalcError, UsageError
from archcalc.spec.document import parse_document
from archcalc.spec.parameters import evaluate, from_input, from_text


def values(text: str, **given: Any) -> dict[str, Any]:
    return evaluate(parse_document(f"parameters: {text}"), given)


@pytest.mark.parametrize(("text", "expected"), [
    ("{a: 1, b: 2.5, c: true, d: B, e: [1, 2], f: 'B'}",
     {"a": 1, "b": Fraction(5, 2), "c": True, "d": "B", "e": (1, 2), "f": "B"}),
    ("{a: b + 1, b: 2 * c, c: 5}", {"a": 11, "b": 10, "c": 5}),
    ("{a: [b, 2 * b], b: 3}", {"a": (3, 6), "b": 3}),
    ("{a: b, b: 3}", {"a": 3, "b": 3}),
    ("{a: some_word, b: a, c: 3x3}", {"a": "some_word", "b": "some_word", "c": "3x3"}),
    ("{a: 1e3, b: 0x10, c: 1_000, d: 007}", {"a": 1000, "b": 16, "c": 1000, "d": 7}),
    ("{a: yes, b: no}", {"a": "yes", "b": "no"}),
    ("{wide: 2, deep: wide > 1, n: 3 if deep else 1}", {"wide": 2, "deep": True, "n": 3}),
])
def test_values(text: str, expected: dict[str, Any]) -> None:
    found = values(text)
    assert found == expected
    assert list(found) == list(expected)


def test_given_values_replace_and_others_follow() -> None:
    assert values("{a: 2, b: a * 10, c: b + 1}", a=3) == {"a": 3, "b": 30, "c": 31}
    assert values("{a: 2, b: a * 10, c: b + 1}", b=1) == {"a": 2, "b": 1, "c": 2}
    assert values("{a: 2}", a=0.5) == {"a": Fraction(1, 2)}
    assert values("{a: 2}", a=[1, 0.5]) == {"a": (1, Fraction(1, 2))}
    assert values("{a: 2}", a=2.0) == {"a": 2}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**18, None, object(), [None]])
def test_what_a_parameter_cannot_be(value: Any) -> None:
    with pytest.raises(UsageError, match="parameter 'a' cannot be"):
        values("{a: 2}", a=value)


def test_texts_of_the_command_line() -> None:
    assert from_text(["a=1", "b = 0.5", "c=B", "d=[1, 2]", "e=true", "f=x=y"]) == {
        "a": 1, "b": Fraction(1, 2), "c": "B", "d": (1, 2), "e": True, "f": "x=y"}
    assert from_text(["a=1", "a=2"]) == {"a": 2}


def test_input_sets_what_stands_alone_in_the_shape() -> None:
    document = parse_document("parameters: {c: 3, image: 8}\ninput: [c, image, image]\nlayers: [relu]")
    assert from_input(document, "1x16x16") == {"c": 1, "image": 16}
    assert from_input(document, "1×16×16") == {"c": 1, "image": 16}
    several = parse_document("parameters: {t: 3}\ninputs: {ids: {shape: [t], dtype: int64}}\nlayers: [relu]")
    assert from_input(several, "5") == {"t": 5}


@pytest.mark.parametrize(("shape", "text", "message"), [
    ("[3, s, s]", "3x16x17", "'s' stands for more than one axis, and cannot be both 16 and 17"),
    ("[3, s, s]", "4x16x16", "axis 1 of the input is 3, not a parameter; it cannot become 4"),
    ("[3, 2 * s, s]", "3x16x8", "axis 2 of the input is '2 * s', not a parameter; it cannot become 16"),
    ("[3, s, s]", "16x16", "has 3 axes, found 2"), ("[3, s, s]", "3x16xa", "takes sizes such as 3x224x224"),
    ("[3, s, s]", "", "takes sizes such as 3x224x224, found ''"), ("[3, s, s]", "3x-1x2", "takes sizes"),
    ("4", "3x16x16", "'input' must be a list or a mapping, found 4"),
])
def test_input_that_does_not_fit(shape: str, text: str, message: str) -> None:
    with pytest.raises(ArchcalcError) as error:
        from_input(parse_document(f"parameters: {{s: 8}}\ninput: {shape}\nlayers: [relu]"), text)
    assert message in str(error.value)


def test_set_reaches_the_numbers() -> None:
    assert load("alexnet", classes=10).parameters["classes"] == 10
    assert report("alexnet", classes=10)["fc8"].params == 4096 * 10 + 10
    wider = loads("parameters: {w: 2}\ninput: [3, 4, 4]\nlayers:\n- a: {conv: w * 4}", w=3)
    assert report(wider)["a"].params == 3 * (3 * 4) + 12
    assert report(wider, w=5)["a"].params == 3 * (5 * 4) + 20
