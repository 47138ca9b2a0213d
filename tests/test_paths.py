"""Depth and paths: papers' figures, closed forms, and every path counted one by one."""

from __future__ import annotations

import json
import time
from collections import Counter
from fractions import Fraction
from math import comb

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import archcalc
from archcalc.analysis.paths import edges, middle, paths
from archcalc.cli import cli
from archcalc.errors import UsageError
from archcalc.net import Net
from archcalc.propagation.shares import gradient_shares
from archcalc.reports.paths import count_text, decimal

# Krizhevsky et al. 2012, §3.5; Zeiler and Fergus 2014, figure 3; Simonyan and Zisserman 2014, table 1; Szegedy et al.
# 2014, §5 ("22 layers deep when counting only layers with parameters (or 27 layers if we also count pooling)"); He et
# al. 2015, table 1 and §4.2; Huang et al. 2017, table 1; LeCun et al. 1998, §II.B (C1, C3, C5 and F6; its output
# layer has fixed vectors); Lin et al. 2013 (three mlpconv layers of three each).
DEPTHS = {"alexnet": 8, "zfnet": 8, "vgg11": 11, "vgg13": 13, "vgg16": 16, "vgg19": 19, "googlenet": 22,
          "resnet18": 18, "resnet34": 34, "resnet50": 50, "resnet101": 101, "resnet152": 152, "plain18": 18,
          "plain34": 34, "resnet20": 20, "resnet56": 56, "resnet110": 110, "resnet1202": 1202, "lenet5": 4, "nin": 9,
          "torchvision/densenet121": 121, "torchvision/densenet201": 201}


@pytest.mark.parametrize("name", DEPTHS)
def test_depth_is_the_papers(name: str) -> None:
    assert paths(archcalc.load(name)).longest == DEPTHS[name]


def test_with_pooling() -> None:
    assert paths(archcalc.load("googlenet")).depths["pooling"] == 27
    assert paths(archcalc.load("vgg16")).depths["pooling"] == 16 + 5
    assert paths(archcalc.load("alexnet"), "pooling").longest == 8 + 3


@pytest.mark.parametrize(("name", "blocks"), [("resnet20", 9), ("resnet110", 54), ("resnet1202", 600)])
def test_a_residual_network_has_a_path_for_each_choice_of_blocks(name: str, blocks: int) -> None:
    """Veit et al. 2016, §3: 2ⁿ paths; through k blocks of two layers, between the first layer and the last."""
    net = archcalc.load(name)
    start = time.process_time()
    found = paths(net)
    assert found.lengths.counts == {2 + 2 * k: comb(blocks, k) for k in range(blocks + 1)}
    assert time.process_time() - start < 1
    assert found.count == 2**blocks
    assert found.lengths.mean == 2 + blocks  # half of the blocks, two layers each
    assert found.lengths.variance == blocks  # n/4 of a binomial, times 2²
    assert (found.shortest, found.longest) == (2, 2 + 2 * blocks)


def test_veit_et_al_on_resnet_110() -> None:
    """§4.1: path lengths are binomial with mean 54/2 = 27 blocks; 95 % of paths go through 19 to 35 blocks."""
    lengths = paths(archcalc.load("resnet110")).lengths
    assert (lengths.mean - 2) / 2 == 27
    assert lengths.within() == (2 + 2 * 20, 2 + 2 * 34)
    # the tails below 20 and above 34 hold less than 2.5 % each
    tail = sum(comb(54, k) for k in range(20))
    assert tail / 2**54 < 0.025 < (tail + comb(54, 20)) / 2**54
    assert sum(comb(54, k) for k in range(19, 36)) / 2**54 > 0.95


def test_projections_make_short_paths_longer() -> None:
    """ResNet-18: 8 blocks, 3 of them with a projection of one layer in place of the identity."""
    counts = Counter[int]()
    for k in range(6):
        for j in range(4):
            counts[2 + 2 * k + 2 * j + (3 - j)] += comb(5, k) * comb(3, j)
    assert paths(archcalc.load("resnet18")).lengths.counts == dict(sorted(counts.items()))


def test_inception_modules_multiply() -> None:
    """Nine modules, each with two branches of 1 layer and two of 2, behind 3 layers and before 1."""
    found = paths(archcalc.load("googlenet"))
    assert found.lengths.counts == {4 + 9 + k: comb(9, k) * 2**9 for k in range(10)}


def test_densenet_block_has_a_path_for_each_set_of_layers() -> None:
    """In a block of n layers, each of which reads all before it, every subset of them in order is a path."""
    layers = "".join(f"- c{i}: {{concat: , from: [{', '.join(['input', *(f'd{k}' for k in range(i))])}]}}\n"
                     f"- d{i}: {{conv: 4}}\n" for i in range(6))
    net = archcalc.loads(f"input: [4, 8, 8]\nlayers:\n{layers}- out: {{concat: , from: [input, d*]}}\n")
    assert paths(net).lengths.counts == {k: comb(6, k) for k in range(7)}


def enumerated(net: Net) -> Counter[int]:
    """Lengths of all paths, walked one by one from the outputs back."""
    weights = {row.name: int(row.weights > 0) for row in archcalc.report(net).rows}
    found = Counter[int]()

    def walk(i: int, length: int) -> None:
        if i < net.n_inputs:
            found[length] += 1
            return
        for k in net.nodes[i].inputs:
            walk(k, length + weights[net.nodes[i].name])

    for i in net.outputs:
        walk(i, 0)
    return found


