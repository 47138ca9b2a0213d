"""Hostile names are text in every format."""

from xml.etree import ElementTree

import pytest

import archcalc
from archcalc.diagrams import engine
from archcalc.diagrams.text import clean, clip
from tests.diagrams.hostile import NAMES, hostile
from tests.diagrams.pictures import check_layout, parsed

ELEMENTS = {"svg", "title", "desc", "style", "defs", "marker", "g", "a", "rect", "circle", "polygon", "path", "text",
            "tspan"}


@pytest.mark.parametrize("form", ["layers", "cards", "blocks", "folded", "volume", "field", "bars"])
def test_svg_has_only_its_own_elements(form: str) -> None:
    svg = archcalc.diagram(hostile(), form=form, link="x#{layer}").svg
    root = parsed(svg)
    for element in root.iter():
        assert element.tag.rpartition("}")[2] in ELEMENTS
        assert not any(name.lower().startswith("on") for name in element.attrib)
        if element.tag.endswith("}a"):
            assert (element.get("href") or "").startswith("x#")
    assert "\u202e" not in svg
    if form not in ("volume", "field", "bars"):
        check_layout(archcalc.diagram(hostile(), form=form).scene)


def test_a_link_cannot_be_a_script() -> None:
    """The template is the author's; names are quoted, so that none can change what it says."""
    svg = archcalc.diagram(hostile(), link="#{layer}").svg
    hrefs = [e.get("href") or "" for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("}a")]
    assert hrefs
    assert all(href.startswith("#") and not set(href) & set("<>\"' ") for href in hrefs)


def test_dot_is_read_by_engines() -> None:
    made = engine.run("pure", "dot", "svg", archcalc.diagram(hostile(), form="layers").dot).decode()
    assert "<script" not in made
    assert "</svg>" in made


def test_png() -> None:
    assert archcalc.diagram(hostile(), form="layers").png().startswith(b"\x89PNG")
    assert archcalc.diagram(hostile(), form="cards").png().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", NAMES)
def test_shown_names_are_short_and_clean(name: str) -> None:
    shown = clip(name)
    assert len(shown) <= 41
    assert all(c.isprintable() or c == "\u00a0" for c in shown)
    assert clean(shown) == shown
