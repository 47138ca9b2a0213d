"""Where a command writes, in which format and how wide."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping

import click

from archcalc.errors import UsageError

SUFFIXES = {".txt": "table", ".md": "md", ".csv": "csv", ".json": "json"}
"""Formats that most commands write, by the suffix of a file."""
PAGES = {**SUFFIXES, ".html": "html"}
"""Those of a command that also writes a page."""


def format_of(output: str | None, suffixes: Mapping[str, str] = SUFFIXES) -> str:
    """The format that a file's suffix tells; a table without a file."""
    if output is None:
        return "table"
    suffix = os.path.splitext(output)[1].lower()
    if suffix not in suffixes:
        raise UsageError(f"{output}: the format cannot be told from the suffix '{suffix}'; "
                         f"use {', '.join(suffixes)}, or --format")
    return suffixes[suffix]


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


def write(content: str | bytes, output: str | None = None) -> None:
    """To standard output, or to a file that is either whole or not there."""
    if output is not None:
        from archcalc.files import write_file

        write_file(output, content)
    elif isinstance(content, bytes):
        sys.stdout.buffer.write(content)
    else:
        stream = sys.stdout
        if (stream.encoding or "").lower().replace("-", "") != "utf8":
            content = content.encode(stream.encoding or "ascii", "replace").decode(stream.encoding or "ascii")
        stream.write(content)
