"""Comments in a spec that leave findings out: ``# archcalc: ignore[AC101]``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from archcalc.errors import UsageError
from archcalc.linting.catalogue import check_code
from archcalc.spec.source import Source, SpecError, Term

_COMMENT = re.compile(r"(?:^|\s)#\s*archcalc:\s*ignore(?P<file>-file)?\b(?P<list>\[(?P<codes>[^\]]*)\])?")
FILE = -1
"""What stands for the number of a line where a comment is for the whole file."""

Comments = dict[int, tuple[str, ...]]
"""Per line, counted from 0, the beginnings of the codes that are ignored there; an empty one is all."""


def comments(source: Source) -> Comments:
    """The comments of a file. One on a line of its own is for the next line that is no comment.

    Raises `SpecError` for a code that there is not.
    """
    found: Comments = {}
    for number, line in enumerate(source.lines):
        for match in _COMMENT.finditer(line) if "archcalc:" in line else ():
            codes = ("",) if match["list"] is None else tuple(c.strip() for c in match["codes"].split(","))
            if match["list"] is not None:
                _check(codes, Term(None, source, number, match.start("list") + 1))
            at = FILE if match["file"] else _target(source, number)
            found[at] = found.get(at, ()) + codes
    return found


def _check(codes: Iterable[str], place: Term) -> None:
    for code in codes:
        try:
            check_code(code)
        except UsageError as error:
            raise SpecError(place, str(error)) from None


def _target(source: Source, number: int) -> int:
    while number < len(source.lines) and source.lines[number].lstrip().startswith("#"):
        number += 1
    return number


def ignored(code: str, places: Iterable[Term], known: dict[int, Comments]) -> bool:
    """Whether a comment at one of a finding's places, or for its file, leaves it out.

    ``known`` keeps the comments of files that were read, by the identity of their source.
    """
    for place in places:
        found = known.get(id(place.source))
        if found is None:
            found = known[id(place.source)] = comments(place.source)
        if code.startswith((*found.get(place.line, ()), *found.get(FILE, ())) or ("\0",)):
            return True
    return False
