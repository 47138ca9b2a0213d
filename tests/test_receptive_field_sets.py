"""Receptive fields, forwards and backwards, against sets of inputs followed through every layer by brute force."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from archcalc.analysis.receptive_field import AxisField, field_of, fields
from archcalc.analysis.receptive_field import Seen as Forward
from archcalc.analysis.region import region
from archcalc.analysis.shapes import Call, calls
from archcalc.analysis.span import hull
from archcalc.api import loads
from tests.dependencies.draw import graph
from tests.dependencies.graph import Graph, Seen

SEEDS = range(70)


def forward(seen: Forward, call: Call, unit: tuple[int, ...], n: int, local: bool) -> range:
    """The pixels of an axis of n that the forward pass gives a unit, clipped to those that exist."""
    index = unit[call.out.space.index(seen.axis)] if seen.axis is not None else 0
    both = hull(None if local else seen.fixed, seen.span.at(index) if seen.span else None)
    return range(max(both[0], 0), min(both[1], n - 1) + 1) if both else range(0)


def drawn(seed: int) -> tuple[Graph, Any]:
    found = graph(seed)
    return found, loads(found.text())


@pytest.mark.parametrize("seed", SEEDS)
def test_shapes(seed: int) -> None:
    found, net = drawn(seed)
    assert {node.name: call.out.spatial for node, call in zip(net.nodes, calls(net), strict=True)} == {
        name: step.sizes for name, step in found.steps.items()}


@pytest.mark.parametrize("local", [False, True], ids=["all", "local"])
@pytest.mark.parametrize("seed", SEEDS)
def test_forward(seed: int, local: bool) -> None:
    """Exact for units that no border reaches; for others, no less than what they see."""
    found, net = drawn(seed)
    seen = found.seen(local=local)
    sizes = found.steps["input"].sizes
    for node, call, by_input in zip(net.layers, calls(net)[1:], fields(net)[1:], strict=True):
        rules = field_of(by_input, call, local=local)
        for unit in product(*map(range, call.out.spatial)):
            exact, rough = seen[node.name].box(unit), bool(seen[node.name].rough[unit])
            if not any(exact):
                continue
            ours = [forward(s, call, unit, n, local) for s, n in zip(by_input[0] or (), sizes, strict=True)]
            assert ours == list(exact) or (rough and all(map(_holds, ours, exact))), (node, unit)
            for rule, axis, box in zip(rules or (), by_input[0] or (), exact, strict=True):
                at = unit[call.out.space.index(axis.axis)] if axis.axis is not None else 0
                assert rough or _follows(rule, at, box)


def _holds(large: range, small: range) -> bool:
    return large[0] <= small[0] and small[-1] <= large[-1]


def _follows(rule: AxisField, i: int, box: range) -> bool:
    """Whether unit i sees start + i·stride … + size − 1; at most so many where the rule has no stride or start."""
    if rule.stride is None or rule.start is None or rule.phases > 1:
        return len(box) <= rule.size
    first = rule.start + i * rule.stride
    return box == range(int(first), int(first) + rule.size)


@pytest.mark.parametrize("seed", SEEDS)
def test_backward(seed: int) -> None:
    """Exact for every unit, of the input and of a layer between."""
    found, net = drawn(seed)
    names = list(found.steps)
    for source in ("input", names[len(names) // 3]):
        for name, seen in found.seen(source).items():
            if name != source and seen.by.any():
                for unit in _some(found.steps[name].sizes):
                    assert region(net, name, unit, source) == seen.box(unit), (name, unit, source)


def _some(sizes: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Corners, the middle, and a diagonal between."""
    ends = [sorted({0, n // 2, n - 1}) for n in sizes]
    return [*product(*ends), *(tuple(i % n for n in sizes) for i in range(1, max(sizes), 2))]


def test_units_that_nothing_clips_are_among_those_checked() -> None:
    interior = 0
    for seed in SEEDS:
        seen: dict[str, Seen] = graph(seed).seen()
        interior += sum(int((~s.rough).sum()) for s in seen.values())
    assert interior > 10_000
