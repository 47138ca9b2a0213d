"""A value as written, compiled once: a constant, or an expression over parameters."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from archcalc.spec.expression import Env, Expression, ExpressionError, parse
from archcalc.spec.source import SpecError, Term
from archcalc.words import describe, listed, suggest


class Value:
    """A compiled term; ``names`` are the parameters that it reads. Call it with their values."""

    __slots__ = ("constant", "items", "names", "run", "term")

    def __init__(self, term: Term, known: Collection[str], words: Collection[str] = ()) -> None:
        self.term = term
        self.items: list[Value] | None = None
        self.run: Expression | None = None
        self.names: frozenset[str] = frozenset()
        self.constant = term.value
        if isinstance(term.value, list):
            self.items = [Value(item, known, words) for item in term.value]
            self.names = frozenset().union(*(item.names for item in self.items))
            self.constant = tuple(item.constant for item in self.items)
        elif isinstance(term.value, dict):
            raise SpecError(term, "expected a value, found a mapping")
        elif isinstance(term.value, str) and term.value not in words:
            self._parse(term.value, known, words)

    def _parse(self, text: str, known: Collection[str], words: Collection[str]) -> None:
        try:
            self.run = parse(text)
        except ExpressionError as error:
            hint = suggest(text, words) or (f"; as a word, it can be {listed(sorted(words))}" if words else "")
            raise SpecError(self.term, f"{error}{hint}") from None
        self.names = self.run.names
        for name in sorted(self.names):
            if name not in known:
                there = listed(sorted({*words, *known}), 20).replace(" or ", " and ")
                hint = suggest(name, [*words, *known]) or f"; known here: {there or 'no parameters'}"
                raise SpecError(self.term, f"unknown name '{name[:80]}'{hint}")

    def __call__(self, env: Env, layer: str = "") -> Any:
        """The value: an exact number, a bool, a word, or a tuple of these."""
        if not self.names and self.run is None and self.items is None:
            return self.constant
        if self.items is not None:
            return tuple(item(env, layer) for item in self.items)
        try:
            return self.run(env)  # type: ignore[misc]
        except ExpressionError as error:
            raise SpecError(self.term, str(error), layer) from None

    def whole(self, env: Env, layer: str, what: str, least: int = 0) -> int:
        """The value as a whole number of at least ``least``."""
        value = self(env, layer)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise SpecError(self.term, f"'{what}' must be a whole number of at least {least}, found {describe(value)}",
                            layer)
        return value
