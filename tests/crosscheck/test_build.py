"""The torch module of a network: what is tied, what goes in and out, and how its modules are called."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from archcalc.api import loads
from archcalc.errors import UsageError
from tests.crosscheck.agreement import check

pytestmark = pytest.mark.torch

TIED = """
inputs: {ids: {shape: [12], dtype: int64}}
layers:
- wte: {embedding: 50, features: 16}
- attn: {attention: 4, causal: true}
- again: {attention: 4, share: {in_proj_weight: attn.in_proj_weight}}
- head: {linear: 50, bias: false, share: {weight: wte.weight}}
"""
LSTMS = """
input: {shape: [9, 8], axes: [sequence, channel]}
layers:
- one: {lstm: 8}
- two: {lstm: 8, share: {weight_hh_l0: one.weight_hh_l0}}
"""
WRAPPED = """
input: [8, 9, 9]
layers:
- last: {permute: [1, 2, 0]}
- one: {conv: 8, kernel: 2, padding: [[0, 1], [1, 0]]}
- two: {conv: 8, kernel: 2, padding: same, share: {weight: one.weight, bias: one.bias}}
"""
SEVERAL = """
inputs: {image: [3, 16, 16], ids: {shape: [7], dtype: int64}, features: [4]}
layers:
- conv: {conv: 8, kernel: 3, stride: 2, padding: 1, from: image}
- pool: {global_avgpool: , keep: false}
- words: {embedding: 11, features: 5, from: ids}
- mean: {mean: sequence}
- join: {concat: , from: [pool, mean, features]}
- class: {linear: 3}
- box: {linear: 4, from: join}
outputs: [class, box, conv]
"""
HEADS = """
input: [3, 16, 16]
layers:
- conv: {conv: 8, kernel: 3, then: [batchnorm, relu]}
- drop: {dropout: 0.5}
- aux: {conv: 5, from: conv, only: train}
- pool: {global_avgpool: , keep: false, from: drop}
- fc: {linear: 10}
outputs: [fc, aux]
"""


@pytest.mark.parametrize(("text", "pairs"), [
    (TIED, [(("again", "in_proj_weight"), ("attn", "in_proj_weight")),
            (("head", "weight"), ("wte", "weight"))]),
    (LSTMS, [(("two", "weight_hh_l0"), ("one", "weight_hh_l0"))]),
    (WRAPPED, [(("two", "weight"), ("one", "weight")), (("two", "bias"), ("one", "bias"))]),
])
def test_tied_tensors_are_one_parameter(text: str, pairs: list[Any]) -> None:
    for device in ("meta", "cpu"):
        model = check(loads(text), device)
        for (layer, tensor), (owner, name) in pairs:
            assert model.tensors(layer)[tensor] is model.tensors(owner)[name]


def test_what_is_tied_is_used() -> None:
    import torch

    model = check(loads(LSTMS), "cpu")
    x = torch.randn(2, 9, 8)
    before = model(x)
    with torch.no_grad():
        model.tensors("one")["weight_hh_l0"].mul_(2)
    fresh = torch.nn.LSTM(8, 8, batch_first=True)
    fresh.load_state_dict(model.layer("two").inner.state_dict())
    first = model.layer("one")(x)
    assert not torch.equal(model(x), before)
    assert torch.equal(model(x), fresh(first)[0])


def test_several_inputs_and_outputs() -> None:
    import torch

    model = check(loads(SEVERAL), "cpu", batch=2)
    given = {"image": torch.randn(2, 3, 16, 16), "ids": torch.randint(11, (2, 7)), "features": torch.randn(2, 4)}
    out = model(given)
    assert {name: tuple(value.shape) for name, value in out.items()} == {
        "class": (2, 3), "box": (2, 4), "conv": (2, 8, 8, 8)}
    assert all(torch.equal(out[name], value) for name, value in model(*given.values()).items())


@pytest.mark.parametrize("given", [[], [1, 2], [{"image": 1}]])
def test_wrong_inputs(given: list[Any]) -> None:
    from archcalc.crosscheck import build

    with pytest.raises(UsageError, match=r"inputs,? image, ids, features; found"):
        build(loads(SEVERAL), "meta")(*given)


def test_heads_follow_the_mode() -> None:
    evaluated, trained = check(loads(HEADS), "cpu"), check(loads(HEADS, mode="train"), "cpu", batch=2)
    assert not evaluated.training
    assert trained.training
    assert list(trained.module_names) == ["conv", "conv.batchnorm", "conv.relu", "drop", "aux", "pool", "fc"]
    assert list(evaluated.module_names) == ["conv", "conv.batchnorm", "conv.relu", "pool", "fc"]
    assert set(trained(trained.example(2))) == {"fc", "aux"}
    assert tuple(evaluated(*evaluated.example(2).values()).shape) == (2, 10)


def test_names_of_modules() -> None:
    """Dots nest nowhere, so that modules keep the order of the layers; what torch has taken gets an underscore."""
    model = check(loads("""
input: [4, 8, 8]
blocks: {b: [{a: {conv: 4}}, {c: {conv: 4}}]}
layers: [{x: b}, x__a: {conv: 4}, train: {conv: 4, then: relu}, net: {conv: 4}, 3a: {conv: 4}]
""".replace("layers: [{x: b}, x__a", "layers: [{x: b}, {x__a").replace("4}, train", "4}}, {train")
        .replace("relu}, net", "relu}}, {net").replace("4}, 3a", "4}}, {3a").replace("4}]\n", "4}}]\n")))
    assert model.module_names == {"x.a": "x__a", "x.c": "x__c", "x__a": "x__a_", "train": "train_",
                                  "train.relu": "train__relu", "net": "net_", "3a": "3a"}
    assert [name for name, _ in model.named_children()] == list(model.module_names.values())


def test_type_of_tensors() -> None:
    import torch

    from archcalc.crosscheck import build

    model = build(loads(SEVERAL), dtype=torch.float64)
    assert {p.dtype for p in model.parameters()} == {torch.float64}
    assert {v.dtype for v in model(model.example()).values()} == {torch.float64}
    tied = build(loads(TIED), dtype=torch.float64)
    assert tied.tensors("head")["weight"] is tied.tensors("wte")["weight"]


def test_values_are_dropped_behind_their_last_reader() -> None:
    import torch

    from archcalc.crosscheck import build

    model = build(loads("""
input: [4, 8, 8]
layers:
- a: {conv: 4}
- b: {conv: 4}
- c: {conv: 4}
- d: {add: , from: [c, a]}
- unread: {conv: 4, from: d}
- e: {conv: 4, from: d}
"""))
    alive: dict[str, weakref.ref[Any]] = {}
    seen = {}
    with torch.no_grad():
        for name, value in model.steps(*model.example().values()):
            alive[name] = weakref.ref(value)
            del value
            gc.collect()
            seen[name] = {other for other, ref in alive.items() if ref() is not None}
    assert seen["b"] >= {"a"}
    assert "b" not in seen["d"] | seen["e"]
    assert "a" in seen["c"]
    assert not {"a", "c"} & seen["unread"]
    assert seen["e"] == {"e"}
