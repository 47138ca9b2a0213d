"""Specs from the `config.json` of Hugging Face transformers: BERT, GPT-2, Llama, Mistral, Qwen2, ViT and T5.

Each family is a spec in `families/`, whose parameters come from the configuration. A line that ends with ``#? word``
is there where the word holds.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from archcalc.errors import UsageError
from archcalc.importing.imported import Imported, Input, bounded_json
from archcalc.words import describe, listed, suggest

ACTIVATIONS = {"gelu": "gelu", "gelu_new": "[{gelu: tanh}]", "gelu_fast": "[{gelu: tanh}]",
               "gelu_pytorch_tanh": "[{gelu: tanh}]", "relu": "relu", "silu": "silu", "swish": "silu", "tanh": "tanh"}
"""transformers' names of activations, as they are written behind `then`."""


class _Config:
    """A configuration, of which every key is asked for by name and kind."""

    def __init__(self, path: str, values: dict[str, Any]) -> None:
        self.path, self.values = path, values

    def whole(self, key: str, default: int | None = None) -> int:
        """A positive whole number."""
        found = self.values.get(key, default)
        found = default if found is None else found
        if isinstance(found, bool) or not isinstance(found, int) or not 0 < found < 10**9:
            raise UsageError(f"{self.path}: '{key}' must be a positive whole number, found {describe(found)}")
        return found

    def number(self, key: str, default: float) -> float:
        """A number of 0 or more."""
        found = self.values.get(key, default)
        if isinstance(found, bool) or not isinstance(found, (int, float)) or not 0 <= found < 1e12:
            raise UsageError(f"{self.path}: '{key}' must be a number, found {describe(found)}")
        return float(found)

    def flag(self, key: str, default: bool) -> bool:
        """A yes or no."""
        found = self.values.get(key, default)
        if not isinstance(found, bool):
            raise UsageError(f"{self.path}: '{key}' must be true or false, found {describe(found)}")
        return found

    def activation(self, *keys: str, default: str) -> str:
        """An activation in the words of the language."""
        key = next((k for k in keys if k in self.values), keys[0])
        found = self.values.get(key, default)
        if found not in ACTIVATIONS:
            hint = suggest(str(found), ACTIVATIONS) or f"; there are {listed(ACTIVATIONS, 20)}"
            raise UsageError(f"{self.path}: '{key}' is {describe(found)}, an activation without a kind{hint}")
        return ACTIVATIONS[found]

    def head(self) -> str:
        """What the architecture that the configuration names is for, as the end of its name."""
        names = self.values.get("architectures") or [""]
        return str(names[0]) if isinstance(names, list) else ""

    def labels(self) -> int:
        """Classes of a classifier."""
        names = self.values.get("id2label")
        return len(names) if isinstance(names, dict) and names else self.whole("num_labels", 2)


Filled = tuple[str, dict[str, Any], set[str], dict[str, str]]
"""The family's file, its parameters, the words that hold, and texts to put in."""


def _bert(c: _Config) -> Filled:
    head = c.head()
    words = {"masked"} if head.endswith("ForMaskedLM") else {"pooler", "classifier"} \
        if head.endswith("ForSequenceClassification") else {"pooler", "both"}
    positions = c.whole("max_position_embeddings", 512)
    parameters = {"tokens": positions, "vocabulary": c.whole("vocab_size"), "positions": positions,
                  "segments": c.whole("type_vocab_size", 2), "width": c.whole("hidden_size"),
                  "hidden": c.whole("intermediate_size"), "layers": c.whole("num_hidden_layers"),
                  "heads": c.whole("num_attention_heads"), "eps": c.number("layer_norm_eps", 1e-12),
                  "dropout": c.number("hidden_dropout_prob", 0.1)}
    if "classifier" in words:
        parameters["labels"] = c.labels()
    return "bert", parameters, words, {"ACTIVATION": c.activation("hidden_act", default="gelu")}


def _gpt2(c: _Config) -> Filled:
    width, positions = c.whole("n_embd", 768), c.whole("n_positions", 1024)
    parameters = {"tokens": positions, "vocabulary": c.whole("vocab_size", 50257), "positions": positions,
                  "width": width, "hidden": c.whole("n_inner", 4 * width), "layers": c.whole("n_layer", 12),
                  "heads": c.whole("n_head", 12), "eps": c.number("layer_norm_epsilon", 1e-5),
                  "dropout": c.number("resid_pdrop", 0.1)}
    return "gpt2", parameters, _language_head(c, True), {
        "ACTIVATION": c.activation("activation_function", default="gelu_new")}


def _language_head(c: _Config, tied: bool) -> set[str]:
    """Whether there is a head that scores words, and whether its table is that of the embedding."""
    if c.head().endswith("Model") and not c.head().endswith("LMHeadModel"):
        return set()
    return {"tied"} if c.flag("tie_word_embeddings", tied) else {"apart"}


