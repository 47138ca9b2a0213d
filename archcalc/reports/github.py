"""Annotations as GitHub's workflow commands write them, and the summary of a job."""

from __future__ import annotations

import os

from archcalc.errors import ArchcalcError
from archcalc.spec.source import Term
from archcalc.zoo import shown

SUMMARY = "GITHUB_STEP_SUMMARY"
"""The environment variable that names the file of a job's summary."""


def annotation(level: str, title: str, message: str, place: Term | None = None) -> str:
    """A line that GitHub shows at a place of a file; ``level`` is error, warning or notice.

    >>> annotation("error", "AC201: bias", "50% more,\\nat least")
    '::error title=AC201%3A bias::50%25 more,%0Aat least'
    """
    parts = [*_place(place), f"title={_property(title)}"]
    return f"::{level} {','.join(parts)}::{_message(message)}"


def file_of(place: Term) -> str:
    """The file of a place, relative to the working directory where it is below it."""
    return shown(place.source.path) if place.source.path is not None else place.source.name


def _place(place: Term | None) -> list[str]:
    if place is None:
        return []
    return [f"file={_property(file_of(place))}", f"line={place.line + 1}", f"col={place.column + 1}"]


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


def summarize(markdown: str) -> None:
    """Add a text to the job's summary, if there is one."""
    path = os.environ.get(SUMMARY)
    if not path:
        return
    try:
        with open(path, "a", encoding="utf-8", newline="\n") as file:
            file.write(markdown)
    except (OSError, ValueError) as error:
        raise ArchcalcError(f"${SUMMARY}: {path}: cannot be written: "
                            f"{getattr(error, 'strerror', None) or error}") from None
