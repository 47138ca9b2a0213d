"""Checks as text, as Markdown for a job's summary, as data and as annotations."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from archcalc.checking.outcome import Checked, Outcome
from archcalc.reports.github import annotation, file_of
from archcalc.reports.markdown import escape


def verdict(checks: Sequence[Checked]) -> str:
    """How many hold, in words: ``2 of 3 specs are broken: a, b``."""
    broken = [check.net.spec for check in checks if not check.holds]
    names = ", ".join(broken[:10]) + (f" and {len(broken) - 10} more" if len(broken) > 10 else "")
    if len(checks) == 1:
        return f"{checks[0].net.spec} {'is broken' if broken else 'holds'}"
    return f"{len(broken)} of {len(checks)} specs are broken: {names}" if broken else f"all {len(checks)} specs hold"


def table(checks: Sequence[Checked], width: int = 80, bold: Callable[[str], str] = str) -> str:
    """What was checked of each network; what is broken with its place and the whole sentence."""
    return "\n".join("\n".join([bold(check.net.spec), *_lines(check, width, bold)]) + "\n" for check in checks)


def _lines(check: Checked, width: int, bold: Callable[[str], str]) -> list[str]:
    lines = []
    for outcome in check.outcomes:
        mark = "ok    " if outcome.holds else bold("BROKEN")
        where = f"  {where_of(outcome)}" if outcome.place is not None and not outcome.holds else ""
        head = f"  {outcome.kind}, {outcome.title}"
        line = f"{head}: {outcome.sentence}"
        if outcome.holds and 6 + len(line) <= width:
            lines.append(mark + line)
            continue
        lines.append(f"{mark}{head}{where}")
        lines += textwrap.wrap(outcome.sentence, width, initial_indent=" " * 8, subsequent_indent=" " * 8,
                               break_long_words=False, break_on_hyphens=False)
    return lines or ["ok      nothing to check: no budget, no claims, no lint"]


def where_of(outcome: Outcome) -> str:
    """``file:line:column``, empty where there is none."""
    place = outcome.place
    return "" if place is None else f"{place.source.name}:{place.line + 1}:{place.column + 1}"


def markdown(checks: Sequence[Checked]) -> str:
    """A verdict and a table for all networks."""
    lines = [f"### archcalc: {escape(verdict(checks))}", "", "| | spec | check | result | place |",
             "|:--|:--|:--|:--|:--|"]
    for check in checks:
        lines += [f"| {'ok' if o.holds else '**broken**'} | {escape(check.net.spec)} | "
                  f"{escape(f'{o.kind}, {o.title}')} | {escape(o.sentence)} | {escape(where_of(o))} |"
                  for o in check.outcomes]
    return "\n".join(lines) + "\n"


def github(checks: Sequence[Checked]) -> str:
    """An annotation for each thing that is broken."""
    lines = [annotation("error", f"{o.kind} {o.title}", f"{check.net.spec}: {o.sentence}", o.place)
             for check in checks for o in check.broken]
    return "".join(line + "\n" for line in lines)


def to_dict(checks: Sequence[Checked]) -> dict[str, Any]:
    """Checks as plain data."""
    return {"schema": "check/1", "holds": all(check.holds for check in checks), "specs": [
        {"spec": check.net.spec, "holds": check.holds, "outcomes": [_outcome(o) for o in check.outcomes]}
        for check in checks]}


def _outcome(outcome: Outcome) -> dict[str, Any]:
    place = outcome.place
    at = {"file": None, "line": None, "column": None} if place is None else \
        {"file": file_of(place), "line": place.line + 1, "column": place.column + 1}
    return {"kind": outcome.kind, "title": outcome.title, "sentence": outcome.sentence, "holds": outcome.holds, **at}


def to_json(checks: Sequence[Checked]) -> str:
    """`to_dict` as a JSON text."""
    return json.dumps(to_dict(checks), ensure_ascii=False, indent=1) + "\n"
