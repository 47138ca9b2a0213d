"""Rules for ONNX operators that reduce axes."""

from __future__ import annotations

from typing import Any

from archcalc.importing.onnx.constants import numbers, unknown
from archcalc.importing.onnx.rules import of
from archcalc.importing.onnx.state import Sized
from archcalc.importing.views.batched import Value


def _reduced(c: Any, x: Any, axes: Any) -> tuple[list[int], bool]:
    """The axes that a node reduces, and whether they stay as 1."""
    given = numbers(axes) if axes is not None else c.attribute("axes")
    rank = len(x.shape if isinstance(x, Value) else x.dims)
    if not given:
        given = () if c.attribute("noop_with_empty_axes", 0) else range(rank)
    return sorted({int(i) % rank for i in given}), bool(c.attribute("keepdims", 1))


def _left(shape: tuple[int, ...], gone: list[int], keep: bool) -> tuple[int, ...]:
    return tuple(1 if i in gone else n for i, n in enumerate(shape) if keep or i not in gone)


@of("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin")
def _reduce(c: Any, x: Any, axes: Any = None) -> Any:
    dims, keep = _reduced(c, x, axes)
    if not isinstance(x, Value):
        return _constant(c, x, dims, keep)
    if not dims:
        return x
    own, roles, at = [x.axis(i) for i in dims], c.views.roles(x), x.batch or 0
    batch = at if keep else at - sum(i < at for i in dims)
    op = c.operation.kind.removeprefix("Reduce").lower()
    if op == "mean" and [roles[i] for i in sorted(own)] == ["space"] * roles.count("space") and "channel" in roles:
        return c.layer("global_avgpool", [x], keep=keep, batch=batch)
    where = tuple(c.views.axis_name(x, i) for i in own)
    fields = {"axes": where[0] if len(where) == 1 else where, "keep": keep}
    return c.layer("mean", [x], batch=batch, **fields) if op == "mean" else \
        c.layer("reduce", [x], batch=batch, op=op, **fields)


def _constant(c: Any, x: Any, dims: list[int], keep: bool) -> Any:
    left = _left(x.dims, dims, keep)
    if x.numbers is None or len(dims) < len(x.dims):
        return unknown(left)
    op: Any = {"ReduceSum": sum, "ReduceMax": max, "ReduceMin": min}.get(c.operation.kind)
    found = op(x.numbers) if op is not None and x.numbers else None
    return unknown(left) if found is None else x._replace(dims=left, numbers=(found,), learned=False)


@of("ReduceL1", "ReduceL2", "ReduceProd", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp")
def _other(c: Any, x: Any, axes: Any = None) -> Any:
    dims, keep = _reduced(c, x, axes)
    if not isinstance(x, Value):
        if c.operation.kind == "ReduceProd" and x.numbers is not None and len(dims) == len(x.dims):
            product = 1
            for n in x.numbers:
                product *= n
            return x._replace(dims=_left(x.dims, dims, keep), numbers=(product,), learned=False)
        return unknown(_left(x.dims, dims, keep))
    raise Sized("has no kind", _left(x.shape, dims, keep))


@of("ArgMax", "ArgMin")
def _place(c: Any, x: Any) -> Any:
    axis, keep = c.attribute("axis", 0) % len(x.shape), bool(c.attribute("keepdims", 1))
    raise Sized("has no kind", _left(x.shape, [axis], keep))


@of("TopK")
def _largest(c: Any, x: Any, count: Any) -> Any:
    axis, k = c.attribute("axis", -1) % len(x.shape), int(numbers(count)[0])
    raise Sized("has no kind", (*x.shape[:axis], k, *x.shape[axis + 1:]))
