"""YAML 1.2 with positions: text → a tree of `Term`, within bounds, and errors that point into it."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from archcalc.errors import ArchcalcError

MAX_BYTES = 20_000_000
MAX_DEPTH = 100
MAX_ALIASED = 100_000
MAX_DIGITS = 18

_LOADER: Any = getattr(yaml, "CLoader", yaml.Loader)
_NULL = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Source:
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
        self.keys = keys if keys is not None else {}

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


def describe(value: Any) -> str:
    """A value as a message shows it: short, on one line, and with its type where that is the news."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return repr(value) if len(value) <= 40 else repr(value[:37] + "...")
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}" if value else "an empty list"
    return str(float(value)) if isinstance(value, Fraction) else str(value)


class SpecError(ArchcalcError):
    """A mistake at a place in a spec: ``file:line:column: layer: message`` with the line and a caret."""

    def __init__(self, node: Term, message: str, layer: str = "") -> None:
        self.node, self.message, self.layer = node, message, layer
        super().__init__(message)

    def __str__(self) -> str:
        node = self.node
        head = f"{node.source.name}:{node.line + 1}:{node.column + 1}: "
        head += f"{_clip(self.layer)}: {self.message}" if self.layer else self.message
        if node.line >= len(node.source.lines):
            return head
        text = node.source.lines[node.line]
        start = max(0, node.column - _WIDTH // 2) if len(text) > _WIDTH else 0
        shown = _printable(text[start:start + _WIDTH])
        return f"{head}\n  {shown}\n  {' ' * len(_printable(text[start:node.column]))}^"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _clip(text: str) -> str:
    return text if len(text) <= 80 else text[:38] + "…" + text[-38:]


def suggest(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'kernel'?`` if something known is close to the word, else nothing.

    >>> suggest("kernal", ["kernel", "stride"])
    "; did you mean 'kernel'?"
    """
    flat = {name.lower().replace("_", "").replace("-", ""): name for name in known}
    found = difflib.get_close_matches(word[:80].lower().replace("_", "").replace("-", ""), flat, 1, 0.6)
    return f"; did you mean '{flat[found[0]]}'?" if found else ""


def listed(names: Iterable[str], limit: int = 8) -> str:
    """Names as a phrase, cut short: ``a, b or c``."""
    names = list(names)
    shown = names[:limit] + ([f"{len(names) - limit} more"] if len(names) > limit else [])
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def read(path: Path | str, name: str | None = None) -> Term:
    """The tree of a file. Raises `SpecError` or `ArchcalcError` for whatever is wrong with it."""
    path = Path(path)
    shown = name or os.fspath(path)
    try:
        if path.is_dir():
            raise ArchcalcError(f"{shown}: is a directory; name the spec file in it")
        if path.stat().st_size > MAX_BYTES:
            raise ArchcalcError(f"{shown}: has {path.stat().st_size:,} bytes; a spec has at most {MAX_BYTES:,}")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable path"
        raise ArchcalcError(f"{shown}: cannot be read: {reason}") from None
    return parse(data, shown, path)


def parse(data: bytes | str, name: str, path: Path | None = None) -> Term:
    """The tree of a YAML text."""
    text = _decode(data, name) if isinstance(data, bytes) else data
    source = Source(name, tuple(text.splitlines()), path)
    if len(text) > MAX_BYTES:
        raise ArchcalcError(f"{name}: is longer than {MAX_BYTES:,} bytes")
    root = Term(None, source, 0, 0)
    try:
        tree = _Builder(source).build(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Term(None, source, mark.line, mark.column) if mark else root
        raise SpecError(place, f"not YAML: {_yaml_problem(error)}") from None
    except yaml.YAMLError as error:
        raise SpecError(root, f"not YAML: {' '.join(str(error).split())[:200]}") from None
    if tree is None:
        raise SpecError(root, "is empty; a spec needs at least `input` and `layers`")
    return tree


def _yaml_problem(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or error.context or "cannot be parsed"
    hint = {
        "found character '\\t' that cannot start any token": "tabs cannot indent; use spaces",
        "found character that cannot start any token": "a tab or a reserved character (@ `); indent with spaces",
        "mapping values are not allowed in this context": "a ':' too many, or a line indented too far",
        "could not find expected ':'": "a key without ':'",
    }.get(problem)
    return f"{problem} ({hint})" if hint else problem


def _decode(data: bytes, name: str) -> str:
    if b"\0" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ArchcalcError(f"{name}: is a binary file, not a spec")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[:error.start].count(b"\n") + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise ArchcalcError(f"{name}:{line}:{column}: is not UTF-8 (byte 0x{data[error.start]:02x}); "
                            "save it as UTF-8") from None
    return text


class _Builder:
    """Builds the tree from events with a stack of its own, so that depth cannot exhaust Python's."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.anchors: dict[str, tuple[Term, int]] = {}
        self.sizes: list[int] = [0]
        self.aliased = 0

    def build(self, events: Iterator[Any]) -> Term | None:
        root: Term | None = None
        stack: list[tuple[Term, str | None, list[Any]]] = []
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent) and root is not None:
                raise SpecError(self._at(event, None), "a second document begins here; a spec is one document")
            if isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
                if len(stack) >= MAX_DEPTH:
                    raise SpecError(self._at(event, None), f"is nested deeper than {MAX_DEPTH} levels")
                node = self._at(event, [] if isinstance(event, yaml.SequenceStartEvent) else {})
                stack.append((node, event.anchor, [None]))
                self.sizes.append(1)
                continue
            if isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
                node, anchor, _ = stack.pop()
                size = self.sizes.pop()
                self.sizes[-1] += size
                if anchor:
                    self.anchors[anchor] = node, size
            elif isinstance(event, yaml.ScalarEvent):
                node = self._at(event, self._scalar(event))
                node.text = event.value
                self.sizes[-1] += 1
                if event.anchor:
                    self.anchors[event.anchor] = node, 1
            elif isinstance(event, yaml.AliasEvent):
                node = self._alias(event)
            else:
                continue
            if stack:
                self._add(stack[-1], node)
            else:
                root = node
        return root

    def _at(self, event: Any, value: Any) -> Term:
        return Term(value, self.source, event.start_mark.line, event.start_mark.column)

    def _alias(self, event: Any) -> Term:
        if event.anchor not in self.anchors:
            raise SpecError(self._at(event, None), f"alias '*{event.anchor}' has no finished anchor before it")
        node, size = self.anchors[event.anchor]
        self.sizes[-1] += size
        self.aliased += size
        if self.aliased > MAX_ALIASED:
            raise SpecError(self._at(event, None), f"aliases expand to more than {MAX_ALIASED:,} values")
        return node

    def _add(self, top: tuple[Term, str | None, list[Any]], node: Term) -> None:
        parent, _, pending = top
        if isinstance(parent.value, list):
            parent.value.append(node)
        elif pending[0] is None:
            pending[0] = self._key(parent, node)
        else:
            parent.value[pending[0]] = node
            pending[0] = None

    def _key(self, parent: Term, node: Term) -> str:
        if isinstance(node.value, (list, dict)) or node.value is None:
            raise SpecError(node, f"a key must be a word, found {node}")
        key = node.value if isinstance(node.value, str) else describe(node.value)
        if key in parent.keys:
            first = parent.keys[key]
            raise SpecError(node, f"duplicate key '{key}'; the first is in line {first.line + 1}")
        parent.keys[key] = node
        return key

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        if not event.implicit[0]:
            return text
        if text in _NULL:
            return None
        if text in _BOOL:
            return _BOOL[text]
        if _INT.fullmatch(text):
            self._bound(event, len(text) <= MAX_DIGITS)
            return int(text, 0) if text[1:2] in "ox" and text[1:2] else int(text)
        if _FLOAT.fullmatch(text):
            exponent = re.search(r"[eE]([-+]?[0-9]+)", text)
            self._bound(event, len(text) <= 2 * MAX_DIGITS
                        and (exponent is None or (len(exponent[1]) < 4 and abs(int(exponent[1])) <= MAX_DIGITS)))
            value = Fraction(text)
            return value.numerator if value.denominator == 1 else value
        return text

    def _bound(self, event: Any, fits: bool) -> None:
        if not fits:
            raise SpecError(self._at(event, None), f"{describe(event.value)} is out of range: "
                            f"numbers have at most {MAX_DIGITS} digits")
