"""Fences, as superfences calls them; the builds of MkDocs and Zensical are in test_mkdocs."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from archcalc.integrations.superfences import fence, options

PAGE = """# Page

```archcalc-report
alexnet
```

> ```archcalc-report
> input: [3, 32, 32]
> layers:
> - {conv: 8, kernal: 3}
> ```
"""
WRONG = "input: [3, 32, 32]\nlayers:\n- {conv: 8, kernal: 3}"


@pytest.fixture
def md(tmp_path: Path) -> Any:
    """What MkDocs hands to extensions: a tree processor that knows the page."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text(PAGE, "utf-8")
    file = SimpleNamespace(abs_src_path=str(tmp_path / "docs" / "page.md"), src_uri="page.md")
    return SimpleNamespace(treeprocessors=[SimpleNamespace(files=[], file=file)], preprocessors=[])


def made(md: Any, what: str, source: str, **given: str) -> str:
    found: dict[str, Any] = {}
    assert options(f"archcalc-{what}", given, found, {}, md)
    return fence(source, f"archcalc-{what}", "archcalc", found, md, classes=[], id_value="", attrs={})


def test_report(md: Any) -> None:
    text = made(md, "report", "alexnet", columns="params", caption="Sizes & <more>", name="sizes")
    assert text.startswith('<div class="archcalc archcalc-report" id="sizes">')
    assert "<caption>Sizes &amp; &lt;more&gt;</caption>" in text
    assert "60,965,224" in text


def test_diagram(md: Any) -> None:
    text = made(md, "diagram", "", alexnet="alexnet", caption="Towers", align="center", alt="two towers", heat="macs")
    assert '<figure style="overflow-x:auto;margin:1em 0;width:auto;text-align:center"><svg ' in text
    assert "<figcaption>Towers</figcaption>" in text
    assert 'aria-label="two towers"' in text
    assert 'id="ac-page-alexnet-1"' in text
    assert 'id="ac-page-alexnet-2"' in made(md, "diagram", "alexnet")


def test_options_with_underscores_and_flags(md: Any) -> None:
    text = made(md, "diagram", "alexnet", no_legend="no_legend", transparent="transparent", id="x")
    assert 'class="paper"' not in text
    assert 'class="paper"' in made(md, "diagram", "alexnet")


def test_comparison_of_names(md: Any) -> None:
    text = made(md, "compare", "vgg16\ntorchvision/resnet34\n")
    assert ">vgg16</th>" in text
    assert ">torchvision/resnet34</th>" in text


def test_spec_beside_the_page(md: Any, tmp_path: Path) -> None:
    (tmp_path / "docs" / "net.yaml").write_text("input: [3]\nlayers: [{linear: 2}]\n", "utf-8")
    for reference in ("net.yaml", "/net.yaml"):
        assert ">8</td>" in made(md, "report", "", spec=reference)


@pytest.mark.parametrize(("what", "source", "given", "line", "message"), [
    ("report", WRONG, {}, 10, "conv: unknown field 'kernal'; did you mean 'kernel'?"),
    ("report", "alexnet", {"depth": "x"}, 3, "'depth' takes a positive whole number, found 'x'"),
    ("diagram", "alexnet", {"align": "top"}, 0, "'align' has no choice 'top'"),
    ("report", "alexnet", {"dept": "1"}, 3, "no option 'dept'; did you mean 'depth'?"),
    ("chart", "alexnet", {}, 0, "a fence is called archcalc-report"),
])
def test_mistakes(what: str, source: str, given: dict[str, str], line: int, message: str, md: Any, tmp_path: Path,
                  caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="mkdocs"):
        text = made(md, what, source, **given)
    assert "archcalc-error" in text
    (record,) = caplog.records
    assert record.name.startswith("mkdocs.")
    assert message in record.getMessage()
    assert record.getMessage().startswith(f"{tmp_path / 'docs' / 'page.md'}:{line}:")


def test_markup_in_a_spec_is_text(md: Any) -> None:
    text = made(md, "report", "name: <script>alert(1)</script>\ninput: [3]\nlayers: [{linear: 2}]\n")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
