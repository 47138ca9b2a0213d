"""The page as a file: whole, the same each time, with nothing from elsewhere and nothing unescaped."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc.analysis.memory import liveness
from archcalc.html import page
from archcalc.html.data import as_script
from archcalc.html.profile import BARS, HIGH, charts
from tests.diagrams.hostile import NAMES, hostile

VOID = {"meta", "input", "link", "br", "img", "path", "rect", "circle", "polygon"}


@cache
def text(*specs: str) -> str:
    return page([archcalc.report(spec) for spec in specs])


class Elements(HTMLParser):
    """Elements with their attributes, and whether they are closed in order."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.content: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(source)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open:
            self.content.setdefault(self._open[-1], []).append(data)


def data_of(source: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', source, re.DOTALL)
    assert found
    loaded: dict[str, Any] = json.loads(found[1])
    return loaded


def test_sizes() -> None:
    assert len(text("alexnet").encode()) < 300_000
    assert len(text("torchvision/resnet152").encode()) < 1_000_000


def test_the_same_each_time() -> None:
    code = "import archcalc, sys; from archcalc.html import page; " \
           "sys.stdout.buffer.write(page([archcalc.report('alexnet')]).encode())"
    for seed in ("1", "2"):     # sets and dictionaries of texts have other orders then
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True,
                              env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(archcalc.__file__).parents[1])})
        assert done.stdout.decode() == text("alexnet")


@pytest.mark.parametrize("specs", [("alexnet",), ("torchvision/resnet50", "vgg-a")])
def test_nothing_comes_from_elsewhere(specs: tuple[str, ...]) -> None:
    elements = Elements(text(*specs)).all
    for tag, attributes in elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "form")
        assert "src" not in attributes
        assert not any(name.startswith("on") or name == "style" for name in attributes), (tag, attributes)
        assert (attributes.get("href") or "#").startswith("#")
    addresses = set(re.findall(r"https?://[^\s\"'<]+", text(*specs)))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"url\((?!#)|@import", text(*specs))


def test_the_policy_names_what_is_there() -> None:
    source = text("alexnet")
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', source)
    assert found
    policy = dict(part.strip().split(" ", 1) for part in found[1].replace("&#39;", "'").split(";"))
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in found[1]
    assert "connect-src" not in policy
    scripts = re.findall(r"<script>(.*?)</script>", source, re.DOTALL)
    styles = re.findall(r"<style>(.*?)</style>", source, re.DOTALL)
    for name, parts in {"script-src": scripts, "style-src": styles}.items():
        hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'" for part in parts}
        assert hashes == set(policy[name].split())


