"""What a recording of torch has come to know: layers so far, and what each tensor of the run stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from archcalc.importing.sketch import Draft, Sketch
from archcalc.importing.views.batched import Value
from archcalc.importing.views.views import Views


class Origin(NamedTuple):
    """The call that a tensor without a batch comes from, and where in the module it was."""

    rule: Callable[..., Any]
    operands: Any
    named: dict[str, Any]
    path: str
    leaf: bool
    which: int
    layered: bool = True
    "Whether its first operand is to be layers."
    before: int = 0
    "How many layers there were."


@dataclass(eq=False)
class Held:
    """A tensor without a batch: a parameter or buffer, a view of one, or what is computed from such."""

    shape: tuple[int, ...]
    sources: tuple[int, ...] = ()
    "Identities of the parameters and buffers that it comes from."
    exact: bool = False
    "Whether it is one of them, or all its elements in order."
    numbers: Any = None
    "A real tensor of its numbers, where they come from numbers alone."
    origin: Origin | None = None
    made: tuple[Draft, Value] | None = field(default=None, repr=False)
    "The layer that has been made of it, and its value."


class Missing(NamedTuple):
    """A result that no layer stands for; an opaque layer is made of it if something reads it."""

    name: str
    inputs: tuple[Any, ...]
    shape: tuple[int, ...]
    why: str


class Tape:
    """Layers written down, and what tensors stand for; ``names`` are those of parameters and buffers by identity.

    ``fuses``: layers that are written out, such as attention, become one.
    """

    def __init__(self, sketch: Sketch, fuses: bool = True) -> None:
        self.sketch, self.views, self.fuses = sketch, Views(sketch), fuses
        self.known: dict[int, Any] = {}
        self.tensors: dict[int, Any] = {}
        self.names: dict[int, str] = {}
        self.trainable: set[int] = set()
        self.owners: dict[int, tuple[int, str]] = {}

    def keep(self, tensor: Any, what: Any) -> None:
        """What a tensor of the module's run stands for."""
        self.known[id(tensor)] = what
        self.tensors[id(tensor)] = tensor

    def shape(self, source: int) -> tuple[int, ...]:
        """The shape of a parameter or buffer."""
        return tuple(self.tensors[source].shape)


def size_of(shape: Sequence[int]) -> int:
    """Elements of a shape."""
    size = 1
    for n in shape:
        size *= n
    return size


def flat(value: Any) -> Iterator[Any]:
    """The leaves of nested lists, tuples and mappings."""
    if isinstance(value, dict):
        for item in value.values():
            yield from flat(item)
    elif isinstance(value, (list, tuple)) and not isinstance(value, (Value, Missing)):
        for item in value:
            yield from flat(item)
    else:
        yield value
