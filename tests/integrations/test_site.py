"""The project's own documentation, built as a site."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs_pages.blocks import ROOT

PAGES = sorted((ROOT / "docs").glob("*.md"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site; any warning fails."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run([sys.executable, "-m", "sphinx", "-W", "-n", "--keep-going", "-j", "2", "-q", "-d",
                           str(folder / "doctrees"), str(ROOT / "docs"), str(folder / "html")],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (0, "")
    return folder / "html"


@pytest.mark.docs
def test_every_page_is_in_the_contents(site: Path) -> None:
    index = (site / "index.html").read_text("utf-8")
    for page in PAGES:
        assert (site / f"{page.stem}.html").is_file()
        assert page.stem == "index" or f'href="{page.stem}.html"' in index


@pytest.mark.docs
def test_tutorial_has_figures_and_numbers(site: Path) -> None:
    text = (site / "tutorial.html").read_text("utf-8")
    assert len(re.findall("<svg style=", text)) == 3
    assert '<span class="archcalc-number">60,965,224</span>' in text
    assert "archcalc-error" not in text


@pytest.mark.docs
def test_pages_need_no_network(site: Path) -> None:
    for page in site.rglob("*.html"):
        found = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="(?:https?:)?//[^"]*"', page.read_text("utf-8"))
        assert found == [], page.name


def test_contents_have_every_page_once() -> None:
    """Also one that no section names."""
    contents = runpy.run_path(str(ROOT / "docs" / "conf.py"))["contents"]()
    listed = re.findall(r"^[\w/*-]+$", contents, re.MULTILINE)
    assert sorted(listed) == sorted([*(page.stem for page in PAGES if page.stem != "index"), "decisions/*"])
