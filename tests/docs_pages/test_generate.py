"""What docs/generate.py takes from the kinds: examples that are specs, and counts in words."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.layers.registry import kinds
from tests.docs_pages.blocks import ROOT
from tests.docs_pages.test_new_kind import load

pages = load(ROOT / "docs" / "generate.py")
CASES = [case for kind, case in pages.cases().items() if kind != "input"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.layer.kind)
def test_example_is_a_layer_of_a_spec(case: object) -> None:
    layer, inputs = case.layer, case.inputs  # type: ignore[attr-defined]
    names = ["input"] if len(inputs) == 1 else list("abcdef"[:len(inputs)])
    given = [f"  {name}: {{shape: {list(x.dims)}, axes: [{', '.join(x.axes)}], dtype: {x.dtype or 'float32'}}}"
             for name, x in zip(names, inputs, strict=True)]
    if names == ["input"]:
        given = [given[0].replace("  input: ", "  x: ")]
    text = "\n".join(["inputs:", *given, "layers:", f"- {pages.item(layer, names)}"])
    row = archcalc.report(archcalc.loads(text, mode="train")).rows[-1]
    assert row.shape == layer.out(*inputs).dims
    assert (row.macs, row.flops) == (layer.macs(*inputs), 2 * layer.macs(*inputs) + layer.ops(*inputs))
    assert f"`{pages.item(layer, names)}`" in pages.kind_entry(kinds()[layer.kind])


@pytest.mark.parametrize("name", kinds())
def test_kind_says_in_words_what_it_counts(name: str) -> None:
    words = pages.counts_in_words(kinds()[name])
    assert "see [" not in words, "the docstring needs a sentence with 'MACs' or 'operations'"
    assert bool(words) == pages.counts(kinds()[name])


def test_stale_page_is_found(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    page = ROOT / "docs" / "kinds.md"
    before = page.read_text("utf-8")
    monkeypatch.setattr(pages, "pages", lambda quick: {page: before + "more"})
    assert pages.main(["--check"]) == 1
    assert "docs/kinds.md: is stale" in capsys.readouterr().out
    assert page.read_text("utf-8") == before


def test_every_command_is_on_its_page() -> None:
    from click import Context

    from archcalc.cli import cli

    names = cli.list_commands(Context(cli))
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    assert {"report", "explain", "verify", "list", "show", "schema"} <= set(names)
    assert [name for name in names if f"## archcalc {name}" not in page] == []
