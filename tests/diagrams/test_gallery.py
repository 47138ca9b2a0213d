"""The gallery says what archcalc draws now: the words, whatever the engine's version makes of places."""

import pytest

from docs._pages import gallery
from tests.diagrams.pictures import tooltips, words
from tests.docs_pages.blocks import ROOT

FOLDER = ROOT / "docs" / "gallery"


@pytest.mark.zoo
def test_every_picture_is_current() -> None:
    drawn = dict(gallery.pictures(ROOT))
    assert sorted(FOLDER.rglob("*.svg")) == sorted(drawn)
    for path, svg in drawn.items():
        there = path.read_text("utf-8")
        assert words(there) == words(svg), path.name
        assert tooltips(there) == tooltips(svg), path.name


def test_the_page_shows_every_picture() -> None:
    page = (ROOT / "docs" / "gallery.md").read_text("utf-8")
    assert sorted(path.relative_to(ROOT / "docs").as_posix() for path in FOLDER.rglob("*.svg")) == \
        sorted(line.partition("](")[2].rstrip(")") for line in page.splitlines() if line.startswith("!["))
