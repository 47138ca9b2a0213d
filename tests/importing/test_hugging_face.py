"""Configurations of Hugging Face transformers, against the parameters that its models are published with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archcalc import ArchcalcError, loads, report
from archcalc.importing.hugging_face import read

BERT = {"model_type": "bert", "vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12,
        "num_attention_heads": 12, "intermediate_size": 3072, "architectures": ["BertModel"]}
LLAMA = {"model_type": "llama", "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008,
         "num_hidden_layers": 32, "num_attention_heads": 32, "architectures": ["LlamaForCausalLM"]}
MISTRAL = {**LLAMA, "model_type": "mistral", "intermediate_size": 14336, "num_key_value_heads": 8}
QWEN = {"model_type": "qwen2", "vocab_size": 151936, "hidden_size": 896, "intermediate_size": 4864,
        "num_hidden_layers": 24, "num_attention_heads": 14, "num_key_value_heads": 2, "tie_word_embeddings": True}

# The figures are those of the model cards and of `model.num_parameters()` of each checkpoint.
PUBLISHED = [
    (BERT, 109_482_240, "google-bert/bert-base-uncased"),
    ({"model_type": "gpt2"}, 124_439_808, "openai-community/gpt2"),
    (LLAMA, 6_738_415_616, "meta-llama/Llama-2-7b"),
    (MISTRAL, 7_241_732_096, "mistralai/Mistral-7B-v0.1"),
    (QWEN, 494_032_768, "Qwen/Qwen2-0.5B"),
    ({"model_type": "vit", "architectures": ["ViTModel"]}, 86_389_248, "google/vit-base-patch16-224-in21k"),
    ({"model_type": "t5"}, 60_506_624, "google-t5/t5-small"),
    ({"model_type": "t5", "d_ff": 1024, "num_layers": 8, "num_heads": 6, "feed_forward_proj": "gated-gelu",
      "tie_word_embeddings": False}, 76_961_152, "google/t5-v1_1-small"),
]


def config(folder: Path, values: Any) -> str:
    path = folder / "config.json"
    path.write_text(values if isinstance(values, str) else json.dumps(values), "utf-8")
    return str(path)


@pytest.mark.parametrize(("values", "params", "model"), PUBLISHED, ids=[row[2] for row in PUBLISHED])
def test_published_parameters(values: dict[str, Any], params: int, model: str, tmp_path: Path) -> None:
    assert report(loads(read(config(tmp_path, values)).text)).totals.params == params, model


def test_heads(tmp_path: Path) -> None:
    masked = loads(read(config(tmp_path, {**BERT, "architectures": ["BertForMaskedLM"]})).text)
    pooler, transform = 768 * 768 + 768, 768 * 768 + 768 + 2 * 768
    assert report(masked).totals.params == 109_482_240 - pooler + transform + 30522
    labels = {**BERT, "architectures": ["BertForSequenceClassification"], "id2label": {"0": "a", "1": "b", "2": "c"}}
    assert report(loads(read(config(tmp_path, labels)).text)).totals.params == 109_482_240 + 3 * 768 + 3


@pytest.mark.parametrize(("values", "message"), [
    ("{", "is not JSON"), ([], "has no 'model_type'"), ({"model_type": "berd"}, "did you mean 'bert'?"),
    ({**BERT, "hidden_size": 0}, "'hidden_size' must be a positive whole number, found 0"),
    ({**BERT, "hidden_size": None}, "found nothing"),
    ({**BERT, "hidden_act": "mish"}, "'hidden_act' is 'mish', an activation without a kind"),
    ({**LLAMA, "tie_word_embeddings": 1}, "'tie_word_embeddings' must be true or false"),
    ({**LLAMA, "rope_theta": -1}, "'rope_theta' must be a number")])
def test_bad_configurations(values: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(ArchcalcError) as caught:
        read(config(tmp_path, values))
    assert message in str(caught.value)
    assert "config.json" in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ArchcalcError, match="cannot be read: No such file"):
        read(str(tmp_path / "none.json"))
