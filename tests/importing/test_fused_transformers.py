"""Models of `transformers`, without weights: their attention is the layer that a person would write."""

from __future__ import annotations

from typing import Any

import pytest

import archcalc

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]

SIZES = {"vocab_size": 50, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
LLAMA = {"heads": 4, "kv_heads": 2, "causal": True, "rotary": True}
MODELS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {    # fields of the config, and of the attention
    "Bert": (SIZES, {"heads": 4, "packed": False}),
    "GPT2": ({"vocab_size": 50, "n_embd": 32, "n_layer": 2, "n_head": 4, "bos_token_id": 0, "eos_token_id": 0},
             {"heads": 4, "causal": True}),
    "Llama": ({**SIZES, "num_key_value_heads": 2}, {**LLAMA, "bias": False}),
    "Qwen2": ({**SIZES, "num_key_value_heads": 2}, {**LLAMA, "out_bias": False}),
}


def made(name: str, fields: dict[str, Any], how: str) -> Any:
    """A model whose output is its last hidden states, of one input or of two."""
    import transformers
    from torch import nn

    class Hidden(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            config = getattr(transformers, f"{name}Config")(**fields, attn_implementation=how)
            self.model = getattr(transformers, f"{name}Model")(config)

        def forward(self, ids: Any) -> Any:
            return self.model(ids).last_hidden_state

    class Both(Hidden):
        def forward(self, ids: Any, targets: Any) -> Any:
            return self.model(input_ids=ids, decoder_input_ids=targets).last_hidden_state

    return (Both if name == "T5" else Hidden)().eval()


def layers(net: Any, kind: str) -> list[dict[str, Any]]:
    """The fields of the layers of a kind, without defaults."""
    return [node.layer.model_dump(exclude_defaults=True) for node in net.layers if node.layer.kind == kind]


@pytest.mark.parametrize("how", ["eager", "sdpa"])
@pytest.mark.parametrize("name", [*MODELS])
def test_attention(name: str, how: str) -> None:
    import torch

    fields, wanted = MODELS[name]
    model = made(name, fields, how)
    net = archcalc.from_torch(model, torch.zeros(1, 16, dtype=torch.int64))
    assert layers(net, "attention") == [wanted] * 2
    assert not layers(net, "scaled_dot_product")
    if name != "Bert":      # its pooler's output is not read
        assert not layers(net, "opaque")
        assert archcalc.report(net).totals.params == sum(p.numel() for p in model.parameters())


def test_interleaved_pairs_are_not_rotary() -> None:
    import torch

    fields = {"vocab_size": 50, "n_embd": 32, "n_layer": 1, "n_head": 4, "rotary_dim": 4}
    net = archcalc.from_torch(made("GPTJ", fields, "eager"), torch.zeros(1, 16, dtype=torch.int64))
    assert not layers(net, "rotary")
    assert not layers(net, "attention")
    assert len(layers(net, "scaled_dot_product")) == 1


@pytest.mark.parametrize("how", ["eager", "sdpa"])
def test_t5(how: str) -> None:
    import torch

    fields = {"vocab_size": 50, "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4}
    net = archcalc.from_torch(made("T5", fields, how), [torch.zeros(1, 16, dtype=torch.int64)] * 2)
    plain = {"heads": 4, "scaled": False, "bias": False}
    encoder, decoder, cross = {**plain, "position": True}, {**plain, "position": True, "causal": True}, plain
    assert layers(net, "attention") == [encoder] * 2 + [decoder, cross] * 2
    assert layers(net, "bucket_bias") == [{"heads": 4, "buckets": 32}, {"heads": 4, "buckets": 32, "causal": True}]
