"""Every kind against its table of cases; a new kind is a class and a row in a cases_*.py file."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import tests.kinds
from tests.kinds.case import Case

CASES: list[Case] = [
    case
    for module in pkgutil.iter_modules(tests.kinds.__path__)
    if module.name.startswith("cases_")
    for case in importlib.import_module(f"tests.kinds.{module.name}").CASES
]
each_case = pytest.mark.parametrize("case", CASES, ids=str)


@each_case
def test_figures(case: Case) -> None:
    layer, x = case.layer, case.inputs
    assert layer.out(*x).dims == case.out
    assert sum(w.size for w in layer.params(*x).values()) == case.params
    assert layer.macs(*x) == case.macs
    assert layer.ops(*x) == case.ops
    assert sum(w.size for w in layer.buffers(*x).values()) == case.buffers


@each_case
def test_rules_are_pure_integers(case: Case) -> None:
    figures = [*case.layer.out(*case.inputs).dims, case.layer.macs(*case.inputs), case.layer.ops(*case.inputs)]
    assert all(type(figure) is int for figure in figures)
