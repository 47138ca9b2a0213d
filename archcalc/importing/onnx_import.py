"""An ONNX file as a spec: its operators through the rules of `onnx_operators`, its weights by their sizes only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from archcalc.errors import UsageError
from archcalc.importing.batched import BATCH, Value, Views
from archcalc.importing.onnx_constants import computed
from archcalc.importing.onnx_file import Graph, Operation, Tensors, read_graph
from archcalc.importing.onnx_node import Constant, Op
from archcalc.importing.onnx_operators import RULES
from archcalc.importing.onnx_patterns import simplified
from archcalc.importing.references import Imported, Input, written
from archcalc.importing.sketch import Refused, Sketch
from archcalc.words import describe

INTEGERS = {2: "uint8", 3: "int8", 6: "int32", 7: "int64"}
"""Data types of onnx.proto that the language has."""

SIZES = {3: 224, 1: 128}
"""A size for a dimension without one, by the axes of its input per sample."""


def read(path: str, inputs: Sequence[Input] = ()) -> Imported:
    """The spec of an ONNX file."""
    graph = simplified(read_graph(path))
    title = re.sub(r".*/", "", path).rpartition(".")[0] or path
    reader = Reader(graph, title)
    reader.begin(inputs)
    for operation in graph.operations:
        reader.operation(operation)
    return written(reader.finished(), [f"Imported from {title}.onnx, opset {graph.opset}."])


class Reader:
    """Goes through a graph's nodes in order."""

    def __init__(self, graph: Graph, title: str) -> None:
        self.graph, self.sketch = graph, Sketch(title)
        self.views = Views(self.sketch)
        self.known: dict[str, Any] = {"": None}
        self.owners: dict[str, tuple[int, str]] = {}
        self.uses: dict[str, int] = {}
        self.batch = 0
        for operation in graph.operations:
            for name in operation.inputs:
                self.uses[name] = self.uses.get(name, 0) + 1

    def begin(self, given: Sequence[Input]) -> None:
        """The inputs, with the sizes that are asked for."""
        inputs = self.graph.inputs
        named = {one.name: one for one in given if one.name}
        unknown = [name for name in named if name not in {i.name for i in inputs}]
        if unknown or len(given) > len(inputs):
            names = ", ".join(i.name for i in inputs)
            raise UsageError(f"{self.sketch.title}.onnx has the inputs {names or 'none'}; found --input "
                             f"{describe(unknown[0]) if unknown else 'more than these'}")
        for number, tensors in enumerate(inputs):
            one = named.get(tensors.name) or (given[number] if number < len(given) and not given[number].name else None)
            self._input(tensors, one)
        for name, array in self.graph.arrays.items():
            self.known[name] = Constant(array.dims, array.numbers, name)

    def _input(self, tensors: Tensors, given: Input | None) -> None:
        if not tensors.dims or len(tensors.dims) < 2:
            raise UsageError(f"{self.sketch.title}.onnx: input '{tensors.name}' has no batch axis and sizes, "
                             f"found {describe(tensors.dims)}")
        self.batch = tensors.dims[0] if isinstance(tensors.dims[0], int) and tensors.dims[0] > 0 else 0
        own = tensors.dims[1:]
        if given is not None and (len(given.sizes) != len(own) or any(
                isinstance(n, int) and n > 0 and n != m for n, m in zip(own, given.sizes, strict=True))):
            raise UsageError(f"--input: '{tensors.name}' of {self.sketch.title}.onnx has sizes "
                             f"{'×'.join(str(n) or '?' for n in own)} per sample, "
                             f"found {'×'.join(map(str, given.sizes))}")
        sizes = [n if isinstance(n, int) and n > 0 else given.sizes[i] if given else SIZES.get(len(own), 224)
                 for i, n in enumerate(own)]
        single = len(self.graph.inputs) == 1
        index = self.sketch.input("input" if single else _word(tensors.name), sizes, INTEGERS.get(tensors.type))
        names = {i: _word(n) for i, n in enumerate(own) if isinstance(n, str)}
        for axis, name in names.items():
            name = name if name.isidentifier() and name not in ("", "input") else f"size_{axis + 1}"
            self.sketch.parameters.setdefault(name, sizes[axis])
            if self.sketch.parameters[name] == sizes[axis]:
                self.sketch.symbols[index, axis] = name
        self.known[tensors.name] = Value(index, (BATCH, *sizes))

    def operation(self, operation: Operation) -> None:
        """Layers for one node."""
        call = Op(self, operation)
        mark, owners = len(self.sketch.drafts), dict(self.owners)
        try:
            operands = [self.known[name] if name in self.known else _missing(operation, name)
                        for name in operation.inputs]
            rule = RULES.get(operation.kind) if operation.domain in ("", "ai.onnx", "com.microsoft") else None
            made = computed(operation.kind, operands) if operands else None
            if made is None and rule is None:
                raise Refused("has no kind")
            made = rule(call, *operands) if made is None and rule is not None else made
            made = list(made) if isinstance(made, list) else [made]
        except (Refused, TypeError, KeyError, IndexError, ValueError, AttributeError) as error:
            self.sketch.undo(mark)
            self.owners = owners
            made = call.opaque(str(error) if isinstance(error, Refused) else "")
        for name, value in zip(operation.outputs, made, strict=False):
            self.known[name] = value

    def finished(self) -> Sketch:
        """The sketch with its outputs."""
        for tensors in self.graph.outputs:
            value = self.known.get(tensors.name)
            if isinstance(value, Value):
                self.sketch.outputs.append(value.node)
        self.sketch.arranged()
        return self.sketch


def _missing(operation: Operation, name: str) -> Any:
    raise UsageError(f"node '{operation.name or operation.kind}' reads '{name[:80]}', which no node before it makes")


def _word(name: str) -> str:
    return re.sub(r"\W", "_", name) or "input"
