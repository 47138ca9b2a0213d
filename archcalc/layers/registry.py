"""Finds kinds by name. Nothing is listed anywhere: a kind is a public subclass of `Layer`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import archcalc.layers
from archcalc.fields import Expects, Reference
from archcalc.layers.base import Layer, kind_name


class _Kinds(Mapping[str, type[Layer]]):
    """Kinds by name. A family is imported when one of its kinds is asked for: seventy classes cost 60 ms."""

    def __getitem__(self, name: str) -> type[Layer]:
        if name not in Layer.known:
            import_module(f"archcalc.layers.{_families()[name]}")
        return Layer.known[name]

    def __contains__(self, name: object) -> bool:
        if name in _families() and name not in Layer.known:
            import_module(f"archcalc.layers.{_families()[str(name)]}")
        return name in Layer.known

    def __iter__(self) -> Iterator[str]:
        return iter({**_families(), **Layer.known})

    def __len__(self) -> int:
        return sum(1 for _ in self)


_kinds = _Kinds()


def kinds() -> Mapping[str, type[Layer]]:
    """Every layer kind by name, those defined outside archcalc included."""
    return _kinds


@cache
def _families() -> dict[str, str]:
    """Kind → the module of its family, read off the class statements."""
    found: dict[str, str] = {}
    for folder in archcalc.layers.__path__:
        for path in sorted(Path(folder).glob("[!_]*.py")):
            if path.stem not in ("base", "registry"):
                for name in re.findall(r"^class ([A-Z]\w*)\(", path.read_text("utf-8"), re.MULTILINE):
                    found[kind_name(name)] = path.stem
    return found


@cache
def expects(kind: type[Layer], field: str) -> str:
    """What a field takes, in words."""
    info = kind.model_fields[field]
    for metadata in info.metadata:
        if isinstance(metadata, Expects):
            return str(metadata)
    return _phrase(info.annotation)


def _phrase(annotation: Any) -> str:
    if get_origin(annotation) is Annotated:
        found = [m for m in get_args(annotation) if isinstance(m, Expects)]
        return str(found[0]) if found else _phrase(get_args(annotation)[0])
    if get_origin(annotation) is Literal:
        return " or ".join(repr(value) for value in get_args(annotation))
    parts = [_phrase(part) for part in get_args(annotation) if part is not type(None)]
    if parts and get_origin(annotation) is not tuple:
        return ", or ".join(dict.fromkeys(parts))
    return {bool: "true or false", int: "a whole number", float: "a number", str: "a word"}.get(annotation, "a list")


@cache
def is_reference(kind: type[Layer], field: str) -> bool:
    """Whether a field names another layer."""
    return any(isinstance(metadata, Reference) for metadata in kind.model_fields[field].metadata)


@cache
def words(kind: type[Layer], field: str) -> frozenset[str]:
    """The strings that a field takes as they are; any other string is an expression."""
    return frozenset(_words(kind.model_fields[field].annotation))


def _words(annotation: Any) -> Iterator[str]:
    if get_origin(annotation) is Literal:
        yield from (value for value in get_args(annotation) if isinstance(value, str))
    else:
        for part in get_args(annotation):
            yield from _words(part)
