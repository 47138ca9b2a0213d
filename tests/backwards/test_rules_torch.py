"""Every kind that has a way back: its steps are the transpose of its derivative, as autograd has it."""

from __future__ import annotations

from typing import Any

import pytest

from archcalc.backwards.draft import Draft
from archcalc.errors import RuleError
from tests.kinds.case import Case
from tests.kinds.test_kinds import CASES

pytestmark = pytest.mark.torch


def _reversible(case: Case) -> bool:
    try:
        case.layer.back(0, *case.inputs)
    except RuleError:
        return False
    real = not any(x.dtype for x in case.inputs) and case.torch_inputs is None
    return case.torch and bool(case.out) and case.layer.only is None and real


def _filled(model: Any, seed: int) -> None:
    import torch

    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in [*model.parameters(), *model.buffers()]:
            if tensor.is_floating_point():
                tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)


@pytest.mark.parametrize("case", [case for case in CASES if _reversible(case)], ids=str)
def test_back_is_the_transposed_derivative(case: Case) -> None:
    import torch

    from archcalc.crosscheck import build
    from archcalc.crosscheck.deconvnet import Projector

    draft = Draft("one layer")
    names = [draft.input(f"x{k}", x) for k, x in enumerate(case.inputs)]
    draft.layer("layer", case.layer, names, "layer")
    net, _ = draft.net("one layer")
    model = build(net, dtype=torch.float64).eval()
    _filled(model, 1)
    generator = torch.Generator().manual_seed(2)
    # Small whole numbers, so that maxima are often equal.
    given = [torch.randint(-3, 4, (1, *x.dims), generator=generator).double() for x in case.inputs]
    inputs = [x.clone().requires_grad_() for x in given]
    out = model(*inputs)
    signal = torch.randn(out.shape, generator=generator, dtype=torch.float64)
    for k, name in enumerate(names):
        expected, = torch.autograd.grad(out, inputs[k], signal, retain_graph=True, materialize_grads=True)
        if not expected.any():
            continue
        projector = Projector(model, "layer", ["gradient"], source=name)
        found = projector.run("gradient", projector.look(*given).notes, signal)
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)
