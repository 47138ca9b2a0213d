"""Every network of the papers, as torch has it: tensors, shapes and MACs."""

from __future__ import annotations

from typing import Any

import pytest

import archcalc
from archcalc import zoo
from tests.crosscheck.agreement import check

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("name", [name for name in zoo.names() if "/" not in name])
def test_network(name: str) -> None:
    check(archcalc.load(name))


@pytest.mark.parametrize("name", ["alexnet", "googlenet", "vgg-d"])
def test_in_training(name: str) -> None:
    """Dropout and the heads are there, and torch's mode is that of training."""
    model = check(archcalc.load(name, mode="train"))
    kinds = {type(module).__name__ for module in model.modules()}
    assert model.training
    assert "Dropout" in kinds


@pytest.mark.parametrize(("name", "changed"), [("alexnet", {"image": 224, "gpus": 1}), ("resnet50", {"image": 97}),
                                               ("zfnet", {"classes": 7})])
def test_with_other_parameters(name: str, changed: dict[str, Any]) -> None:
    check(archcalc.load(name, **changed), batch=3)
