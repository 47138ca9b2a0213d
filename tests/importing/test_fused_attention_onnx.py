"""Attention with its projections as one layer, from files of torch's exporters, against the module's outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from archcalc import loads
from archcalc.importing.onnx.reading import read

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]
LONG = 300
"""Tokens of which tables and masks are more than the importer lists."""

BOTH = [("apart", {"packed": False}), ("llama", {"kv_heads": 2, "bias": False, "rotary": True, "theta": 500_000.0,
                                                 "causal": True}), ("packed", {"causal": True})]


def module(name: str) -> Any:
    from tests.importing.attentions import T5, Attention, Normed, Packed

    return {"apart": lambda: Attention(), "packed": lambda: Packed(causal=True),
            "llama": lambda: Attention(kv_heads=2, biases=(False,) * 4, theta=5e5, causal=True),
            "not rotary": lambda: Attention(theta=100.0, swapped=True),
            "pairs": lambda: Attention(theta=100.0, pairs=True),
            "thirds": lambda: Packed("kqv"), "encoder": lambda: Normed(T5()),
            "decoder": lambda: Normed(T5(decoder=True))}[name]().eval()


def exported(name: str, path: Path, dynamo: bool, length: int = LONG) -> tuple[Any, Any, Any]:
    """A module, its input, and the network of its file."""
    import torch

    from tests.importing.attentions import WIDTH

    torch.manual_seed(0)
    made, x = module(name), torch.rand(1, length, WIDTH)
    options: dict[str, Any] = {"verbose": False, "external_data": False} if dynamo else {"opset_version": 17}
    torch.onnx.export(made, (x,), str(path / "net.onnx"), dynamo=dynamo, **options)
    return made, x, loads(read(str(path / "net.onnx")).text)


def imported(name: str, path: Path, dynamo: bool) -> Any:
    """The network of an exported module, whose outputs with the module's parameters are the module's."""
    import torch

    from archcalc.crosscheck import build

    made, x, net = exported(name, path, dynamo)
    ours = build(net).eval()
    with torch.no_grad():
        for a, b in zip(ours.parameters(), made.parameters(), strict=True):
            a.copy_(b.reshape(a.shape))
        assert torch.allclose(ours(x), made(x), rtol=1e-3, atol=1e-4)
    return net


def layers(net: Any, kind: str) -> list[dict[str, Any]]:
    """The fields of the layers of a kind, without defaults."""
    return [node.layer.model_dump(exclude_defaults=True) for node in net.layers if node.layer.kind == kind]


@pytest.mark.parametrize(("name", "fields"), BOTH)
@pytest.mark.parametrize("dynamo", [True, False], ids=["dynamo", "script"])
def test_exported(name: str, fields: dict[str, Any], dynamo: bool, tmp_path: Path) -> None:
    net = imported(name, tmp_path, dynamo)
    assert layers(net, "attention") == [{"heads": 4, **fields}]
    assert {node.layer.kind for node in net.layers} <= {"attention", "reshape"}     # to tokens


@pytest.mark.parametrize("name", ["not rotary", "pairs", "thirds"])
def test_what_only_comes_close(name: str, tmp_path: Path) -> None:
    _, _, net = exported(name, tmp_path, True, 12)
    assert not layers(net, "rotary")
    assert not any(fields.get("rotary") for fields in layers(net, "attention"))
    assert name != "thirds" or not layers(net, "attention")


@pytest.mark.parametrize(("name", "fields"), [("encoder", {}), ("decoder", {"causal": True})])
@pytest.mark.parametrize("dynamo", [True, False], ids=["dynamo", "script"])
def test_buckets(name: str, fields: dict[str, Any], dynamo: bool, tmp_path: Path) -> None:
    net = imported(name, tmp_path, dynamo)
    assert layers(net, "bucket_bias") == [{"heads": 4, "buckets": 8, **fields}]
    assert layers(net, "attention") == [{"heads": 4, "position": True, "scaled": False, "bias": False, **fields}]
