"""What notebooks are given to show."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest

import archcalc
from archcalc.errors import Unavailable

TABLES = {
    "report": lambda: archcalc.report("alexnet"), "audit": lambda: archcalc.audit("alexnet"),
    "compare": lambda: archcalc.compare("alexnet", "vgg16"), "diff": lambda: archcalc.diff("alexnet", "zfnet"),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_have_text_markdown_and_html(name: str) -> None:
    shown: Any = TABLES[name]()
    bundle = shown._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/markdown", "text/html"}
    assert bundle["text/plain"] == str(shown)
    assert bundle["text/markdown"] == shown.to_markdown()
    ElementTree.fromstring(bundle["text/html"])
    cells = re.findall(r"<td[^>]*>(.*?)</td>", bundle["text/html"])
    rows = [line for line in bundle["text/markdown"].splitlines() if line.startswith("| ")]
    assert len(cells) >= len(rows)


def test_diagram_and_network_show_the_picture() -> None:
    net = archcalc.load("alexnet")
    for shown in (archcalc.diagram(net), net):
        bundle = shown._repr_mimebundle_()
        assert set(bundle) == {"text/plain", "image/svg+xml", "text/html"}
        assert bundle["text/plain"] == repr(shown)
        ElementTree.fromstring(bundle["image/svg+xml"])
        ElementTree.fromstring(bundle["text/html"])
        assert "light-dark(" in bundle["text/html"]


def test_pictures_of_one_network_do_not_share_ids() -> None:
    first, second = (archcalc.diagram("alexnet", heat=heat)._repr_mimebundle_()["text/html"] for heat in (None, "macs"))
    ids = [set(re.findall(r' id="([^"]+)"', text)) for text in (first, second)]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_no_engine_is_said_and_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise Unavailable("no layout engine was found")

    monkeypatch.setattr("archcalc.diagrams.diagram.Diagram.svg", property(refuse))
    assert archcalc.load("alexnet")._repr_mimebundle_()["text/plain"] == "<Net alexnet: 21 layers>"
    bundle = archcalc.diagram("alexnet")._repr_mimebundle_()
    assert bundle == {"text/plain": "<Diagram of AlexNet: no layout engine was found>"}
