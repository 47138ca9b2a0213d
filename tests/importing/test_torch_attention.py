"""Attention, masks, windows and recurrent states as torch code writes them, against the code's own outputs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.torch
MASKS = ["none", "triu", "generate", "booleans", "filled", "in place", "zeros", "a buffer of booleans", "a buffer",
         "biases", "learned", "a sum"]
FORMS = ["written out", "scaled before", "later tokens hidden", "projections with bias", "weights shown",
         "biases of a table", "cosine", "a bias in parts", "windows", "positions", "final state", "of two layers",
         "of two directions", "sequence and state", "states in one"]


def compared(module: Any, *dims: int) -> Any:
    """The network of a module, which has its tensors and gives its outputs, in float64."""
    import torch

    from archcalc import from_torch
    from archcalc.crosscheck import build

    module = module.double().eval()
    x = torch.rand(3, *dims, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    net = from_torch(module, x)
    ours = build(net, dtype=torch.float64).eval()
    floating = [p for p in (*module.parameters(), *module.buffers()) if p.dtype != torch.bool]
    pairs = list(zip([*ours.parameters(), *ours.buffers()], floating, strict=True))
    with torch.no_grad():
        for a, b in pairs:
            a.copy_(b.reshape(a.shape))
        assert torch.allclose(ours(x), module(x), rtol=1e-12, atol=1e-12)
    assert not any(node.layer.unknown for node in net.layers)
    return net


def kinds(net: Any) -> list[str]:
    return [node.layer.kind for node in net.layers]


@pytest.mark.parametrize("name", MASKS)
def test_masks(name: str) -> None:
    from tests.importing.modules import MASKS as MADE
    from tests.importing.modules import SEQUENCE, masked

    assert [*MADE] == MASKS
    net = compared(masked(name), *SEQUENCE)
    layer = next(node.layer for node in net.layers if node.layer.kind == "scaled_dot_product")
    assert layer.model_dump(exclude_defaults=True) == {"heads": 4, **MADE[name][2]}


@pytest.mark.parametrize("name", ["a band", "from the input", "the wrong triangle"])
def test_masks_that_no_kind_has_are_opaque(name: str) -> None:
    import torch

    from archcalc import from_torch
    from tests.importing.modules import SEQUENCE, unknown

    net = from_torch(unknown(name), torch.rand(2, *SEQUENCE))
    assert "opaque" in kinds(net)
    assert not any(getattr(node.layer, "causal", False) for node in net.layers)


@pytest.mark.parametrize("name", FORMS)
def test_forms(name: str) -> None:
    from archcalc import report
    from archcalc.crosscheck.measure import macs
    from tests.importing.modules import FORMS as MADE
    from tests.importing.modules import made

    assert [*MADE] == FORMS
    _, dims, wanted = MADE[name]
    net = compared(made(name), *dims)
    found = iter(kinds(net))
    assert all(kind in found for kind in wanted), kinds(net)    # in this order, others between them
    import torch

    if "state" not in name and "of two" not in name:    # FlopCounterMode counts no recurrent layers
        with torch.device("meta"):
            assert report(net).totals.macs == macs(made(name).to("meta"), torch.zeros(1, *dims))


@pytest.mark.parametrize(("how", "field"), [("causal", "causal"), ("biases", "position"), ("booleans", "causal")])
def test_masks_of_multi_head_attention(how: str, field: str) -> None:
    import torch
    from torch import nn

    from tests.importing.modules import SEQUENCE, Calls, T

    mask = {"causal": lambda m: nn.Transformer.generate_square_subsequent_mask(T), "biases": lambda m: m.mask,
            "booleans": lambda m: torch.ones(T, T).triu(1) > 0}[how]
    buffers = {"mask": torch.rand(T, T)} if how == "biases" else {}
    module = Calls(lambda m, x: m.attn(x, x, x, attn_mask=mask(m), need_weights=False)[0],
                   {**buffers, "attn": nn.MultiheadAttention(16, 4, batch_first=True)})
    layer = compared(module, *SEQUENCE).layers[-1].layer
    assert layer.model_dump(exclude_defaults=True) == {"heads": 4, field: True}


def test_groups_of_a_normalization() -> None:
    """A normalization of each half of the channels is one in two groups."""
    import torch
    from torch import nn

    from tests.importing.modules import Calls

    module = Calls(lambda m, x: torch.cat([m.norm(v) for v in m.conv(x).chunk(2, 1)], 1),
                   {"conv": nn.Conv2d(3, 8, 1), "norm": nn.LocalResponseNorm(3)})
    net = compared(module, 3, 5, 5)
    assert kinds(net) == ["conv", "lrn"]
    assert net.layers[1].layer.groups == 2


def test_cells_of_an_lstm_are_opaque() -> None:
    import torch

    from archcalc import from_torch
    from tests.importing.modules import SEQUENCE, Calls

    module = Calls(lambda m, x: m.cell(x)[1][1][-1], {"cell": torch.nn.LSTM(16, 8, batch_first=True)})
    assert "opaque" in kinds(from_torch(module, torch.rand(2, *SEQUENCE)))


STEPS = st.lists(st.tuples(st.sampled_from(["fold", "split", "swap", "turn", "part", "every", "flip", "norm"]),
                           st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=7)


def viewed(x: Any, steps: list[tuple[str, int, int]]) -> Any:
    """A chain of views of a batch, with a function of elements now and then."""
    import torch

    for what, a, b in steps:
        rank = x.ndim - 1
        i, j = 1 + a % rank, 1 + b % rank
        n = x.shape[i]
        if what == "fold" and rank > 1:
            i = 1 + a % (rank - 1)
            x = x.flatten(i, i + 1)
        elif what == "split" and n % 2 == 0 and rank < 6:
            x = x.unflatten(i, (2, -1) if b % 2 else (-1, 2))
        elif what == "swap":
            x = x.transpose(i, j)
        elif what == "turn":
            x = x.movedim(i, -1)
        elif what == "part" and n % 2 == 0 and n > 2:
            x = x.chunk(2, i)[b % 2]
        elif what == "every" and n > 2:
            x = x[(slice(None),) * i + (slice(b % 2, None, 2),)]
        elif what == "flip" and n > 2:
            x = torch.cat([x.narrow(i, 1, n - 1), x.narrow(i, 0, 1)], i)
        elif what == "norm":
            x = torch.sigmoid(x)
    return x.flatten(1)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_random_views(steps: list[tuple[str, int, int]]) -> None:
    from torch import nn

    from tests.importing.modules import Calls

    def run(m: Any, x: Any) -> Any:
        return m.fc(viewed(m.act(x), steps))

    import torch
    features = viewed(torch.zeros(1, 4, 6, 8), steps).shape[1]
    compared(Calls(run, {"act": nn.SiLU(), "fc": nn.Linear(features, 2)}), 4, 6, 8)
