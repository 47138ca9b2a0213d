"""An audit as text: by source, each verdict as a sentence, with its arithmetic where it does not agree."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence

from archcalc.claims.verdict import VERDICTS, Judged, Source, Verdict
from archcalc.claims.words import conditions

_PLURALS = {"agrees": ("agrees", "agree"), "agrees if": ("agrees under a convention", "agree under a convention"),
            "differs": ("differs", "differ"), "cannot be judged": ("cannot be judged", "cannot be judged")}
_LABEL = max(map(len, VERDICTS))
_INDENT = 2
_HANGING = _INDENT + _LABEL + 1


def render(audit: Judged, width: int = 80, bold: Callable[[str], str] = str) -> str:
    """The audit of one spec or file, wrapped to a width."""
    lines = wrapped(heading(audit), width)
    lines[0] = lines[0].replace(audit.name, bold(audit.name), 1)
    for name, verdicts in by_source(audit).items():
        source = next((one for one in audit.sources if one.name == name), None)
        about = source_text(source) if source is not None else ""
        title = f"{name or 'no source'}{': ' + about if about else ''}"
        lines += ["", *wrapped(title, width)]
        for i, verdict in enumerate(verdicts):
            claim = verdict.claim
            before, after = (verdicts[k].claim if 0 <= k < len(verdicts) else None for k in (i - 1, i + 1))
            if claim.statement and (before is None or before.statement != claim.statement):
                lines += wrapped(f"“{claim.statement}”", width, _INDENT, _INDENT + 1)
            lines += _lines(verdict, width)
            if claim.note and (after is None or after.note != claim.note):
                lines += wrapped(f"note: {claim.note}", width, _HANGING, _HANGING + 2)
    if audit.news:
        lines += ["", f"* no note explains {'this' if len(audit.news) == 1 else 'these'} {len(audit.news)}"]
    return "\n".join(lines) + "\n"


def heading(audit: Judged) -> str:
    """How many claims there are, and how many have each verdict."""
    text = _counted(f"{audit.name} · ", list(audit.statements.values()), "statement") if audit.states else ""
    return text + _counted("; " if text else f"{audit.name} · ", [v.verdict for v in audit.verdicts], "claim")


def _counted(before: str, verdicts: Sequence[str], what: str) -> str:
    counts = {name: verdicts.count(name) for name in VERDICTS}
    said = [f"{n} {_PLURALS[name][n != 1]}" for name, n in counts.items() if n]
    total = f"{before}{len(verdicts)} {what}{'s' * (len(verdicts) != 1)}"
    return total + (f": {', '.join(said)}" if said else "")


def by_source(audit: Judged) -> dict[str, list[Verdict]]:
    """The verdicts of each source, in order of first appearance."""
    found: dict[str, list[Verdict]] = {}
    for verdict in audit.verdicts:
        found.setdefault(verdict.claim.source, []).append(verdict)
    return found


def source_text(source: Source) -> str:
    """What is known of a source's convention; empty where its figures hold as they are, or none is found."""
    if not source.conventions:
        return ""
    total = f"{source.figures} figure{'s' * (source.figures != 1)}"
    return (f"{source.explained} of {total} hold{'s' * (source.explained == 1)} if {conditions(source.conventions)}; "
            f"{source.plain or 'none'} without")


def _lines(verdict: Verdict, width: int) -> Iterator[str]:
    label = f"{verdict.verdict}{' *' if verdict.news else ''}"
    said = verdict.claim.unchecked or verdict.sentence      # the statement stands above
    yield from wrapped(f"{label:<{_LABEL}} {said}", width, _INDENT, _HANGING)
    if verdict.arithmetic and verdict.verdict != "agrees":
        yield from wrapped(verdict.arithmetic, width, _HANGING, _HANGING + 2)


def wrapped(text: str, width: int, first: int = 0, rest: int = 2) -> list[str]:
    """A text within a width."""
    return textwrap.wrap(text, width, initial_indent=" " * first, subsequent_indent=" " * rest,
                         break_long_words=False, break_on_hyphens=False) or [""]
