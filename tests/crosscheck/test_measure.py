"""What torch is asked for gives no side effects, and no error of torch's own."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.torch


def test_macs_of_a_module_whose_input_is_a_parameter() -> None:
    import torch

    from archcalc.crosscheck.measure import macs

    class Pool(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.query = torch.nn.Parameter(torch.zeros(1, 4, 8))
            self.frozen = torch.nn.Parameter(torch.zeros(3), requires_grad=False)
            self.project = torch.nn.Linear(8, 16)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x @ self.project(self.query).mT      # type: ignore[no-any-return]

    pool = Pool()
    assert macs(pool, torch.zeros(1, 5, 16)) == 4 * 8 * 16 + 5 * 4 * 16
    assert [name for name, p in pool.named_parameters() if not p.requires_grad] == ["frozen"]
