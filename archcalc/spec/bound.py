"""A lower bound of a network's size, so that one of too many layers is refused before any is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.spec.expression import Env
from archcalc.spec.item import Item
from archcalc.spec.source import SpecError

MAX_LAYERS = 1_000_000
MAX_VISITS = 100_000
"""Where counting would take as long as expansion, which bounds itself, it stops."""


class Bound:
    """Counts layers without making them: blocks once for equal arguments, repetitions by multiplication."""

    def __init__(self) -> None:
        self.visits = 0
        self.sizes: dict[tuple[Any, ...], int] = {}

    def count(self, items: Sequence[Item], env: Env, prefix: str = "") -> int:
        """Layers of a list, at least; an empty block counts as one. Raises `SpecError` beyond the limit."""
        total = 0
        for item in items:
            self.visits += 1
            if self.visits < MAX_VISITS and (item.condition is None or item.condition(env, prefix + item.name)):
                total += self._item(item, env, prefix)
            if total > MAX_LAYERS:
                raise item.error(f"the network has more than {MAX_LAYERS:,} layers", prefix + item.name)
        return total

    def _item(self, item: Item, env: Env, prefix: str) -> int:
        name = prefix + item.name
        if item.repeat is None:
            return self._one(item, env, name)
        repeats = item.repeat.whole(env, name, "repeat")
        if repeats > MAX_LAYERS:
            raise SpecError(item.repeat.term, f"'repeat' is at most {MAX_LAYERS:,}, found {repeats:,}", name)
        if not repeats:
            return 0
        first = self._one(item.first or item, {**env, "index": 1}, name)
        if not item.indexed:
            return first + (repeats - 1) * self._one(item, {**env, "index": 2}, name) if repeats > 1 else first
        for index in range(2, repeats + 1):
            if self.visits >= MAX_VISITS or first > MAX_LAYERS:
                break
            first += self._one(item, {**env, "index": index}, name)
        return first

    def _one(self, item: Item, env: Env, name: str) -> int:
        total = self.count(item.then, env, name + ".")
        if item.block is None:
            return total + 1 + sum(self.count(branch, env, name + ".") for _, branch in item.branches or ())
        inner = item.arguments(env, name)
        key = (item.block, *inner.values())
        if key not in self.sizes:
            self.sizes[key] = max(1, self.count(item.block.body, inner, name + "."))
        return total + self.sizes[key]