@st.composite
def graphs(draw: st.DrawFn) -> str:
    """Up to 12 layers, each of weights or a sum of one to three earlier ones, of the same one twice too."""
    names, lines = ["input"], []
    for i in range(draw(st.integers(1, 12))):
        sources = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3))
        if draw(st.booleans()):
            lines.append(f"- n{i}: {{linear: 4, from: {sources[0]}}}")
        else:
            lines.append(f"- n{i}: {{add: , from: [{', '.join(sources)}]}}")
        names.append(f"n{i}")
    outputs = draw(st.lists(st.sampled_from(names[1:]), min_size=1, max_size=2, unique=True))
    return f"input: [4]\noutputs: [{', '.join(outputs)}]\nlayers:\n" + "\n".join(lines) + "\n"


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_counts_equal_those_of_paths_walked_one_by_one(text: str) -> None:
    net = archcalc.loads(text)
    found, expected = paths(net), enumerated(net)
    assert found.lengths.counts == dict(sorted(expected.items()))
    assert found.count == sum(expected.values())
    assert (found.shortest, found.longest) == (min(expected), max(expected))
    assert found.lengths.mean == Fraction(sum(n * k for n, k in expected.items()), found.count)


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_shares_of_the_gradient_add_up_to_all_of_it(text: str) -> None:
    net = archcalc.loads(text)
    shares = gradient_shares(paths(net), "lecun")
    assert sum(shares.values()) == pytest.approx(1)
    assert set(shares) <= set(paths(net).lengths.counts)
    assert min(shares.values()) >= 0


def test_shares_of_blocks_of_gain_one_are_those_of_the_paths() -> None:
    """Branches with weights of variance 1/n pass a gradient's square on as it is, as the shortcut does."""
    text = ("input: [16]\nblocks:\n  block():\n  - sum: {add: {branch: [{linear: 16}], shortcut: []}}\nlayers:\n"
            "- b: {block: [], repeat: 20}\n")
    shares = gradient_shares(paths(archcalc.loads(text)), "lecun")
    assert shares == pytest.approx({k: comb(20, k) / 2**20 for k in range(21)})
    # with weights of twice the variance, a branch carries two thirds
    shares = gradient_shares(paths(archcalc.loads(text)), "he")
    assert shares == pytest.approx({k: comb(20, k) * 2**k / 3**20 for k in range(21)})


def test_short_paths_carry_the_gradient_of_resnet_110() -> None:
    """Veit et al. 2016, abstract: most of the gradient comes from paths of 10 to 34 layers, of the 110 there are."""
    shares = gradient_shares(paths(archcalc.load("resnet110")), "he")
    assert sum(n * share for n, share in shares.items()) < 34
    assert sum(share for n, share in shares.items() if n <= 44) > 0.95


def test_sizes_and_batches_are_no_steps_of_a_path() -> None:
    net = archcalc.loads("input: [3, 8, 8]\nlayers:\n- a: {conv: 3, kernel: 3}\n- b: {crop: , like: a, from: input}\n")
    assert edges(net) == ((), (0,), (0,))
    assert paths(net).lengths.counts == {0: 1}


def test_messages() -> None:
    net = archcalc.load("alexnet")
    with pytest.raises(UsageError, match="unknown unit of length 'weight'; did you mean 'weights'"):
        paths(net, "weight")
    with pytest.raises(UsageError, match="has no path from an input to an output"):
        paths(archcalc.loads("input: [4]\nlayers: [{parameter: [3, 4]}]\n"))


def test_middle_and_texts() -> None:
    assert middle({1: 5, 2: 90, 3: 5}, Fraction(9, 10)) == (2, 2)
    assert middle({1: 6, 2: 88, 3: 6}, Fraction(9, 10)) == (1, 3)
    assert count_text(2**600).startswith("2⁶⁰⁰ = 4.15·10¹⁸⁰")
    assert decimal(2**20_000) == decimal(2**20_000 - 1)[:-1] + str(int(decimal(2**20_000 - 1)[-1]) + 1)
    assert len(decimal(10**9_000)) == 9_001


def test_command() -> None:
    run = CliRunner().invoke(cli, ["paths", "googlenet", "resnet110"])
    assert run.exit_code == 0
    assert "22 layers with weights, 27 with pooling" in run.output
    assert "2⁵⁴ = 18,014,398,509,481,984" in run.output
    shares = CliRunner().invoke(cli, ["paths", "resnet20", "--init", "he"]).output
    assert "gradient  mean length" in shares
    assert max(map(len, [*run.output.splitlines(), *shares.splitlines()])) <= 80
    data = json.loads(CliRunner().invoke(cli, ["paths", "resnet1202", "--format", "json"]).output)
    assert data["schema"] == "paths/1"
    assert data["networks"][0]["paths"] == str(2**600)
    csv = CliRunner().invoke(cli, ["paths", "resnet18", "--format", "csv"]).output.splitlines()
    assert csv[1] == "resnet18,weights,5,1,"
    assert "| 13 | 2⁹ = 512 |" in CliRunner().invoke(cli, ["paths", "googlenet", "--format", "md"]).output
