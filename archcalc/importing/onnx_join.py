"""Rules for ONNX operators that join two tensors, or a tensor and a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archcalc.importing.batched import Value
from archcalc.importing.onnx_constants import numbers, rounded
from archcalc.importing.sketch import Refused

Rule = Callable[..., Any]
JOINS: dict[str, Rule] = {}


def _of(*names: str) -> Callable[[Rule], Rule]:
    def note(rule: Rule) -> Rule:
        JOINS.update(dict.fromkeys(names, rule))
        return rule
    return note


@_of("Add", "Mul", "Sum")
def _join(c: Any, *operands: Any) -> Any:
    kind = {"Add": "add", "Sum": "add", "Mul": "multiply"}[c.operation.kind]
    like = max((x for x in operands if isinstance(x, Value)), key=lambda v: len(v.shape))
    single = [numbers(x)[0] for x in operands if (not isinstance(x, Value) and x.numbers and len(x.numbers) == 1
              and x.name is None) or (not isinstance(x, Value) and x.numbers is not None and len(x.numbers) == 1)]
    if single and len(operands) == 2:
        return _with_number(c, kind, like, float(single[0]))
    if kind == "add" and len(operands) == 2 and (done := _bias(c, *operands)) is not None:
        return done
    values = [c.value(x, like) for x in operands]
    if any(v.batch != like.batch or v.split != like.split for v in values):
        raise Refused("joins tensors with different batches")
    roles = c.views.roles(like)
    values = [v if _channels(c, v) == [r == "channel" for r in roles] else
              c.views.relabelled(c.named("roles"), v, roles) for v in values]
    return c.layer(kind, values)


def _channels(c: Any, x: Value) -> list[bool]:
    return [role == "channel" for role in c.views.roles(x)]


def _with_number(c: Any, kind: str, x: Value, number: float) -> Any:
    if kind == "multiply":
        return c.layer("rescale", [x], factor=rounded(number))
    raise Refused("adds a number")


def _bias(c: Any, x: Any, y: Any) -> Any:
    """A vector added to a product with weights: the bias of a dense layer."""
    x, y = (x, y) if isinstance(x, Value) else (y, x)
    draft = c.sketch.drafts[x.node]
    if isinstance(y, Value) or draft.kind != "linear" or draft.fields.get("bias", True) or len(y.dims) != 1:
        return None
    made = c.operation.inputs[0] if c.reader.known.get(c.operation.inputs[0]) is x else c.operation.inputs[1]
    if y.dims[0] != draft.fields["features"] or c.reader.uses.get(made, 0) > 1 or y.name in c.reader.owners:
        return None
    del draft.fields["bias"]
    if y.name:
        c.reader.owners[y.name] = (x.node, "bias")
        if draft.name.endswith(".linear") and y.name.endswith(".bias"):
            c.sketch.rename(x.node, y.name.removesuffix(".bias"))
    return x


@_of("Div")
def _div(c: Any, x: Any, y: Any) -> Any:
    if isinstance(y, Value) or not isinstance(x, Value):
        raise Refused("divides by a tensor")
    found = numbers(y)
    if len(found) != 1:
        raise Refused("divides by several numbers")
    root = round(found[0] ** 2)
    exact = root > 1 and abs(root ** 0.5 - found[0]) < 1e-6 * found[0] and root ** 0.5 != round(found[0])
    return c.layer("rescale", [x], **({"root_of": root} if exact else {"factor": 1 / rounded(found[0])}))


@_of("Neg")
def _neg(c: Any, x: Any) -> Any:
    return c.layer("rescale", [x], factor=-1.0)


@_of("Sub")
def _sub(c: Any, x: Any, y: Any) -> Any:
    if not isinstance(x, Value) or not isinstance(y, Value):
        raise Refused("subtracts a constant")
    minus = c.layer("rescale", [y], name=c.named("sub.minus"), factor=-1.0)
    return c.layer("add", [x, minus])
