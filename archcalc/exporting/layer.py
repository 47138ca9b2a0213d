"""One layer as source: the modules that it has, and its output as an expression of its inputs."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.analysis.shapes import Call
from archcalc.errors import RuleError
from archcalc.exporting.code import Code, code, walk
from archcalc.exporting.facade import Function, Made, Source
from archcalc.net import Node

LONG = 12
"""Calls and operators from which a layer's function is a class of its own."""


class Written(NamedTuple):
    """A layer's parts in order of their registration, and its output; inputs are ``input`` with their number."""

    parts: tuple[Made, ...]
    output: Code

    @property
    def module(self) -> Code | None:
        """What makes the layer, where it is one module and nothing else."""
        call = self.output
        plain = len(self.parts) == 1 and call.head == "call" and call.parts[0].head == "own" and not call.parts[2] \
            and all(a.head == "input" and a.parts[0] == i for i, a in enumerate(call.parts[1]))
        return self.parts[0].how if plain else None

    @property
    def inline(self) -> bool:
        """Whether it is written where it is used: it has at most one module, and no tensors of its own."""
        return len(self.parts) <= 1 and all(part.role == "module" for part in self.parts)


    @property
    def long(self) -> bool:
        """Whether its function is too long to be written where it is used."""
        return bool(self.parts) and sum(c.head in ("call", "infix") for c in walk(self.output)) > LONG


def written(node: Node, call: Call, facade: Source) -> Written:
    """A layer by its kind's torch equivalent. Raises the origin's error where that cannot be written down."""
    try:
        made = node.layer.torch(facade, *call.inputs)
        output = code(made(*(Code("input", i) for i in range(len(call.inputs)))))
    except (RuleError, TypeError) as error:
        raise node.origin.error(f"the kind '{node.layer.kind}' cannot be exported: {error}", node.name) from None
    parts = dict.fromkeys(made.parts.values()) if isinstance(made, Function) else {}
    parts |= dict.fromkeys(own.parts[0] for own in walk(output) if own.head == "own")
    return Written(tuple(parts), output)
