"""The `archcalc` command: what it prints, and how it ends."""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and exit: 0 well, 1 a check failed, 2 wrong input, 3 not possible here."""
    _without_plugins()
    for stream in ("stdout", "stderr"):
        if getattr(sys, stream) is None:    # closed by whoever started the command
            setattr(sys, stream, open(os.devnull, "w"))  # noqa: SIM115 - until the end
    try:
        code = _run()
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except OSError as error:
        if error.filename is not None:
            raise
        code = _unwritten(error)
    sys.exit(code)


def _without_plugins() -> None:
    """Keep pydantic from looking for plug-ins, of which the command has none.

    Its loader imports importlib.metadata, and with it the email package, even where the documented
    switch turns plug-ins off: a tenth of a quick report. The library itself leaves pydantic as it is.
    """
    loader = ModuleType("pydantic.plugin._loader")
    loader.get_plugins = tuple  # type: ignore[attr-defined]
    sys.modules.setdefault(loader.__name__, loader)


def _unwritten(error: OSError) -> int:
    """Standard output takes no more: well if its reader has seen enough."""
    # Python flushes stdout once more at exit; give it somewhere to go.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return 0
    print(f"Error: standard output cannot be written: {error.strerror}", file=sys.stderr)
    return 2


def _run() -> int:
    import click

    from archcalc.cli import cli
    from archcalc.errors import ArchcalcError

    if "_ARCHCALC_COMPLETE" in os.environ:
        cli.main(prog_name="archcalc")
    try:
        # Not cli.main(), which takes a closed pipe for a failure and answers Ctrl-C with a line of its own.
        with cli.make_context("archcalc", sys.argv[1:]) as context:
            cli.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return 2
    except ArchcalcError as error:
        print(f"Error: {_encodable(str(error))}", file=sys.stderr)
        return error.exit_code
    return 0


def _encodable(text: str) -> str:
    encoding = sys.stderr.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


if __name__ == "__main__":
    main()
