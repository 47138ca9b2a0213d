"""Counts against committed figures: what the tools printed (tests/conventions/measure.py), and published tables."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc.conventions import convention, counted, names
from archcalc.net import Net
from tests.conventions.layers import LAYERS

FACTS = Path(__file__).parents[1] / "facts"
PEERS = json.loads((FACTS / "peers.json").read_text("utf-8"))
TIMM = json.loads((FACTS / "timm_gmacs.json").read_text("utf-8"))["rows"]
BURDEN = json.loads((FACTS / "convnet_burden.json").read_text("utf-8"))["table"]
TOOLS = sorted(PEERS["networks"])
ATTENTION = {"vit_b_16", "vit_b_32", "vit_l_16", "swin_t", "swin_v2_t", "maxvit_t"}


@cache
def network(name: str) -> Net:
    return archcalc.load(f"torchvision/{name}")


def differing(figures: dict[str, int], tool: str, net: Any, mode: str | None = None) -> dict[str, tuple[int, int]]:
    """Counts that differ from figures, with these."""
    found = {name: (counted(net(name), tool, mode).total, figure) for name, figure in figures.items()}
    return {name: pair for name, pair in found.items() if pair[0] != pair[1]}


@pytest.mark.parametrize("tool", TOOLS)
def test_networks_of_torchvision(tool: str) -> None:
    assert len(PEERS["networks"][tool]) >= 70
    assert PEERS["networks"][tool].keys() >= ATTENTION
    assert differing(PEERS["networks"][tool], tool, network) == {}


@pytest.mark.parametrize("tool", TOOLS)
def test_single_layers(tool: str) -> None:
    assert PEERS["layers"][tool].keys() == LAYERS.keys()
    assert differing(PEERS["layers"][tool], tool, lambda name: archcalc.loads(LAYERS[name])) == {}


@pytest.mark.parametrize("row", PEERS["modes"], ids=lambda row: f"{row['tool']} {row['mode']}")
def test_other_modes(row: dict[str, Any]) -> None:
    """A convention has the mode if, and only if, it changes the tool's answer."""
    tool, mode = row["tool"], row["mode"]
    has = mode in convention(tool).modes
    assert has == any(row["networks"][name] != PEERS["networks"][tool][name] for name in row["networks"])
    assert differing(row["networks"], tool, network, mode if has else None) == {}


def test_every_mode_is_measured() -> None:
    assert {(name, mode) for name in names() for mode in convention(name).modes} <= {
        (row["tool"], row["mode"]) for row in PEERS["modes"]}


def test_versions_are_those_measured() -> None:
    for name in TOOLS:
        assert convention(name).version == PEERS["versions"][convention(name).tool]


@pytest.mark.parametrize("row", TIMM, ids=lambda row: f"{row[1]} {row[2]}")
def test_gmacs_of_timm(row: tuple[str, str, int, float]) -> None:
    name, _, size, gmacs = row
    usual = size == network(name).parameters["image"]
    net = network(name) if usual else archcalc.load(f"torchvision/{name}", image=size)
    assert round(counted(net, "timm").total / 1e9, 2) == gmacs


# convnet-burden's networks here. MatConvNet's AlexNet has no local response normalization: with it, its outputs would
# take 5 MB and not the 3 MB that the table gives.
NO_LRN = "extends: alexnet\noverride: {norm1: null, norm2: null}\n"
SAME = {"squeezenet1-0": "torchvision/squeezenet1_0", "vgg-vd-16": "vgg16", "googlenet": "googlenet",
        "resnet-50": "resnet50"}


@pytest.mark.parametrize("row", BURDEN, ids=lambda row: row["model"])
def test_table_of_convnet_burden(row: dict[str, Any]) -> None:
    net = archcalc.loads(NO_LRN) if row["model"] == "alexnet" else archcalc.load(SAME[row["model"]])
    assert " x ".join(map(str, net.nodes[0].layer.out().spatial)) == row["input"]
    assert readable(counted(net, "burden").total, 1000, ("", "K", "M", "G")) + "FLOPs" == row["flops"]


def readable(n: int, base: int, suffixes: tuple[str, ...]) -> str:
    """`readableFlops` and `readableMemory` of burden.m: rounded to a whole number of the largest unit below."""
    place = math.floor(math.log(n) / math.log(base))
    return f"{n / base**place:.0f} {suffixes[place]}"


@pytest.mark.parametrize(("spec", "megabytes"), [("alexnet", "5 MB"), (NO_LRN, "3 MB")], ids=["LRN", "no LRN"])
def test_alexnet_of_convnet_burden_has_no_lrn(spec: str, megabytes: str) -> None:
    """The table's 3 MB are the outputs of all layers but ReLUs, which work in place, at 4 bytes."""
    report = archcalc.report(archcalc.load(spec) if spec == "alexnet" else archcalc.loads(spec))
    outputs = sum(row.outputs for row in report.rows if row.kind not in ("relu", "flatten"))
    assert readable(4 * outputs, 1024, ("B", "KB", "MB")) == megabytes
