"""The story: every chapter is there, and its numbers are those of closed forms, worked out here by hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import comb, exp, log10, pi, prod, sqrt, tanh
from pathlib import Path

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import cli
from docs._pages import story
from docs._pages.story.charts import CHARTS, FORMULAS
from docs._pages.story.numbers import known
from docs._pages.story.page import factor, times
from tests.diagrams.pictures import tooltips, words
from tests.docs_pages.blocks import ROOT, blocks
from tests.signal.measure import measure

PAGE = (ROOT / "docs" / "story.md").read_text("utf-8")
FOLDER = ROOT / "docs" / "story"
CHAPTERS = {
    "The activation function": ["functions", "functions-alexnet", "functions-inception"],
    "The size of the weights": ["weights-alexnet", "weights-vgg", "weights-he"],
    "Batch normalization": ["normalization-vgg", "normalization"],
    "Plain and residual": ["residual"],
    "A hundred layers, and a thousand": ["hundred", "thousand"],
}
PAPERS = {
    "The activation function": ["Glorot and Bengio (2010)", "Krizhevsky et al. (2012", "Ioffe and Szegedy (2015"],
    "The size of the weights": ["Krizhevsky et al. (2012, §5)", "Simonyan and Zisserman (2014, §3.1)",
                                "He et al. (2015, §2.2)", "1/(1.7·10⁴)"],
    "Batch normalization": ["Ioffe and Szegedy (2015)", "Yang et al. (2019", "De and Smith (2020)"],
    "Plain and residual": ["He et al. 2016, table 2", "27.94%", "28.54%", "27.88%", "25.03%", "unlikely to be caused"],
    "A hundred layers, and a thousand": ["Yang and Schoenholz (2017)", "Veit et al. (2016", "6.43%", "7.93%"],
}


def chapter(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


# ── the page ──


@pytest.mark.parametrize("title", CHAPTERS)
def test_chapter_has_charts_tables_and_papers(title: str) -> None:
    text = chapter(title)
    assert re.findall(r"\]\(story/(.*?)\.svg\)", text) == CHAPTERS[title]
    assert text.count("| | network | weights |") == len(CHAPTERS[title])
    assert [paper for paper in PAPERS[title] if paper not in text] == []
    assert re.search(r"\*\*What the papers? reports?\.\*\*", text)


def test_pictures_and_specs_are_those_of_the_page() -> None:
    shown = [name for names in CHAPTERS.values() for name in names]
    assert sorted(shown) == sorted(CHARTS) == sorted(path.stem for path in FOLDER.glob("*.svg"))
    specs = {block.name: block.text for block in blocks(ROOT / "docs" / "story.md", "yaml")}
    assert specs == {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.yaml")}
    assert {key for chart in CHARTS.values() for key in chart.keys} == set(known())
    assert "<<" not in PAGE


def test_command_draws_the_chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = CHARTS["weights-alexnet"].command("weights-alexnet")
    assert f"`{command}`\n" in PAGE
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, command.split()[1:])
    assert result.exit_code == 0, result.output
    drawn, there = ((path / "weights-alexnet.svg").read_text("utf-8") for path in (tmp_path, FOLDER))
    assert words(drawn) == words(there)


def test_outcomes_are_sorted_and_part_at_ten_thousand() -> None:
    rows = [line.split(" | ") for line in chapter("What came of it").splitlines() if " | ×" in line]
    sizes = {times(one["gradient"]): abs(one["gradient"]) for one in known().values()}
    found = [sizes[row[2]] for row in rows]
    assert len(found) == 16
    assert found == sorted(found)
    assert [size > 4 for size in found] == ["**" in row[3] for row in rows]


def test_numbers_in_words() -> None:
    assert [times(e) for e in (-6.157, -2.5, -0.4, 0, 1.7, 8.84)] == \
        ["×7.0·10⁻⁷", "×3.2·10⁻³", "×0.398", "×1", "×50.1", "×6.9·10⁸"]
    assert [factor(v) for v in (0.71828, 8.694, 123.4, 1234.5, 1e9)] == ["0.718", "8.69", "123", "1,234", "∞"]


# ── closed forms ──


def integral(f: Callable[[float], float], variance: float) -> float:
    """E f(x) of a Gaussian, by the trapezoidal rule, which converges geometrically for it."""
    step, s = 1 / 64, sqrt(variance)
    return sum(f(s * k * step) * exp(-(k * step)**2 / 2) for k in range(-640, 641)) * step / sqrt(2 * pi)


def sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x))


FUNCTIONS = {
    "relu": (lambda x: max(x, 0.0), lambda x: float(x > 0) + sqrt(0.5) * (x == 0)),
    "tanh": (tanh, lambda x: 1 - tanh(x)**2),
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_chain_is_the_recursion(name: str) -> None:
    """q' = nσ² E f², χ = nσ² E f′² with nσ² = 1; 2 / (1000 + 10) per weight at the end (Schoenholz et al. 2017)."""
    f, slope = FUNCTIONS[name]
    q, steps = [1.0], []
    for _ in range(30):
        q.append(integral(lambda x: f(x)**2, q[-1]))
        steps.append(integral(lambda x: slope(x)**2, q[-2]))
    one = known()[f"chain.yaml#{name} xavier"]
    last = 2 / 1010
    assert one["signal"] == pytest.approx(log10(1000 * last * q[-1]) / 2, abs=2e-4)
    # the gradient's norm: 1 on 10 outputs, back through the last weights, and 30 slopes of which 29 have weights of 1/n
    assert one["gradient"] == pytest.approx(log10(10 * last * 1000 * prod(steps) / 10) / 2, abs=2e-4)
    assert one["step"] == pytest.approx(log10(prod(steps[1:29])) / 2 / 28, abs=1e-5)


