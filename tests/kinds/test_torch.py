"""Each kind's torch equivalent has the shapes and the parameters that the rules derive."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kinds.test_kinds import CASES, Case

pytestmark = pytest.mark.torch


def _batch(case: Case, torch: Any) -> list[Any]:
    if case.torch_inputs is not None:
        return [torch.as_tensor(x) for x in case.torch_inputs]
    return [torch.zeros(2, *x.dims, dtype=getattr(torch, x.dtype or "float32")) for x in case.inputs]


@pytest.mark.parametrize("case", [c for c in CASES if c.torch], ids=str)
def test_shape_and_tensors(case: Case) -> None:
    import torch

    from archcalc.crosscheck import Torch

    module = case.layer.torch(Torch(), *case.inputs).eval()
    with torch.no_grad():
        out = module(*_batch(case, torch))
    assert tuple(out.shape) == (2, *case.out)
    for ours, theirs in [(case.layer.params(*case.inputs), module.named_parameters()),
                         (case.layer.buffers(*case.inputs), module.named_buffers())]:
        found = [(name.removeprefix("inner."), tuple(p.shape)) for name, p in theirs
                 if "num_batches_tracked" not in name]
        assert found == [(name, w.shape) for name, w in ours.items()]
