"""Rules for ONNX operators that make masks of constants, and hide scores by them."""

from __future__ import annotations

from math import prod
from typing import Any

from archcalc.importing.idioms.attended import LOWEST
from archcalc.importing.onnx.constants import broadcast, computed, constant, numbers, unknown
from archcalc.importing.onnx.rules import of
from archcalc.importing.onnx.state import Constant, Sized
from archcalc.importing.sketch import Refused
from archcalc.importing.views.batched import Value

OTHER = {"above": "below", "below": "above"}


@of("Trilu")
def _triangle(c: Any, x: Any, diagonal: Any = None) -> Any:
    upper, k = bool(c.attribute("upper", 1)), 0 if diagonal is None else int(numbers(diagonal)[0])
    if isinstance(x, Value):
        raise Sized("hides numbers of the input", x.shape)
    rows, columns = x.dims[-2:]
    if x.numbers is not None:
        places = ((i // columns % rows, i % columns) for i in range(len(x.numbers)))
        kept = ((column - row >= k) if upper else (column - row <= k) for row, column in places)
        return constant((n if keep else type(n)(0) for n, keep in zip(x.numbers, kept, strict=True)), x.dims)
    side = "above" if upper and k == 1 else "below" if not upper and k == 0 else ""
    fill = next(iter(x.more)) if x.more and len(set(x.more)) == 1 else x.uniform
    made = unknown(x.dims, fill if side else None)
    return made._replace(triangle=side if made.fill is not None and rows == columns else "")


@of("Not")
def _not(c: Any, x: Any) -> Any:
    if isinstance(x, Value):
        raise Sized("has no kind", x.shape)
    return x._replace(triangle=OTHER.get(x.triangle, ""), fill=1 if x.triangle else None, learned=False, name=None,
                      more=None)


@of("Equal")
def _equal(c: Any, x: Any, y: Any) -> Any:
    """Where a triangle of other numbers is 0: on its other side."""
    if any(isinstance(v, Value) for v in (x, y)):
        raise Sized("has no kind", max((v.shape for v in (x, y) if isinstance(v, Value)), key=len))
    triangle, other = (x, y) if x.triangle else (y, x)
    zero = bool(triangle.triangle) and triangle.fill != 0 and other.uniform == 0 and prod(other.dims) == 1
    return unknown(triangle.dims if zero else broadcast(x.dims, y.dims), 1 if zero else None)._replace(
        triangle=OTHER[triangle.triangle] if zero else "")


@of("Where")
def _where(c: Any, condition: Any, a: Any, b: Any) -> Any:
    if isinstance(condition, Value):
        raise Refused("picks by what is computed")
    hidden = b if isinstance(a, Value) else a
    if isinstance(a, Value) or isinstance(b, Value):
        return _masked(c, condition, a, b, hidden)
    side = condition.triangle
    zero, low = (a.uniform, b.uniform) if side == "below" else (b.uniform, a.uniform)
    if side and zero == 0 and low is not None and low <= LOWEST:
        return unknown(condition.dims, low)._replace(triangle="above")
    return computed("Where", [condition, a, b]) or unknown(condition.dims)


def _masked(c: Any, condition: Constant, a: Any, b: Any, hidden: Any) -> Value:
    """Scores of which those of later tokens are hidden; with other masks, what has no kind."""
    x = a if isinstance(a, Value) else b
    keeps = condition if isinstance(a, Value) else condition._replace(
        triangle=OTHER.get(condition.triangle, ""),
        numbers=None if condition.numbers is None else tuple(not n for n in condition.numbers), more=None)
    made = c.unknown(x.shape, [x], [], "hides some of its input")
    if isinstance(hidden, Constant) and hidden.uniform is not None and hidden.uniform <= LOWEST and _lower(keeps):
        c.sketch.causal[c.sketch.drafts[made.node]] = x.node
    return made  # type: ignore[no-any-return]


def _lower(x: Constant) -> bool:
    """Whether a mask of booleans keeps each token and those before it."""
    rows, columns = x.dims[-2:] if len(x.dims) > 1 else (0, 0)
    if x.numbers is None:
        return x.triangle == "below"
    return rows == columns > 1 and all(bool(n) == (i % columns <= i // columns % rows)
                                       for i, n in enumerate(x.numbers))