def test_relu_halves_and_sigmoid_takes_three_quarters() -> None:
    assert known()["chain.yaml#relu xavier"]["step"] == pytest.approx(log10(sqrt(0.5)), abs=1e-6)
    assert known()["chain.yaml#relu xavier"]["gradient"] == pytest.approx(log10(1000 / 1010 / 2**29) / 2, abs=1e-4)
    assert known()["chain.yaml#sigmoid xavier"]["step"] <= log10(0.25)


def test_normalized_sigmoid() -> None:
    """E f′² / Var f at variance 1: the weights' size does not matter."""
    slope = integral(lambda x: FUNCTIONS["sigmoid"][1](x)**2, 1.0)
    variance = integral(lambda x: sigmoid(x)**2, 1.0) - 0.25
    assert known()["chain.yaml#sigmoid-bn xavier"]["step"] == pytest.approx(log10(slope / variance) / 2, abs=1e-5)


def test_vgg_d_is_a_product_over_its_layers() -> None:
    """ReLU and max pooling keep proportions, so initialisations differ by √(σ²n/2) for each layer after the first."""
    ends = [(576, 576), (576, 1152), (1152, 1152), (1152, 2304), (2304, 2304), (2304, 2304), (2304, 4608),
            *[(4608, 4608)] * 5, (25088, 4096), (4096, 4096), (4096, 1000)]
    he = known()["vgg16 he"]
    for init, log in (("normal:0.01", sum(log10(n * 1e-4 / 2) for n, _ in ends)),
                      ("normal:0.1", sum(log10(n * 1e-2 / 2) for n, _ in ends)),
                      ("xavier", sum(log10(n / (n + m)) for n, m in ends))):
        one = known()[f"vgg16 {init}"]
        for what in ("signal", "gradient"):
            assert one[what] - he[what] == pytest.approx(log / 2, abs=1e-4), (init, what)
        assert one["common"] == pytest.approx(he["common"], abs=1e-5)


@pytest.mark.parametrize("layers", [14, 30])
def test_each_layer_of_he_2015_loses_a_half(layers: int) -> None:
    lecun, he = (known()[f"he2015.yaml#layers{layers} {init}"] for init in ("lecun", "he"))
    for what in ("signal", "gradient"):
        assert lecun[what] - he[what] == pytest.approx((layers - 1) * log10(0.5) / 2, abs=1e-4)


def test_batch_normalization_grows_by_the_same_factor() -> None:
    """At most √(π / (π − 1)) for a layer of a plain network, and nearly that."""
    for key in ("plain34 he", "plain56 he", "plain110.yaml he"):
        assert 0.98 * FORMULAS["bn"] < 10**known()[key]["step"] < FORMULAS["bn"]
    assert FORMULAS["bn"] == pytest.approx(1.2112, abs=1e-4)
    assert FORMULAS["xavier30"] == pytest.approx(2**-15)


@pytest.mark.parametrize(("name", "blocks_", "projections"), [
    ("resnet18", 8, 3), ("resnet34", 16, 3), ("resnet110", 54, 0), ("resnet1202", 600, 0)])
def test_paths_of_residual_networks(name: str, blocks_: int, projections: int) -> None:
    """2ⁿ paths through n blocks of two layers, beside conv1 and fc; half of them use each projection."""
    one = known()[f"{name} he"]
    power = str(blocks_).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    assert one["paths"].startswith(f"2{power} = ")
    assert one["mean"] == 2 + blocks_ + projections / 2
    if not projections:
        tail = next(k for k in range(blocks_) if sum(comb(blocks_, i) for i in range(k + 1)) * 40 > 2**blocks_)
        assert one["middle"] == [2 + 2 * tail, 2 + 2 * (blocks_ - tail)]
    assert one["carrying"][0] < one["carried"] < one["carrying"][1]


@pytest.mark.torch
@pytest.mark.parametrize("name", ["plain34", "resnet34"])
def test_networks_without_normalization_against_torch(name: str) -> None:
    """The gradient from end to end, at 64 pixels; a chain without normalization is random itself, hence the 30 %."""
    net = archcalc.load(str(FOLDER / f"unnormalized.yaml#{name}"), mode="train", image=64, classes=100)
    predicted, measured = archcalc.signal(net), measure(net, "he", 8, range(3))
    first, last = (predicted[end].gradient / measured[end][1].mean for end in ("conv1", "fc"))
    assert 1 / 1.3 < sqrt(first / last) < 1.3


@pytest.mark.zoo
def test_charts_and_numbers_are_current() -> None:
    for path, text in story.pictures(ROOT):
        there = path.read_text("utf-8")
        if path.suffix == ".svg":
            assert words(there) == words(text), path.name
            assert tooltips(there) == tooltips(text), path.name
        else:
            assert there == text, f"{path.name} is stale; run python docs/generate.py --gallery"
