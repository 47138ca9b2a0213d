"""The command in a fork of this process: what it prints, how it ends and what it takes, without the start of Python."""

import os
import resource
import sys
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import archcalc.api  # noqa: F401 - once for all forks
from archcalc import __main__ as main


class Done(NamedTuple):
    """Exit code, both streams, and seconds of processor time."""

    code: int
    out: str
    err: str
    seconds: float


def forked(arguments: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None,
           limit: Callable[[], None] = lambda: None) -> Done:
    """``archcalc ARGUMENTS`` in a folder, under a limit that it sets itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)     # NumPy's idle threads, where earlier tests loaded it
        child = os.fork()
    streams = folder / ".out", folder / ".err"
    if child == 0:
        code = 70
        try:
            code = _command(arguments, folder, environment or os.environ, streams, limit)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    _, status, used = os.wait4(child, 0)
    out, err = (stream.read_text("utf-8") for stream in streams)
    for stream in streams:
        stream.unlink()
    return Done(os.waitstatus_to_exitcode(status), out, err, used.ru_utime + used.ru_stime)


def _command(arguments: Sequence[str], folder: Path, environment: Mapping[str, str], streams: Sequence[Path],
             limit: Callable[[], None]) -> int:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, stream in enumerate(streams, 1):
        os.dup2(os.open(stream, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(number, "w" if number else "r", closefd=False, encoding="utf-8") for number in range(3))
    limit()
    sys.argv = ["archcalc", *arguments]
    try:
        main.main()
    except SystemExit as end:
        return int(end.code or 0)


def memory(size: int) -> None:
    """Allow this process so many bytes more than it has."""
    own = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (own + size, own + size))
