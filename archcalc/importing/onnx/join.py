"""Rules for ONNX operators that join two tensors, or a tensor and a number."""

from __future__ import annotations

from typing import Any

from archcalc.importing.idioms.rotary import turned
from archcalc.importing.onnx.constants import numbers, rounded
from archcalc.importing.onnx.rules import of
from archcalc.importing.onnx.state import Constant
from archcalc.importing.sketch import Refused, shaped_fields
from archcalc.importing.views.batched import Value


@of("Add", "Mul", "Sum")
def _join(c: Any, *operands: Any) -> Any:
    kind = {"Add": "add", "Sum": "add", "Mul": "multiply"}.get(c.operation.kind, "add")
    if len(operands) == 1:
        return operands[0]
    like = max((x for x in operands if isinstance(x, Value)), key=lambda v: len(v.shape))
    single = [x.uniform for x in operands if _is_number(x, like)]
    if single and len(operands) == 2:
        return _with_number(c, kind, like, float(single[0]))
    if kind == "add" and len(operands) == 2 and (done := _bias(c, *operands)) is not None:
        return done
    made = joined(c, kind, operands, like)
    if kind == "add" and any(isinstance(x, Constant) and not (x.learned and x.name and "." in x.name) and x.causal
                             for x in operands):
        drafts = c.sketch.drafts
        c.sketch.causal[drafts[made.node]] = like.node
        c.sketch.spare.update(d for i in drafts[made.node].inputs if (d := drafts[i]).kind in ("constant", "parameter"))
    return turned(c.views, c.path, made) if kind == "add" else made


def joined(c: Any, kind: str, operands: Any, like: Value) -> Any:
    """A join of values of one batch; constants become layers."""
    if like.batch is None:
        like = next((x for x in operands if isinstance(x, Value) and x.batch is not None), like)
    values = [c.value(x, like) for x in operands]
    if any(v.batch != like.batch or (isinstance(x, Value) and x.batch is not None and v.split != like.split)
           for x, v in zip(operands, values, strict=True)):
        raise Refused("joins tensors with different batches")
    roles = c.views.roles(like)
    values = [v if _channels(c, v) == [r == "channel" for r in roles] else
              c.views.relabelled(c.named("roles"), v, roles) for v in values]
    return c.layer(kind, values)


def _is_number(x: Any, like: Value) -> bool:
    """Whether a constant is one number, or so many equal ones that nothing has learned."""
    if not isinstance(x, Constant) or x.uniform is None or len(x.dims) > len(like.shape):
        return False
    return (x.numbers is not None and len(x.numbers) == 1) or x.name is None


def _channels(c: Any, x: Value) -> list[bool]:
    return [role == "channel" for role in c.views.roles(x)]


def _with_number(c: Any, kind: str, x: Value, number: float) -> Any:
    if (kind, number) in (("add", 0.0), ("multiply", 1.0)):
        return x
    if kind == "multiply":
        return c.layer("rescale", [x], factor=rounded(number))
    if x.batch is None:
        raise Refused("adds a number")
    ones = shaped_fields("constant", (1,) * len(x.dims), c.views.roles(x))
    index = c.sketch.add(f"{c.named('add')}.number", "constant", {**ones, "value": rounded(number)}, [0])
    return c.layer("add", [x, c.result(index, x.batch, x.split)], name=c.named("add"))


def _bias(c: Any, x: Any, y: Any) -> Any:
    """A vector added to a product with weights: the bias of a dense layer."""
    x, y = (x, y) if isinstance(x, Value) else (y, x)
    draft = c.sketch.drafts[x.node]
    if isinstance(y, Value) or draft.kind != "linear" or draft.fields.get("bias", True) or len(y.dims) != 1:
        return None
    known = c.state.known
    made = c.operation.inputs[0] if known.get(c.operation.inputs[0]) is x else c.operation.inputs[-1]
    foreign = c.written_once(y)
    if y.dims[0] != draft.fields["features"] or c.state.uses.get(made, 0) > 1 or x.dims[-1] != y.dims[0] or (
            y.name in c.state.owners and not foreign):
        return None
    del draft.fields["bias"]
    if y.name and not foreign:
        c.state.owners[y.name] = (x.node, "bias")
        if draft.name.rpartition(".")[2].startswith("linear") and y.name.endswith(".bias"):
            c.sketch.rename(x.node, y.name.removesuffix(".bias"))
    return x


@of("Div")
def _div(c: Any, x: Any, y: Any) -> Any:
    if isinstance(y, Value) or not isinstance(x, Value):
        raise Refused("divides by a tensor")
    found = y.uniform
    if found is None or not (len(numbers(y)) == 1 or y.name is None):
        raise Refused("divides by several numbers")
    if found == 1:
        return x
    root = round(found ** 2) if abs(found) < 1e6 else 0
    exact = root > 1 and abs(root ** 0.5 - found) < 1e-6 * found and root ** 0.5 != round(found)
    return c.layer("rescale", [x], **({"root_of": root} if exact else {"factor": 1 / rounded(found)}))


@of("Neg")
def _neg(c: Any, x: Any) -> Any:
    return c.layer("rescale", [x], factor=-1.0)


@of("Sub")
def _sub(c: Any, x: Any, y: Any) -> Any:
    if isinstance(x, Value) and isinstance(y, Constant) and y.uniform == 0:
        return x
    if not isinstance(x, Value):
        raise Refused("subtracts from a constant")
    if _is_number(y, x):
        return _with_number(c, "add", x, -float(y.uniform))
    y = c.value(y, x)
    minus = c.layer("rescale", [y], name=c.named("sub.minus"), factor=-1.0)
    return joined(c, "add", [x, minus], max(x, minus, key=lambda v: len(v.shape)))


@of("Pow")
def _power(c: Any, x: Any, exponent: Any) -> Any:
    if isinstance(exponent, Value) or exponent.uniform not in (2, 3) or len(exponent.dims) > len(x.shape) or (
            exponent.uniform == 3 and x.batch is None):
        raise Refused("raises to another power than 2")
    if exponent.uniform == 3:
        cube = c.unknown(x.shape, [x], [], "raises to another power than 2")
        c.sketch.functions[c.sketch.drafts[cube.node]] = ("power", 3.0)
        return cube
    return c.layer("multiply", [x, x])


@of("Mean")
def _mean(c: Any, *operands: Any) -> Any:
    like = next(x for x in operands if isinstance(x, Value))
    total = joined(c, "add", operands, like)
    return c.layer("rescale", [total], name=c.named("mean"), factor=1 / len(operands))
