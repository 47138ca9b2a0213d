"""One ONNX node, as rules see it: operands as values or constants, layers named after the module that it is of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod
from typing import Any

from archcalc.errors import UsageError
from archcalc.importing.onnx.elements import elements
from archcalc.importing.onnx.file import Operation
from archcalc.importing.onnx.state import Absent, Constant, Sized, State
from archcalc.importing.sketch import Refused, shaped_fields
from archcalc.importing.views.batched import BATCH, Value, batch_of, per_sample
from archcalc.layers.registry import kinds

SMALL = 1024
"""Elements of initializers up to which torch's exporter writes equal ones once."""


class Op:
    """One node, as rules see it."""

    def __init__(self, state: State, operation: Operation) -> None:
        self.state, self.operation = state, operation
        self.views, self.sketch, self.opset = state.views, state.sketch, state.graph.opset
        self.path = path_of(operation)

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
        own = self._module(kind) or _prefix(held) or (name or self.named(kind.removesuffix("1d").removesuffix("3d")))
        index = self.sketch.add(own, kind, fields, [x.node for x in inputs])
        self._own(index, held)
        split = any(x.split for x in inputs)
        if batch is None:
            batch = next((x.batch for x in inputs if x.batch is not None), None)
        return self.result(index, batch, split)

    def _module(self, kind: str) -> str | None:
        """The module that the node is, where the file says modules and it is one of the language's kinds."""
        whole = self.operation.scope and kinds()[kind].family in ("conv", "fc", "norm", "act", "pool")
        return self.path if whole and self.operation.scope[-1][1] in MODULES else None

    def result(self, index: int, batch: int | None, split: bool = False) -> Value:
        """The value of a layer, whose batch is at an axis."""
        dims = self.sketch.shaped(index).dims
        if batch is None:
            return Value(index, dims, None)
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
            if constant.name is None or self.written_once(constant):
                continue
            owner = self.state.owners.setdefault(constant.name, (index, name))
            if owner[0] != index and name in trainable and owner[1]:
                self._share(index, name, owner)

    def _share(self, index: int, name: str, owner: tuple[int, str]) -> None:
        theirs = self.sketch.params(owner[0]).get(owner[1])
        if theirs != self.sketch.params(index)[name]:
            raise Refused(f"reads the {owner[1]} of {self.sketch.drafts[owner[0]].name} in another shape")
        self.sketch.drafts[index].share[name] = owner

    def written_once(self, constant: Constant) -> bool:
        """Whether a vector is of another module: equal ones are one initializer in files of torch's exporter."""
        if constant.name is None or not self.operation.scope or prod(constant.dims) > SMALL:
            return False
        first = self.state.scopes.setdefault(constant.name, self.path)
        return first != self.path and max(constant.dims, default=1) == prod(constant.dims)

    def value(self, x: Any, like: Value) -> Value:
        """An operand as a value: weights become a parameter, other constants a constant."""
        if isinstance(x, Value) and (x.batch is not None or like.batch is None):
            return x
        if not isinstance(x, (Constant, Value)):
            raise Refused("reads nothing")
        if isinstance(x, Constant) and like.batch is None:
            return self.alone(x, (*[1] * (len(like.shape) - len(x.dims)), *x.dims) or (1,), None, None)
        batch = like.batch or 0
        full = (*[1] * (len(like.shape) - len(x.dims)), *x.dims)
        if len(full) > len(like.shape) or full[batch] not in (1, like.shape[batch] // BATCH if like.split else 1):
            raise Refused("has weights for each sample")
        if isinstance(x, Value):
            dims = full if like.split else (*full[:batch], *full[batch + 1:])
            made = self.views.reshape(self.named("reshape"), x, dims)
            made = self.views.relabelled(self.named("roles"), made, self.views.roles(like)) if like.split else made
            return Value(made.node, (*full[:batch], BATCH * full[batch], *full[batch + 1:]), batch)
        if like.split:      # the batch is a factor of an axis, along which the constant is the same for all samples
            made = self.alone(x, full, self.views.roles(like), 0)
            return Value(made.node, (*full[:batch], BATCH * full[batch], *full[batch + 1:]), batch)
        return self.alone(x, (*full[:batch], *full[batch + 1:]) or (1,), self.views.roles(like) or None, batch)

    def alone(self, x: Constant, dims: tuple[int, ...], roles: Any, batch: int | None) -> Value:
        """A constant as a layer of its own."""
        kind = "parameter" if x.learned and x.name is not None else "constant"
        name = identifier(x.name) if x.name is not None and kind == "parameter" else self.named(kind)
        fields = shaped_fields(kind, dims, roles)
        if kind == "constant" and x.uniform is not None:
            index = self.sketch.add(name, kind, {**fields, "value": float(x.uniform)}, [0])
            return self.result(index, batch)
        owner = self.state.owners.get(x.name or "", (0, ""))[0]
        made = self.sketch.drafts[owner]
        if kind == "parameter" and (made.kind, made.fields) == (kind, fields) and not self.written_once(x):
            return self.result(owner, batch)
        index = self.sketch.add(name, kind, fields, [0])
        self._own(index, {"weight" if kind == "parameter" else "constant": x})
        if (numbers := elements(self.state, x, self.operation)) is not None:
            self.sketch.numbers[self.sketch.drafts[index]] = lambda: numbers
        return self.result(index, batch)

    def opaque(self, error: Exception) -> list[Any]:
        """Opaque layers for the node's outputs, whose sizes a rule or the file knows, or the operator keeps."""
        why = str(error) if isinstance(error, Refused) else ""
        operands = [self.state.known.get(name) for name in self.operation.inputs]
        values = [x for x in operands if isinstance(x, Value)]
        if not values:
            return [self._constant(out) for out in self.operation.outputs]
        weights = [x for x in operands if isinstance(x, Constant) and x.name and x.name not in self.state.owners
                   and prod(x.dims) > 0 and x.dims and x.learned]
        made: list[Any] = []
        for out in self.operation.outputs:
            used = out in self.state.uses or any(out == o.name for o in self.state.graph.outputs)
            if made and not used:
                made.append(Absent(why))
                continue
            known = isinstance(error, Sized) and not made
            shape = error.shape if known and isinstance(error, Sized) else self._noted(out, values, why)
            made.append(self.unknown(shape, values, [] if made else weights, why))
        return made

    def _constant(self, out: str) -> Any:
        """What is computed of constants in a way that is not followed: its sizes are known if the file notes them."""
        noted = self.state.graph.shapes.get(out)
        if noted is None and self.operation.kind in KEEPING:
            operands = [self.state.known.get(name) for name in self.operation.inputs]
            noted = max((x.dims for x in operands if isinstance(x, Constant)), key=prod, default=None)
        if noted is None or not all(isinstance(n, int) and n > 0 for n in noted):
            return Absent("is computed of constants in a way that is not followed")
        return Constant(tuple(int(n) for n in noted), learned=False)

    def _noted(self, out: str, values: Sequence[Value], why: str) -> tuple[int, ...]:
        graph = self.state.graph
        noted = graph.shapes.get(out) or next((o.dims for o in graph.outputs if o.name == out), None)
        if noted and (at := self._batch_axis(noted)) is not None:
            rest = [*noted[:at], *noted[at + 1:]]
            if all(isinstance(n, int) and n > 0 for n in rest):
                return tuple(BATCH if i == at else int(n) for i, n in enumerate(noted))
        if self.operation.kind in KEEPING:
            return max((v.shape for v in values), key=lambda s: (len(s), prod(s)))
        raise UsageError(f"{self.sketch.title}.onnx: node '{(self.operation.name or out)[:80]}' "
                         f"({self.operation.kind[:80]}) {why or 'has no kind'}, and its output has no sizes in the "
                         "file; `onnx.shape_inference.infer_shapes` writes them")

    def _batch_axis(self, noted: Sequence[int | str]) -> int | None:
        """Where the batch is in sizes that the file notes: the first axis if it may be."""
        fixed, name = self.state.batch, self.state.batch_name
        places = [i for i, n in enumerate(noted) if (n == fixed if fixed else n == name and name)]
        return places[0] if places else 0 if not fixed else None

    def unknown(self, shape: tuple[int, ...], values: Sequence[Value], weights: Sequence[Constant], why: str) -> Value:
        """An opaque layer that gives a shape, with its batch."""
        batch = batch_of(shape)
        if batch is None:
            raise UsageError(f"{self.sketch.title}.onnx: node '{self.operation.name[:80]}' "
                             f"({self.operation.kind[:80]}) {why or 'has no kind'}, and its output has no batch")
        dims = per_sample(shape, batch)
        like = self.sketch.shaped(values[0].node).axes
        shape_and_roles = shaped_fields("opaque", dims or (1,), like if len(like) == len(dims) else None)
        fields = {**shape_and_roles, "parameters": tuple(w.dims for w in weights)}
        word = re.sub(r"\W", "_", self.operation.kind.lower()) or "node"
        index = self.sketch.add(self.named(word), "opaque", fields, [v.node for v in values])
        self.state.owners.update({w.name: (index, "") for w in weights if w.name})
        self.sketch.drafts[index].note = f"{self.operation.kind[:80]}: {why or 'has no kind'}"
        return Value(index, tuple(shape), batch)


KEEPING = frozenset(["Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Celu", "Ceil", "Clip", "Cos", "Cosh",
                     "Div", "Erf", "Exp", "Floor", "HardSigmoid", "Log", "LpNormalization", "Mish", "Mod", "Neg",
                     "PRelu", "Pow", "Reciprocal", "Round", "Selu", "Shrink", "Sign", "Sin", "Sinh", "Softplus",
                     "Softsign", "Sqrt", "Sub", "Add", "Mul", "Tan", "ThresholdedRelu", "Where", "CumSum", "Trilu",
                     "Hardmax", "IsNaN", "IsInf", "Max", "Min", "Mean", "MeanVarianceNormalization", "Bernoulli",
                     "BitwiseNot", "Not", "RandomNormalLike", "RandomUniformLike", "ReverseSequence", "ScatterElements",
                     "ScatterND", "Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "And", "Or", "Xor",
                     "FastGelu", "BiasGelu", "QuickGelu"])
"""Operators whose output has the sizes of the largest input."""

MODULES = frozenset(["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", "Linear",
                     "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "LayerNorm", "GroupNorm", "RMSNorm", "Embedding",
                     "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "LocalResponseNorm", "ReLU", "ReLU6",
                     "SiLU", "GELU", "Hardswish", "Hardsigmoid", "Sigmoid", "Tanh", "LeakyReLU", "ELU", "PReLU",
                     "Softmax", "LogSoftmax", "MaxPool1d", "MaxPool2d", "MaxPool3d", "AvgPool1d", "AvgPool2d",
                     "AvgPool3d", "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "LSTM", "GRU",
                     "Mish", "Softplus"])
"""torch's modules that are one layer."""


def path_of(operation: Operation) -> str:
    """The dotted path of the module that a node comes from, as far as names tell.

    >>> path_of(Operation("/layer1/layer1.0/conv1/Conv", "Conv", "", (), (), {}))
    'layer1.0.conv1'
    """
    if operation.scope:
        return identifier(re.sub(r"@\d+", "", operation.scope[-1][0]))     # a module that is called again
    words: list[str] = []
    for word in operation.name.strip("/").split("/")[:-1]:
        words = [word] if words and word.startswith(f"{words[-1]}.") and len(words) == 1 else [*words, word]
        if len(words) > 1 and words[-1].startswith(f"{words[-2]}."):
            words[-2:] = [words[-1]]
    return ".".join(identifier(word) for word in words)


def identifier(name: str) -> str:
    """A name of the file as one of the language."""
    return re.sub(r"[^\w.\-]", "_", name).strip(".") or "layer"


def _prefix(held: dict[str, Any]) -> str | None:
    """The module whose tensors these are, by the names of the initializers."""
    names = [v.name for v in held.values() if isinstance(v, Constant) and v.name]
    names = [name for name in names if "." in name and "::" not in name]
    stems = {re.sub(r"[._](weight|bias|running_mean|running_var)$", "", name) for name in names}
    return identifier(stems.pop()) if len(stems) == 1 and len(names) == len(held) else None
