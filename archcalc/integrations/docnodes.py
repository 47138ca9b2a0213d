"""Nodes of Sphinx documents: tables made of Markdown, and pictures with a writer for each builder."""

# mypy: disable-error-code="import-not-found, import-untyped, misc"

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging

from archcalc.diagrams.inline import inline_svg
from archcalc.errors import ArchcalcError, Unavailable
from archcalc.files import write_file
from archcalc.integrations import content
from archcalc.reports.html_tables import Block, Heading, Line, Paragraph, Table, blocks, text_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from archcalc.diagrams.diagram import Diagram

logger = logging.getLogger(__name__)
WIDE = 40
"""A column of longer texts is wrapped in print."""
FULL = 5
"""More columns than these are set smaller in print."""
STATIC = Path(__file__).parent / "static"


class archcalc_diagram(nodes.General, nodes.Inline, nodes.Element):
    """A picture: ``asked`` is the request for it, ``alt`` a text in its place."""


# ── tables ──


def of_markdown(markdown: str, caption: Sequence[nodes.Node] = ()) -> list[nodes.Node]:
    """The nodes of a text that archcalc wrote; the caption is the first table's title."""
    found: list[nodes.Node] = []
    for block in blocks(markdown):
        found += _nodes(block, caption)
        caption = () if isinstance(block, Table) else caption
    return found


def _nodes(block: Block, caption: Sequence[nodes.Node]) -> list[nodes.Node]:
    if isinstance(block, Heading):
        return [nodes.rubric("", "", *_line(block.line))]
    if isinstance(block, Paragraph):
        return [nodes.paragraph("", "", *_line(block.line))]
    columns = addnodes.tabular_col_spec()
    columns["spec"] = _column_spec(block)
    return [*_print_only(block, r"\begingroup\footnotesize"), columns, _table(block, caption),
            *_print_only(block, r"\endgroup")]


def _print_only(table: Table, code: str) -> list[nodes.Node]:
    """LaTeX around a table of many columns, which are set smaller."""
    return [nodes.raw("", code, format="latex")] if len(table.right) > FULL else []


def _line(line: Line) -> list[nodes.Node]:
    looks: dict[str, Callable[..., nodes.Node]] = {"strong": nodes.strong, "em": nodes.emphasis}
    return [looks[run.look]("", run.text) if run.look else nodes.Text(run.text) for run in line]


def _column_spec(table: Table) -> str:
    """Columns of LaTeX: numbers to the right, long texts wrapped."""
    wide = [not right and any(len(text_of(row[i])) > WIDE for row in table.rows)
            for i, right in enumerate(table.right)]
    share = f"{0.8 / max(1, sum(wide)):.2f}" if len(wide) == sum(wide) + 1 else f"{0.6 / max(1, sum(wide)):.2f}"
    return "".join("r" if right else rf"p{{{share}\linewidth}}" if long else "l"
                   for right, long in zip(table.right, wide, strict=True))


def _table(table: Table, caption: Sequence[nodes.Node]) -> nodes.table:
    group = nodes.tgroup(cols=len(table.right))
    lines = [row for row in (table.head, *table.rows) if row]
    group += [nodes.colspec(colwidth=max([1, *(len(text_of(row[i])) for row in lines)]))
              for i in range(len(table.right))]
    if table.head:
        group += nodes.thead("", _row(table.head, table.right))
    group += nodes.tbody("", *(_row(row, table.right) for row in table.rows))
    found = nodes.table("", group, classes=["colwidths-auto"])
    if caption:
        found.insert(0, nodes.title("", "", *caption))
    return found


def _row(row: Sequence[Line], right: Sequence[bool]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *_line(line)),
                                       classes=["text-right"] if is_right else [])
                           for line, is_right in zip(row, right, strict=True)))


# ── pictures ──


def _html(self: Any, node: archcalc_diagram) -> None:
    svg = _drawn(node, lambda diagram: inline_svg(diagram, node["alt"]))
    classes = ["archcalc", "archcalc-diagram", *([f"align-{node['align']}"] if "align" in node else [])]
    self.body.append(self.starttag(node, "div", CLASS=" ".join(classes)) + f"{svg or _words(node)}</div>\n")
    raise nodes.SkipNode


def _latex(self: Any, node: archcalc_diagram) -> None:
    made = _drawn(node, _print)
    if made is None:
        self.body.append(self.encode(_words(node)))
        raise nodes.SkipNode
    suffix, data = made
    name = f"archcalc-{hashlib.sha256(data).hexdigest()[:20]}.{suffix}"
    write_file(str(Path(self.builder.outdir) / name), data)
    before, after = {"left": ("{", r"\hspace*{\fill}}"), "right": (r"{\hspace*{\fill}", "}"),
                     "center": (r"{\hfill", r"\hspace*{\fill}}")}.get(node.get("align", ""), ("", ""))
    self.body.append(f"\n{before}\\sphinxincludegraphics[]{{{name}}}{after}\n")
    raise nodes.SkipNode


def _print(diagram: Diagram) -> tuple[str, bytes]:
    """PDF, or PNG where nothing here makes PDF."""
    try:
        return "pdf", diagram.pdf()
    except Unavailable:
        return "png", diagram.png()


def _text(self: Any, node: archcalc_diagram) -> None:
    self.add_text(f"[{_words(node)}]")
    raise nodes.SkipNode


def _plain(self: Any, node: archcalc_diagram) -> None:
    self.body.append(f"[{_words(node)}]")
    raise nodes.SkipNode


def _words(node: archcalc_diagram) -> str:
    """A picture in words: its alternative text, or what it says of itself."""
    return node["alt"] or _drawn(node, lambda diagram: diagram.scene.desc) or "diagram"


def _drawn(node: archcalc_diagram, draw: Callable[[Diagram], Any]) -> Any:
    """What is made of a node's picture; None, with a warning, where it cannot be laid out."""
    try:
        return draw(content.diagram(node["asked"]))
    except ArchcalcError as error:
        logger.warning("%s", error, location=node, type="archcalc", subtype="diagram")
        return None


def _styles(app: Sphinx, config: Any) -> None:
    config.html_static_path.append(str(STATIC))


def setup(app: Sphinx) -> None:
    """Add the node with its writers, and the style sheet of tables."""
    app.add_node(archcalc_diagram, html=(_html, None), latex=(_latex, None), text=(_text, None),
                 man=(_plain, None), texinfo=(_plain, None))
    app.connect("config-inited", _styles)
    app.add_css_file("archcalc.css")
