"""Where torch has no module for a kind's options, what stands in gives torch's numbers wherever torch has them."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from archcalc.layers import pooling
from archcalc.layers.activation import Rescale
from archcalc.layers.dense import Rbf
from archcalc.layers.normalization import Layernorm, Lrn
from archcalc.layers.pooling import Avgpool, Maxpool
from archcalc.layers.regularization import StochasticDepth
from archcalc.layers.select import Select
from archcalc.tensor import Tensor

pytestmark = pytest.mark.torch
x = Tensor.of(3, 11, 8)


def _run(module: Any, shape: tuple[int, ...] = (2, 3, 11, 8)) -> Any:
    import torch

    torch.manual_seed(1)
    with torch.no_grad():
        return module(torch.randn(*shape))


def _facade() -> Any:
    from archcalc.crosscheck import Torch

    return Torch()


@pytest.mark.parametrize(("kernel", "stride", "ceil"), list(product([2, 3, 4], [1, 2, 3, 5], [False, True])))
def test_explicit_padding_is_torchs_own(monkeypatch: pytest.MonkeyPatch, kernel: int, stride: int, ceil: bool) -> None:
    import torch

    for padding in range(kernel // 2 + 1):
        options = {"kernel": kernel, "stride": stride, "padding": padding, "ceil": ceil}
        for layer in [Maxpool(**options), Avgpool(**options), Avgpool(**options, count_include_pad=False)]:
            native = _run(layer.torch(_facade(), x))
            with monkeypatch.context() as patch:
                patch.setattr(pooling, "_native", lambda windows: False)
                torch.testing.assert_close(_run(layer.torch(_facade(), x)), native)


def test_local_response_normalization_is_the_papers() -> None:
    import torch

    v = _run(torch.nn.Identity(), (2, 8, 5, 5))
    found = Lrn(size=5, alpha=0.1, groups=2).torch(_facade(), Tensor.of(8, 5, 5))(v)
    for i in range(8):
        group = range(i // 4 * 4, i // 4 * 4 + 4)
        total = sum(v[:, j] ** 2 for j in group if abs(i - j) <= 2)
        torch.testing.assert_close(found[:, i], v[:, i] / (2 + 0.1 * total) ** 0.75)


def test_layernorm_of_channels_first() -> None:
    import torch

    v = _run(torch.nn.Identity())
    found = Layernorm().torch(_facade(), x)(v)
    torch.testing.assert_close(found, (v - v.mean(1, True)) / (v.var(1, correction=0, keepdim=True) + 1e-5).sqrt())


@pytest.mark.parametrize("mode", ["row", "batch"])
def test_stochastic_depth_drops_samples_or_batches(mode: Any) -> None:
    import torch

    torch.manual_seed(1)
    module = StochasticDepth(p=0.5, mode=mode).torch(_facade(), Tensor.of(4))
    seen = [module(torch.ones(64, 4)) for _ in range(20)]
    for out in seen:
        assert set(out.unique().tolist()) <= {0.0, 2.0}
        assert all(len(set(row.tolist())) == 1 for row in out)
    mixed = [len(out.unique()) == 2 for out in seen]
    assert all(mixed) if mode == "row" else not any(mixed)
    assert torch.equal(module.eval()(torch.ones(64, 4)), torch.ones(64, 4))


def test_rescale_select_and_rbf() -> None:
    import torch

    v = _run(torch.nn.Identity())
    torch.testing.assert_close(Rescale(factor=0.17).torch(_facade(), x)(v), v * 0.17)
    torch.testing.assert_close(Rescale(factor=2, root_of=16).torch(_facade(), x)(v), v / 2)
    assert torch.equal(Select(indices=(2, 0, 2)).torch(_facade(), x)(v), v[:, [2, 0, 2]])
    assert torch.equal(Select(indices=(7, 1), axis=-1).torch(_facade(), x)(v), v[..., [7, 1]])
    module = Rbf(units=4).torch(_facade(), Tensor.of(8))
    module.centers.copy_(torch.randn(4, 8))
    torch.testing.assert_close(module(v[0, 0]), torch.cdist(v[0, 0], module.centers) ** 2)
