"""Finds kinds by name. Nothing is listed anywhere: a kind is a public subclass of `Layer`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin

import archcalc.layers
from archcalc.layers.base import Expects, Layer, Reference


def kinds() -> dict[str, type[Layer]]:
    """Every layer kind by name, those defined outside archcalc included."""
    _load_families()
    return Layer.known


@cache
def _load_families() -> None:
    for module in pkgutil.iter_modules(archcalc.layers.__path__):
        importlib.import_module(f"archcalc.layers.{module.name}")


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
