"""`archcalc serve` as a process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def hear_interrupts() -> None:
    """A job in the background hands down that Ctrl-C is ignored; a person's shell does not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Serving:
    """A server in a folder, its address, and what it has said so far on standard error."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen([sys.executable, "-m", "archcalc", "serve", *arguments], cwd=folder,
                                        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        encoding="utf-8", preexec_fn=hear_interrupts)
        self.said = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.said += line

    @property
    def address(self) -> str:
        """The address, once it is said."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if found := re.search(r"http://127\.0\.0\.1:\d+/", self.said):
                return found[0]
            assert self.process.poll() is None, self.said
            time.sleep(0.02)
        raise AssertionError(f"no address: {self.said}")

    def end(self) -> int:
        """Press Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(10)
        self._reader.join(5)
        return code


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[Serving]:
    """A server that ends with the block, at the latest."""
    found = Serving(folder, *arguments)
    try:
        yield found
    finally:
        if found.process.poll() is None:
            found.process.kill()
            found.process.wait(10)
        for stream in (found.process.stdout, found.process.stderr):
            assert stream
            stream.close()
