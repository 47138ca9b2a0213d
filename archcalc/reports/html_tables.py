"""The Markdown that reports write, as blocks, and these as HTML.

Only what archcalc itself writes is read: headings, paragraphs and tables, with ``**strong**``, ``*emphasis*``
and the escapes of `archcalc.reports.markdown.escape`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import NamedTuple


class Run(NamedTuple):
    """A piece of text of one look."""

    text: str
    look: str = ""
    "strong, em or none."


Line = tuple[Run, ...]


class Heading(NamedTuple):
    """A heading of a level from 1."""

    level: int
    line: Line


class Paragraph(NamedTuple):
    """A paragraph."""

    line: Line


class Table(NamedTuple):
    """A table: its head (empty where no column has a name), its rows, and which columns are set right."""

    head: tuple[Line, ...]
    rows: tuple[tuple[Line, ...], ...]
    right: tuple[bool, ...]


Block = Heading | Paragraph | Table
_RUN = re.compile(r"\*\*((?:\\.|[^\\*])+)\*\*|\*((?:\\.|[^\\*])+)\*|((?:\\.|[^\\*])+)")
_LOOKS = ("strong", "em", "")


def blocks(markdown: str) -> list[Block]:
    """The blocks of a text.

    >>> blocks("**a** is\\n\\n| x | y |\\n|:--|--:|\\n| p\\\\_q | 1 |\\n")[1].rows
    (((Run(text='p_q', look=''),), (Run(text='1', look=''),)),)
    """
    return [_block(part) for part in re.split(r"\n{2,}", markdown.strip())]


def _block(text: str) -> Block:
    if text.startswith("|"):
        return _table(text.splitlines())
    marks, _, rest = text.partition(" ")
    if marks and set(marks) == {"#"}:
        return Heading(len(marks), _line(rest))
    return Paragraph(_line(" ".join(text.splitlines())))


def _table(lines: list[str]) -> Table:
    head, rule, *rows = [[cell.strip() for cell in re.findall(r"((?:\\.|[^\\|])*)\|", line[1:])] for line in lines]
    return Table(tuple(map(_line, head)) if any(head) else (), tuple(tuple(map(_line, row)) for row in rows),
                 tuple(cell.endswith(":") for cell in rule))


def _line(text: str) -> Line:
    return tuple(Run(_plain(found), look) for groups in _RUN.findall(text)
                 for found, look in zip(groups, _LOOKS, strict=True) if found)


def _plain(text: str) -> str:
    return html.unescape(re.sub(r"\\(.)", r"\1", text))


def text_of(line: Line) -> str:
    """A line without looks."""
    return "".join(run.text for run in line)


# ── HTML ──


def to_html(found: list[Block], *, caption: str = "", level: int = 4) -> str:
    """Blocks as HTML; headings begin at a level.

    >>> print(to_html(blocks("| a |\\n|--:|\\n| <1 |\\n")))
    <table>
    <thead><tr><th style="text-align:right">a</th></tr></thead>
    <tbody>
    <tr><td style="text-align:right;white-space:nowrap">&lt;1</td></tr>
    </tbody></table>
    """
    top = min((block.level for block in found if isinstance(block, Heading)), default=1)
    parts = []
    for block in found:
        if isinstance(block, Heading):
            n = min(6, level + block.level - top)
            parts.append(f"<h{n}>{_html(block.line)}</h{n}>")
        elif isinstance(block, Paragraph):
            parts.append(f"<p>{_html(block.line)}</p>")
        else:
            parts.append(_table_html(block, caption))
            caption = ""
    return "\n".join(parts)


def _table_html(table: Table, caption: str) -> str:
    lines = ["<table>" + (f"<caption>{html.escape(caption)}</caption>" if caption else "")]
    if table.head:
        lines.append(f"<thead>{''.join(_row_html(table.head, table.right, 'th'))}</thead>")
    rows = ["".join(_row_html(row, table.right, "td")) for row in table.rows]
    return "\n".join([*lines, "<tbody>", *rows, "</tbody></table>"])


def _row_html(row: tuple[Line, ...], right: tuple[bool, ...], tag: str) -> Iterator[str]:
    yield "<tr>"
    for line, is_right in zip(row, right, strict=True):
        style = "text-align:right" + (";white-space:nowrap" if tag == "td" else "") if is_right else "text-align:left"
        yield f'<{tag} style="{style}">{_html(line)}</{tag}>'
    yield "</tr>"


def _html(line: Line) -> str:
    return "".join(f"<{run.look}>{html.escape(run.text)}</{run.look}>" if run.look else html.escape(run.text)
                   for run in line)


def bundle(text: str, markdown: str) -> dict[str, str]:
    """What notebooks choose from: text, Markdown, and HTML that has the same tables and scrolls."""
    return {"text/plain": text, "text/markdown": markdown, "text/html": scrolling(to_html(blocks(markdown)))}


def scrolling(inner: str) -> str:
    """HTML that scrolls sideways where it is too wide."""
    return f'<div style="overflow-x:auto">{inner}</div>'
