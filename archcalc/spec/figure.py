"""Figures as papers print them: ``60M``, ``3.8e9``, ``12x fewer``, ``2 MiB``, with the precision printed."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from archcalc.spec.source import SpecError, Term

UNITS: dict[str, int | Fraction] = {
    "": 1, "%": Fraction(1, 100), "x": 1, "K": 10**3, "k": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12,
    "KB": 10**3, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30,
    "thousand": 10**3, "million": 10**6, "billion": 10**9,
}
BYTES = ("KB", "kB", "MB", "GB", "KiB", "MiB", "GiB")
"""Units of bytes."""

WORDS = {"most": "> 50%", "half": "50%", "twice": "2x", "doubled": "2x", "equal": "1x", "similar": "~1x"}
"""Words for figures, and what each is taken to say."""

_FIGURE = re.compile(
    r"(?P<relation>[<>~≤≥≈]=?)?\s*(?P<number>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]{1,18}(?:\.[0-9]{1,18})?)"
    r"(?:[eE](?P<exponent>[-+]?[0-9]{1,2}))?\s*(?P<unit>%|[×xX]|(?!fewer|less|more|deeper)[A-Za-z]+)?"
    r"(?:\s+(?P<than>fewer|less|more|deeper))?")
_RELATIONS = {"≤": "<=", "≥": ">=", "≈": "~", "~=": "~"}


class Figure(NamedTuple):
    """A printed figure: its exact value, and the size of one step of the last digit printed.

    ``relation`` is ``<=``, ``>``, ``~`` or empty; ``than`` is fewer, less, more, deeper or empty.
    A whole number of five digits or more that ends in 000 is round: its last digit is the last that
    is not zero.

    >>> figure = parse_figure(Term("3.8e9", None, 0, 0))
    >>> figure.value, figure.step
    (Fraction(3800000000, 1), Fraction(100000000, 1))
    >>> int(parse_figure(Term("650,000", None, 0, 0)).step)
    10000
    """

    text: str
    value: Fraction
    step: Fraction
    unit: str = ""
    relation: str = ""
    than: str = ""


def parse_figure(term: Term) -> Figure:
    """The figure in a scalar; `SpecError` where there is none."""
    text = (term.text or str(term.value)).strip()
    match = _FIGURE.fullmatch(WORDS.get(text, text)) if isinstance(term.value, (int, Fraction, str)) else None
    unit = (match["unit"] or "").replace("×", "x").replace("X", "x") if match else "?"
    if isinstance(term.value, bool) or match is None or unit not in UNITS:
        raise SpecError(term, f"expected a figure such as 60M, 3.8e9, 159K, 18% or 12x fewer, found {term}")
    number = match["number"].replace(",", "")
    scale = Fraction(UNITS[unit]) * Fraction(10) ** int(match["exponent"] or 0)
    decimals = len(number.partition(".")[2])
    relation = _RELATIONS.get(match["relation"] or "", match["relation"] or "")
    step = scale / 10**decimals
    if not unit and not match["exponent"]:
        step *= _roundness(number)
    return Figure(text, Fraction(number) * scale, step, unit, relation, match["than"] or "")


def _roundness(number: str) -> int:
    """What a whole number is rounded to, by its zeros."""
    digits = number.rstrip("0")
    zeros = len(number) - len(digits)
    return int(10**zeros) if number.isdigit() and len(number) > 4 and zeros >= 3 and digits else 1
