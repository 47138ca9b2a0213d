"""The order of execution with the lowest peak, against all orders by brute force."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

import archcalc
from archcalc.analysis.memory import peak
from archcalc.analysis.order import best_order
from archcalc.net import Net


def orders(net: Net) -> Iterator[list[int]]:
    """Every topological order."""
    def extend(done: list[int]) -> Iterator[list[int]]:
        if len(done) == len(net.nodes):
            yield done
        for i, node in enumerate(net.nodes):
            if i not in done and all(k in done for k in node.inputs):
                yield from extend([*done, i])
    yield from extend(list(range(net.n_inputs)))


def peak_of(net: Net, order: list[int], sizes: dict[int, int]) -> int:
    """Peak of an order, written here from the definition: dropped after the last reader, inputs and outputs kept."""
    most = 0
    for step in range(net.n_inputs, len(order)):
        done, running = set(order[:step]), order[step]
        waiting = {k for i in order[step:] for k in net.nodes[i].inputs}
        read = {k for node in net.nodes for k in node.inputs}
        kept = {k for k in done if k in waiting or k < net.n_inputs or k in net.outputs or k not in read}
        most = max(most, sum(sizes[k] for k in kept | {running}))
    return most


@st.composite
def graphs(draw: st.DrawFn) -> str:
    """Small graphs of 1×1 convolutions of several widths, joined by concatenation."""
    layers = []
    for i in range(draw(st.integers(2, 6))):
        sources = draw(st.lists(st.sampled_from(["input", *(f"n{k}" for k in range(i))]), min_size=1, max_size=3,
                                unique=True))
        if len(sources) == 1:
            layers.append(f"- n{i}: {{conv: {draw(st.sampled_from([1, 2, 8, 32]))}, from: {sources[0]}}}")
        else:
            layers.append(f"- n{i}: {{concat: , from: [{', '.join(sources)}]}}")
    return "input: [4, 2, 2]\nlayers:\n" + "\n".join(layers) + "\n"


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_no_order_is_better(spec: str) -> None:
    net = archcalc.loads(spec)
    sizes = {i: 4 * call for i, call in enumerate([16, *(row.outputs for row in archcalc.report(net).rows)])}
    found = best_order(net)
    assert found.exact
    assert found.peak == min(peak_of(net, order, sizes) for order in orders(net))
    assert found.given == peak(net).bytes == peak_of(net, list(range(len(net.nodes))), sizes)
    best = [net.index[name] for name in found.layers]
    assert peak_of(net, list(range(net.n_inputs)) + best, sizes) == found.peak
    assert found.bound <= found.peak <= found.given


def test_a_better_order_of_branches() -> None:
    """Of two branches that shrink a large map, each should be finished before the other begins."""
    spec = """
input: [1, 8, 8]
layers:
  - a1: {conv: 64, from: input}
  - b1: {conv: 64, from: input}
  - a2: {conv: 1, from: a1}
  - b2: {conv: 1, from: b1}
  - sum: {add: , from: [a2, b2]}
"""
    found = best_order(archcalc.loads(spec))
    small, large = 64 * 4, 64 * 64 * 4
    assert (found.given, found.peak) == (small + 2 * large + small, 3 * small + large)
    assert found.exact
    assert found.gain == large - small


def test_a_search_that_stops_says_so() -> None:
    """Forty branches at once: more states than the bound allows."""
    branches = "\n".join(f"  - n{i}: {{conv: {1 + i % 7}, from: input}}\n  - m{i}: {{conv: 1, from: n{i}}}"
                         for i in range(40))
    names = ", ".join(f"m{i}" for i in range(40))
    net = archcalc.loads(f"input: [1, 4, 4]\nlayers:\n{branches}\n  - sum: {{concat: , from: [{names}]}}\n")
    found = best_order(net, seconds=0.0)
    assert found.stopped == "the time given"
    assert found.bound <= found.peak <= found.given
    assert sorted(found.layers) == sorted(node.name for node in net.layers)
