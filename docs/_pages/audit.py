"""docs/audit.md: every claim of the five families and of the study notes, with its verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import archcalc
from archcalc.claims.conventions import CONVENTIONS
from archcalc.claims.result import Audit
from archcalc.claims.text import source_text
from archcalc.claims.verdict import VERDICTS, Verdict
from archcalc.reports.markdown import escape
from archcalc.spec.document import open_document
from archcalc.zoo import root as zoo_root

FAMILIES = ("alexnet", "zfnet", "vgg", "googlenet", "resnet", "resnet-cifar")
NOTES = "audits/study-notes"

INTRO = """\
<!-- Written by docs/generate.py; edit docs/_pages/audit.py and the claims in specs/*.yaml instead. -->

# What the papers print, and what their architectures give

Papers print numbers of parameters, operations and neurons, and sizes of maps. Each follows from the architecture that
the same paper describes, or it does not. Here is every such figure of five papers, as a claim in
[a spec](language.md#claims), and what archcalc derives. `archcalc audit NAME` prints the same.

| verdict | means |
|:--|:--|
| agrees | the computed value, rounded or truncated at the precision printed, is the figure |
| agrees if | it is under conventions that are named, and that serve the other figures of its source too |
| differs | it is not; what it alone would need is named, if anything would do |
| cannot be judged | it does not follow from the architecture |

## Conventions

A figure that does not hold as it is may be counted in another way, or be of another reading of the network. This fixed
list is searched, and nothing else:

| convention | the figure holds if |
|:--|:--|
"""

PRICE = """
Three free changes for each figure would explain almost anything. So the figures of one source, say a table, are
judged together, and a change has to pay: the first must explain at least one figure more than hold without it, each
further one at least two more, and there are three at most. The set that explains most figures is the convention of
the source; of several, the smallest, and the first in the order of this list. A figure that it does not explain
*differs*, even if other changes would explain it alone.

A whole number of five digits or more that ends in three zeros is round (650,000 has two digits); all other whole
numbers are exact. A ratio is of the same quantity of two networks, counted alike.

## In short

"""


def pages(root: Path) -> dict[Path, str]:
    """The page by its path."""
    audits = {name: archcalc.audit(name) for name in (*FAMILIES, NOTES)}
    lines = [f"| `{c.name}` | {escape(c.says)} |" for c in CONVENTIONS.values()]
    text = INTRO + "\n".join(lines) + "\n" + PRICE + "\n".join(_summary(audits)) + "\n"
    for name, audit in audits.items():
        text += "\n" + "\n".join(_section(name, audit)) + "\n"
    return {root / "docs" / "audit.md": text}


def _summary(audits: dict[str, Audit]) -> Iterator[str]:
    yield f"| | claims | {' | '.join(VERDICTS)} |"
    yield "|:--|--:|" + "--:|" * len(VERDICTS)
    for audit in audits.values():
        counts = " | ".join(str(audit.counts[name]) for name in VERDICTS)
        yield f"| [{escape(audit.name)}](#{_anchor(audit.name)}) | {len(audit.verdicts)} | {counts} |"
    yield ""
    yield "The sources whose figures need a convention:"
    yield ""
    for audit in audits.values():
        yield from (f"- {escape(audit.name)}, {escape(source.name)}: {escape(source_text(source))}."
                    for source in audit.sources if source.conventions)


def _anchor(name: str) -> str:
    return "".join(c for c in name.lower().replace(" ", "-") if c.isalnum() or c == "-")


def _section(name: str, audit: Audit) -> Iterator[str]:
    """One paper: what does not simply agree, then what does."""
    yield f"## {audit.name}"
    yield ""
    yield _paper(name)
    groups = (("", [v for v in audit.verdicts if v.verdict != "agrees"]),
              ("What agrees", [v for v in audit.verdicts if v.verdict == "agrees"]))
    for title, verdicts in groups:
        if verdicts:
            yield ""
            yield from [f"<details><summary>{title}: {len(verdicts)} claims</summary>", ""] if title else []
            yield from _table(verdicts, bool(title))
            yield from ["", "</details>"] if title else []


def _paper(name: str) -> str:
    if name == NOTES:
        return "48 statements of notes on these papers, translated. One of several figures has a verdict on each."
    path = zoo_root() / f"{name}.yaml"
    paper = open_document(f"{path}").section("paper")
    about = paper.plain() if paper is not None else {}
    return f"{', '.join(about['authors'])}: *{about['title']}*, {about['year']}. Spec: " \
           f"[{name}.yaml](../specs/{name}.yaml)."


def _table(verdicts: Sequence[Verdict], plain: bool) -> Iterator[str]:
    stated = any(verdict.claim.statement for verdict in verdicts)
    head = ["statement"] * stated + ["source"] * (not stated) + ["verdict"] * (not plain) + ["why"]
    yield f"| {' | '.join(head)} |"
    yield "|" + ":--|" * len(head)
    last = ""
    for verdict in verdicts:
        where = verdict.claim.statement or verdict.claim.source
        cells = ["" if where == last else escape(where)] + [verdict.verdict] * (not plain) + [_why(verdict)]
        last = where
        yield f"| {' | '.join(cells)} |"


def _why(verdict: Verdict) -> str:
    claim = verdict.claim
    if claim.unchecked:
        return escape(claim.unchecked[:1].upper() + claim.unchecked[1:] + ".")
    if verdict.verdict == "agrees":
        return escape(verdict.sentence)
    arithmetic = f" {escape(verdict.arithmetic)}." if verdict.arithmetic else ""
    note = f" *{escape(claim.note[:1].upper() + claim.note[1:])}.*" if claim.note else ""
    return escape(verdict.sentence) + arithmetic + note
