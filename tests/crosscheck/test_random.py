"""Random networks, built and run on the CPU: each layer's output and every tensor are as archcalc says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archcalc.api import loads
from tests.crosscheck.agreement import check
from tests.dependencies.draw import graph
from tests.fuzz.specs import specs

pytestmark = pytest.mark.torch
relaxed = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])

TOKENS = st.one_of(
    st.builds(lambda heads, causal, rotary: {"attention": heads, "causal": causal, "rotary": rotary},
              st.sampled_from([1, 2, 4]), st.booleans(), st.booleans()),
    st.builds(lambda kind, n, layers, both: {kind: 8 * n, "layers": layers, "bidirectional": both},
              st.sampled_from(["lstm", "gru"]), st.integers(1, 3), st.integers(1, 2), st.booleans()),
    st.builds(lambda n, bias: {"linear": 8 * n, "bias": bias}, st.integers(1, 3), st.booleans()),
    st.builds(lambda affine: {"layernorm": None, "affine": affine}, st.booleans()),
    st.sampled_from(["rmsnorm", "gelu", "softmax", "scale", {"dropout": 0.1}]),
)
MIXED = [{"q": {"linear": 8}}, {"k": {"linear": 8, "from": "wte"}}, {"sum": {"add": None, "from": ["q", "k"]}},
         {"head": {"linear": 11, "bias": False, "from": "k", "share": {"weight": "wte.weight"}}}]


@given(specs(), st.sampled_from(["eval", "train"]))
@relaxed
def test_images(text: str, mode: str) -> None:
    check(loads(text, mode=mode), "cpu", batch=2)


@given(st.lists(TOKENS, max_size=5), st.integers(1, 9), st.sampled_from(["eval", "train"]))
@relaxed
def test_tokens(layers: list[Any], length: int, mode: str) -> None:
    axes = ["channel", "sequence"]
    turned = [{"turn": {"permute": [1, 0]}}, *layers, {"back": {"permute": [1, 0]}}]
    text = json.dumps({"input": {"shape": [8, length], "axes": axes}, "layers": turned})
    check(loads(text, mode=mode), "cpu", batch=2)
    text = json.dumps({"inputs": {"ids": {"shape": [length], "dtype": "int64"}}, "outputs": ["head", "sum"],
                       "layers": [{"wte": {"embedding": 11, "features": 8}}, *layers, *MIXED]})
    check(loads(text, mode=mode), "cpu", batch=2)


@pytest.mark.parametrize("seed", range(40))
def test_graphs(seed: int) -> None:
    """Windows of all sorts, in 1 to 3 dimensions and both layouts."""
    net = loads(graph(seed).text())
    check(net, "cpu", batch=2)
    check(net)
