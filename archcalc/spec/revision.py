"""Specs as they are in a git revision: ``HEAD~1:net.yaml``, and what they extend and include in it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from archcalc import zoo
from archcalc.errors import ArchcalcError, Unavailable, UsageError
from archcalc.spec import reader
from archcalc.spec.source import Term
from archcalc.words import describe

_SECONDS = 60
OTHERS = ("torch", "torchvision", "hf")
"""What other references begin with before their colon."""


class Revision(NamedTuple):
    """A revision as git understands it, empty for what is staged, and the top folder of its working tree."""

    name: str
    top: Path

    def holds(self, path: Path) -> bool:
        """Whether a file is in the revision."""
        return self._object(path) is not None and _git(self.top, "cat-file", "-e", str(self._object(path))) is not None

    def read(self, path: Path) -> Term:
        """The tree of a file: as it is in the revision, or now where the revision does not have it."""
        if not self.holds(path):
            return reader.read(path, zoo.shown(path))
        blob = str(self._object(path))
        if _git(self.top, "cat-file", "-t", blob) != b"blob\n":
            raise ArchcalcError(f"{blob}: is a directory; name the spec file in it")
        size = int(_git(self.top, "cat-file", "-s", blob) or 0)
        if size > reader.MAX_BYTES:
            raise ArchcalcError(f"{blob}: has {size:,} bytes; a spec has at most {reader.MAX_BYTES:,}")
        return reader.parse(_git(self.top, "cat-file", "blob", blob) or b"", blob, path)

    def find(self, reference: str, beside: Path | None = None) -> tuple[Path, str | None] | None:
        """A file of the revision, relative to a folder, and its variant; None where there is no such file."""
        stem, _, variant = reference.partition("#")
        path = Path(os.path.normpath((beside or self.top) / stem)) if stem and "\0" not in stem else None
        if path is None or not self.holds(path):
            return None
        return path, zoo.checked_variant(f"{self.name}:{stem}", self.read(path), variant) if variant else None

    def _object(self, path: Path) -> str | None:
        """What git calls a file."""
        try:
            return f"{self.name}:{path.relative_to(self.top).as_posix()}"
        except ValueError:
            return None


def located(reference: str) -> tuple[Revision, Path, str | None] | None:
    """The revision, file and variant that ``REV:PATH`` names, None where a reference is no such thing.

    As in git, PATH is relative to the top of the repository; where there is no such file, to the working directory.
    Raises `UsageError` where git has no such revision or file, `Unavailable` where there is no git.
    """
    name, colon, rest = reference.partition(":")
    if not colon or name in OTHERS or "\0" in reference or os.path.exists(reference.partition("#")[0]):
        return None
    top = _git(Path(), "rev-parse", "--show-toplevel")
    if top is None:
        raise UsageError(f"no such file: {describe(reference)}; REV:PATH names a file of a git repository, "
                         "and there is none here")
    revision = Revision(name, Path(os.fsdecode(top.rstrip(b"\n"))))
    if name.startswith("-") or (name and _git(revision.top, "rev-parse", "--verify", "-q", f"{name}^{{tree}}") is None):
        raise UsageError(f"no such file: {describe(reference)}, and git has no revision {describe(name)}")
    for folder in (revision.top, Path.cwd()):
        found = revision.find(rest, folder)
        if found is not None:
            return revision, *found
    where = f"revision {describe(name)}" if name else "the index"
    raise UsageError(f"{describe(rest.partition('#')[0])} is no file in {where} of git")


def _git(folder: Path, *arguments: str) -> bytes | None:
    """What git prints, None where it fails."""
    import subprocess

    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, timeout=_SECONDS, check=False,
                              stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        raise Unavailable("REV:PATH needs git, which is not installed") from None
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise ArchcalcError(f"git cannot be run: {error}") from None
    return done.stdout if done.returncode == 0 else None
