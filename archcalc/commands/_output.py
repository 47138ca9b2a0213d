"""Where a command writes, in which format and how wide."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import click

from archcalc.errors import ArchcalcError, UsageError

SUFFIXES = {".txt": "table", ".md": "md", ".csv": "csv", ".json": "json"}


def format_of(output: str | None) -> str:
    """The format that a file's suffix tells; a table without a file."""
    if output is None:
        return "table"
    suffix = os.path.splitext(output)[1].lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{output}: the format cannot be told from the suffix '{suffix}'; "
                         f"use {', '.join(SUFFIXES)}, or --format")
    return SUFFIXES[suffix]


def width_of(output: str | None) -> int:
    """Columns of the terminal, 80 where there is none."""
    if output is None and sys.stdout.isatty():
        import shutil

        return max(80, shutil.get_terminal_size().columns)
    return 80


def bold_for(output: str | None) -> Callable[[str], str]:
    """What makes text bold on a terminal, and leaves it elsewhere."""
    if output is not None or not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return str
    return lambda text: click.style(text, bold=True)


def write(text: str, output: str | None = None) -> None:
    """To standard output, or to a file that is either whole or not there."""
    if output is None:
        stream = sys.stdout
        if (stream.encoding or "").lower().replace("-", "") != "utf8":
            text = text.encode(stream.encoding or "ascii", "replace").decode(stream.encoding or "ascii")
        stream.write(text)
        return
    import tempfile

    path = Path(os.path.realpath(output))
    if path.is_dir():
        raise UsageError(f"{output}: is a directory; name a file in it")
    try:
        if path.exists() and not path.is_file():    # a device or a pipe, which must not be replaced
            path.write_text(text, "utf-8", newline="\n")
            return
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="\n", dir=path.parent, delete=False,
                                         prefix=f".{path.name[:50]}.") as file:
            temporary = Path(file.name)
            try:
                file.write(text)
                file.close()
                temporary.chmod(0o666 & ~_umask())
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except (OSError, ValueError) as error:
        raise ArchcalcError(f"{output}: cannot be written: {getattr(error, 'strerror', None) or error}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
