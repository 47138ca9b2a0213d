"""Transformers of the zoo against the models that `transformers` builds of its config classes, without weights.

Compared are the elements of all parameters, tied ones once; the shapes of all tensors, those of GPT-2's transposed;
MACs, as half of what torch's FlopCounterMode counts with eager attention on the meta device; and, of small models
with random tensors, the outputs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

import archcalc
from archcalc.analysis.parameters import owned
from archcalc.net import Net

pytestmark = pytest.mark.peers


class Model(NamedTuple):
    """A spec's counterpart: a model class, and the fields of its config that are not the config's defaults."""

    model: str
    config: str
    fields: dict[str, Any] = {}


def _llama(vocabulary: int, width: int, hidden: int, layers: int, heads: int, kv_heads: int, theta: int) -> Model:
    return Model("LlamaForCausalLM", "LlamaConfig", {
        "vocab_size": vocabulary, "hidden_size": width, "intermediate_size": hidden, "num_hidden_layers": layers,
        "num_attention_heads": heads, "num_key_value_heads": kv_heads, "rms_norm_eps": 1e-5,
        "rope_parameters": {"rope_type": "default", "rope_theta": float(theta)}})


def _gpt2(width: int, layers: int, heads: int) -> Model:
    return Model("GPT2LMHeadModel", "GPT2Config", {"n_embd": width, "n_layer": layers, "n_head": heads})


def _t5(width: int, hidden: int, layers: int, heads: int, head: int) -> Model:
    return Model("T5ForConditionalGeneration", "T5Config", {
        "d_model": width, "d_ff": hidden, "num_layers": layers, "num_heads": heads, "d_kv": head})


LARGE = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096}
MODELS = {
    "bert-base": Model("BertModel", "BertConfig"), "bert-large": Model("BertModel", "BertConfig", LARGE),
    "gpt2": _gpt2(768, 12, 12), "gpt2-medium": _gpt2(1024, 24, 16), "gpt2-large": _gpt2(1280, 36, 20),
    "gpt2-xl": _gpt2(1600, 48, 25),
    "llama2-7b": _llama(32000, 4096, 11008, 32, 32, 32, 10_000),
    "llama2-13b": _llama(32000, 5120, 13824, 40, 40, 40, 10_000),
    "llama2-70b": _llama(32000, 8192, 28672, 80, 64, 8, 10_000),
    "llama3-8b": _llama(128256, 4096, 14336, 32, 32, 8, 500_000),
    "llama3-70b": _llama(128256, 8192, 28672, 80, 64, 8, 500_000),
    "t5-small": _t5(512, 2048, 6, 8, 64), "t5-base": _t5(768, 3072, 12, 12, 64),
    "t5-large": _t5(1024, 4096, 24, 16, 64), "t5-3b": _t5(1024, 16384, 24, 32, 128),
    "t5-11b": _t5(1024, 65536, 24, 128, 128),
}
LENGTHS = (48, 320)
each = pytest.mark.parametrize("name", MODELS)


def _made(model: Model, **changed: Any) -> Any:
    import transformers

    config = getattr(transformers, model.config)(**{**model.fields, **changed}, attn_implementation="eager")
    config.use_cache = False
    return getattr(transformers, model.model)(config).eval()


def _spec(name: str, tokens: int, **parameters: Any) -> Net:
    """The network for so many tokens; a decoder beside an encoder has a third fewer."""
    more = {"targets": tokens * 2 // 3} if name.startswith("t5") else {}
    return archcalc.load(name, tokens=tokens, **more, **parameters)


def _named(ids: dict[str, Any]) -> dict[str, Any]:
    """The inputs by the names of `transformers`."""
    names = {"ids": "input_ids", "segment_ids": "token_type_ids", "target_ids": "decoder_input_ids"}
    return {names[name]: value for name, value in ids.items()}


def _mask(ids: dict[str, Any]) -> dict[str, Any]:
    """A mask that hides nothing, for causal attention: tensors without values cannot tell that there is none."""
    if "segment_ids" in ids:
        return {}
    name, shown = ("decoder_attention_mask", "target_ids") if "target_ids" in ids else ("attention_mask", "ids")
    return {name: ids[shown].new_ones(ids[shown].shape)}


def _turned(name: str, full: str, tensor: Any) -> Any:
    """A tensor as archcalc has it: the matrices of GPT-2's layers are transposed."""
    return tensor.T if name.startswith("gpt2") and tensor.ndim == 2 and ".h." in full else tensor


