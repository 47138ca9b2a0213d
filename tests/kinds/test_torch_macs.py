"""The MACs that the rules derive are half the floating-point operations that torch counts as its modules run."""

from __future__ import annotations

import pytest

from tests.kinds.test_kinds import CASES, Case

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("case", [c for c in CASES if c.torch], ids=str)
def test_macs(case: Case) -> None:
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    from archcalc.crosscheck import Torch

    # On the meta device, and without fused attention, every matrix product is one that the counter sees.
    with torch.device("meta"), FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        module = case.layer.torch(Torch(), *case.inputs).eval()
        module(*(torch.zeros(1, *x.dims, dtype=getattr(torch, x.dtype or "float32")) for x in case.inputs))
    assert counter.get_total_flops() == 2 * case.layer.macs(*case.inputs)
