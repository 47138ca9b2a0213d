"""Attention with its projections as one layer: models of others, against their outputs, and what only comes close."""

from __future__ import annotations

from typing import Any

import pytest

from archcalc.importing.idioms.buckets import bucketed

pytestmark = pytest.mark.torch

NONE = (False, False, False, False)
APART: list[tuple[dict[str, Any], dict[str, Any]]] = [      # how it is written, the fields of the layer
    ({}, {"packed": False}),
    ({"biases": NONE, "causal": True}, {"packed": False, "bias": False, "causal": True}),
    ({"biases": (True, True, True, False)}, {"out_bias": False}),
    ({"kv_heads": 2, "causal": True}, {"kv_heads": 2, "causal": True}),
    ({"kv_heads": 1}, {"kv_heads": 1}),
    ({"kv_heads": 1, "broadcast": True}, {"kv_heads": 1}),
    ({"d": 6}, {"head_dim": 6}),
    ({"features": 20}, {"features": 20}),
    ({"scale": 1.0}, {"scaled": False}),
    ({"theta": 10_000.0}, {"rotary": True}),
    ({"theta": 500_000.0, "kv_heads": 2, "biases": NONE, "causal": True},
     {"rotary": True, "theta": 500_000.0, "kv_heads": 2, "bias": False, "causal": True}),
    ({"theta": 123.456, "chunks": True}, {"rotary": True, "theta": 123.456}),
]
STILL_APART: list[dict[str, Any]] = [
    {"biases": (True, False, True, True)}, {"scale": 0.3}, {"scale": 0.25}, {"values": "of queries"}, {"read": True},
    {"theta": 100.0, "turned": "queries"}, {"theta": 100.0, "other": 200.0},
]
NOT_ROTARY = ["pairs", "swapped", "backwards", "stretched", "from"]


def compared(module: Any, *dims: tuple[int, ...]) -> Any:
    """The network of a module, which has its parameters in their order and gives its outputs, in float64."""
    import torch

    from archcalc import from_torch
    from archcalc.crosscheck import build

    module = module.double().eval()
    xs = [torch.rand(3, *d, dtype=torch.float64, generator=torch.Generator().manual_seed(i))
          for i, d in enumerate(dims)]
    net = from_torch(module, xs)
    if any(node.layer.unknown for node in net.layers):
        return net
    ours = build(net, dtype=torch.float64).eval()
    with torch.no_grad():
        for a, b in zip(ours.parameters(), module.parameters(), strict=True):
            a.copy_(b.reshape(a.shape))
        assert torch.allclose(ours(*xs), module(*xs), rtol=1e-5, atol=1e-6)     # tables of angles have 32 bits
    return net


def layers(net: Any, kind: str) -> list[dict[str, Any]]:
    """The fields of the layers of a kind, without defaults."""
    return [node.layer.model_dump(exclude_defaults=True) for node in net.layers if node.layer.kind == kind]


@pytest.mark.parametrize(("how", "fields"), APART)
def test_projections_apart(how: dict[str, Any], fields: dict[str, Any]) -> None:
    from tests.importing.attentions import HEADS, WIDTH, Attention, T

    net = compared(Attention(**how), (T, WIDTH))
    assert layers(net, "attention") == [{"heads": HEADS, **fields}]
    assert len(net.layers) == 1


@pytest.mark.parametrize("how", STILL_APART)
def test_what_attention_has_no_word_for(how: dict[str, Any]) -> None:
    """Biases of some, another root, values of another source, queries that are read, keys turned otherwise."""
    from tests.importing.attentions import WIDTH, Attention, T

    other = [(T, WIDTH)] if how.get("values") else []
    net = compared(Attention(**how), (T, WIDTH), *other)
    assert not layers(net, "attention")
    assert len(layers(net, "linear")) == 4
    assert len(layers(net, "rotary")) == {"queries": 1, None: 2 * ("other" in how)}[how.get("turned")]


