"""Text in pictures: its width, cut to a length, safe to write; numbers of three digits."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

_REGULAR = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 "
    "584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 "
    "667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 "
    "278 556 500 722 500 500 500 334 260 334 584")
_BOLD = (
    "278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 333 333 "
    "584 584 584 611 975 722 722 722 722 667 611 778 722 278 556 722 611 833 722 778 667 778 722 667 611 722 667 944 "
    "667 667 611 333 278 333 584 556 333 556 611 556 611 556 333 611 611 278 278 556 278 889 611 611 611 611 389 556 "
    "333 611 556 778 556 556 500 389 280 389 584")
_MORE = {"×": 584, "·": 333, "–": 556, "−": 584, "…": 1000, "→": 1000, "≥": 549, "\u00a0": 278}
_WIDTHS = {bold: {chr(32 + i): int(w) for i, w in enumerate(table.split())} | _MORE
           for bold, table in ((False, _REGULAR), (True, _BOLD))}
"Advance widths of Helvetica, which Arial and Liberation Sans share, in thousandths of the size (Adobe's AFM files)."

_UNITS = "KMGTPE"
NAME_LENGTH = 40
"Characters of a name that a picture shows; its tooltip has all."
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def width(text: str, size: float, bold: bool = False) -> float:
    """Width of a text; characters outside the table are taken as wide as their kind can be."""
    known = _WIDTHS[bold]
    return sum(known.get(c) or _unknown(c) for c in text) * size / 1000


def _unknown(c: str) -> int:
    if unicodedata.combining(c):
        return 0
    return 1300 if unicodedata.east_asian_width(c) in "WF" or ord(c) > 0xffff else 1000


def clean(text: str) -> str:
    """A text on one line without what XML cannot hold or what turns the direction of other text."""
    return "".join("�" if c in _BIDI or not (c.isprintable() or c == "\u00a0") else c for c in text)


def clip(text: str, length: int = NAME_LENGTH) -> str:
    """A cleaned text of at most so many characters, cut in the middle."""
    if len(text) > length:
        text = f"{text[:length * 2 // 3]}…{text[len(text) - length // 3 + 1:]}"
    return clean(text)


def common(names: Sequence[str]) -> list[str]:
    """The words that dotted names begin with in common."""
    found: list[str] = []
    for words in zip(*(name.split(".") for name in names), strict=False):
        if len(set(words)) > 1:
            break
        found.append(words[0])
    return found


def short(n: int) -> str:
    """A count of three significant digits, exact below 1,000.

    >>> short(61_000_000), short(9536), short(999_960), short(999), short(0)
    ('61.0 M', '9.54 K', '1.00 M', '999', '0')
    """
    if abs(n) < 1000:
        return str(n)
    exact = Decimal(n)
    rounded = exact.quantize(Decimal(1).scaleb(exact.adjusted() - 2), ROUND_HALF_UP)
    thousands = min(rounded.adjusted() // 3, len(_UNITS))
    digits = max(0, 2 - (rounded.adjusted() - 3 * thousands))
    return f"{rounded.scaleb(-3 * thousands):,.{digits}f} {_UNITS[thousands - 1]}"


def short_name(name: str) -> str:
    """The last word of a name that is no number, with what follows.

    >>> short_name("a.b"), short_name("conv3.2")
    ('b', 'conv3.2')
    """
    words = name.split(".")
    at = max((k for k, word in enumerate(words) if not word.isdigit()), default=0)
    return ".".join(words[at:])
