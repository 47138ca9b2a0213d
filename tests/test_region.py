"""What one unit depends on, in cases worked out by hand; errors; and that no other layers are touched."""

from __future__ import annotations

import re
from typing import Any

import pytest

import archcalc
from archcalc.analysis.receptive_field import field_of, fields
from archcalc.analysis.region import region
from archcalc.analysis.shapes import Call, calls
from archcalc.api import loads
from archcalc.errors import UsageError
from archcalc.net import Net

SEVERAL = """
inputs: {left: [2, 9, 9], right: [2, 9, 9], ids: {shape: [4], dtype: int64}}
layers:
- a: {conv: 2, kernel: 3, padding: 1, from: left}
- b: {conv: 2, kernel: 5, from: right}
- c: {concat: , from: [a, left]}
- d: {crop: 5, from: c}
- e: {concat: , from: [d, b]}
- pool: {global_avgpool: , keep: false}
- words: {embedding: 5, features: 4, from: ids}
- given: {parameter: [2, 9, 9], from: left}
- last: {conv: 2, kernel: 3, from: given}
"""


def row(*layers: str, n: int = 9) -> Net:
    return loads(f"input: [1, {n}]\nlayers: [{', '.join(layers)}]")


@pytest.mark.parametrize(("layers", "unit", "expected"), [
    (["x: {conv1d: 1, kernel: 3, dilation: 2, padding: 2}"], 0, range(0, 3)),
    (["x: {conv1d: 1, kernel: 3, dilation: 2, padding: 2}"], 4, range(2, 7)),
    (["x: {conv1d: 1, kernel: 2, dilation: 4, padding: 4}"], 1, range(1, 2)),       # −3 and 1
    (["y: {conv1d: 1, stride: 2}", "x: {conv1d: 1, kernel: 3, padding: 1}"], 4, range(6, 9)),
    (["x: {upsample: 2}"], 5, range(2, 3)),
    (["x: {upsample: 2, mode: linear}"], 0, range(0, 1)),
    (["x: {upsample: 2, mode: linear}"], 17, range(8, 9)),
    (["x: {upsample: 2, mode: linear}"], 16, range(7, 9)),
    (["x: {conv_transpose1d: 1, stride: 2}"], 3, range(0)),                          # a gap that nothing fills
    (["x: {conv_transpose1d: 1, kernel: 3, stride: 2}"], 4, range(1, 3)),
    (["p: {pad: 3}", "x: {conv1d: 1, kernel: 3}"], 0, range(0)),
    (["p: {pad: 3}", "x: {conv1d: 1, kernel: 3}"], 2, range(0, 2)),
    (["x: {pad: 2, mode: reflect}"], 0, range(2, 3)),
    (["c: {crop: 3}", "x: {conv1d: 1, kernel: 3, padding: 1}"], 0, range(3, 5)),    # not what was cut off
    (["x: {maxpool1d: 2, stride: 2, ceil: true}"], 4, range(8, 9)),
    (["x: {adaptive_avgpool: 2}"], 1, range(4, 9)),
    (["x: {roll: 1}"], 0, range(8, 9)),
    (["g: global_avgpool", "x: {multiply: , from: [g, input]}"], 4, range(0, 9)),
])
def test_by_hand(layers: list[str], unit: int, expected: range) -> None:
    assert region(row(*(f"{{{layer}}}" for layer in layers)), "x", (unit,)) == (expected,)


def test_a_unit_in_a_gap_sees_nothing_along_any_axis() -> None:
    net = loads("input: [1, 4, 4]\nlayers: [{x: {conv_transpose: 1, kernel: [1, 3], stride: [2, 1]}}]")
    assert region(net, "x", (0, 2)) == (range(0, 1), range(0, 3))
    assert region(net, "x", (1, 2)) == (range(0), range(0))