@pytest.mark.parametrize("memory", [16, 24])
def test_keys_and_values_of_a_second_input(memory: int) -> None:
    from tests.importing.attentions import HEADS, WIDTH, Attention, T

    net = compared(Attention(memory=memory), (T, WIDTH), (T - 3, memory))
    assert layers(net, "attention") == [{"heads": HEADS, "packed": False}]
    assert list(net.layers[-1].inputs) == [0, 1]


@pytest.mark.parametrize(("order", "fields"), [("qkv", {"causal": True}), ("qvk", None), ("kqv", None),
                                               ("by head", None)])
def test_thirds_of_one_projection(order: str, fields: Any) -> None:
    from tests.importing.attentions import HEADS, WIDTH, Packed, T

    net = compared(Packed(order, causal=True), (T, WIDTH))
    assert layers(net, "attention") == ([] if fields is None else [{"heads": HEADS, **fields}])


def test_dropout_on_the_output_stays() -> None:
    from torch import nn

    from tests.importing.attentions import WIDTH, Attention, T

    net = compared(nn.Sequential(Attention(), nn.Dropout(0.2)), (T, WIDTH))
    assert [node.layer.kind for node in net.in_mode("train").layers] == ["attention", "dropout"]


@pytest.mark.parametrize(("name", "fields"), [
    ("ScaledQueries", {"packed": False}), ("Interleaved", {"kv_heads": 2, "causal": True}),
    ("BeforeHeads", {"rotary": True, "theta": 500.0}), ("SharedProjection", None)])
def test_other_forms(name: str, fields: Any) -> None:
    from tests.importing import attentions

    module = getattr(attentions, name)(kv_heads=2 if name == "Interleaved" else attentions.HEADS)
    net = compared(module, (attentions.T, attentions.WIDTH))
    assert layers(net, "attention") == ([] if fields is None else [{"heads": attentions.HEADS, **fields}])


@pytest.mark.parametrize("what", NOT_ROTARY)
def test_what_is_not_rotary(what: str) -> None:
    """Pairs of neighbours (GPT-J), cosines for sines, the other way round, positions stretched or from another on."""
    from tests.importing.attentions import WIDTH, Attention, T

    net = compared(Attention(theta=100.0, **{what: 2}), (T, WIDTH))
    assert not layers(net, "rotary")
    assert not any(fields.get("rotary") for fields in layers(net, "attention"))


@pytest.mark.parametrize(("how", "bias", "causal"), [
    ({}, {}, False), ({"reach": 16}, {"reach": 16}, False), ({"decoder": True}, {"causal": True}, True),
    ({"decoder": True, "how": "where"}, {"causal": True}, True)])
def test_buckets_of_distances(how: dict[str, Any], bias: dict[str, Any], causal: bool) -> None:
    from tests.importing.attentions import HEADS, T5, WIDTH, Normed

    net = compared(Normed(T5(**how)), (24, WIDTH))
    assert layers(net, "bucket_bias") == [{"heads": HEADS, "buckets": 8, **bias}]
    fields = {"heads": HEADS, "position": True, "scaled": False, "bias": False, "packed": None}
    assert layers(net, "attention") == [{k: v for k, v in fields.items() if v is not None} | (
        {"causal": True} if causal else {})]


@pytest.mark.parametrize("rule", ["clipped", "turned round"])
def test_other_rules_of_distances(rule: str) -> None:
    """Distances that are clipped (Shaw et al. 2018), and buckets of the other direction."""
    from tests.importing.attentions import T5, WIDTH, Normed

    net = compared(Normed(T5(rule=rule)), (24, WIDTH))
    assert not layers(net, "bucket_bias")


def test_buckets_by_hand() -> None:
    """Of 8 buckets 4 are of later tokens: 0, 1, then distances up to √(2·16), and all beyond, with a reach of 16."""
    earlier = [0, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3]
    later = [0, *(4 + n for n in earlier[1:])]
    assert bucketed(later, earlier, 8) == {"buckets": 8, "causal": False, "reach": 16}
    assert bucketed(earlier, later, 8) is None
    assert bucketed([0] * 18, [*range(8)] + [7] * 10, 8) == {"buckets": 8, "causal": True, "reach": 8}
    assert bucketed([0] * 18, [0, 1, 2, *[3] * 15], 8) is None      # clipped
