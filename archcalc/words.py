"""Words for messages: values shown, names proposed, names listed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from fractions import Fraction
from itertools import islice
from typing import Any

_CANDIDATES = 10_000


def describe(value: Any) -> str:
    """A value as a message shows it: short, on one line, and with its type where that is the news."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return repr(value) if len(value) <= 40 else repr(value[:37] + "...")
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}" if value else "an empty list"
    return str(float(value)) if isinstance(value, Fraction) else str(value)


def printable(text: str, kept: str = "") -> str:
    """A text with a mark in place of what a terminal would obey, or not show; ``kept`` are characters that stay."""
    return text if text.isprintable() else "".join(c if c.isprintable() or c in kept else "�" for c in text)


def suggest(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'kernel'?`` if something known is close to the word, else nothing.

    >>> suggest("kernal", ["kernel", "stride"])
    "; did you mean 'kernel'?"
    """
    flat = {name.lower().replace("_", "").replace("-", ""): name for name in islice(known, _CANDIDATES)}
    found = difflib.get_close_matches(word[:80].lower().replace("_", "").replace("-", ""), flat, 1, 0.6)
    return f"; did you mean '{flat[found[0]]}'?" if found else ""


def listed(names: Iterable[str], limit: int = 8) -> str:
    """Names as a phrase, cut short: ``a, b or c``."""
    names = list(names)
    shown = names[:limit] + ([f"{len(names) - limit} more"] if len(names) > limit else [])
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
