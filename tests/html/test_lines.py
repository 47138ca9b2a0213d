"""The tree of the page's table, and which boxes of a diagram stand for which layers."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.diagrams.diagram import diagram
from archcalc.html.data import full_names
from archcalc.html.lines import lines
from archcalc.html.links import boxes
from tests.diagrams.hostile import hostile

SPECS = ["alexnet", "resnet50", "googlenet", "unet", "gpt2", "torchvision/densenet121", "yolov3"]


def outline(text: str) -> list[str]:
    """The lines of a network, indented; a block ends in a colon."""
    found = lines(archcalc.report(archcalc.loads(text)))
    levels: list[int] = []
    for line in found:
        levels.append(0 if line.parent < 0 else levels[line.parent] + 1)
    return ["  " * level + line.label + ":" * line.block for level, line in zip(levels, found, strict=True)]


def test_what_a_layer_begins_stands_beside_it_in_order_of_execution() -> None:
    assert outline("""
input: [8, 8, 8]
layers:
- a: {conv: 8, then: relu}
- sum: {add: {branch: [{b: {conv: 8}}, {c: {conv: 8}}], shortcut: []}, then: relu}
""") == ["a", "a.relu", "sum.branch:", "  b", "  c", "sum", "sum.relu"]


def test_a_block_of_one_thing_is_that_thing() -> None:
    assert outline("""
input: [8, 8, 8]
blocks:
  one(w): [{only: {conv: w}}]
  two(w): [{inner: {one: w}}]
  pair(w): [{first: {two: w}}, {second: {conv: w}}]
layers:
- x: {two: 8}
- y: {pair: 8}
""") == ["x.inner.only", "y:", "  first.inner.only", "  second"]


@pytest.mark.parametrize("spec", SPECS)
def test_every_layer_has_a_line_and_every_block_the_sum_of_its_lines(spec: str) -> None:
    report = archcalc.report(spec)
    found = lines(report)
    names = full_names(found)
    assert [names[i] for i, line in enumerate(found) if not line.block] == [line.rows[0].name for line in found
                                                                          if not line.block]
    assert sorted(line.rows[0].index for line in found if not line.block) == [row.index for row in report.rows]
    for i, line in enumerate(found):
        assert line.parent < i
        if line.block:
            inner = [row.index for k, other in enumerate(found) if other.parent == i and k for row in other.rows]
            assert sorted(inner) == [row.index for row in line.rows]
            assert len([k for k, other in enumerate(found) if other.parent == i]) > 1


def test_siblings_are_in_order_of_execution() -> None:
    found = lines(archcalc.report("googlenet"))
    for parent in range(-1, len(found)):
        first = [min(row.index for row in line.rows) for line in found if line.parent == parent]
        assert first == sorted(first)


@pytest.mark.parametrize("spec", SPECS)
def test_every_layer_is_in_a_box(spec: str) -> None:
    net = archcalc.load(spec)
    found = boxes(diagram(net), net)
    assert {i for box in found for i in box.nodes} == set(range(net.n_inputs, len(net.nodes)))


def test_boxes_stand_for_what_is_drawn_in_them() -> None:
    net = archcalc.load("alexnet")
    found = {box.id: [net.nodes[i].name for i in box.nodes] for box in boxes(diagram(net, id="d"), net)}
    assert found["d-conv1-0"] == found["d-conv1-1"] == ["conv1", "conv1.relu", "norm1"]
    assert found["d-fc6-0"] == ["fc6", "fc6.relu"]          # the dropout is drawn, and is there in training only
    net = archcalc.load("googlenet")
    found = {box.name: box.nodes for box in boxes(diagram(net), net)}
    assert "aux1" not in found                              # as is an auxiliary head
    assert len(found["3a"]) == 14


def test_merged_boxes_stand_for_all_from_the_first_to_the_last() -> None:
    net = archcalc.load("googlenet")
    found = boxes(diagram(net, form="blocks", max_nodes=5), net)
    assert any(" … " in box.name for box in found)
    assert {i for box in found for i in box.nodes} == set(range(net.n_inputs, len(net.nodes)))


def test_hostile_names_have_lines_and_boxes() -> None:
    net = hostile()
    report = archcalc.report(net)
    assert len(lines(report)) == len(report)
    assert boxes(diagram(net), net)