def _zeros(net: Net) -> dict[str, Any]:
    import torch

    return {node.name: torch.zeros(1, *node.layer.out().dims, dtype=torch.int64, device="meta") for node in net.inputs}


@each
def test_parameters(name: str) -> None:
    import torch

    with torch.device("meta"):
        model = _made(MODELS[name])
    net = _spec(name, LENGTHS[0])
    assert archcalc.report(net).totals.params == sum(p.numel() for p in model.parameters())
    ours = [w.shape for own in owned(net) for w in own.values()]
    theirs = [tuple(_turned(name, full, p).shape) for full, p in model.named_parameters()]
    assert sorted(ours) == sorted(theirs)


@pytest.mark.parametrize("name", ["bert-base", "bert-large"])
def test_pretraining(name: str) -> None:
    """In training, BERT has the heads of BertForPreTraining, whose larger table is that of the words."""
    import torch

    with torch.device("meta"):
        model = _made(MODELS[name]._replace(model="BertForPreTraining"))
    assert archcalc.report(name, mode="train").totals.params == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("tokens", LENGTHS)
@each
def test_macs(name: str, tokens: int) -> None:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    net = _spec(name, tokens)
    ids = _zeros(net)
    with torch.device("meta"):
        model = _made(MODELS[name])
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            model(**_named(ids), **_mask(ids))
    assert counter.get_total_flops() == 2 * archcalc.report(net).totals.macs


# Small models: the fields that differ from the defaults, of `transformers` and of archcalc.
SMALL = {
    "bert-base": ({"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 96,
                   "vocab_size": 50, "max_position_embeddings": 16},
                  {"width": 24, "layers": 2, "heads": 3, "vocabulary": 50, "positions": 16}),
    "gpt2": ({"n_embd": 24, "n_layer": 2, "n_head": 3, "vocab_size": 50, "n_positions": 16},
             {"width": 24, "layers": 2, "heads": 3, "vocabulary": 50, "positions": 16}),
    "llama3-8b": ({"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 6, "num_key_value_heads": 2,
                   "intermediate_size": 40, "vocab_size": 50},
                  {"width": 24, "layers": 2, "heads": 6, "kv_heads": 2, "hidden": 40, "vocabulary": 50}),
    "t5-small": ({"d_model": 16, "num_layers": 2, "num_heads": 3, "d_kv": 8, "d_ff": 40, "vocab_size": 50},
                 {"width": 16, "layers": 2, "heads": 3, "head": 8, "hidden": 40, "vocabulary": 50}),
}
STACKS = ("shared", "encoder", "decoder")


def _alike(name: str) -> tuple[Any, Any, dict[str, Any]]:
    """Both small models with the same random tensors, in double precision, and random inputs."""
    import torch

    from archcalc.crosscheck import build
    from archcalc.crosscheck.reference import execution, tensors

    torch.manual_seed(1)
    theirs, parameters = SMALL[name]
    net = _spec(name, 12, **parameters)
    model = _made(MODELS[name], **theirs).double()
    ids = {key: torch.randint(2 if key == "segment_ids" else 50, (2, *value.shape[1:]))
           for key, value in _zeros(net).items()}

    class Called(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, *values: Any) -> Any:
            return self.inner(**_named(dict(zip(ids, values, strict=True))))

    ours, called = build(net, dtype=torch.float64), Called()
    found = [(full.removeprefix("inner."), p) for full, p in tensors(called, execution(called, *ids.values()))
             if isinstance(p, torch.nn.Parameter)]
    if name.startswith("t5"):  # whose score biases lie in the first layer that uses them
        found.sort(key=lambda pair: (STACKS.index(pair[0].split(".")[0]), "relative" not in pair[0]))
    with torch.no_grad():
        for mine, (full, its) in zip(ours.parameters(), found, strict=True):
            its.copy_(torch.randn_like(its))
            mine.copy_(_turned(name, full, its))
    return ours, called, ids


@pytest.mark.parametrize("name", SMALL)
def test_outputs(name: str) -> None:
    """In double precision, but that `transformers` takes the roots of Llama and T5 in single."""
    import torch

    ours, theirs, ids = _alike(name)
    with torch.no_grad():
        found, expected = ours(ids), theirs(*ids.values())
    pairs = [(found, expected.logits)] if name != "bert-base" else [
        (found["layer.2.out.layernorm"], expected.last_hidden_state), (found["pooler.tanh"], expected.pooler_output)]
    apart = 1e-8 if name in ("bert-base", "gpt2") else 1e-4
    for mine, its in pairs:
        assert float(its.std()) > 100 * apart
        torch.testing.assert_close(mine, its, rtol=0, atol=apart)
