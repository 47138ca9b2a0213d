"""The last good page and what is wrong now, for those who wait for news of them."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import NamedTuple

from archcalc.errors import ArchcalcError


class State(NamedTuple):
    """The version of the page, and the message about what keeps it from being newer; None if nothing does."""

    version: str
    error: str | None


class Live:
    """A page that is built anew when asked; readers wait for the next state. It may be used from several threads.

    ``build`` makes the page of a version, ``empty`` the one to begin with, where ``build`` raises `ArchcalcError`.
    """

    def __init__(self, build: Callable[[str], str], empty: Callable[[str], str]) -> None:
        self._build = build
        self._run, self._count = secrets.token_hex(4), 0    # versions differ from those of an earlier server
        self._changed = threading.Condition()
        self.state = State(f"{self._run}-0", None)
        self.page = empty(self.state.version)

    def refresh(self) -> ArchcalcError | None:
        """Build the page anew; where that fails, keep it and tell why."""
        version = f"{self._run}-{self._count + 1}"
        try:
            page, error = self._build(version), None
        except ArchcalcError as found:
            page, error = None, found
        with self._changed:
            if page is not None:
                self._count += 1
                self.page = page
            self.state = State(self.state.version if page is None else version, None if error is None else str(error))
            self._changed.notify_all()
        return error

    def after(self, state: State | None, seconds: float) -> State:
        """The state as soon as it is another than one, or what it is after some seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.state != state, seconds)
            return self.state
