"""Rules agree on ints, on arrays of ints and on symbols, in what they give and in what they refuse.

Each case of the table is the first of several samples; in the others, dimensions and whole-number
fields have other values, of which some are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

import pytest
import sympy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archcalc.dims import Dim, grid, noting, require
from archcalc.errors import RuleError
from archcalc.fields import Structural
from archcalc.layers.base import Layer, Pointwise
from archcalc.tensor import Tensor
from tests.kinds.case import Case
from tests.kinds.test_kinds import each_case

Slot: TypeAlias = tuple[int, int] | str
"""Where a number stands: the input and axis of a dimension, or the name of a field."""
Figures: TypeAlias = dict[str, Dim]


def slots(case: Case) -> dict[Slot, int]:
    """Every number of a case that a sweep may vary."""
    dims: dict[Slot, int] = {(i, j): dim for i, x in enumerate(case.inputs) for j, dim in enumerate(x.dims)}
    return dims | {name: value for name, value in case.layer
                   if type(value) is int and _numeric(type(case.layer).model_fields[name].rebuild_annotation())}


def _numeric(annotation: Any) -> bool:
    """Whether a field takes a number that rules calculate with."""
    if get_origin(annotation) is Annotated:
        return not any(isinstance(note, Structural) for note in annotation.__metadata__) and \
            _numeric(annotation.__origin__)
    union = get_origin(annotation) in (UnionType, Union)
    return annotation is int or (union and any(map(_numeric, get_args(annotation))))


def variables(case: Case, tied: bool) -> dict[Slot, str]:
    """The variable in each slot; tied, dimensions that are equal in the case are one variable."""
    return {slot: slot if isinstance(slot, str) else f"dim{value}" if tied else "dim{}_{}".format(*slot)
            for slot, value in slots(case).items()}


def placed(case: Case, value: Callable[[Slot], Dim]) -> tuple[Layer, list[Tensor]]:
    """The layer and the inputs with another value in each slot."""
    layer = case.layer.model_copy(update={slot: value(slot) for slot in slots(case) if isinstance(slot, str)})
    return layer, [x._replace(dims=tuple(value((i, j)) for j in range(len(x.dims))))
                   for i, x in enumerate(case.inputs)]


def figures(layer: Layer, inputs: list[Tensor]) -> Figures:
    """Everything that the rules give."""
    found = {f"out[{i}]": dim for i, dim in enumerate(layer.out(*inputs).dims)}
    for name, tensor in {**layer.params(*inputs), **layer.buffers(*inputs)}.items():
        found |= {f"{name}[{i}]": dim for i, dim in enumerate(tensor.shape)} | {f"{name}.size": tensor.size}
    return found | {"macs": layer.macs(*inputs), "ops": layer.ops(*inputs)}


def on_ints(layer: Layer, inputs: list[Tensor]) -> Figures | None:
    """The figures, or None where the shape rule refuses; where it does not, no other rule may."""
    try:
        layer.out(*inputs)
    except RuleError:
        return None
    return figures(layer, inputs)


@cache
def on_symbols(case: Case, tied: bool) -> tuple[Figures, list[Any]]:
    """The figures as formulas, and the conditions under which they hold."""
    names = variables(case, tied)
    symbols = {slot: sympy.Symbol(names[slot], integer=True, **{"positive": True} if value > 0 else
                                  {"nonnegative": True} if value == 0 else {})
               for slot, value in slots(case).items()}
    with noting() as ledger:
        return figures(*placed(case, symbols.__getitem__)), ledger.assumptions


def check(case: Case, tied: bool, samples: dict[str, list[int]]) -> None:
    """Hold arrays and symbols to what the ints give, sample by sample."""
    names = variables(case, tied)
    with noting() as ledger:
        arrays = figures(*placed(case, lambda slot: grid(samples[names[slot]])))
    formulas, assumptions = on_symbols(case, tied)
    for i in range(len(next(iter(samples.values())))):
        sample = {name: values[i] for name, values in samples.items()}
        expected = on_ints(*placed(case, lambda slot: sample[names[slot]]))  # noqa: B023 - called at once
        assert expected is not None or i > 0, "the case itself is refused"
        assert _at(ledger.valid, i) == (expected is not None), f"the mask is wrong at {sample}"
        assert all(_solved(c, sample) for c in assumptions) == (expected is not None), f"{assumptions} at {sample}"
        if expected is not None:
            assert {name: _at(figure, i) for name, figure in arrays.items()} == expected, sample
            assert {name: _solved(figure, sample) for name, figure in formulas.items()} == expected, sample


def _at(figure: Any, i: int) -> Any:
    return figure[i] if getattr(figure, "ndim", 0) else figure


def _solved(expression: Any, sample: dict[str, int]) -> Any:
    if not hasattr(expression, "free_symbols"):
        return expression
    return expression.xreplace({s: sympy.Integer(sample[s.name]) for s in expression.free_symbols})


def near(value: int) -> st.SearchStrategy[int]:
    """Numbers that could stand where this one does: close to it, multiples of it, or small."""
    least = min(value, 1)
    return st.one_of(st.just(value), st.integers(max(value - 3, least), value + 3),
                     st.integers(1, 4).map(lambda m: m * value), st.integers(least, 12))


@each_case
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_ints_arrays_and_symbols_agree(case: Case, data: st.DataObject) -> None:
    tied = data.draw(st.booleans(), label="tied")
    names = variables(case, tied)
    base = {names[slot]: value for slot, value in slots(case).items()}
    check(case, tied, {name: [value, *data.draw(st.lists(near(value), min_size=4, max_size=4), label=name)]
                       for name, value in base.items()})


class _Branching(Pointwise):
    """Its rule asks for the size of a dimension, which neither arrays nor symbols can answer."""

    def ops(self, x: Tensor) -> Dim:
        return x.size if x.channels > 4 else 0


class _OtherOnInts(Pointwise):
    def ops(self, x: Tensor) -> Dim:
        return 0 if x.channels == 8 else x.size


class _OtherOnSymbols(Pointwise):
    def ops(self, x: Tensor) -> Dim:
        return x.size + int(hasattr(x.channels, "free_symbols"))


class _RefusesOnlyInts(Pointwise):
    def out(self, x: Tensor) -> Tensor:
        require(not isinstance(x.channels, int) or x.channels < 8, "too many channels")
        return x


class _RefusesTooLate(Pointwise):
    """What the shape rule lets pass, another rule refuses."""

    def ops(self, x: Tensor) -> Dim:
        require(x.channels < 8, "too many channels")
        return x.size


@pytest.mark.parametrize(("layer", "error", "message"), [
    (_Branching(), ValueError, "truth value"),
    (_OtherOnSymbols(), AssertionError, "ops"),
    (_RefusesOnlyInts(), AssertionError, "mask is wrong"),
    (_RefusesTooLate(), RuleError, "too many channels"),
])
def test_that_the_check_can_fail(layer: Layer, error: type[Exception], message: str) -> None:
    case = Case(layer, (Tensor.of(3, 5),), out=(3, 5))
    with pytest.raises(error, match=message):
        check(case, True, {"dim3": [3, 8], "dim5": [5, 5]})


def test_that_a_branch_on_equality_fails_on_symbols() -> None:
    # SymPy answers == by structure, which is how a branch could go unnoticed.
    case = Case(_OtherOnInts(), (Tensor.of(3),), out=(3,))
    with noting():
        assert figures(case.layer, [Tensor.of(sympy.Symbol("n"))])["ops"] == sympy.Symbol("n")
    with pytest.raises(ValueError, match="truth value"):
        check(case, True, {"dim3": [3, 8]})
