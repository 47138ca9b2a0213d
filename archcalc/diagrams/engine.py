"""Layout engines: graphviz-pure, which comes with archcalc, or a system's dot; run through `graphviz`."""

from __future__ import annotations

import shutil
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from archcalc.errors import Unavailable, UsageError

ENGINES = ("auto", "pure", "dot")
_COMMANDS = {"pure": "graphviz-pure", "dot": "dot"}
_INSTALL = {"pure": "pip install graphviz-pure", "dot": "Debian: apt install graphviz; macOS: brew install graphviz"}
_lock = threading.Lock()


def run(engine: str, program: str, form: str, source: str, *, placed: bool = False) -> bytes:
    """What an engine makes of DOT: ``program`` is the layout, ``form`` svg, png, pdf or json0.

    ``placed`` keeps positions that the source gives.  Raises `Unavailable` where no engine is found.
    """
    import graphviz

    name, path = found(engine, form)
    try:
        with _binary(path):
            done: bytes = graphviz.pipe(program, form, source.encode(), quiet=True,
                                        neato_no_op=2 if placed else None)
    except (graphviz.CalledProcessError, OSError) as error:
        said = getattr(error, "stderr", b"") or str(error).encode()
        first = said.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no message"]
        raise Unavailable(f"the layout engine {_COMMANDS[name]} failed: {first[0][:200]}") from None
    return done


def found(engine: str, form: str) -> tuple[str, str]:
    """The engine that makes a format, and where it is. Raises `Unavailable` where there is none."""
    for name in _order(engine, form):
        path = _path(name)
        if path is not None:
            return name, path
    return _refuse(engine, form)


def _order(engine: str, form: str) -> list[str]:
    if engine not in ENGINES:
        raise UsageError(f"unknown engine '{engine}'; there are auto, pure and dot")
    names = [engine] if engine != "auto" else ["pure", "dot"]
    return [name for name in names if not (name == "pure" and form == "pdf")]


def _path(name: str) -> str | None:
    """Where an engine is: beside this Python, or on the path."""
    beside = [sysconfig.get_path("scripts"), str(Path(sys.executable).parent)] if name == "pure" else []
    for folder in beside:
        found = shutil.which(_COMMANDS[name], path=folder)
        if found:
            return found
    return shutil.which(_COMMANDS[name])


def _refuse(engine: str, form: str) -> NoReturn:
    if form == "pdf":
        raise Unavailable(f"PDF needs Graphviz's own dot ({_INSTALL['dot']}), or rsvg-convert or the package cairosvg; "
                          f"SVG and PNG need neither")
    names = [engine] if engine != "auto" else ["pure", "dot"]
    how = " or ".join(f"{_COMMANDS[name]} ({_INSTALL[name]})" for name in names)
    raise Unavailable(f"no layout engine was found: install {how}; "
                      "DOT, Mermaid, cards, snake and volume need none")


@contextmanager
def _binary(path: str) -> Iterator[None]:
    """`graphviz` calls what this module attribute names; it offers no argument for it."""
    from graphviz.backend import dot_command

    with _lock:
        before: Any = dot_command.DOT_BINARY
        dot_command.DOT_BINARY = Path(path)
        try:
            yield
        finally:
            dot_command.DOT_BINARY = before
