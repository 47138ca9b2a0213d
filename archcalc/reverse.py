"""How a signal goes back through one layer, from its output to one of its inputs.

A `Step` is a layer of the network that goes back. Together, the steps of a rule are the transpose of the
layer's derivative at the values of a forward pass: a signal of the output's shape in, one of the input's out.
What a step needs of that forward pass it takes as a further input.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple


class Take(NamedTuple):
    """What a step reads of the forward pass of the layer that it reverses.

    ``switches`` are the places of maxima: per output, the index of the input element within its spatial
    plane. ``slopes`` are derivatives: of the one output that an input element reaches, per input element.
    ``value`` is the input of number ``input`` itself.
    """

    what: Literal["switches", "slopes", "value"]
    input: int = 0


SWITCHES, SLOPES = Take("switches"), Take("slopes")


class Step(NamedTuple):
    """A layer that goes back: its kind and fields, and what it reads beside the signal, in order."""

    kind: str
    fields: dict[str, Any]
    takes: tuple[Take, ...] = ()


def step(kind: str, *takes: Take, **fields: Any) -> Step:
    """A step of a kind, with its fields.

    >>> step("multiply", SLOPES).takes
    (Take(what='slopes', input=0),)
    """
    return Step(kind, fields, takes)


def alike(values: tuple[Any, ...]) -> Any:
    """A value per axis, as one where all are equal.

    >>> alike((3, 3)), alike((1, 7))
    (3, (1, 7))
    """
    return values[0] if values and all(value == values[0] for value in values) else values


def ranked(kind: str, rank: int) -> str:
    """The kind for so many spatial axes: ``conv``, ``conv1d``, ``conv3d``."""
    return kind if rank == 2 else f"{kind}{rank}d"
