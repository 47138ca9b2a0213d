"""Networks from short texts, and how the tests write down what is expected of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from textwrap import dedent
from typing import Any

import pytest

from archcalc.api import loads
from archcalc.net import Net


def network(text: str, **options: Any) -> Net:
    """The network of a text; one of only layers reads an image of 4×8×8."""
    text = dedent(text).strip("\n")
    if not re.search("^layers:", text, re.MULTILINE):
        text = "layers:\n" + text
    return loads(text if re.search("^inputs?:", text, re.MULTILINE) else f"input: [4, 8, 8]\n{text}", **options)


def wiring(net: Net) -> str:
    """Each layer with the layers that it reads: ``conv<input relu<conv add<relu,input``."""
    return " ".join(f"{node.name}<{','.join(net.nodes[i].name for i in node.inputs)}" for node in net.layers)


def wired(rows: dict[str, tuple[str, str]]) -> Callable[..., None]:
    """A test of each row: a title, the layers, and their wiring."""

    @pytest.mark.parametrize(("text", "expected"), rows.values(), ids=list(rows))
    def test(text: str, expected: str) -> None:
        assert wiring(network(text)) == " ".join(expected.split())

    return test
