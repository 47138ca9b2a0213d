"""Audits as Markdown, JSON and annotations of GitHub."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from archcalc.claims.text import by_source, heading, source_text
from archcalc.claims.text import render as render_text
from archcalc.claims.verdict import Judged, Verdict
from archcalc.reports.markdown import escape
from archcalc.zoo import shown

FORMATS = ("table", "md", "json", "github")


def render(audits: Sequence[Judged], form: str, **options: Any) -> str:
    """Some audits in a format; ``options`` are those of the table."""
    if form == "json":
        data = [to_dict(audit) for audit in audits]
        return json.dumps(data[0] if len(data) == 1 else data, ensure_ascii=False, indent=1) + "\n"
    write: dict[str, Callable[[Judged], str]] = {
        "table": lambda audit: render_text(audit, **options), "md": markdown, "github": github}
    return ("" if form == "github" else "\n").join(map(write[form], audits))


def to_dict(audit: Judged) -> dict[str, Any]:
    """The audit as plain data."""
    return {
        "schema": "audit/1", "name": audit.name, "spec": audit.spec, "counts": audit.counts,
        "statements": [{"statement": s, "verdict": v} for s, v in audit.statements.items()],
        "sources": [{"source": s.name, "conventions": list(s.conventions), "hold_as_they_are": s.plain,
                     "hold": s.explained, "figures": s.figures} for s in audit.sources],
        "verdicts": [_verdict(verdict) for verdict in audit.verdicts],
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    claim = verdict.claim
    error = verdict.relative_error
    return {
        "spec": verdict.spec, "quantity": claim.quantity, "of": claim.of, "setting": claim.setting or None,
        "printed": claim.printed, "statement": claim.statement, "source": claim.source, "note": claim.note,
        "verdict": verdict.verdict, "sentence": verdict.sentence, "computed": verdict.computed,
        "relative_error": None if error is None else float(error), "conventions": list(verdict.conventions),
        "alone": [list(names) for names in verdict.alone], "arithmetic": verdict.arithmetic, "news": verdict.news,
        "file": _file(verdict), "line": claim.term.line + 1, "column": claim.term.column + 1,
    }


def _file(verdict: Verdict) -> str:
    source = verdict.claim.term.source
    return shown(source.path) if source.path is not None else source.name


def markdown(audit: Judged) -> str:
    """A table for each source."""
    lines = [f"## {escape(heading(audit))}"]
    for name, verdicts in by_source(audit).items():
        source = next((one for one in audit.sources if one.name == name), None)
        lines += ["", f"### {escape(name[:1].upper() + name[1:] or 'No source')}", ""]
        if source is not None and source_text(source):
            lines += [f"{escape(source_text(source))}.", ""]
        states = any(verdict.claim.statement for verdict in verdicts)
        head = ["statement", "verdict", "why"] if states else ["verdict", "why"]
        lines += [f"| {' | '.join(head)} |", "|" + ":--|" * len(head)]
        lines += [_row(verdict, states) for verdict in verdicts]
    return "\n".join(lines) + "\n"


def _row(verdict: Verdict, states: bool) -> str:
    why = escape(verdict.sentence)
    if verdict.verdict != "agrees" and verdict.arithmetic:
        why += f" {escape(verdict.arithmetic)}."
    if verdict.claim.note:
        why += f" *{escape(verdict.claim.note)}*"
    mark = verdict.verdict if verdict.verdict == "agrees" else f"**{verdict.verdict}**"
    cells = [escape(verdict.claim.statement)] if states else []
    return f"| {' | '.join([*cells, mark, why])} |"


LEVELS = {"differs": "warning", "agrees if": "notice", "cannot be judged": "notice"}
"""How GitHub shows what does not agree; what a note explains is a notice."""


def github(audit: Judged) -> str:
    """A workflow command with file and line for each claim that does not simply agree."""
    lines = []
    for verdict in audit.verdicts:
        if verdict.verdict in LEVELS:
            level = LEVELS[verdict.verdict] if verdict.news else "notice"
            place = f"file={_property(_file(verdict))},line={verdict.claim.term.line + 1}," \
                    f"col={verdict.claim.term.column + 1},title={_property(f'claim {verdict.verdict}')}"
            text = "\n".join(filter(None, (verdict.sentence, verdict.arithmetic, verdict.claim.note)))
            lines.append(f"::{level} {place}::{_message(text)}")
    return "".join(line + "\n" for line in lines)


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
