"""Findings as text, as Markdown, as data and as annotations."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archcalc.linting.rules import Rule
from archcalc.linting.run import Finding
from archcalc.reports.github import annotation, file_of
from archcalc.reports.markdown import escape

Results = Mapping[str, Sequence[Finding]]
"""Findings by spec."""


def sentence(text: str) -> str:
    """A text with a capital letter and a full stop.

    >>> sentence("it does nothing")
    'It does nothing.'
    """
    return text[:1].upper() + text[1:] + "."


def layers_text(finding: Finding) -> str:
    """The first layer, and how many more there are: ``conv1 and 2 more``."""
    return finding.layer + (f" and {len(finding.layers) - 1} more" if len(finding.layers) > 1 else "")


def count_text(findings: Sequence[Finding]) -> str:
    """How many there are of each severity: ``1 warning, 2 notes``."""
    counts = Counter(f.severity for f in findings)
    texts = [f"{n} {name}{'s' * (n > 1)}" for name in ("warning", "note") if (n := counts[name])]
    return ", ".join(texts) or "no findings"


def table(results: Results, width: int = 80, bold: Callable[[str], str] = str) -> str:
    """Each finding with its place, its message and its fix."""
    lines: list[str] = []
    for spec, findings in results.items():
        for finding in findings:
            lines.append(f"{finding.where}  {finding.severity} {bold(finding.code)}  {layers_text(finding)}")
            for text in (finding.message, finding.fix):
                lines += textwrap.wrap(sentence(text), width, initial_indent="    ", subsequent_indent="    ",
                                       break_long_words=False, break_on_hyphens=False)
        lines += ["", f"{spec}: {count_text(findings)}", ""] if findings else [f"{spec}: no findings", ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def markdown(results: Results) -> str:
    """A table of all findings."""
    lines = ["| spec | rule | severity | layer | finding | place |", "|:--|:--|:--|:--|:--|:--|"]
    for spec, findings in results.items():
        lines += [f"| {escape(spec)} | {f.code} | {f.severity} | {escape(layers_text(f))} | "
                  f"{escape(sentence(f.message))} {escape(sentence(f.fix))} | {escape(f.where)} |" for f in findings]
    return "\n".join(lines) + "\n"


def to_dict(results: Results) -> dict[str, Any]:
    """Findings as plain data."""
    return {"schema": "lint/1", "specs": [{"spec": spec, "findings": [_finding(f) for f in findings]}
                                          for spec, findings in results.items()]}


def _finding(finding: Finding) -> dict[str, Any]:
    return {"code": finding.code, "severity": finding.severity, "layers": list(finding.layers),
            "file": file_of(finding.place), "line": finding.place.line + 1, "column": finding.place.column + 1,
            "message": finding.message, "fix": finding.fix}


def to_json(results: Results) -> str:
    """`to_dict` as a JSON text."""
    return json.dumps(to_dict(results), ensure_ascii=False, indent=1) + "\n"


def github(results: Results) -> str:
    """An annotation a finding: warnings, and notices for notes."""
    levels = {"warning": "warning", "note": "notice"}
    lines = [annotation(levels[f.severity], f"{f.code} {layers_text(f)}", f"{sentence(f.message)} {sentence(f.fix)}",
                        f.place) for findings in results.values() for f in findings]
    return "".join(line + "\n" for line in dict.fromkeys(lines))


def rules_table(rules: Sequence[Rule]) -> str:
    """A line a rule: its code, severity and title."""
    return "".join(f"{rule.code}  {rule.severity:<7}  {rule.title}\n" for rule in rules)
