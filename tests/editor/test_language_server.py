"""The published schema in the server that editors run: completions with documentation, and diagnostics."""

from collections.abc import Iterator

import pytest

from tests.docs_pages.blocks import ROOT
from tests.editor.server import Server

pytestmark = pytest.mark.editor


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(ROOT / "docs" / "schema" / "spec.json") as running:
        yield running


@pytest.mark.parametrize("name", ["alexnet", "vgg", "googlenet", "resnet", "gpt2", "slim/inception_v4"])
def test_specs_of_the_zoo_are_valid(name: str, server: Server) -> None:
    text = (ROOT / "specs" / f"{name}.yaml").read_text("utf-8").partition("\n")[2]      # without its own schema line
    assert server.open(text, f"{name.replace('/', '-')}.yaml") == []


@pytest.mark.parametrize(("text", "word", "line"), [
    ("input: [3, 8, 8]\nlayers:\n- c: {conv: 8, kernal: 3}\n", "kernal", 2),
    ("input: [3, 8, 8]\nlayrs: []\n", "layrs", 1),
    ("input: [3, 8, 8]\nlayers:\n- c: {conv: 8, kernel: [1, {}]}\n", "", 2),
])
def test_mistakes_are_marked(text: str, word: str, line: int, server: Server) -> None:
    found = server.open(text, f"bad{line}{len(text)}.yaml")
    assert found
    assert any(one["range"]["start"]["line"] == line for one in found)
    assert any(word in one["message"] for one in found)


def test_top_level_keys(server: Server) -> None:
    found = server.complete("input: [3, 8, 8]\n|", "keys.yaml")
    assert {"layers", "parameters", "blocks", "variants", "claims"} <= set(found)
    assert all(found[key].get("documentation") for key in ("layers", "parameters"))


@pytest.mark.parametrize(("text", "name"), [
    ("input: [3, 8, 8]\nlayers:\n  - |\n", "bare"),
    ("input: [3, 8, 8]\nlayers:\n  - c: {co|}\n", "flow"),
    ("input: [3, 8, 8]\nlayers:\n  - c:\n      |\n", "block"),
])
def test_kinds(text: str, name: str, server: Server) -> None:
    found = server.complete(text, f"kinds-{name}.yaml")
    assert {"conv", "maxpool", "linear", "batchnorm"} <= set(found)
    assert "convolution" in str(found["conv"]["documentation"]).lower()


@pytest.mark.parametrize(("text", "name"), [
    ("input: [3, 8, 8]\nlayers:\n  - c: {conv: 8, k|}\n", "flow"),
    ("input: [3, 8, 8]\nlayers:\n  - c:\n      conv: 8\n      |\n", "block"),
    ("input: [3, 8, 8]\ndefaults:\n  conv:\n    |\n", "defaults"),
])
def test_fields_of_a_kind(text: str, name: str, server: Server) -> None:
    found = server.complete(text, f"fields-{name}.yaml")
    assert {"kernel", "stride", "padding", "groups"} <= set(found)
    assert "per axis" in str(found["kernel"]["documentation"])
    assert "negative_slope" not in found
    assert "momentum" not in found
