"""Names and what they stand for: resolved from the innermost block outwards, earlier layers only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import translate
from typing import NamedTuple

from archcalc.net import Node
from archcalc.spec.expression import Env
from archcalc.spec.item import Item
from archcalc.spec.source import SpecError, Term
from archcalc.words import describe, listed, suggest

ABSENT = -1
"""Output of what `only: train` leaves out."""


class Scope(NamedTuple):
    """Where items are expanded: name prefix with a trailing dot, parameters, and what stands around."""

    prefix: str
    env: Env
    items: Sequence[Item] = ()
    inputs: tuple[int, ...] | None = None
    "The inputs of the block that begins here, None where none begins."
    outer: Scope | None = None

    def inside(self, name: str, items: Sequence[Item] = ()) -> Scope:
        """The scope of what is named below a layer."""
        return Scope(f"{self.prefix}{name}.", self.env, items, None, self)

    def outwards(self) -> Iterator[Scope]:
        """The scope and all around it, the innermost first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer


class Names:
    """The layers so far, and the index of the layer whose output each name stands for."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.outputs: dict[str, int] = {}
        self.begun: set[str] = set()
        self._layers: dict[str, int] = {}

    def find(self, term: Term, scope: Scope, layer: str) -> int:
        """Index of the output that a name stands for."""
        name: str = term.value
        for around in scope.outwards():
            index = self.outputs.get(around.prefix + name)
            if index == ABSENT:
                raise SpecError(term, f"'{name}' exists only in training", layer)
            if index is not None:
                return index
            if around.inputs is not None and (name == "input" or name.startswith("input.")):
                return self._input(term, around, layer)
        raise self._missing(term, name, scope, layer)

    def _input(self, term: Term, scope: Scope, layer: str) -> int:
        name, inputs = term.value, scope.inputs or ()
        if name == "input" and len(inputs) > 1 and scope.outer is None:
            names = listed(self.nodes[i].name for i in inputs)
            raise SpecError(term, f"the network has {len(inputs)} inputs: name {names}", layer)
        number = name.partition(".")[2] or "1"
        if not re.fullmatch("[1-9][0-9]{0,8}", number) or int(number) > len(inputs):
            have = f"1 to {len(inputs)}" if len(inputs) > 1 else "only one"
            raise SpecError(term, f"there is no '{name[:80]}' here: the inputs are {have}", layer)
        return inputs[int(number) - 1]

    def matches(self, term: Term, scope: Scope, layer: str) -> list[int]:
        """Outputs of all earlier names at one level that match a pattern, in order."""
        pattern: str = term.value
        match = re.compile(translate(pattern)).match
        segments = pattern.count(".")
        stem = pattern.rpartition(".")[0]
        for prefix in (around.prefix for around in scope.outwards()):
            found = [index for name, index in self.outputs.items()
                     if name.startswith(prefix) and name.count(".", len(prefix)) == segments
                     and index != ABSENT and match(name[len(prefix):])]
            if found or (stem and prefix + stem in self.begun):
                return found
        raise SpecError(term, f"{describe(pattern)} matches no earlier layer", layer)

    def shared(self, term: Term, scope: Scope, layer: str) -> tuple[int, str]:
        """The layer and the tensor in ``embedding.weight`` or ``attention.out_proj.bias``."""
        for i in range(len(self._layers), len(self.nodes)):
            self._layers[self.nodes[i].name] = i
        words: list[str] = term.value.split(".")
        for around in scope.outwards():
            for n in range(len(words) - 1, 0, -1):
                index = self._layers.get(around.prefix + ".".join(words[:n]))
                if index is not None:
                    return index, ".".join(words[n:])
        raise self._missing(term, ".".join(words[:-1]), scope, layer)

    def _missing(self, term: Term, name: str, scope: Scope, layer: str) -> SpecError:
        """The error for a name that no earlier layer has: why it has none, or which one is near."""
        for around in scope.outwards():
            here = _position(around, layer.removeprefix(around.prefix))
            there = _position(around, name)
            if there is None:
                continue
            if here is not None and there > here:
                return SpecError(term, f"'{name[:80]}' comes later; a layer may name only earlier ones", layer)
            if there == here and layer.startswith(around.prefix + name):
                what = "this layer itself" if layer == around.prefix + name else "around this layer"
                return SpecError(term, f"'{name[:80]}' is {what}; a layer may name only earlier ones", layer)
            if around.items[there].name == name:
                return SpecError(term, f"'{name[:80]}' is left out here by its `if`", layer)
        prefixes = [around.prefix for around in scope.outwards()]
        known = dict.fromkeys(k[len(p):] for p in prefixes for k in self.outputs if k.startswith(p))
        return SpecError(term, f"no earlier layer is called '{name[:80]}'{suggest(name, known)}", layer)


def _position(scope: Scope, name: str) -> int | None:
    """Index of the item that is called so, or that holds what is."""
    return next((i for i, item in enumerate(scope.items)
                 if name == item.name or name.startswith(item.name + ".")), None)
