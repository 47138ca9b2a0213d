"""Rules for ONNX's recurrent operators, whose directions are an axis and whose states come apart."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

from archcalc.importing.onnx.node import SMALL
from archcalc.importing.onnx.rules import of
from archcalc.importing.onnx.state import Absent, Constant, Sized
from archcalc.importing.sketch import Refused
from archcalc.importing.views.batched import BATCH, Value

USUAL = {"LSTM": ("sigmoid", "tanh", "tanh"), "GRU": ("sigmoid", "tanh")}
"""Activations of a direction, unless a node says others."""


class _Shape(NamedTuple):
    """Steps, directions and features of a node, and whether the batch comes first."""

    steps: int
    ways: int
    features: int
    first: bool


@of("LSTM", "GRU", "RNN")
def _recurrent(c: Any, x: Any, weight: Any, inner: Any, bias: Any = None, lengths: Any = None, *states: Any) -> Any:
    """Y is steps×directions×batch×features, Y_h directions×batch×features; with layout 1 the batch comes first."""
    first = bool(c.attribute("layout", 0))
    shape = _Shape(x.shape[1 if first else 0], weight.dims[0], inner.dims[2], first)
    try:
        _check(c, lengths, states)
        x = c.views.relabelled(c.named("roles"), x, ("sequence", "channel"))
        wants = [_wanted(c, i) for i in range(3)]
        only = wants[1] and not wants[0]
        index = c.sketch.add(_name(c, weight), c.operation.kind.lower(),
                             {"features": shape.features, "bidirectional": shape.ways == 2, "bias": bias is not None,
                              "output": "last" if only else "sequence"}, [x.node])
        _own(c, index, [weight, inner, bias])
    except Refused as error:
        out = (shape.steps, shape.ways, BATCH, shape.features)
        raise Sized(str(error), (BATCH, out[0], out[1], out[3]) if first else out) from None
    if only:
        return [Absent("is read"), _last(c, index, shape), _cell(c, x, shape) if wants[2] else None]
    whole = c.result(index, x.batch)
    return [_sequence(c, whole, shape), _final(c, whole, shape) if wants[1] else None,
            _cell(c, x, shape) if wants[2] else None]


def _check(c: Any, lengths: Any, states: Any) -> None:
    kind, ways = c.operation.kind, 2 if c.attribute("direction") == "bidirectional" else 1
    given = c.attribute("activations")
    if kind not in USUAL or (given and tuple(a.lower() for a in given) != USUAL[kind] * ways):
        raise Refused("has other activations than the language's kinds")
    if c.attribute("direction") == "reverse":
        raise Refused("reads the sequence backwards")
    if isinstance(lengths, Value):
        raise Refused("has a length for each sample")
    if c.attribute("clip") or c.attribute("input_forget", 0):
        raise Refused("clips, or couples its gates")
    if len(states) > 2 and states[2] is not None:
        raise Refused("has peepholes")
    if any(isinstance(s, Value) or (s is not None and s.uniform != 0) for s in states[:2]):
        raise Refused("begins in a state of its own")


def _wanted(c: Any, number: int) -> bool:
    outputs = c.operation.outputs
    name = outputs[number] if number < len(outputs) else ""
    return bool(name) and (name in c.state.uses or any(o.name == name for o in c.state.graph.outputs))


def _name(c: Any, weight: Constant) -> str:
    """The name of the module, or of the operator."""
    return str(c.path or c.operation.kind.lower())


def _own(c: Any, index: int, held: list[Any]) -> None:
    """The layer's tensors as ONNX stacks them: all directions in one, and both biases."""
    params = c.sketch.params(index)
    for word, constant in zip(("weight_ih", "weight_hh", "bias"), held, strict=True):
        size = sum(prod(dims) for name, dims in params.items() if name.startswith(word))
        if constant is None and not size:
            continue
        if constant is None or prod(constant.dims) != size:
            raise Refused(f"has another '{word}'")
        if isinstance(constant, Value):
            _replace(c, constant.node, index)
        elif constant.name is not None and c.state.owners.setdefault(constant.name, (index, ""))[0] != index \
                and prod(constant.dims) > SMALL:
            raise Refused("shares its weights")


def _replace(c: Any, node: int, index: int) -> None:
    """Leave out the layers that put a weight together, where the file changes the order of gates."""
    waiting = [node]
    while waiting:
        draft = c.sketch.drafts[waiting.pop()]
        if draft.kind != "input" and draft not in c.sketch.spare:
            c.sketch.spare.add(draft)
            waiting += draft.inputs
    for name, (owner, _) in c.state.owners.items():
        if c.sketch.drafts[owner] in c.sketch.spare:
            c.state.owners[name] = (index, "")


def _sequence(c: Any, whole: Value, shape: _Shape) -> Value:
    """All steps, directions apart."""
    steps, ways, features, first = shape
    order = (0, 1, 2, 3) if first else (0, 2, 1, 3)
    dims = (BATCH, steps, ways, features) if first else (steps, BATCH, ways, features)
    return c.views.permute(c.named("permute"), c.views.reshape(c.named("reshape"), whole, dims), order)  # type: ignore[no-any-return]


def _last(c: Any, index: int, shape: _Shape) -> Value:
    """The final states of a layer that gives only them."""
    apart = c.views.reshape(c.named("reshape"), Value(index, (BATCH, shape.ways * shape.features), 0),
                            (BATCH, shape.ways, shape.features))
    return apart if shape.first else c.views.permute(c.named("permute"), apart, (1, 0, 2))  # type: ignore[no-any-return]


def _final(c: Any, whole: Value, shape: _Shape) -> Value:
    """The final states out of all steps: the last of the sequence, and the first of what reads it backwards."""
    axis, n = (1 if shape.first else 0), shape.features
    parts = [c.views.slice(c.named("slice"), c.views.slice(c.named("slice"), whole, axis, at, at + 1), 2,
                           way * n, (way + 1) * n)
             for way, at in enumerate((shape.steps - 1, 0)[:shape.ways])]
    if len(parts) > 1:
        parts = [c.layer("concat", parts, name=c.named("states"), axis=0)]
    dims = (BATCH, shape.ways, n) if shape.first else (shape.ways, BATCH, n)
    return c.views.reshape(c.named("reshape"), parts[0], dims)  # type: ignore[no-any-return]


def _cell(c: Any, x: Value, shape: _Shape) -> Value:
    """The final cells, which no kind gives."""
    dims = (shape.ways, shape.features)
    index = c.sketch.add(c.named("cells"), "opaque", {"shape": dims, "axes": ("sequence", "channel")}, [x.node])
    c.sketch.drafts[index].note = f"{c.operation.kind}: its final cells are read"
    return Value(index, (BATCH, *dims) if shape.first else (dims[0], BATCH, dims[1]), 0 if shape.first else 1)
