"""An ONNX graph while it is written: operators, tensors, constants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

FLOAT, INT, BOOL = "float32", "int64", "bool"


class Batch(NamedTuple):
    """A dimension that is the batch, times a number."""

    times: int = 1

    def __str__(self) -> str:
        return "batch" if self.times == 1 else f"{self.times}*batch"


Size: TypeAlias = "int | Batch"
Shape: TypeAlias = "tuple[Size, ...]"


class Stored(NamedTuple):
    """A tensor of a layer: its shape and type, and what it is for (weight, bias, norm, index)."""

    shape: tuple[int, ...]
    dtype: str
    role: str


class Operator(NamedTuple):
    """A node of the graph, in ONNX's terms."""

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]
    name: str


class Graph:
    """What has been written so far. ``layer`` is the full name of the layer that is being written."""

    def __init__(self) -> None:
        self.operators: list[Operator] = []
        self.stored: dict[str, Stored] = {}
        self.constants: dict[str, tuple[str, tuple[int, ...], tuple[Any, ...]]] = {}
        self.shapes: dict[str, tuple[Shape, str]] = {}
        self.shared: dict[str, str] = {}
        self.layer = ""
        self._known: dict[Any, str] = {}
        self._counts: dict[str, int] = {}

    def emit(self, op: str, inputs: Sequence[str], outputs: int = 1, **attributes: Any) -> list[str]:
        """The names of what an operator gives."""
        count = self._counts[self.layer] = self._counts.get(self.layer, -1) + 1
        stem = f"{self.layer}/{op}_{count}"
        names = [stem if outputs == 1 else f"{stem}.{i}" for i in range(outputs)]
        self.operators.append(Operator(op, tuple(inputs), tuple(names), attributes, stem))
        return names

    def constant(self, values: Sequence[Any], shape: tuple[int, ...], dtype: str) -> str:
        """The name of a constant; equal ones are one."""
        key = (tuple(values), shape, dtype)
        if key not in self._known:
            self._known[key] = f"constant_{len(self._known)}"
            self.constants[self._known[key]] = (dtype, shape, tuple(values))
        return self._known[key]

    def tensor(self, word: str, shape: tuple[int, ...], role: str = "weight", dtype: str = FLOAT) -> str:
        """The name of a tensor of the layer, or of the one that it shares."""
        name = f"{self.layer}.{word}"
        if name in self.shared:
            return self.shared[name]
        self.stored[name] = Stored(shape, dtype, role)
        return name

    def rename(self, old: str, new: str) -> None:
        """Give the output of the last operators another name, which is the operator's too where it is alone."""
        if old in self.shapes:
            self.shapes[new] = self.shapes.pop(old)
        for k in range(len(self.operators) - 1, -1, -1):
            operator = self.operators[k]
            if old in (*operator.inputs, *operator.outputs):
                inputs, outputs = (tuple(new if n == old else n for n in names)
                                   for names in (operator.inputs, operator.outputs))
                own = new if old in operator.outputs and self._counts[self.layer] == 0 else operator.name
                self.operators[k] = operator._replace(inputs=inputs, outputs=outputs, name=own)
            if old in operator.outputs:
                return
