"""The fenced blocks of a page: ``yaml NAME`` is a file, ``console`` a session, ``python`` a doctest."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.forked import forked

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs" / "decisions").glob("*.md"))]
_FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block: its language, its file's name if it has one, its text and its line."""

    language: str
    name: str
    text: str
    line: int


class Command(NamedTuple):
    """A command of a session and the output shown below it."""

    text: str
    shown: str


def blocks(page: Path, *languages: str) -> list[Block]:
    """The blocks of a page in some languages."""
    text = page.read_text("utf-8")
    found = [Block(m[1], m[2] or "", m[3], text[:m.start()].count("\n") + 1) for m in _FENCE.finditer(text)]
    return [block for block in found if block.language in languages]


def commands(session: str) -> Iterator[Command]:
    """The commands of a session, each with what is shown below it."""
    for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        text, _, shown = part.partition("\n")
        yield Command(text, shown)


def environment(folder: Path) -> dict[str, str]:
    """An environment in which ``archcalc`` is this checkout's."""
    tools = folder / ".bin"
    if not tools.is_dir():
        tools.mkdir()
        (tools / "archcalc").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m archcalc "$@"\n', "utf-8")
        (tools / "archcalc").chmod(0o755)
    return {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": "utf-8", "COLUMNS": "80"}


def save_files(page: Path, folder: Path) -> None:
    """Write the files that a page shows."""
    for block in blocks(page, "yaml", "python"):
        if block.name:
            (folder / block.name).write_text(block.text, "utf-8")


def run(command: str, folder: Path) -> tuple[int, str]:
    """Exit code and output, standard error included, of a shell command.

    What begins with ``archcalc`` runs in a fork, which spares the start of Python.
    """
    first, bar, rest = command.partition(" | ")
    words = shlex.split(first) if first.startswith("archcalc ") and not set(first) & set("|&;<>$`*") else []
    if not words:
        return _shell(command, folder, "")
    done = forked(words[1:], folder, environment(folder))
    if not bar:
        return done.code, done.out + done.err
    code, output = _shell(rest, folder, done.out)
    return code, done.err + output


def _shell(command: str, folder: Path, text: str) -> tuple[int, str]:
    done = subprocess.run(["sh", "-c", command], cwd=folder, env=environment(folder), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, input=text, encoding="utf-8", timeout=60, check=False)
    return done.returncode, done.stdout


def agrees(output: str, shown: str) -> bool:
    """Whether an output is as shown, where a line ``...`` stands for any lines."""
    parts = re.split(r"^\.\.\.\n", shown, flags=re.MULTILINE)
    return re.fullmatch("(?s:.*)".join(map(re.escape, parts)), output) is not None
