"""The files that a spec is made of, so that a page is built anew when one of them changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from archcalc import zoo
from archcalc.errors import ArchcalcError
from archcalc.integrations.request import Request, located
from archcalc.spec import reader
from archcalc.spec.source import Term
from archcalc.zoo import SUFFIXES


def sources(request: Request) -> set[Path]:
    """The files of a request's specs; also those that are broken, or missing where a path says they should be.

    The document itself is none of them.
    """
    found: set[Path] = set()
    against = request.options.get("against")
    for reference in [*request.references, *([against] if against else [])]:
        try:
            path = Path(located(reference, request.place, family=True).partition("#")[0])
        except ArchcalcError:
            stem = reference.partition("#")[0]
            if stem.endswith(SUFFIXES):
                beside = request.place.root if stem.startswith("/") and request.place.root else request.place.folder
                found.add(beside / stem.lstrip("/"))
            continue
        _follow(path, found)
    if request.text:
        try:
            root = reader.parse(request.text, "", request.place.file)
        except ArchcalcError:
            return found
        _follow_links(root, request.place.file, found)
    return found


def files_of(path: Path) -> set[Path]:
    """A spec's file, and the files of what it extends and includes, and of networks that its claims name."""
    found: set[Path] = set()
    _follow(path, found)
    return found


def _follow(path: Path, found: set[Path]) -> None:
    if path.resolve() in found:
        return
    found.add(path.resolve())
    try:
        root = reader.read(path)
    except ArchcalcError:
        return
    _follow_links(root, path, found)


def _follow_links(root: Term, path: Path, found: set[Path]) -> None:
    for name in _links(root):
        try:
            other, _ = zoo.find(name, path.parent, family=True)
        except ArchcalcError:
            if name.endswith(SUFFIXES):
                found.add(path.parent / name)
            continue
        _follow(other, found)


def _links(root: Term) -> Iterator[str]:
    """The names of other specs in a spec or an audit file."""
    if not isinstance(root.value, dict):
        return
    for key in ("extends", "include"):
        yield from _texts(root.value.get(key))
    yield from _claimed(root.value.get("claims"))


def _claimed(term: Term | None) -> Iterator[str]:
    """The networks that claims name, at any depth."""
    if term is None:
        return
    if isinstance(term.value, list):
        for item in term.value:
            yield from _claimed(item)
    elif isinstance(term.value, dict):
        for key, value in term.value.items():
            yield from _texts(value) if key in ("spec", "to") else _claimed(value)


def _texts(term: Term | None) -> Iterator[str]:
    for item in [] if term is None else term.value if isinstance(term.value, list) else [term]:
        if isinstance(item.value, str):
            yield item.value
