"""Keras models as JSON, with figures written out."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from archcalc import ArchcalcError, loads, report
from archcalc.importing.keras import read
from archcalc.importing.references import Input


def layer(kind: str, name: str, *inputs: str, **config: Any) -> dict[str, Any]:
    """A layer as Keras 3 writes it."""
    histories = [{"class_name": "__keras_tensor__", "config": {"keras_history": [i, 0, 0]}} for i in inputs]
    nodes = [{"args": [histories if len(histories) > 1 else histories[0]], "kwargs": {}}] if inputs else []
    return {"class_name": kind, "name": name, "config": {"name": name, **config}, "inbound_nodes": nodes}


CONV = {"kernel_size": [3, 3], "strides": [1, 1], "padding": "same", "use_bias": True}
MODEL = {"class_name": "Functional", "config": {"name": "small", "layers": [
    layer("InputLayer", "x", batch_shape=[None, 32, 32, 3], dtype="float32"),
    layer("Conv2D", "c1", "x", filters=8, activation="relu", **CONV),
    layer("SeparableConv2D", "c2", "c1", filters=8, activation="linear", **CONV),
    layer("BatchNormalization", "norm", "c2", momentum=0.99, epsilon=0.001, center=True, scale=True),
    layer("Add", "sum", "norm", "c1"),
    layer("GlobalAveragePooling2D", "pool", "sum"),
    layer("Dense", "fc", "pool", units=10, activation="softmax", use_bias=True)],
    "output_layers": [["fc", 0, 0]]}}


def saved(folder: Path, model: Any) -> str:
    path = folder / "model.json"
    path.write_text(json.dumps(model), "utf-8")
    return str(path)


def test_functional(tmp_path: Path) -> None:
    found = report(loads(read(saved(tmp_path, MODEL)).text))
    separable = 8 * 9 + 8 * 8 + 8
    assert found.totals.params == (3 * 8 * 9 + 8) + separable + 2 * 8 + (8 * 10 + 10)
    assert found.totals.macs == 32 * 32 * (3 * 8 * 9 + 8 * 9 + 8 * 8) + 80
    assert found["sum"].shape == (32, 32, 8)


def test_keras_2_names_layers_in_lists(tmp_path: Path) -> None:
    model = copy.deepcopy(MODEL)
    for one in model["config"]["layers"]:                                        # type: ignore[index]
        names = [h["config"]["keras_history"][0] for node in one["inbound_nodes"]
                 for h in (node["args"][0] if isinstance(node["args"][0], list) else node["args"])]
        one["inbound_nodes"] = [[[name, 0, 0, {}] for name in names]] if names else []
    assert read(saved(tmp_path, model)).text == read(saved(tmp_path, MODEL)).text


def test_sequential_with_open_sizes(tmp_path: Path) -> None:
    model = {"class_name": "Sequential", "config": {"name": "words", "layers": [
        layer("InputLayer", "ids", batch_shape=[None, None], dtype="int64"),
        layer("Embedding", "table", input_dim=1000, output_dim=16),
        layer("GRU", "gru", units=20, return_sequences=False),
        layer("Dense", "fc", units=2, activation="linear")]}}
    with pytest.raises(ArchcalcError, match="sizes of input 'ids' are open: \\?; say --input 224"):
        read(saved(tmp_path, model))
    found = report(loads(read(saved(tmp_path, model), [Input(None, (50,))]).text))
    assert found.totals.params == 1000 * 16 + 3 * 20 * (16 + 20 + 2) + 20 * 2 + 2


def changed(name: str, **fields: Any) -> dict[str, Any]:
    model = copy.deepcopy(MODEL)
    one = next(x for x in model["config"]["layers"] if x["name"] == name)        # type: ignore[index]
    kind = fields.pop("class_name", one["class_name"])
    one["class_name"] = kind
    one["config"].update(fields)
    return model


@pytest.mark.parametrize(("model", "message"), [
    ({"class_name": "Thing"}, "is no Keras model: expected the 'class_name' Functional or Sequential, found 'Thing'"),
    ([], "is no Keras model"),
    (changed("c1", class_name="Lambda"), "layer 'c1' is a Lambda, for which the language has no kind"),
    (changed("c1", kernel_size=[0, 3]), "layer 'c1' (Conv2D):"),
    (changed("c1", activation="mish"), "layer 'c1' (Conv2D): its activation 'mish' has no kind"),
    (changed("c1", data_format="channels_first"), "layer 'c1' has its channels first"),
    (changed("c1", filters=None), "layer 'c1' (Conv2D):"),
    (changed("x", batch_shape=[None]), "input 'x' has no shape of 2 to 5 axes"),
])
def test_bad_models(model: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(ArchcalcError) as caught:
        read(saved(tmp_path, model))
    assert message in str(caught.value)


def test_a_layer_that_reads_a_later_one(tmp_path: Path) -> None:
    model = copy.deepcopy(MODEL)
    model["config"]["layers"][1]["inbound_nodes"] = [[["fc", 0, 0, {}]]]         # type: ignore[index]
    with pytest.raises(ArchcalcError, match="'c1' reads 'fc', which no layer before it is called"):
        read(saved(tmp_path, model))
