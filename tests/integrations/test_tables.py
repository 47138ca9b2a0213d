"""The Markdown of reports, read back: what was escaped comes out as it went in."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.reports.html_tables import Heading, Paragraph, Table, blocks, text_of, to_html
from archcalc.reports.markdown import escape

TEXT = st.text(st.characters(exclude_categories=("C", "Z")) | st.just(" "), min_size=1).filter(lambda s: s == s.strip())


class Balance(HTMLParser):
    """Counts open elements; an unclosed or crossed one fails."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@given(TEXT)
def test_escaped_text_comes_back(text: str) -> None:
    (table,) = blocks(f"| {escape(text)} | x |\n|:--|--:|\n| **{escape(text)}** | *{escape(text)}* |\n")
    assert isinstance(table, Table)
    assert text_of(table.head[0]) == text
    assert [[(run.text, run.look) for run in line] for line in table.rows[0]] == [[(text, "strong")], [(text, "em")]]


@given(TEXT)
def test_html_shows_the_text_and_nothing_runs(text: str) -> None:
    parser = Balance()
    parser.feed(to_html(blocks(f"| {escape(text)} |\n|:--|\n| {escape(text)} |\n"), caption=text))
    parser.close()
    assert parser.open == []
    assert "".join(parser.texts).count(text) >= 3


def test_blocks_of_a_report() -> None:
    first, table, note = blocks(archcalc.report("alexnet").to_markdown(columns=("output", "params")))
    assert isinstance(first, Paragraph)
    assert text_of(first.line) == "AlexNet, input 3×227×227, batch 1, eval"
    assert isinstance(table, Table)
    assert [text_of(cell) for cell in table.head] == ["layer", "output", "params"]
    assert table.right == (False, True, True)
    assert len(table.rows) == 21 + 1
    assert [text_of(cell) for cell in table.rows[0]] == ["conv1", "96×55×55", f"{96 * (3 * 11 * 11 + 1):,}"]
    assert isinstance(note, Paragraph)
    assert text_of(note.line).startswith("MACs: ")


def test_blocks_of_an_audit_have_headings() -> None:
    found = blocks(archcalc.audit("alexnet").to_markdown())
    heads = [block for block in found if isinstance(block, Heading)]
    assert [head.level for head in heads[:2]] == [2, 3]
    html = to_html(found, level=5)
    assert html.startswith("<h5>AlexNet")
    assert "<h6>Abstract</h6>" in html


def test_explanation_has_no_head() -> None:
    table = next(block for block in blocks("| | | |\n|:--|--:|:--|\n| a | 1 + 1 | = 2 |\n") if isinstance(block, Table))
    assert table.head == ()
    assert "<thead>" not in to_html([table])


def test_caption_is_on_the_first_table_only() -> None:
    html = to_html(blocks("| a |\n|:--|\n| 1 |\n\n| b |\n|:--|\n| 2 |\n"), caption="Both")
    assert len(re.findall("<caption>Both</caption>", html)) == 1
    assert html.index("<caption>") < html.index(">b<")
