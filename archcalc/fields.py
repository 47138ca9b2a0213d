"""Types of the fields of layer kinds: bounds, and what they take in words."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from archcalc.dims import Dim, equal, require
from archcalc.tensor import Role


class Expects(str):
    """What a field takes, in words: the end of the message "expected …" and its documentation."""


class Reference(Expects):
    """Marks a field that names a layer in a spec; the kind itself sees only whether it is given."""


class Structural(Expects):
    """What a field takes whose number decides which axes or tensors there are: no array, no symbol."""


Size = Annotated[int, Field(gt=0), Expects("a positive whole number")]
Count = Annotated[int, Field(ge=0), Expects("a whole number, 0 or more")]
CountPerAxis = Annotated[Count | tuple[Count, ...], Expects("a whole number, 0 or more, or a list of one per axis")]
Axis = Annotated[int | Role, Structural("an axis: a number, or one of channel, space, sequence, window")]
Real = Annotated[float, Field(allow_inf_nan=False), Expects("a number")]
Probability = Annotated[float, Field(ge=0, le=1), Expects("a number from 0 to 1")]
PerAxis = Annotated[Size | tuple[Size, ...], Expects("a positive whole number, or a list of one per axis")]
_Pad = Annotated[int, Field(ge=0)]
Padding = Annotated[
    Literal["same", "valid"] | _Pad | tuple[_Pad | tuple[_Pad, _Pad], ...],
    Expects("'same', 'valid', a whole number, or a list of one number or [before, after] pair per axis"),
]
Like = Annotated[bool, Reference("the name of an earlier layer")]
"""A field that names a layer whose output is taken as a further input, after those of `from`."""


def per_axis(value: Any, rank: int, field: str) -> tuple[Any, ...]:
    """A per-axis field as a tuple of one value per axis.

    >>> per_axis(3, 2, "kernel"), per_axis((1, 7), 2, "kernel")
    ((3, 3), (1, 7))
    """
    if not isinstance(value, tuple):
        return (value,) * rank
    require(len(value) == rank, "{} takes one number or {}, found {}", field, rank, len(value), field=field)
    return value


def divides(n: Dim, divisor: Dim, what: str, field: str) -> None:
    """Require that ``divisor`` divides ``n``."""
    require(equal(n % divisor, 0), "{} {} do not divide {} {}", divisor, field, n, what, field=field)
