"""Files as they change: what they look like decides, and the system's notifications only say when to look."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from archcalc import zoo
from archcalc.errors import ArchcalcError
from archcalc.integrations.sources import files_of

POLL = 0.4
"""Seconds between two looks where the package watchfiles is not installed, or the system gives no notifications."""
LOOK = 1000
"""Milliseconds after which one looks although there was no notification, as on network drives."""
SETTLED, LONGEST = 0.05, 1.0
"""Seconds without a change after which a file is taken as written, and the most to wait for that."""

Signature = dict[Path, tuple[int, int, int] | None]
"""Time of change, size and inode of each file; None where there is none."""


def sources(references: Iterable[str]) -> set[Path]:
    """The files of specs, with what they extend and include; also those that are broken or missing."""
    found: set[Path] = set()
    for reference in references:
        stem = reference if Path(reference).is_file() else reference.partition("#")[0]
        try:
            found |= files_of(zoo.find(stem, family=True)[0])
        except ArchcalcError:
            found.add(Path(stem))
    return found


def signature(files: Iterable[Path]) -> Signature:
    """What tells whether files have changed."""
    return {path: _look(path) for path in files}


def _look(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def watched(references: Iterable[str]) -> Signature:
    """The files of specs as they are now."""
    references = tuple(references)
    while True:
        found = signature(sources(references))
        if sources(references) == found.keys():     # nothing came to them between the two looks
            return found


def follow(before: Signature, references: Iterable[str], refresh: Callable[[], object], stop: threading.Event) -> None:
    """Refresh whenever the files of specs have changed since ``before``, until it is to stop."""
    while changed(before, stop):
        before = watched(references)
        refresh()


def changed(before: Signature, stop: threading.Event) -> bool:
    """Wait until files are no longer what they were, and are wholly written; False if it is to stop first."""
    for _ in _ticks(before, stop):
        if signature(before) != before:
            _settle(before, stop)
            return True
    return False


def _settle(files: Iterable[Path], stop: threading.Event) -> None:
    last = signature(files)
    for _ in range(round(LONGEST / SETTLED)):
        if stop.wait(SETTLED) or signature(files) == last:
            return
        last = signature(files)


def _ticks(files: Iterable[Path], stop: threading.Event) -> Iterator[None]:
    """Times at which to look at files."""
    folders = {folder for path in files for folder in (path.parent, path.resolve().parent) if folder.is_dir()}
    yield
    try:
        from watchfiles import watch

        if folders:
            for _ in watch(*folders, recursive=False, stop_event=stop, debounce=50, step=20, rust_timeout=LOOK,
                           yield_on_timeout=True, raise_interrupt=False):
                yield
    except (ImportError, OSError, RuntimeError):
        pass    # not installed, or no notifications to be had: look from time to time
    while not stop.wait(POLL):
        yield