def test_ids_are_given_once_and_references_lead_somewhere() -> None:
    elements = Elements(text("torchvision/resnet50", "vgg-a")).all
    ids = [attributes["id"] for _, attributes in elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    for _, attributes in elements:
        for name in ("aria-labelledby", "aria-describedby", "aria-controls"):
            assert set((attributes.get(name) or "").split()) <= set(ids)
        if (attributes.get("href") or "#")[1:]:
            assert (attributes["href"] or "")[1:] in ids


def test_hostile_names_are_text() -> None:
    source = page([archcalc.report(hostile()), archcalc.report("alexnet")])
    elements = Elements(source)
    assert [tag for tag, _ in elements.all].count("script") == 3
    assert "hit" not in {name for _, attributes in elements.all for name in attributes}
    found = data_of(source)["networks"][0]
    labels = [line[1] for line in found["lines"]]
    assert NAMES[1] in labels
    assert "���[31m" in labels                  # of a null, another, and an escape
    assert source.encode()                      # a lone surrogate would not be written
    assert "\u202e" not in source


def test_data_in_a_script_cannot_end_it() -> None:
    source = as_script(["</script><!--", "\u2028", "&amp;"])
    assert not set(source) & set("<>&\u2028")
    assert json.loads(source) == ["</script><!--", "\u2028", "&amp;"]


def test_numbers_are_the_reports() -> None:
    report = archcalc.report("torchvision/resnet50")
    found = data_of(text("torchvision/resnet50"))["networks"][0]
    keys = [column["key"] for column in found["columns"]]
    assert keys == ["label", "output", "params", "macs", "flops", "memory", "field"]
    cells = {line[2]: dict(zip(keys, line[3:], strict=True)) for line in found["lines"] if line[2] >= 0}
    for i, row in enumerate(report.rows):
        assert cells[i]["params"] == f"{row.params:,}"
        assert cells[i]["macs"] == f"{row.macs:,}"
    stage = next(line for line in found["lines"] if line[1] == "layer4")
    rows = [row for row in report.rows if row.name.startswith("layer4.")]
    assert stage[3 + keys.index("macs")] == f"{sum(row.macs for row in rows):,}"
    assert found["total"][keys.index("flops")] == f"{report.totals.flops:,}"


def test_explanations_are_those_of_explain() -> None:
    from archcalc.explain import explain

    report = archcalc.report("torchvision/googlenet")
    found = data_of(text("torchvision/googlenet"))["networks"][0]
    assert len(found["explain"]) == len(report) + 1
    for one, numbers in zip(explain(report), found["explain"], strict=True):
        assert [found["steps"][n][:3] for n in numbers] == [[s.what, s.arithmetic, s.result] for s in one.steps]


def test_memory_alive_over_time() -> None:
    """AlexNet's by hand: its input counts throughout; what is read no more is dropped; norm1 needs a square's room."""
    image, maps, pooled = (4 * n for n in (3 * 227**2, 96 * 55**2, 96 * 27**2))
    found = dict(liveness(archcalc.load("alexnet")))
    assert found["input"] == image
    assert found["conv1"] == image + maps
    assert found["norm1"] == image + 2 * maps + maps
    assert found["pool1"] >= image + maps + pooled
    for spec in ("alexnet", "resnet50", "unet", "gpt2"):
        report = archcalc.report(spec, batch=3, dtype="float16")
        assert max(n for _, n in liveness(report.net, "float16", 3)) == report.memory.peak.bytes


@pytest.mark.parametrize("spec", ["alexnet", "torchvision/densenet201", "gpt2"])
def test_charts(spec: str) -> None:
    """The highest bar is as high as the chart, and there are no more bars than can be seen."""
    report = archcalc.report(spec)
    found = {chart.key: chart for chart in charts(report)}
    assert ("field" in found) == (spec != "gpt2")
    for key, chart in found.items():
        bars = "".join(path for _, path in chart.paths)
        tops = [float(top) for top in re.findall(r"V([\d.]+)H", bars)]
        assert min(tops) == 0
        assert max(tops) <= HIGH
        assert len(tops) <= BARS
        assert chart.layers == len(report)
        assert key != "macs" or f"{max(row.macs for row in report.rows):,}" in chart.says


def test_claims_and_findings() -> None:
    source = text("alexnet")
    audit = archcalc.audit("alexnet")
    assert source.count("<li><span class=\"verdict agrees\">") == audit.counts["agrees"]
    assert source.count("<li><span class=\"verdict differs\">") == audit.counts["differs"]
    for finding in archcalc.lint("alexnet"):
        assert finding.code in source
        assert finding.where in source
    changed = page([archcalc.report("alexnet", image=224)])
    assert "Claims speak of the spec as it stands" in changed
    assert "claims-title" not in page([archcalc.report(archcalc.loads("input: [1]\nlayers: [relu]"))])


def test_networks_are_compared() -> None:
    source = text("alexnet", "vgg-a")
    found = archcalc.compare("alexnet", "vgg-a")
    assert data_of(source)["comparison"]["csv"] == found.to_csv()
    assert f"{found.totals['macs'][1].value:,}" in source
    assert data_of(text("alexnet"))["comparison"] is None


def test_options() -> None:
    report = archcalc.report("torchvision/resnet18", batch=2, dtype="float16")
    source = page([report], columns=("kind", "output", "outputs"), layout="hwc", depth=2)
    found = data_of(source)
    assert found["depth"] == 2
    assert [column["key"] for column in found["networks"][0]["columns"]] == ["kind", "output", "outputs"]
    assert found["networks"][0]["lines"][0][3:] == ["conv", "112×112×64", f"{2 * 64 * 112**2:,}"]
    with pytest.raises(archcalc.ArchcalcError, match="unknown column 'macz'; did you mean 'macs'"):
        page([report], columns=("macz",))


def test_training_and_one_layer() -> None:
    source = page([archcalc.report("torchvision/googlenet", mode="train")])
    assert any(line[1] == "aux1" for line in data_of(source)["networks"][0]["lines"])
    Elements(page([archcalc.report(archcalc.loads("input: [3, 8, 8]\nlayers: [relu]"))]))
    Elements(page([]))
