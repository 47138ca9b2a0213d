"""Rules of patterns, and what they match."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from archcalc.dims import Dim
from archcalc.importing.sketch import Draft, Sketch


class Match(NamedTuple):
    """A pattern that is one layer: the kind, fields and inputs of that layer, which stands where the pattern ends.

    ``gone`` are the indices of the pattern's other layers; ``name`` that of the layer (empty: of the part of the
    network that all of the pattern's layers with tensors are in); ``uncounted`` the FLOPs of the pattern that the
    kind leaves out on purpose, such as those of a mask (None: it counts them in a way of its own).
    """

    kind: str
    fields: dict[str, Any]
    inputs: list[int]
    gone: list[int]
    name: str = ""
    uncounted: Dim | None = 0


class Pattern:
    """The layers around one, by index."""

    def __init__(self, sketch: Sketch, index: int, users: list[set[int]]) -> None:
        self.sketch, self.index, self.users = sketch, index, users

    def __getitem__(self, index: int) -> Draft:
        return self.sketch.drafts[index]

    @property
    def last(self) -> Draft:
        """The layer that the pattern ends with."""
        return self[self.index]

    def alone(self, index: int, kind: str) -> Draft | None:
        """A layer if it is of a kind, and one layer reads it."""
        found = self[index]
        read_once = len(self.users[index]) == 1 and index not in self.sketch.outputs
        return found if found.kind == kind and read_once else None


Rule = Callable[[Pattern], Match | None]
RULES: dict[str, list[Rule]] = {}
"""Rules by the kind of the layer that a pattern ends with."""


def ends_with(*kinds: str) -> Callable[[Rule], Rule]:
    """Register a rule for patterns that end with one of these kinds."""
    def note(rule: Rule) -> Rule:
        for kind in kinds:
            RULES.setdefault(kind, []).append(rule)
        return rule
    return note
