"""Differences between networks of papers, with the cost of each change as arithmetic."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import archcalc
from archcalc.cli import cli
from archcalc.comparison import Diff, Pair, diff
from archcalc.comparison.difference_text import entries, markdown, table, to_dict
from tests.fuzz.specs import specs


def between(a: str, b: str) -> Diff:
    return diff(archcalc.load(a), archcalc.load(b))


def by_name(found: Diff, status: str = "") -> dict[str, Pair]:
    nodes = [(pair, found.b.nodes[pair.b] if pair.b is not None else found.a.nodes[pair.a]) for pair in found.pairs]  # type: ignore[index]
    return {node.name: pair for pair, node in nodes if status in ("", pair.status)}


def loads(*layers: str, input: str = "[3, 8, 8]") -> archcalc.Net:
    return archcalc.loads("\n".join([f"input: {input}", "layers:", *(f"- {layer}" for layer in layers)]))


def test_alexnet_to_zfnet() -> None:
    found = between("alexnet", "zfnet")
    assert (found.count("added"), found.count("removed"), found.count("renamed")) == (0, 0, 0)
    changed = by_name(found, "changed")
    assert {name: pair.changes for name, pair in changed.items()} == {
        "input": ("shape [3, 227, 227] -> [3, 224, 224]",),
        "conv1": ("kernel 11 -> 7", "stride 4 -> 2", "padding 0 -> 1"),
        "pool1": ("ceil false -> true",),
        "norm1": ("groups 2 -> 1", "moved behind pool1"),
        "conv2": ("stride 1 -> 2", "padding 2 -> 0", "groups 2 -> 1"),
        "pool2": ("ceil false -> true",),
        "norm2": ("groups 2 -> 1", "moved behind pool2"),
        "conv4": ("groups 2 -> 1",),
        "conv5": ("groups 2 -> 1",),
    }
    assert changed["conv1"].params == (7 * 7 - 11 * 11) * 3 * 96
    assert changed["conv1"].macs == 7 * 7 * 3 * 96 * 110 * 110 - 11 * 11 * 3 * 96 * 55 * 55
    assert changed["conv2"].params == 5 * 5 * (96 - 48) * 256
    assert changed["conv2"].macs == 5 * 5 * 96 * 256 * 26 * 26 - 5 * 5 * 48 * 256 * 27 * 27
    assert changed["conv4"].params == 3 * 3 * (384 - 192) * 384
    assert found.params == 62_357_608 - 60_965_224


def test_plain34_to_resnet34() -> None:
    found = between("plain34", "resnet34")
    assert (found.count("changed"), found.count("removed")) == (0, 0)
    added = by_name(found, "added")
    sums = [name for name in added if found.b[name].layer.kind == "add"]
    assert len(sums) == 3 + 4 + 6 + 3
    projections = {f"conv{k}_x.1.sum.shortcut.proj": (w // 2 * w, w // 2 * w * n * n)
                   for k, w, n in ((3, 128, 28), (4, 256, 14), (5, 512, 7))}
    norms = {f"{name}.batchnorm": (2 * w, 0) for name, w in zip(projections, (128, 256, 512), strict=True)}
    assert {name: (p.params, p.macs) for name, p in added.items() if name not in sums} == projections | norms
    # Every other layer is one of the plain network's: 103 layers and the input.
    assert found.count("renamed") + found.count("same") == 104
    pairs = {found.a.nodes[p.a].name: found.b.nodes[p.b].name for p in found.pairs if p.a is not None}  # type: ignore[index]
    assert pairs["conv4_x.6.unit.conv2"] == "conv4_x.6.sum.branch.conv2"
    assert pairs["conv4_x.6.unit.conv1.relu"] == "conv4_x.6.sum.branch.conv1.relu"
    assert pairs["conv4_x.6.unit.relu"] == "conv4_x.6.sum.relu"


def test_naive_to_reduced_inception() -> None:
    found = between("inception-naive", "inception-reduced")
    added = by_name(found, "added")
    assert {name: p.params for name, p in added.items() if not name.endswith("relu")} == {
        "3a.out.b3.reduce": 192 * 96 + 96, "3a.out.b5.reduce": 192 * 16 + 16, "3a.out.pool.proj": 192 * 32 + 32}
    # The layers behind the reductions are the same, of fewer channels.
    renamed = by_name(found, "renamed")
    assert renamed["3a.out.b3.conv3"].params == -3 * 3 * (192 - 96) * 128
    assert renamed["3a.out.b5.conv5"].macs == -5 * 5 * (192 - 16) * 32 * 28 * 28
    assert found.count("removed") == found.count("changed") == 0


def test_two_resnet50s_differ_in_where_their_strides_are() -> None:
    found = between("torchvision/resnet50", "resnet50")
    changed = by_name(found, "changed")
    assert {name: pair.changes for name, pair in changed.items()} == {
        f"conv{k}_x.1.sum.branch.conv{i}": (change,) for k in (3, 4, 5)
        for i, change in ((1, "stride 1 -> 2"), (2, "stride 2 -> 1"))}
    # The first 1×1 runs on a quarter of the places: 56², 28² and 14² become 28², 14² and 7².
    assert found.macs == sum(-c * w * (n * n - n * n // 4) for c, w, n in (
        (256, 128, 56), (512, 256, 28), (1024, 512, 14)))


CHANGES = {
    "field": (["a: {conv: 4, kernel: 3}"], ["a: {conv: 4, kernel: 3, dilation: 2}"], ("dilation 1 -> 2",)),
    "kind": (["a: {maxpool: 2, stride: 2}"], ["a: {avgpool: 2, stride: 2}"],
             ("maxpool (2×2, /2) -> avgpool (2×2, /2)",)),
    "one window written in two ways": (["a: {conv: 4, kernel: 3, padding: 1}"],
                                       ["a: {conv: 4, kernel: [3, 3], padding: same}"], ()),
    "padding that matters": (["a: {conv: 4, kernel: 3}"], ["a: {conv: 4, kernel: 3, padding: same}"],
                             ("padding 0 -> same",)),
    "one input more": (["a: relu", "b: {add: [a]}"], ["a: relu", "b: {add: [a, input]}"], ()),
    "another input": (["a: relu", "c: {tanh: }", "b: {sigmoid: , from: a}"],
                      ["a: relu", "c: {tanh: }", "b: {sigmoid: , from: c}"], ("input a -> c",)),
    "what comes between explains it": (["a: relu", "b: sigmoid"], ["a: relu", "n: batchnorm", "b: sigmoid"], ()),
    "moved": (["a: relu", "b: sigmoid", "c: tanh"], ["b: sigmoid", "a: relu", "c: tanh"], ("moved behind b",)),
    "no value": (["a: {layernorm: }"], ["a: {layernorm: , axes: 2}"], ("axes none -> 2",)),
}


@pytest.mark.parametrize(("a", "b", "changes"), CHANGES.values(), ids=list(CHANGES))
def test_words_of_changes(a: list[str], b: list[str], changes: tuple[str, ...]) -> None:
    found = diff(loads(*a), loads(*b))
    assert [pair.changes for pair in found.pairs if pair.changes] == ([changes] if changes else [])


def test_shared_tensors() -> None:
    table = "a: {embedding: 10, features: 4}"
    a = loads(table, "b: {linear: 10, bias: false}", input="{shape: [5], dtype: int64}")
    b = loads(table, "b: {linear: 10, bias: false, share: {weight: a.weight}}", input="{shape: [5], dtype: int64}")
    [pair] = [pair for pair in diff(a, b).pairs if pair.changes]
    assert (pair.changes, pair.params) == (("share of weight none -> a.weight",), -10 * 4)


@settings(max_examples=40, deadline=None)
@given(specs(), specs())
def test_deltas_add_up_and_every_layer_is_in_one_pair(one: str, other: str) -> None:
    a, b = archcalc.loads(one), archcalc.loads(other)
    found, back = diff(a, b), diff(b, a)
    ours, theirs = archcalc.report(a).totals, archcalc.report(b).totals
    assert (found.params, found.macs) == (theirs.params - ours.params, theirs.macs - ours.macs)
    assert (back.params, back.macs) == (-found.params, -found.macs)
    assert sorted(p.a for p in found.pairs if p.a is not None) == list(range(len(a.nodes)))
    assert sorted(p.b for p in found.pairs if p.b is not None) == list(range(len(b.nodes)))
    assert all((p.a is None) == (p.status == "added") and (p.b is None) == (p.status == "removed") for p in found.pairs)


@settings(max_examples=30, deadline=None)
@given(specs())
def test_a_network_does_not_differ_from_itself(text: str) -> None:
    found = diff(archcalc.loads(text), archcalc.loads(text))
    assert {(p.status, p.a == p.b, p.changes, p.params, p.macs) for p in found.pairs} == {("same", True, (), 0, 0)}


@settings(max_examples=30, deadline=None)
@given(specs(), st.sampled_from(["stem", "stem2", "tail"]))
def test_renaming_is_no_change(text: str, name: str) -> None:
    a, b = archcalc.loads(text), archcalc.loads(text.replace(name, "other" + name))
    found = diff(a, b)
    assert {p.status for p in found.pairs} <= {"same", "renamed"}
    assert found.params == found.macs == 0


def test_table_fits_80_columns_and_names_what_matters() -> None:
    text = table(between("alexnet", "zfnet"))
    assert max(map(len, text.splitlines())) <= 80
    assert "~ conv1     -20,736   +65,340,000\n    kernel 11 -> 7; stride 4 -> 2; padding 0 -> 1; " in text
    assert "60,965,224 ->    62,357,608   +1,392,384  (+2.3%)" in text
    assert "9 changed, 13 same." in text


def test_totals_of_any_size_fit_80_columns() -> None:
    text = table(between("gpt2-large", "llama3-70b"))
    assert max(map(len, text.splitlines())) <= 80
    # 70,553,706,496 / 774,030,080 = 91.15
    assert "774,030,080 ->        70,553,706,496     (91×)" in text


def test_long_names_keep_their_numbers_below_them() -> None:
    long = "a" * 90
    text = table(diff(loads("a: {conv: 4}"), loads("a: {conv: 4}", f"{long}: {{conv: 5}}")))
    assert f"+ {long}\n" in text
    assert "+25" in text.split(long + "\n")[1].splitlines()[0]    # 4·5 weights and 5 biases


def test_renames_are_summed_up() -> None:
    found = between("plain34", "resnet34")
    text = table(found)
    assert "unit -> sum.branch (80 layers)" in text
    assert "conv2_x.1.unit.conv1 -> " not in text
    assert "> conv2_x.1.unit.conv1 -> conv2_x.1.sum.branch.conv1" in table(found, everything=True)


def test_blocks_that_came_as_a_whole_and_repetitions_are_one_entry() -> None:
    # resnet101 repeats the bottleneck of conv4_x 23 times instead of 6: 3 convolutions with a bias-free batch
    # normalization each, of 1024·256 + 256·256·9 + 256·1024 weights and 2·(256 + 256 + 1024) parameters.
    found = between("resnet50", "resnet101")
    [entry] = entries(found)
    assert (entry.status, entry.name) == ("added", "conv4_x.7 … conv4_x.23")
    assert entry.what == "17 times 10 layers: 3 conv, 3 batchnorm, 3 relu, add; output 1024×14×14"
    assert entry.params == 17 * (1024 * 256 + 256 * 256 * 9 + 256 * 1024 + 2 * (256 + 256 + 1024))
    assert entry.macs == found.macs == 17 * (1024 * 256 + 256 * 256 * 9 + 256 * 1024) * 14 * 14
    assert len(entries(found, everything=True)) == len(found.pairs)


def test_entries_add_up() -> None:
    for a, b in (("resnet18", "resnet50"), ("vgg16", "googlenet"), ("torchvision/googlenet", "googlenet")):
        found = between(a, b)
        assert sum(e.params for e in entries(found)) == found.params
        assert sum(e.macs for e in entries(found)) == found.macs


def test_nothing_differs() -> None:
    assert "no layer differs" in str(between("alexnet", "alexnet"))


def test_formats() -> None:
    found = between("plain18", "resnet18")
    data = to_dict(found)
    assert data["schema"] == "diff/1"
    assert sum(pair["params"] for pair in data["pairs"]) == data["params"] == found.params
    totals = [network["totals"]["params"] for network in data["networks"]]
    assert totals[1] - totals[0] == found.params
    rows = [line.split(" | ") for line in markdown(found, everything=True).splitlines() if line.startswith("| added")]
    assert len(rows) == found.count("added")
    result = CliRunner().invoke(cli, ["diff", "plain18", "resnet18", "--format", "json"])
    assert json.loads(result.output) == json.loads(json.dumps(data))


def test_diff_is_no_csv() -> None:
    result = CliRunner().invoke(cli, ["diff", "plain18", "resnet18", "-o", "x.csv"])
    assert "a difference has no CSV format; use .txt, .md or .json" in str(result.exception)
