"""Which layers correspond: the best of short stretches by brute force, and longer networks by what was done to them."""

from __future__ import annotations

import time
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archcalc
from archcalc.comparison import Diff, diff, stretch
from archcalc.comparison.alignment import _rising
from archcalc.comparison.stretch import best
from archcalc.net import Net

LETTERS = st.lists(st.integers(0, 2), max_size=6)


def _fit(a: int, b: int) -> int:
    return (0 if a != b else 1 + a)


@given(LETTERS, LETTERS)
def test_best_is_the_best_of_all_alignments(a: list[int], b: list[int]) -> None:
    found = best(range(len(a)), range(len(b)), lambda i, j: _fit(a[i], b[j]))
    most = max(sum(_fit(a[i], b[j]) for i, j in zip(rows, columns, strict=True))
               for n in range(min(len(a), len(b)) + 1)
               for rows in combinations(range(len(a)), n) for columns in combinations(range(len(b)), n))
    assert sum(_fit(a[i], b[j]) for i, j in found) == most
    assert [i for i, _ in found] == sorted({i for i, _ in found})
    assert [j for _, j in found] == sorted({j for _, j in found})


def test_long_stretches_are_compared_near_the_diagonal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretch, "CELLS", 100)
    looked: set[tuple[int, int]] = set()

    def score(i: int, j: int) -> int:
        looked.add((i, j))
        return int(i == j - 10)

    # 500 and 510 elements: within 32 places of the diagonal at most 65 pairs a row, not 510.
    assert best(range(500), range(510), score) == [(i, i + 10) for i in range(500)]
    assert len(looked) <= 500 * 65


@given(st.permutations(range(7)))
def test_rising_is_the_longest_run(order: list[int]) -> None:
    pairs = list(enumerate(order))
    found = list(_rising(pairs))
    longest = max(n for n in range(8) for some in combinations(order, n) if list(some) == sorted(some))
    assert len(found) == longest
    assert [j for _, j in found] == sorted(j for _, j in found)


BLOCK = ["{conv: 64, kernel: 3, padding: 1}", "batchnorm", "relu"]
NEW = ["{conv: 64, kernel: 5, padding: 2}", "batchnorm", "gelu"]


def chain(items: list[str], name: str = "") -> Net:
    """Layers in a row, named by their number where there is a name."""
    lines = [f"- {name}{i}: {item}" if name else f"- {item}" for i, item in enumerate(items)]
    return archcalc.loads("\n".join(["input: [64, 8, 8]", "layers:", *lines]))


def inserted(places: list[int]) -> list[str]:
    items = BLOCK * 667
    for place in places:
        items[3 * place:3 * place] = NEW
    return items


def counts(found: Diff) -> dict[str, int]:
    return {status: n for status in ("added", "removed", "changed", "renamed") if (n := found.count(status))}  # type: ignore[arg-type]


@pytest.mark.parametrize(("a", "b"), [("", ""), ("a", "b"), ("a", "")], ids=["numbered", "renamed", "both"])
def test_three_blocks_inserted_into_2000_layers(a: str, b: str) -> None:
    first, second = chain(BLOCK * 667, a), chain(inserted([10, 300, 500]), b)
    begun = time.process_time()
    found = diff(first, second)
    assert time.process_time() - begun < 1
    assert {key: n for key, n in counts(found).items() if key != "renamed"} == {"added": 9}
    assert found.macs == 3 * 5 * 5 * 64 * 64 * 8 * 8
    added = [p.b for p in found.pairs if p.status == "added"]
    kinds = [second.nodes[j].layer.kind for j in added if j is not None]
    assert sorted(kinds) == sorted(["conv", "batchnorm", "gelu"] * 3)


def test_names_that_only_count_do_not_hold_layers_together() -> None:
    a = chain(["{conv: 64}", "relu", "{conv: 128}", "relu", "{conv: 256}"])
    b = chain(["{conv: 32}", "relu", "{conv: 64}", "relu", "{conv: 128}", "relu", "{conv: 256}"])
    found = diff(a, b)
    assert counts(found) == {"added": 2, "renamed": 5}
    names = {a.nodes[p.a].name: b.nodes[p.b].name for p in found.pairs if p.status == "renamed"}  # type: ignore[index]
    assert names == {"conv": "conv_2", "relu": "relu_2", "conv_2": "conv_3", "relu_2": "relu_3", "conv_3": "conv_4"}


def test_names_that_say_something_do() -> None:
    a = archcalc.loads("input: [3, 8, 8]\nlayers: [{stem: {conv: 64}}, {mid: {conv: 128}}, {tail: {conv: 256}}]")
    b = archcalc.loads("input: [3, 8, 8]\nlayers: [{stem: {conv: 128}}, {mid: {conv: 256}}, {tail: {conv: 512}}]")
    assert [p.changes for p in diff(a, b).pairs] == [
        (), ("filters 64 -> 128",), ("filters 128 -> 256",), ("filters 256 -> 512",)]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([*BLOCK, *NEW, "{conv: 64}"]), min_size=2, max_size=30), st.data())
def test_one_layer_left_out_is_all_that_is_removed(items: list[str], data: st.DataObject) -> None:
    gone = data.draw(st.integers(0, len(items) - 1))
    left = items[:gone] + items[gone + 1:]
    found = diff(chain(items, "a"), chain(left, "b"))
    assert {status: n for status, n in counts(found).items() if status != "renamed"} == {"removed": 1}
    assert found.macs == -archcalc.report(chain(items)).rows[gone].macs