def _llama(c: _Config) -> Filled:
    heads, width = c.whole("num_attention_heads"), c.whole("hidden_size")
    qwen = c.values["model_type"] == "qwen2"
    positions = c.whole("max_position_embeddings", 4096)
    parameters = {"tokens": min(positions, 4096), "vocabulary": c.whole("vocab_size"), "width": width,
                  "hidden": c.whole("intermediate_size"), "layers": c.whole("num_hidden_layers"), "heads": heads,
                  "kv_heads": c.whole("num_key_value_heads", heads), "head": c.whole("head_dim", width // heads),
                  "theta": c.number("rope_theta", 10_000.0), "eps": c.number("rms_norm_eps", 1e-6)}
    biased = qwen or c.flag("attention_bias", False)
    words = {"BIAS": str(biased).lower(), "OUT": str(biased and not qwen).lower()}
    return "llama", parameters, _language_head(c, False), words | {
        "ACTIVATION": c.activation("hidden_act", default="silu")}


def _vit(c: _Config) -> Filled:
    words = {"classifier"} if c.head().endswith("ForImageClassification") else {"pooler"}
    parameters: dict[str, Any] = {
        "image": c.whole("image_size", 224), "channels": c.whole("num_channels", 3),
        "patch": c.whole("patch_size", 16), "width": c.whole("hidden_size", 768),
        "hidden": c.whole("intermediate_size", 3072), "layers": c.whole("num_hidden_layers", 12),
        "heads": c.whole("num_attention_heads", 12), "eps": c.number("layer_norm_eps", 1e-12),
        "dropout": c.number("hidden_dropout_prob", 0.0)}
    if "classifier" in words:
        parameters["labels"] = c.labels()
    return "vit", parameters, words, {"ACTIVATION": c.activation("hidden_act", default="gelu"),
                                      "BIAS": str(c.flag("qkv_bias", True)).lower()}


def _t5(c: _Config) -> Filled:
    layers = c.whole("num_layers", 6)
    kind = str(c.values.get("feed_forward_proj", "relu"))
    gated = kind.startswith("gated-")
    c.values["dense_act_fn"] = {"gelu": "gelu_new"}.get(kind.removeprefix("gated-"), kind.removeprefix("gated-")) \
        if gated else kind
    parameters = {"tokens": 512, "targets": 512, "vocabulary": c.whole("vocab_size", 32128),
                  "width": c.whole("d_model", 512), "hidden": c.whole("d_ff", 2048), "layers": layers,
                  "decoder_layers": c.whole("num_decoder_layers", layers), "heads": c.whole("num_heads", 8),
                  "head": c.whole("d_kv", 64), "buckets": c.whole("relative_attention_num_buckets", 32),
                  "reach": c.whole("relative_attention_max_distance", 128),
                  "eps": c.number("layer_norm_epsilon", 1e-6), "dropout": c.number("dropout_rate", 0.1)}
    return "t5", parameters, _language_head(c, True) | {"gated" if gated else "plain"}, {
        "ACTIVATION": c.activation("dense_act_fn", default="relu")}


FAMILIES: dict[str, Callable[[_Config], Filled]] = {
    "bert": _bert, "gpt2": _gpt2, "llama": _llama, "mistral": _llama, "qwen2": _llama, "vit": _vit, "t5": _t5,
    "mt5": _t5}
"""How the configuration of a ``model_type`` is read."""


def read(path: str, inputs: Sequence[Input] = ()) -> Imported:
    """The spec of a configuration. ``inputs`` may say the number of tokens, or the size of an image."""
    if os.path.isdir(path):
        path = os.path.join(path, "config.json")
    values = bounded_json(path)
    if not isinstance(values, dict) or not isinstance(values.get("model_type"), str):
        raise UsageError(f"{path}: has no 'model_type'; it is not a configuration of Hugging Face transformers")
    kind = values["model_type"]
    if kind not in FAMILIES:
        raise UsageError(f"{path}: there is no family for model_type {describe(kind)}"
                         f"{suggest(kind, FAMILIES) or f'; there are {listed(FAMILIES, 20)}'}")
    family, parameters, words, texts = FAMILIES[kind](_Config(path, dict(values)))
    if inputs:
        name = "image" if "image" in parameters else "tokens"
        parameters[name] = inputs[0].sizes[-1]
    title = values.get("_name_or_path") or values["model_type"]
    return Imported(_text(family, parameters, words, texts, str(title), path), ())


def _text(family: str, parameters: dict[str, Any], words: set[str], texts: dict[str, str], title: str,
          path: str) -> str:
    """A family's spec with what the configuration says put in."""
    from archcalc.importing.writing.text import flow, quoted

    body = (Path(__file__).parent / "families" / f"{family}.yaml").read_text("utf-8")
    lines = [f"# Imported from {os.path.basename(path)} of Hugging Face transformers.", f"name: {quoted(title)}",
             f"parameters: {flow(parameters)}"]
    for line in body.splitlines():
        text, mark, word = line.partition("#?")
        if not mark or word.strip() in words:
            for name, value in texts.items():
                text = re.sub(rf"\b{name}\b", value, text)
            lines.append(text.rstrip())
    return "\n".join(lines) + "\n"
