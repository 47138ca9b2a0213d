"""Files that are either whole or not there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from archcalc.errors import ArchcalcError, UsageError


def write_file(output: str, content: str | bytes) -> None:
    """Write a file by way of a temporary one beside it. Text is UTF-8 with ``\\n``.

    Raises `UsageError` for a directory, `ArchcalcError` where it cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    path = Path(os.path.realpath(output))
    if path.is_dir():
        raise UsageError(f"{output}: is a directory; name a file in it")
    try:
        if path.exists() and not path.is_file():    # a device or a pipe, which must not be replaced
            path.write_bytes(data)
        else:
            _replace(path, data)
    except (OSError, ValueError) as error:
        raise ArchcalcError(f"{output}: cannot be written: {getattr(error, 'strerror', None) or error}") from None


def _replace(path: Path, data: bytes) -> None:
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, delete=False, prefix=f".{path.name[:50]}.") as file:
        temporary = Path(file.name)
        try:
            file.write(data)
            file.close()
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
