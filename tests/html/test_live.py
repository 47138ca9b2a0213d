"""The live page in Chromium: an edit, a mistake and its repair, while what the reader had open stays open."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.html.chromium import chromium
from tests.html.process import serving
from tests.html.test_browser import CHOSEN, NAMES, TITLE

pytestmark = pytest.mark.browser

SPEC = """\
name: Little
input: [3, 32, 32]
blocks:
  pair(w): [{first: {conv: w, kernel: 3, padding: 1}}, {second: {conv: w, kernel: 3, padding: 1}}]
layers:
- one: {pair: 8}
- two: {pair: 16}
- flatten
- fc: {linear: 10}
"""
PROBLEM = "document.getElementById('problem')"


def test_edit_break_and_heal(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(SPEC)
    with serving(tmp_path, "net.yaml", "--port", "0") as server, chromium(tmp_path) as tab:
        tab.size(1200)
        tab.open(server.address)
        tab.until("document.getElementById('connection').textContent === 'live'")
        tab.run("document.querySelector('[data-fold=closed]').click()")
        tab.click("tr[data-line='3'] .fold")
        tab.click("tr[data-line='4'] .name")
        assert tab.run(NAMES) == ["one", "two", "first", "second", "flatten", "fc"]
        assert tab.run(TITLE) == "two.first"
        tab.run("scrollTo(0, 300)")

        spec.write_text(SPEC.replace("pair: 16", "pair: 24"))
        tab.until("document.querySelector('#details .subtitle').textContent === 'conv 3×3, 24'")
        assert tab.run(NAMES) == ["one", "two", "first", "second", "flatten", "fc"]
        assert tab.run("document.querySelector('tr[aria-selected=true] th').title") == "two.first"
        assert len(tab.run(CHOSEN)) >= 1
        assert tab.run("scrollY") == 300
        steps = tab.run("[...document.querySelectorAll('#details .steps dd')].map(e => e.textContent)")
        assert "3 × 3 × 8 × 24 = 1,728 weights (+ 24 biases)" in steps

        spec.write_text(SPEC.replace("linear: 10", "linaer: 10"))
        tab.until(f"!{PROBLEM}.hidden")
        text = tab.run(f"{PROBLEM}.textContent")
        assert "net.yaml:9:8: fc: unknown kind 'linaer'; did you mean 'linear'?" in text
        assert "  - fc: {linaer: 10}\n         ^" in text
        assert tab.run("document.querySelector('#details .subtitle').textContent") == "conv 3×3, 24"

        spec.write_text(SPEC.replace("name: Little", "name: <img src=x onerror=window.hit=1>"))
        tab.until(f"{PROBLEM}.hidden")
        assert tab.run("document.querySelector('h1').textContent") == "<img src=x onerror=window.hit=1>"
        assert tab.run("window.hit ?? null") is None
        assert tab.run("document.querySelectorAll('main img').length") == 0
        tab.run("document.querySelector('#details h2').focus()")
        tab.key("Escape")                                           # heard once, by the page as it is now
        assert tab.run(TITLE) == "<img src=x onerror=window.hit=1>"

        assert tab.log == []
        assert {address.rpartition("/")[0] + "/" for address in tab.requests} == {server.address}
        assert server.end() == 0
        tab.until("document.getElementById('connection').textContent === 'offline'")


def test_a_page_that_begins_broken(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("input: [3, 8\n")
    with serving(tmp_path, "net.yaml", "--port", "0") as server, chromium(tmp_path) as tab:
        tab.open(server.address)
        tab.until(f"!{PROBLEM}.hidden")
        assert "net.yaml:" in tab.run(f"{PROBLEM}.textContent")
        spec.write_text(SPEC)
        tab.until("document.querySelector('h1')?.textContent === 'Little'")
        assert tab.run(f"{PROBLEM}.hidden")
        assert tab.log == []
