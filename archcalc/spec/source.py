"""What every spec is read as: terms, which are values with their places, and errors that point at them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from archcalc.errors import ArchcalcError
from archcalc.words import describe

MAX_DEPTH = 100
"""Levels of nesting: of a text, of blocks in blocks, of parameters that need each other."""

_WIDTH = 100
_NO_KEYS: dict[str, Term] = {}
"""Shared by all that are no mapping: a term costs half as much."""


class Source(NamedTuple):
    """A text and the name that messages give it; ``path`` is None for standard input."""

    name: str
    lines: tuple[str, ...]
    path: Path | None = None


class Term:
    """A YAML value with its place: None, bool, int, Fraction, str, list or dict of terms.

    ``text`` is a scalar as written; ``keys`` holds a mapping's keys as terms, for messages about a key.
    """

    __slots__ = ("column", "keys", "line", "source", "text", "value")

    def __init__(self, value: Any, source: Source, line: int, column: int, keys: dict[str, Term] | None = None) -> None:
        self.value, self.source, self.line, self.column = value, source, line, column
        self.text = ""
        self.keys = keys if keys is not None else {} if isinstance(value, dict) else _NO_KEYS

    def like(self, value: Any) -> Term:
        """Another value at the same place."""
        return Term(value, self.source, self.line, self.column, self.keys)

    def place(self, key: str) -> Term:
        """Where a key stands, or the mapping itself if the key is not there."""
        return self.keys.get(key, self)

    def plain(self) -> Any:
        """The value without positions; exact decimals become floats."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return float(self.value) if isinstance(self.value, Fraction) else self.value

    def __str__(self) -> str:
        return describe(self.value)


class SpecError(ArchcalcError):
    """A mistake at a place in a spec: ``file:line:column: layer: message`` with the line and a caret."""

    def __init__(self, node: Term, message: str, layer: str = "") -> None:
        self.node, self.message, self.layer = node, _escaped(message), layer
        super().__init__(self.message)

    def __str__(self) -> str:
        node = self.node
        head = f"{node.source.name}:{node.line + 1}:{node.column + 1}: "
        head += f"{_escaped(_clip(self.layer))}: {self.message}" if self.layer else self.message
        if node.line >= len(node.source.lines):
            return head
        text = node.source.lines[node.line]
        start = max(0, node.column - _WIDTH // 2) if len(text) > _WIDTH else 0
        shown = _printable(text[start:start + _WIDTH])
        return f"{head}\n  {shown}\n  {' ' * len(_printable(text[start:node.column]))}^"


def _escaped(text: str) -> str:
    return text if text.isprintable() else "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _clip(text: str) -> str:
    return text if len(text) <= 80 else text[:38] + "…" + text[-38:]
