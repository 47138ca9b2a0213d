"""What archcalc raises. Every error knows the exit code that the command line gives it."""

from __future__ import annotations


class ArchcalcError(Exception):
    """Base of all errors that a user can cause; ``str()`` is the whole message."""

    exit_code = 2


class RuleError(ArchcalcError):
    """A layer kind refuses its fields or its input.

    ``field`` names the field at fault where there is one.  The layer's name, what it was
    given and the place in the spec are added by whoever applied the rule.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class UsageError(ArchcalcError):
    """A wrong argument: an unknown network, parameter or format."""


class CheckFailed(ArchcalcError):
    """A check that was asked for and did not hold."""

    exit_code = 1


class Unavailable(ArchcalcError):
    """Something that archcalc could not do here; the message says what to install."""

    exit_code = 3