def test_tokens_end_to_end() -> None:
    net = loads("input: [2, 5]\nlayers: [{t: {reshape: [2, 5], axes: [channel, sequence]}}, {u: {slice: 1, stop: 2}}, "
                "{c: {concat: , axis: sequence, from: [u, t]}}, {x: {reshape: [2, 7], axes: [channel, space]}}]")
    assert [region(net, "x", (i,))[0].start for i in range(7)] == [0, 1, 0, 1, 2, 3, 4]


def test_sources() -> None:
    net = loads(SEVERAL)
    assert region(net, "e", (0, 0), "left") == (range(1, 4), range(1, 4))
    assert region(net, "e", (0, 0), "right") == (range(0, 5), range(0, 5))
    assert region(net, "e", (4, 0), "a") == (range(6, 7), range(2, 3))
    assert region(net, "d", (0, 0)) == (range(1, 4), range(1, 4))


@pytest.mark.parametrize(("layer", "unit", "source", "message"), [
    ("ee", (0, 0), None, "'ee' is no layer of spec; did you mean 'e'?"),
    ("e", (0, 0), "rihgt", "'rihgt' is no layer of spec; did you mean 'right'?"),
    ("pool", (), None, "'pool' has no spatial axes: it is 6, channel"),
    ("e", (0,), None, "'e' has 2 spatial axes, but the unit has 1 indices"),
    ("e", (0, 5), None, "'e' is 6×5×5: it has no unit 5 along an axis of 5; they are 0 to 4"),
    ("e", (-1, 0), None, "it has no unit -1"),
    ("e", (0, 0), None, "'e' sees several inputs: name left or right as `source`"),
    ("e", (0, 0), "e", "'e' does not come before 'e'"),
    ("c", (0, 0), "e", "'e' does not come before 'c'"),
    ("c", (0, 0), "b", "'c' does not see 'b': no path leads there"),
    ("c", (0, 0), "ids", "'c' does not see 'ids': no path leads there"),
    ("last", (0, 0), "left", "'last' does not see 'left'"),
    ("last", (0, 0), None, "'last' sees no input that has spatial axes; name a `source`"),
])
def test_errors(layer: str, unit: tuple[int, ...], source: str | None, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        region(loads(SEVERAL), layer, unit, source)


def test_a_source_without_space() -> None:
    net = loads("input: [6]\nlayers: [{a: {linear: 8}}, {r: {reshape: [2, 4], axes: [channel, space]}}, "
                "{x: {conv1d: 1, kernel: 2}}]")
    with pytest.raises(UsageError, match="'a' has no spatial axes"):
        region(net, "x", (0,), "a")
    assert region(net, "x", (1,), "r") == (range(1, 3),)


def test_only_layers_between_are_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    net = archcalc.load("resnet50")
    touched: list[Any] = []
    calls(net)
    monkeypatch.setattr(Call, "sights", property(lambda call: touched.append(call) or call.layer.sees(*call.inputs)))
    region(net, "conv3_x.2.sum", (3, 3), "conv3_x.2.sum.branch.conv1")
    assert 0 < len(set(map(id, touched))) < 12


@pytest.mark.parametrize("name", ["alexnet", "zfnet", "vgg16", "googlenet", "resnet18", "resnet50", "resnet34-a"])
def test_interior_units_of_families_agree_with_the_forward_field(name: str) -> None:
    net = archcalc.load(name)
    checked = 0
    for node, call, seen in zip(net.layers, calls(net)[1:], fields(net)[1:], strict=True):
        if not call.out.space or node.layer.kind == "global_avgpool":
            continue
        unit = tuple(n // 2 for n in call.out.spatial)
        field = field_of(seen, call)
        assert field is not None
        first, size = [int(f.start + i * f.stride) for f, i in zip(field, unit, strict=True)], [f.size for f in field]
        box = region(net, node.name, unit)
        for axis, (a, n) in enumerate(zip(first, size, strict=True)):
            assert box[axis] == range(max(a, 0), min(a + n, call_size(net, axis)))
        checked += 1
    assert checked > 10


def call_size(net: Net, axis: int) -> int:
    size: int = calls(net)[0].out.spatial[axis]
    return size
