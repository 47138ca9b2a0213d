"""Pictures within pages: both themes from the page's colour scheme, ids of their own, a text instead."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

import archcalc
from archcalc.diagrams import theme
from archcalc.diagrams.inline import inline_svg
from archcalc.integrations.request import Place, identified, request


def test_every_colour_of_the_dark_theme_has_a_rule() -> None:
    diagram = archcalc.diagram("vgg16")
    text = inline_svg(diagram)
    ElementTree.fromstring(text)
    dark = archcalc.diagram("vgg16", theme="dark").svg
    used = {found.lower() for found in re.findall(r'(?:fill|stroke)="(#[0-9a-fA-F]{6})"', dark)}
    changed = {paint.of(True)[k] for paint in theme.PAINTS.values() for k in (0, 1)
               if paint.of(True)[k] != paint.of(False)[k]}
    rules = set(re.findall(r"light-dark\(#[0-9a-f]{6},(#[0-9a-f]{6})\)", text))
    assert used & changed <= rules
    assert used & changed


def test_light_is_what_stands_in_the_attributes() -> None:
    text = inline_svg(archcalc.diagram("alexnet"))
    light = archcalc.diagram("alexnet", theme="light").svg
    assert re.findall(r'fill="(#\w+)"', text) == re.findall(r'fill="(#\w+)"', light)


@pytest.mark.parametrize("wanted", ["light", "dark"])
def test_a_theme_that_is_asked_for_stays(wanted: str) -> None:
    diagram = archcalc.diagram("alexnet", theme=wanted)
    text = inline_svg(diagram)
    assert "light-dark" not in text
    assert re.findall(r'fill="(#\w+)"', text) == re.findall(r'fill="(#\w+)"', diagram.svg)


def test_alternative_text_is_escaped() -> None:
    text = inline_svg(archcalc.diagram("alexnet"), 'towers "A" & <B>')
    assert ElementTree.fromstring(text).attrib["aria-label"] == 'towers "A" & <B>'
    assert "aria-labelledby" not in text


def test_ids_have_a_prefix_of_the_page() -> None:
    place = Place(Path("page.md"))
    asked = request("diagram", ("specs/my net.yaml#wide",), "", {}, place)
    assert identified(asked, "how/to", 3).options["id"] == "ac-how_to-wide-3"
    assert identified(asked._replace(options={"id": "mine"}), "how/to", 3).options["id"] == "mine"
    text = inline_svg(archcalc.diagram("alexnet", id="ac-page-1"))
    assert all(name.startswith("ac-page-1") for name in re.findall(r' id="([^"]+)"', text))
    assert "#ac-alexnet" not in text
