"""Exported source is the network: every kind, the families, and random networks, against the module built of them."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest

import archcalc
from archcalc.api import loads
from archcalc.exporting.names import MEMBERS
from archcalc.exporting.signatures import _SIGNATURES, REQUIRED, signature
from archcalc.layers.opaque import Opaque
from archcalc.layers.regularization import Dropout
from tests.dependencies.draw import graph
from tests.exporting.agreement import module, of_case, same_source
from tests.kinds.test_kinds import CASES

pytestmark = pytest.mark.torch
EXPORTED = [c for c in CASES if c.torch and not isinstance(c.layer, (Dropout, Opaque))
            and type(c.layer).__module__.rpartition(".")[2] not in ("inverse", "unpooling")]
FAMILIES = ["alexnet", "zfnet", "vgg-a", "inception-reduced", "resnet18", "resnet34-a", "resnet50", "lenet5",
            "torchvision/shufflenet_v2_x0_5", "torchvision/mobilenet_v3_small"]


@pytest.mark.parametrize("case", EXPORTED, ids=str)
def test_kinds(case: Any) -> None:
    same_source(of_case(case))


@pytest.mark.parametrize("name", FAMILIES)
def test_families(name: str) -> None:
    same_source(archcalc.load(name))


@pytest.mark.parametrize("seed", range(20))
def test_random_networks(seed: int) -> None:
    same_source(loads(graph(seed).text()))


def test_heads_and_dropout_of_training() -> None:
    net = archcalc.load("googlenet", mode="train")
    made = module(net, "meta")
    import torch

    assert sum(isinstance(m, torch.nn.Dropout) for m in made.modules()) == 3  # drop, and one in each of two heads
    # [13, 4]: the paper's two side heads have 128 and 1024 units: (512 or 528)·128 + 128, 2048·1024 + 1024, 1025·1000
    heads = sum((c + 1) * 128 + 2049 * 1024 + 1025 * 1000 for c in (512, 528))
    plain = sum(p.numel() for p in module(archcalc.load("googlenet"), "meta").parameters())
    assert sum(p.numel() for p in made.parameters()) == plain + heads


def test_shared_tensors_are_one() -> None:
    net = loads(json.dumps({"inputs": {"ids": {"shape": [6], "dtype": "int64"}}, "layers": [
        {"wte": {"embedding": 50, "features": 16}}, {"attn": {"attention": 4}},
        {"again": {"attention": 4, "share": {"in_proj_weight": "attn.in_proj_weight"}}},
        {"head": {"linear": 50, "bias": False, "share": {"weight": "wte.weight"}}}]}))
    same_source(net)
    made = module(net)
    assert made.head.weight is made.wte.weight
    assert made.again.in_proj_weight is made.attn.in_proj_weight


@pytest.mark.parametrize("name", ["densenet121", "mobilenet_v3_small", "regnet_y_400mf", "resnet18"])
def test_weights_of_torchvision_load_in_order(name: str) -> None:
    import torch
    import torchvision

    theirs = torchvision.models.get_model(name).eval()
    ours = module(archcalc.load(f"torchvision/{name}"))
    ours.load_state_dict(dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True)))
    x = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x), rtol=1e-4, atol=1e-5)


LOOPS = {
    "carried": "- in: {linear: 8}\n- layer: {block: , repeat: 4}\n",
    "invariant": "- in: {linear: 8}\n- layer: {gated: , repeat: 3}\n",
    "collected": "- in: {linear: 8}\n- layer: {linear: 8, repeat: 3}\n- all: {concat: , from: [in, layer.*]}\n",
    "summed": "- in: {linear: 8}\n- layer: {block: , repeat: 4}\n- all: {add: , from: [layer.*]}\n",
    "growing": "- in: {linear: 8}\n- layer: {dense: , repeat: 5}\n- all: {concat: , from: [in, layer.*]}\n",
    "nested": "- in: {linear: 8}\n- stack: {stack: , repeat: 3}\n- all: {add: , from: [stack.*.layer.*]}\n",
    "tapped": "- in: {linear: 8}\n- layer: {gated: , repeat: 4}\n- sum: {add: [layer.2, layer.4]}\n",
    "shared": "- in: {linear: 8}\n- layer: {linear: 8, repeat: 3}\n- all: {concat: , from: [in, layer.*]}\n"
              "- again: {linear: 8, from: in, share: {weight: layer.2.weight, bias: layer.3.bias}}\n",
    "unread": "- in: {linear: 8}\n- layer: {gated: , repeat: 3}\n- out: {linear: 8, from: in}\n",
    "beside": "- in: {linear: 8}\n- layer: {gated: , repeat: 4}\n- sum: {add: [layer.4, in]}\n",
    "unlike": "- in: {linear: 8}\n- layer: {linear: 8 * index, repeat: 4}\n- all: {concat: , from: [layer.*]}\n",
}
BLOCKS = """\
input: [8]
blocks:
  block: [{fc: {linear: 8}}, {sum: {add: [fc, input]}}]
  gated: [{fc: {linear: 8}}, {out: {multiply: [fc, in]}}]
  dense: [{all: {concat: , from: [in, layer.*]}}, {fc: {linear: 8}}]
  stack: [{layer: {block: , repeat: 4}}]
layers:
"""


@pytest.mark.parametrize("layers", LOOPS.values(), ids=LOOPS)
def test_repetitions(layers: str) -> None:
    same_source(loads(BLOCKS + layers))


def _parameters(of: str) -> dict[str, Any]:
    import torch

    if of.startswith("."):
        return {}
    where: Any = {"nn": torch.nn, "F": torch.nn.functional, "torch": torch}[of.partition(".")[0]]
    try:
        return dict(inspect.signature(getattr(where, of.partition(".")[2])).parameters)
    except ValueError:      # a function of C, whose signature cannot be asked for
        return {}


@pytest.mark.parametrize("of", [of for of in _SIGNATURES if "." in of])
def test_signatures_are_torchs(of: str) -> None:
    ranks = [of.replace("?", str(r)) for r in (1, 2, 3)] if "?" in of else [of]
    for name in ranks:
        known, theirs = signature(name), _parameters(name)
        assert known is not None
        if not theirs or "args" in theirs:
            continue
        names = [*theirs]
        assert [*known] == names[:len(known)] or set(known) <= set(names)
        for word, argument in known.items():
            default = theirs[word].default
            if argument.default is not REQUIRED:
                assert argument.default == default, f"{name} {word}"
            if argument.positional:
                assert names.index(word) == [*known].index(word)


def test_members_of_modules_are_known() -> None:
    import torch

    assert {word for word in dir(torch.nn.Module) if not word.startswith("_")} <= set(MEMBERS)
