"""Networks side by side: figures of the report, ratios, marks, stages and the widths of tables."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.cli import cli
from archcalc.comparison import compare
from archcalc.comparison.totals import QUANTITIES, scale_of
from archcalc.comparison.totals_text import csv_text, markdown, table, to_dict
from archcalc.errors import UsageError
from archcalc.reports.report import Report
from archcalc.tensor import Tensor

NAMES = ("alexnet", "vgg16", "resnet50")


@pytest.fixture(scope="module")
def three() -> archcalc.comparison.Comparison:  # type: ignore[name-defined]
    return compare(*map(archcalc.load, NAMES))


def test_totals_are_those_of_the_reports(three) -> None:  # type: ignore[no-untyped-def]
    assert [f.value for f in three.totals["params"]] == [60_965_224, 138_357_544, 25_557_032]
    assert [f.value for f in three.totals["macs"]] == [724_406_816, 15_470_264_320, 3_857_973_248]
    assert [f.ratio for f in three.totals["macs"]] == [
        1, Fraction(15_470_264_320, 724_406_816), Fraction(3_857_973_248, 724_406_816)]
    for k, name in enumerate(NAMES):
        memory = archcalc.report(name).memory
        assert three.totals["peak_inference"][k].value == memory.peak.bytes
        assert three.totals["training"][k].value == memory.training.total


def test_the_least_is_best(three) -> None:  # type: ignore[no-untyped-def]
    assert [f.best for f in three.totals["params"]] == [False, False, True]
    assert [f.best for f in three.totals["macs"]] == [True, False, False]
    assert not any(f.best for f in three.totals["layers"])      # fewer layers are no merit
    twice = compare(*map(archcalc.load, ("vgg16", "vgg-d")))
    assert not any(f.best for figures in twice.totals.values() for f in figures)    # all are equal


def test_stages_hold_every_layer_once(three) -> None:  # type: ignore[no-untyped-def]
    assert list(three.stages) == ["1", "1/2", "1/4", "1/8", "1/16", "1/32", "vectors"]
    for k, name in enumerate(NAMES):
        totals = archcalc.report(name).totals
        for key in ("layers", "params", "macs", "outputs"):
            assert sum(getattr(s[k].totals, key) for s in three.stages.values() if s[k]) == getattr(totals, key)


def test_stages_of_alexnet(three) -> None:  # type: ignore[no-untyped-def]
    # 227 / 55 = 4.1, 227 / 27 = 8.4, 227 / 13 = 17.5, 227 / 6 = 37.8: the nearest powers are 4, 8, 16 and 32.
    shapes = {scale: stages[0].last.dims for scale, stages in three.stages.items() if stages[0]}
    assert shapes == {"1/4": (96, 55, 55), "1/8": (256, 27, 27), "1/16": (256, 13, 13), "1/32": (256, 6, 6),
                      "vectors": (1000,)}
    assert three.stages["1/8"][0].totals.macs == 5 * 5 * 48 * 256 * 27 * 27


@given(st.integers(2, 500), st.integers(2, 500))
def test_scale_is_the_nearest_power_of_two(size: int, n: int) -> None:
    scale = Fraction(scale_of(Tensor.of(1, n, n), size))
    power = scale.numerator.bit_length() - scale.denominator.bit_length()
    assert scale == Fraction(2) ** power
    # n / size within a factor of √2 of it: squared, within 2.
    assert Fraction(1, 2) <= (Fraction(n, size) / scale) ** 2 <= 2


def test_scales_without_maps() -> None:
    assert scale_of(Tensor.of(197, 768, axes=("sequence", "channel")), 224) == "sequences"
    assert scale_of(Tensor.of(64, 49, 96, axes=("window", "sequence", "channel")), 224) == "sequences"
    assert scale_of(Tensor.of(512, 1, 1), 224) == "vectors"


def test_three_networks_fit_80_columns(three) -> None:  # type: ignore[no-untyped-def]
    text = table(three)
    assert max(map(len, text.splitlines())) <= 80
    assert "params             60,965,224        138,357,544 2.27×     25,557,032 0.419× *\n" in text
    assert "1/4:                 96×55×55          256×56×56            256×56×56\n" in text


def test_more_networks_become_rows() -> None:
    text = table(compare(*map(archcalc.load, (*NAMES, "googlenet", "zfnet"))))
    assert max(map(len, text.splitlines())) <= 80
    assert "googlenet" in text
    assert "6,998,552 0.115× *" in text     # 6,998,552 / 60,965,224 = 0.1148
    assert ["1/32", "output", "layers", "params", "MACs"] in [line.split() for line in text.splitlines()]


def test_batch_and_type() -> None:
    one, four = (compare(*map(archcalc.load, ("vgg-a", "vgg-b")), batch=n, dtype=d)
                 for n, d in ((1, "float32"), (4, "float16")))
    assert four.totals["macs"][0].value == 4 * one.totals["macs"][0].value
    # Four samples of half the bytes.
    assert four.totals["outputs"][1].value == 4 * one.totals["outputs"][1].value
    assert four.totals["params"] == one.totals["params"]


def test_one_network_is_none() -> None:
    with pytest.raises(UsageError, match="a comparison needs at least 2 networks, found 1"):
        compare(archcalc.load("alexnet"))


def test_markdown(three) -> None:  # type: ignore[no-untyped-def]
    lines = markdown(three).splitlines()
    assert lines[0] == "| | alexnet | vgg16 | resnet50 |"
    assert lines[4] == "| params | 60,965,224 | 138,357,544 (2.27×) | **25,557,032** (0.419×) |"
    assert {line.count("|") for line in lines if line.startswith("|")} == {5}


def test_csv(three) -> None:  # type: ignore[no-untyped-def]
    rows = list(csv.DictReader(io.StringIO(csv_text(three))))
    totals = [row for row in rows if row["stage"] == "total"]
    assert [row["network"] for row in totals] == list(NAMES)
    assert [int(row["params"]) for row in totals] == [60_965_224, 138_357_544, 25_557_032]
    for total in totals:
        stages = [row for row in rows if row["network"] == total["network"] and row is not total]
        assert sum(int(row["macs"]) for row in stages) == int(total["macs"])
        assert {row["training"] for row in stages} == {""}


def test_json(three) -> None:  # type: ignore[no-untyped-def]
    data = json.loads(json.dumps(to_dict(three)))
    assert data["schema"] == "comparison/1"
    assert set(data["totals"]) == {q.key for q in QUANTITIES}
    assert data["totals"]["params"][2] == {"value": 25_557_032, "ratio": 25_557_032 / 60_965_224, "best": True}
    assert data["stages"]["1"][0] is None
    assert data["stages"]["1/32"][2]["last"] == [2048, 7, 7]


def test_command() -> None:
    result = CliRunner().invoke(cli, ["compare", "plain18", "resnet18", "--set", "image=64", "--format", "json"])
    data = json.loads(result.output)
    assert [network["inputs"] for network in data["networks"]] == [{"input": [3, 64, 64]}] * 2
    report = Report(archcalc.load("resnet18", image=64))
    assert data["totals"]["macs"][1]["value"] == report.totals.macs


def test_what_another_tool_prints() -> None:
    """torch's counter has 2·MACs of the products it sees; torchinfo sees no attention (tests/facts/peers.json)."""
    found = compare("vgg16", "torchvision/vit_b_16", count="torchinfo")
    assert [figure.value for figure in found.totals["count"]][1] == 173_232_616
    assert "count of torchinfo" in table(found)
    assert "Count: what torchinfo" in table(found)
    assert "count" in csv_text(found).splitlines()[0].split(",")
    assert [figure.value for figure in compare("vgg16", "vgg19", count="torch").totals["count"]] == \
        [2 * 15_470_264_320, 2 * 19_632_062_464]
