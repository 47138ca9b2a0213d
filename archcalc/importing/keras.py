"""Specs from Keras's `model.to_json()`, sequential and functional, of Keras 2 and 3.

Nothing in the file is executed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

from archcalc.errors import UsageError
from archcalc.importing.imported import Imported, Input, bounded_json, written
from archcalc.importing.keras_layers import LAYERS, Step, activation
from archcalc.importing.sketch import Refused, Sketch
from archcalc.tensor import Role
from archcalc.words import describe

AXES: dict[int, tuple[Role, ...]] = {1: ("channel",), 2: ("sequence", "channel"), 3: ("space", "space", "channel"),
                                     4: ("space", "space", "space", "channel")}
"""Roles of an input's axes with the channels last."""


def read(path: str, inputs: Sequence[Input] = ()) -> Imported:
    """The spec of a file. ``inputs`` give sizes that the model leaves open."""
    model = bounded_json(path)
    kind = model.get("class_name") if isinstance(model, dict) else None
    if kind not in ("Functional", "Model", "Sequential") or not isinstance(model.get("config"), dict):
        raise UsageError(f"{path}: is no Keras model: expected the 'class_name' Functional or Sequential, "
                         f"found {describe(kind)}")
    config = model["config"]
    reader = _Reader(path, str(config.get("name") or os.path.basename(path).removesuffix(".json")), list(inputs))
    try:
        outputs = reader.sequential(config) if kind == "Sequential" else reader.functional(config)
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
        raise UsageError(f"{path}: layer '{reader.at}' is not as Keras writes it: "
                         f"{type(error).__name__}: {error}") from None
    reader.sketch.outputs = outputs
    return written(reader.sketch, [f"Imported from {os.path.basename(path)} of Keras."])


class _Reader:
    def __init__(self, path: str, title: str, inputs: list[Input]) -> None:
        self.path, self.sketch, self.inputs, self.at = path, Sketch(title), inputs, ""
        self.known: dict[str, int] = {}

    def sequential(self, config: dict[str, Any]) -> list[int]:
        """Layers one behind the other."""
        layers = config["layers"]
        last: int | None = None
        for number, layer in enumerate(layers):
            self.at = str(layer["config"].get("name", number))
            shape = layer["config"].get("batch_shape") or layer["config"].get("batch_input_shape") or \
                (config.get("build_input_shape") if not number else None)
            if last is None:
                last = self._input(shape, layer["config"].get("dtype"), "input")
            if layer["class_name"] != "InputLayer":
                last = self._layer(layer, [last])
        return [] if last is None else [last]

    def functional(self, config: dict[str, Any]) -> list[int]:
        """Layers with the names of those that they read."""
        single = sum(layer["class_name"] == "InputLayer" for layer in config["layers"]) == 1
        for layer in config["layers"]:
            own, self.at = layer["config"], str(layer.get("name") or layer["config"]["name"])
            if layer["class_name"] == "InputLayer":
                shape = own.get("batch_shape") or own.get("batch_input_shape")
                self.known[self.at] = self._input(shape, own.get("dtype"), "input" if single else self.at)
                continue
            calls = layer.get("inbound_nodes") or []
            if len(calls) != 1:
                raise UsageError(f"{self.path}: layer '{self.at}' is used {len(calls)} times; a layer with shared "
                                 "weights cannot be imported from Keras")
            self.known[self.at] = self._layer(layer, [self._source(name) for name in _sources(calls[0])])
        return [self._source(name) for name in _sources(config["output_layers"])]

    def _source(self, name: str) -> int:
        if name not in self.known:
            raise UsageError(f"{self.path}: layer '{self.at}' reads '{name[:80]}', which no layer before it is called")
        return self.known[name]

    def _input(self, shape: Any, dtype: Any, name: str) -> int:
        if not isinstance(shape, list) or len(shape) not in (2, 3, 4, 5):
            raise UsageError(f"{self.path}: input '{self.at}' has no shape of 2 to 5 axes, found {describe(shape)}")
        given = next((i for i in self.inputs if i.name in (None, name)), None)
        sizes = [given.sizes[i] if n is None and given is not None and i < len(given.sizes) else n
                 for i, n in enumerate(shape[1:])]
        if not all(isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in sizes):
            raise UsageError(f"{self.path}: the sizes of input '{self.at}' are open: "
                             f"{'×'.join('?' if n is None else str(n) for n in sizes)}; say --input "
                             f"{'x'.join('224' if n is None else str(n) for n in sizes)}")
        whole = isinstance(dtype, str) and dtype in ("int64", "int32", "int8", "uint8")
        return self.sketch.input(name, sizes, dtype if whole else None, None if whole else AXES[len(sizes)])

    def _layer(self, layer: dict[str, Any], inputs: list[int]) -> int:
        """The layers that a Keras layer becomes; the index of the last."""
        kind, config = str(layer["class_name"]), dict(layer["config"])
        rule = LAYERS.get(kind)
        if rule is None:
            raise UsageError(f"{self.path}: layer '{self.at}' is a {kind[:80]}, for which the language has no kind")
        if config.get("data_format") == "channels_first":
            raise UsageError(f"{self.path}: layer '{self.at}' has its channels first; only channels_last can be "
                             "imported")
        try:
            steps = [*rule(config, [self.sketch.shaped(i) for i in inputs]), *activation(config, kind)]
            for number, step in enumerate(steps):
                inputs = [self._step(step, inputs, self.at if not number else f"{self.at}.{step.kind}")]
        except Refused as error:
            raise UsageError(f"{self.path}: layer '{self.at}' ({kind}): {error}") from None
        return inputs[0]

    def _step(self, step: Step, inputs: list[int], name: str) -> int:
        return self.sketch.add(name.replace("/", "."), step.kind, step.fields, inputs)


def _sources(node: Any) -> Iterator[str]:
    """Names of layers in a node of Keras 2 (``[name, 0, 0, {}]``) or Keras 3 (``keras_history``)."""
    if isinstance(node, dict):
        if isinstance(node.get("keras_history"), list):
            yield str(node["keras_history"][0])
        else:
            for key in ("args", "config"):
                yield from _sources(node.get(key, ()))
    elif isinstance(node, list):
        if len(node) >= 3 and isinstance(node[0], str) and isinstance(node[1], int):
            yield node[0]
        else:
            for part in node:
                yield from _sources(part)
