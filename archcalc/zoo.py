"""The specs that come with archcalc, and how a reference on the command line finds a spec."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from archcalc.errors import UsageError
from archcalc.spec import reader
from archcalc.spec.source import Term
from archcalc.words import describe, listed, suggest

SUFFIXES = (".yaml", ".yml")


@cache
def root() -> Path:
    """The folder of specs: inside an installed package, beside it in a checkout."""
    here = Path(__file__).resolve().parent
    return here / "specs" if (here / "specs").is_dir() else here.parent / "specs"


def shown(path: Path) -> str:
    """A path as messages show it: below the working directory or the zoo, relative to it."""
    for base, prefix in ((Path.cwd(), ""), (root(), "specs/")):
        try:
            return prefix + path.resolve().relative_to(base).as_posix()
        except (ValueError, OSError):
            continue
    return os.fspath(path)


def name_of(path: Path) -> str:
    """A zoo file's name (``torchvision/resnet``), or another file's without its suffix."""
    try:
        return path.resolve().relative_to(root()).with_suffix("").as_posix()
    except ValueError:
        return path.stem


def find(reference: str, beside: Path | None = None, family: bool = False) -> tuple[Path, str | None]:
    """The file, and the variant in it, that a reference names.

    An existing path, relative to ``beside`` if that is given, with ``#variant`` if wanted; else a
    zoo name, where ``family`` allows that of a family's file. Raises `UsageError` with the nearest names.
    """
    stem, _, variant = reference.partition("#")
    if not stem:
        raise UsageError(f"a spec is a file or a name of the zoo, found {describe(reference)}")
    try:
        if variant and ((beside or Path()) / reference).is_file():
            return (beside or Path()) / reference, None
        path = (beside or Path()) / stem
        if path.exists() and (path.is_file() or "/" in stem or stem in (".", "..") or not _known(stem)):
            return path, checked_variant(shown(path), reader.read(path, shown(path)), variant) if variant else None
    except (OSError, ValueError):
        raise UsageError(f"{describe(reference)} is not a usable path") from None
    if stem.endswith(SUFFIXES) or stem.startswith((".", "/")):
        raise UsageError(f"no such file: {describe(stem)}")
    if variant:
        raise UsageError(f"no such file: {describe(stem)}; a zoo name has no '#'")
    return _in_zoo(stem, family)


def _known(name: str) -> bool:
    try:
        _in_zoo(name)
    except UsageError:
        return False
    return True


def checked_variant(shown: str, tree: Term, variant: str) -> str:
    """The variant, if the file has it. Raises `UsageError` with the nearest."""
    names = _variants_in(tree)
    if variant not in names:
        raise UsageError(f"{shown} has no variant '{variant[:80]}'"
                         f"{suggest(variant, names) or '; it has ' + (listed(names) or 'none')}")
    return variant


def _in_zoo(name: str, family: bool = False) -> tuple[Path, str | None]:
    folder, _, leaf = name.rpartition("/")
    directory = root() / folder
    if re.fullmatch(r"[\w.+-]+(/[\w.+-]+)*", name) and ".." not in name and directory.is_dir():
        path = directory / f"{leaf}.yaml"
        for other in _holding(directory, leaf):
            if leaf in _variants(other):
                return other, leaf
        if path.is_file():
            variants = [_prefixed(folder, variant) for variant in _variants(path)]
            if variants and not family:
                raise UsageError(f"'{name}' is a family; choose {listed(variants, 30)}")
            return path, None
    raise UsageError(f"no file and no network in the zoo is called {describe(name)}"
                     f"{suggest(name, names()) or '; `archcalc list` shows the zoo'}")


def _prefixed(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _holding(directory: Path, word: str) -> Iterator[Path]:
    """Files whose text has the word as a key, so that only these need parsing."""
    key = re.compile(rf"^\s+[\"']?{re.escape(word)}[\"']?\s*:", re.MULTILINE)
    for path in sorted(directory.glob("*.yaml")):
        if key.search(path.read_text("utf-8")):
            yield path


def variants(path: Path) -> tuple[str, ...]:
    """The names of a file's variants."""
    return _variants_in(reader.read(path, shown(path)))


_variants = cache(variants)


def _variants_in(tree: Term) -> tuple[str, ...]:
    variants = tree.value.get("variants") if isinstance(tree.value, dict) else None
    return tuple(variants.value) if variants is not None and isinstance(variants.value, dict) else ()


def names() -> list[str]:
    """Every network in the zoo, in order of folders and names."""
    found: list[str] = []
    for path in sorted(root().rglob("*.yaml"), key=lambda p: (len(p.relative_to(root()).parts), p)):
        folder = path.parent.relative_to(root()).as_posix()
        if folder.startswith("audits"):
            continue
        folder = "" if folder == "." else folder
        found += [_prefixed(folder, v) for v in _variants(path)] or [_prefixed(folder, path.stem)]
    return found
