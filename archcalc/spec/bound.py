"""The size of a network before any layer is made, so that one of too many layers is refused at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.spec.blocks import Block
from archcalc.spec.expression import Env
from archcalc.spec.item import Item
from archcalc.spec.source import SpecError

MAX_LAYERS = 1_000_000
MAX_VISITS = 1_000_000
MAX_INDEXED = 100_000
"""Repetitions that are counted one by one, because their layers depend on `index`."""
MAX_KNOWN = 100_000
"""Sizes of blocks that are kept."""


class Bound:
    """Counts layers without making them: blocks once for equal arguments, repetitions by multiplication."""

    def __init__(self) -> None:
        self.visits = self.indexed = 0
        self.sizes: dict[tuple[Any, ...], int] = {}
        self.least: dict[Block, int] = {}

    def count(self, items: Sequence[Item], env: Env, prefix: str = "") -> int:
        """Layers of a list; an empty block counts as one. Raises `SpecError` beyond the limit."""
        total = 0
        for item in items:
            self.visits += 1
            if item.condition is None or item.condition(env, prefix + item.name):
                total += self._item(item, env, prefix)
            if total > MAX_LAYERS or self.visits > MAX_VISITS:
                raise _too_many(item, prefix + item.name)
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
        total = self._one(item.first or item, {**env, "index": 1}, name)
        if not item.indexed:
            return total + (repeats - 1) * self._one(item, {**env, "index": 2}, name) if repeats > 1 else total
        self.indexed += repeats
        if self.indexed > MAX_INDEXED:
            raise SpecError(item.repeat.term, f"at most {MAX_INDEXED:,} repetitions may depend on `index`, "
                            f"found {self.indexed:,}", name)
        for index in range(2, repeats + 1):
            total += self._one(item, {**env, "index": index}, name)
            if total > MAX_LAYERS:
                raise _too_many(item, name)
        return total

    def _one(self, item: Item, env: Env, name: str) -> int:
        total = self.count(item.then, env, name + ".")
        if item.block is None:
            return total + 1 + sum(self.count(branch, env, name + ".") for _, branch in item.branches or ())
        if self._at_least(item.block) > MAX_LAYERS:
            raise _too_many(item, name)
        inner = item.arguments(env, name)
        key = (item.block, *inner.values())
        size = self.sizes.get(key)
        if size is None:
            size = max(1, self.count(item.block.body, inner, name + "."))
            if len(self.sizes) < MAX_KNOWN:
                self.sizes[key] = size
        return total + size

    def _at_least(self, block: Block) -> int:
        """Layers of a block whatever its arguments are."""
        if block not in self.least:
            self.least[block] = max(1, self._sum(block.body))
        return self.least[block]

    def _sum(self, items: Sequence[Item]) -> int:
        total = 0
        for item in items:
            if item.condition is None and item.repeat is None:
                total += self._at_least(item.block) if item.block else 1
                total += self._sum(item.then) + sum(self._sum(branch) for _, branch in item.branches or ())
        return min(total, MAX_LAYERS + 1)


def _too_many(item: Item, name: str) -> SpecError:
    return item.error(f"the network has more than {MAX_LAYERS:,} layers", name)
