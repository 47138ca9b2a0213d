"""YAML 1.2 → a tree of terms, within bounds of time and memory whatever the text is."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from archcalc.collector import paused
from archcalc.errors import ArchcalcError, UsageError
from archcalc.spec.source import MAX_DEPTH, Source, SpecError, Term
from archcalc.words import describe

MAX_BYTES = 20_000_000
MAX_VALUES = 1_000_000
MAX_ALIASED = 100_000
MAX_DIGITS = 18

_LOADER: Any = getattr(yaml, "CLoader", yaml.Loader)
_NULL = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def read(path: Path | str, name: str | None = None) -> Term:
    """The tree of a file. Raises `SpecError` or `ArchcalcError` for whatever is wrong with it."""
    path = Path(path)
    shown = name or os.fspath(path)
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise UsageError(f"{shown}: is a directory; name the spec file in it")
        if not stat.S_ISREG(found.st_mode):
            raise UsageError(f"{shown}: is not a file; `-` reads standard input")
        if found.st_size > MAX_BYTES:
            raise ArchcalcError(f"{shown}: has {found.st_size:,} bytes; a spec has at most {MAX_BYTES:,}")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable path"
        raise ArchcalcError(f"{shown}: cannot be read: {reason}") from None
    return parse(data, shown, path)


@paused()
def parse(data: bytes | str, name: str, path: Path | None = None) -> Term:
    """The tree of a YAML text."""
    if len(data) > MAX_BYTES:
        raise ArchcalcError(f"{name}: is longer than {MAX_BYTES:,} bytes")
    text = _decode(data, name) if isinstance(data, bytes) else data
    root = Term(None, Source(name, tuple(text.splitlines()), path), 0, 0)
    try:
        tree = _Builder(root.source).build(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Term(None, root.source, mark.line, mark.column) if mark else root
        raise SpecError(place, _yaml_problem(error)) from None
    except yaml.YAMLError as error:
        raise SpecError(root, f"not YAML: {' '.join(str(error).split())[:200]}") from None
    if tree is None:
        raise SpecError(root, "is empty; a spec needs at least `input` and `layers`")
    return tree


def _yaml_problem(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or error.context or "cannot be parsed"
    if problem == "exceeded maximum nesting depth":     # the parser's own bound, which it meets looking ahead
        return f"is nested deeper than {MAX_DEPTH} levels"
    hint = {
        "found character '\\t' that cannot start any token": "tabs cannot indent; use spaces",
        "found character that cannot start any token": "a tab or a reserved character (@ `); indent with spaces",
        "mapping values are not allowed in this context": "a ':' too many, or a line indented too far",
        "could not find expected ':'": "a key without ':'",
    }.get(problem)
    begun, met = error.context_mark, error.problem_mark
    if error.problem and error.context and begun and met and begun.line != met.line:
        problem = f"{problem} {error.context} that begins in line {begun.line + 1}"
    return f"not YAML: {problem} ({hint})" if hint else f"not YAML: {problem}"


def _decode(data: bytes, name: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ArchcalcError(f"{name}: is UTF-16, not UTF-8; save it as UTF-8")
    if b"\0" in data[:4096]:
        raise ArchcalcError(f"{name}: is a binary file, not a spec")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[:error.start].count(b"\n") + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise ArchcalcError(f"{name}:{line}:{column}: is not UTF-8 (byte 0x{data[error.start]:02x}); "
                            "save it as UTF-8") from None


class _Open(NamedTuple):
    """A list or mapping under way: its term, its anchor, and the key that waits for its value."""

    term: Term
    anchor: str | None
    pending: list[str]


class _Builder:
    """Builds the tree from events with a stack of its own, so that depth cannot exhaust Python's."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.anchors: dict[str, tuple[Term, int]] = {}
        self.stack: list[_Open] = []
        self.sizes: list[int] = [0]
        self.values = self.aliased = 0

    def build(self, events: Iterator[Any]) -> Term | None:
        """The tree of the only document, None where there is none."""
        root: Term | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent) and root is not None:
                raise self._error(event, "a second document begins here; a spec is one document")
            node = self._leaf(event) if isinstance(event, yaml.ScalarEvent) else self._node(event)
            if node is not None and self.stack:
                self._add(node)
            elif node is not None:
                root = node
        return root

    def _node(self, event: Any) -> Term | None:
        """What an event finishes that is no scalar."""
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if isinstance(event, yaml.CollectionEndEvent):
            return self._close()
        if isinstance(event, yaml.NodeEvent):
            self._begin(event)
        return None

    def _count(self, event: Any) -> None:
        self.values += 1
        if self.values > MAX_VALUES:
            raise self._error(event, f"more than {MAX_VALUES:,} values; a spec has at most that many")
        if event.tag is not None:
            raise self._error(event, "tags (`!name`) are not part of a spec")

    def _begin(self, event: Any) -> None:
        self._count(event)
        if len(self.stack) >= MAX_DEPTH:
            raise self._error(event, f"is nested deeper than {MAX_DEPTH} levels")
        node = self._at(event, [] if isinstance(event, yaml.SequenceStartEvent) else {})
        self.stack.append(_Open(node, event.anchor, []))
        self.sizes.append(1)

    def _close(self) -> Term:
        node, anchor, _ = self.stack.pop()
        size = self.sizes.pop()
        self.sizes[-1] += size
        if anchor:
            self.anchors[anchor] = node, size
        return node

    def _leaf(self, event: Any) -> Term:
        self._count(event)
        node = self._at(event, self._scalar(event))
        node.text = event.value
        self.sizes[-1] += 1
        if event.anchor:
            self.anchors[event.anchor] = node, 1
        return node

    def _error(self, event: Any, message: str) -> SpecError:
        return SpecError(self._at(event, None), message)

    def _at(self, event: Any, value: Any) -> Term:
        return Term(value, self.source, event.start_mark.line, event.start_mark.column)

    def _alias(self, event: Any) -> Term:
        if event.anchor not in self.anchors:
            raise self._error(event, f"alias '*{event.anchor}' has no finished anchor before it")
        node, size = self.anchors[event.anchor]
        self.sizes[-1] += size
        self.aliased += size
        if self.aliased > MAX_ALIASED:
            raise self._error(event, f"aliases expand to more than {MAX_ALIASED:,} values")
        return node

    def _add(self, node: Term) -> None:
        parent, _, pending = self.stack[-1]
        if isinstance(parent.value, list):
            parent.value.append(node)
        elif pending:
            parent.value[pending.pop()] = node
        else:
            pending.append(self._key(parent, node))

    def _key(self, parent: Term, node: Term) -> str:
        if isinstance(node.value, (list, dict)) or node.value is None:
            raise SpecError(node, f"a key must be a word, found {node}")
        key = node.value if isinstance(node.value, str) else describe(node.value)
        if key == "<<":
            raise SpecError(node, "merge keys are not part of YAML 1.2; use `defaults`, a block or `extends`")
        if key in parent.keys:
            first = parent.keys[key]
            raise SpecError(node, f"duplicate key '{key[:80]}'; the first is in line {first.line + 1}")
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
        if text[0] not in "+-.0123456789":
            return text
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
            raise self._error(event, f"{describe(event.value)} is out of range: "
                            f"numbers have at most {MAX_DIGITS} digits")
