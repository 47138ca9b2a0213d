"""One ONNX node, as rules see it: operands as values or constants, layers named after the module that it is of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.errors import UsageError
from archcalc.importing.batched import BATCH, Value, per_sample
from archcalc.importing.onnx_file import Operation
from archcalc.importing.sketch import Refused, shaped_fields

if TYPE_CHECKING:
    from archcalc.importing.onnx_import import Reader


class Constant(NamedTuple):
    """A tensor without a batch: its sizes, its numbers where they are known, and the initializer that it is."""

    dims: tuple[int, ...]
    numbers: tuple[Any, ...] | None = None
    name: str | None = None


class Op:
    """One node, as rules see it."""

    def __init__(self, reader: Reader, operation: Operation) -> None:
        self.reader, self.operation = reader, operation
        self.views, self.sketch, self.opset = reader.views, reader.sketch, reader.graph.opset
        self.path = _path(operation)

    def attribute(self, name: str, default: Any = None) -> Any:
        """An attribute of the node."""
        return self.operation.attributes.get(name, default)

    def named(self, word: str) -> str:
        """A name for a layer that has no weights."""
        return f"{self.path}.{word}" if self.path else word

    def layer(self, kind: str, inputs: Sequence[Any], /, *, tensors: dict[str, Any] | None = None,
              batch: int | None = None, name: str | None = None, **fields: Any) -> Value:
        """A layer of values; weights by the names that the kind gives them."""
        held = {k: v for k, v in (tensors or {}).items() if v is not None}
        own = _prefix(held) or (name or self.named(kind.removesuffix("1d").removesuffix("3d")))
        index = self.sketch.add(own, kind, fields, [x.node for x in inputs])
        self._own(index, held)
        return self.result(index, inputs[0].batch if batch is None else batch, inputs[0].split)

    def result(self, index: int, batch: int, split: bool = False) -> Value:
        """The value of a layer, whose batch is at an axis."""
        dims = self.sketch.shaped(index).dims
        if split:
            return Value(index, (*dims[:batch], BATCH * dims[batch], *dims[batch + 1:]), batch)
        return Value(index, (*dims[:batch], BATCH, *dims[batch:]), batch)

    def _own(self, index: int, held: dict[str, Any]) -> None:
        expected = {**self.sketch.params(index), **self.sketch.buffers(index)}
        if set(expected) != set(held):
            raise Refused("has other tensors")
        trainable = self.sketch.params(index)
        for name, constant in held.items():
            if not isinstance(constant, Constant) or prod(constant.dims) != prod(expected[name]):
                raise Refused(f"has another '{name}'")
            if constant.name is None:
                continue
            owner = self.reader.owners.setdefault(constant.name, (index, name))
            if owner[0] != index and name in trainable and owner[1]:
                self.sketch.drafts[index].share[name] = owner

    def value(self, x: Any, like: Value) -> Value:
        """An operand as a value: weights become a parameter."""
        if isinstance(x, Value):
            return x
        if not isinstance(x, Constant) or x.name is None or like.split:
            raise Refused("has a constant that is no weight")
        full = (*[1] * (len(like.shape) - len(x.dims)), *x.dims)
        if full[like.batch] != 1:
            raise Refused("has weights for each sample")
        dims = (*full[:like.batch], *full[like.batch + 1:])
        name = _identifier(x.name)
        index = self.sketch.add(name, "parameter", shaped_fields("parameter", dims, self.views.roles(like)), [0])
        self._own(index, {"weight": x})
        return self.result(index, like.batch)

    def opaque(self, why: str) -> list[Any]:
        """Opaque layers for the node's outputs, whose sizes the file notes or the operator keeps."""
        operands = [self.reader.known.get(name) for name in self.operation.inputs]
        values = [x for x in operands if isinstance(x, Value)]
        if not values:
            return [Constant((), None) for _ in self.operation.outputs]
        weights = [x for x in operands if isinstance(x, Constant) and x.name and x.name not in self.reader.owners
                   and prod(x.dims) > 0 and x.dims]
        made: list[Any] = []
        for out in self.operation.outputs:
            shape = self._noted(out, values, why) if not made or out in self.reader.uses else None
            if shape is not None:
                made.append(self._opaque(shape, values, [] if made else weights, why))
        return made

    def _noted(self, out: str, values: Sequence[Value], why: str) -> tuple[int, ...]:
        noted = self.reader.graph.shapes.get(out)
        if noted and all(isinstance(n, int) and n > 0 for n in noted[1:]):
            return (BATCH, *(int(n) for n in noted[1:]))
        if self.operation.kind in KEEPING:
            return max((v.shape for v in values), key=lambda s: (len(s), prod(s)))
        raise UsageError(f"{self.sketch.title}.onnx: node '{self.operation.name or out}' ({self.operation.kind}) "
                         f"{why or 'has no kind'}, and its output has no sizes in the file; "
                         "`onnx.shape_inference.infer_shapes` writes them")

    def _opaque(self, shape: tuple[int, ...], values: Sequence[Value], weights: Sequence[Constant], why: str) -> Value:
        dims = per_sample(shape, 0)
        like = self.sketch.shaped(values[0].node).axes
        shape_and_roles = shaped_fields("opaque", dims or (1,), like if len(like) == len(dims) else None)
        fields = {**shape_and_roles, "parameters": tuple(w.dims for w in weights)}
        index = self.sketch.add(self.named(self.operation.kind.lower()), "opaque", fields, [v.node for v in values])
        self.reader.owners.update({w.name: (index, "") for w in weights if w.name})
        self.sketch.drafts[index].note = f"{self.operation.kind}: {why or 'has no kind'}"
        return Value(index, shape)


KEEPING = frozenset(["Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Celu", "Ceil", "Clip", "Cos", "Cosh",
                     "Div", "Erf", "Exp", "Floor", "HardSigmoid", "Log", "LpNormalization", "Mish", "Mod", "Neg",
                     "PRelu", "Pow", "Reciprocal", "Round", "Selu", "Shrink", "Sign", "Sin", "Sinh", "Softplus",
                     "Softsign", "Sqrt", "Sub", "Add", "Mul", "Tan", "ThresholdedRelu", "Where", "CumSum", "Trilu"])
"""Operators whose output has the sizes of the largest input."""


def _path(operation: Operation) -> str:
    """The dotted path of the module that a node comes from, as far as names tell.

    >>> _path(Operation("/layer1/layer1.0/conv1/Conv", "Conv", "", (), (), {}))
    'layer1.0.conv1'
    """
    words: list[str] = []
    for word in operation.name.strip("/").split("/")[:-1]:
        words = [word] if words and word.startswith(f"{words[-1]}.") and len(words) == 1 else [*words, word]
        if len(words) > 1 and words[-1].startswith(f"{words[-2]}."):
            words[-2:] = [words[-1]]
    return ".".join(_identifier(word) for word in words)


def _identifier(name: str) -> str:
    return re.sub(r"[^\w.\-]", "_", name).strip(".") or "layer"


def _prefix(held: dict[str, Any]) -> str | None:
    """The module whose tensors these are, by the names of the initializers."""
    names = [v.name for v in held.values() if isinstance(v, Constant) and v.name]
    names = [name for name in names if "." in name and "::" not in name]
    stems = {re.sub(r"[._](weight|bias|running_mean|running_var)$", "", name) for name in names}
    return _identifier(stems.pop()) if len(stems) == 1 and len(names) == len(held) else None
