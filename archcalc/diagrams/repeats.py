"""Repeated blocks, found by the graph: equal labelled subgraphs that follow one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from archcalc.analysis.shapes import calls
from archcalc.diagrams.parts import Part, block, links
from archcalc.diagrams.text import common
from archcalc.net import Net

PERIOD = 4
"The most blocks that are repeated together."
SEARCHED = 400
"Nodes above which blocks are equal only if their layers stand in the same order."


def folded(net: Net, parts: Sequence[Part]) -> list[Part]:
    """Parts with each run of equal blocks as one.

    The first block of a run may differ in strides, widths and its projection, as long as its main path
    has the same kinds and kernels and its output the same shape.
    """
    return _folded(net, parts, _Equal())


def _folded(net: Net, parts: Sequence[Part], equal: _Equal) -> list[Part]:
    inner = [p if p.is_layer else p._replace(parts=tuple(_folded(net, p.parts, equal))) for p in parts]
    looks = [_look(net, part, inner[k - 1] if k else None) for k, part in enumerate(inner)]
    found: list[Part] = []
    at = 0
    while at < len(inner):
        period, count = _run(looks, at)
        if count < 2:
            found.append(inner[at])
            at += 1
            continue
        units = [inner[at + i * period:at + (i + 1) * period] for i in range(count)]
        members = [unit[0] if period == 1 else block(_together(unit), unit) for unit in units]
        classes = [equal.number(net, member) for member in members]
        found.append(block(_together(inner[at:at + period * count]), members, classes))
        at += period * count
    return [_bare(part) for part in found]


def _run(looks: Sequence[_Look], at: int) -> tuple[int, int]:
    """Period and count of the longest run from a place; a count of 1 where nothing repeats."""
    best = (1, 1)
    for period in range(1, PERIOD + 1):
        unit, second = looks[at:at + period], looks[at + period:at + 2 * period]
        plain = not any(look.block for look in unit)
        if (plain and period == 1) or any(look.run for look in unit):
            continue
        if [look.coarse for look in unit] != [look.coarse for look in second] or not second[0].follows:
            continue
        same, count = [look.fine for look in second], 2
        while _repeats(looks[at + count * period:at + (count + 1) * period], same):
            count += 1
        if count <= (2 if plain else 1) or (count == 2 and [look.fine for look in unit] != same):
            continue
        if period * count > best[0] * best[1]:
            best = (period, count)
    return best


def _repeats(unit: Sequence[_Look], same: list[Any]) -> bool:
    return [look.fine for look in unit] == same and unit[0].follows


def _bare(part: Part) -> Part:
    """A block that holds one run only, as that run under the block's name."""
    return part.parts[0]._replace(name=part.name) if len(part.parts) == 1 and part.parts[0].is_run else part


def _together(parts: Sequence[Part]) -> str:
    """A name for several: what their names begin with, or the first and the last."""
    return ".".join(common([part.name for part in parts])) or f"{parts[0].name} … {parts[-1].name}"


Rows = tuple[tuple[str, tuple[int, ...]], ...]
"""A subgraph: the label of each node, and where its inputs stand; −1 is outside."""


class _Equal:
    """Numbers for subgraphs; isomorphic ones have the same."""

    def __init__(self) -> None:
        self._known: dict[Rows, int] = {}
        self._alike: dict[tuple[str, ...], list[Rows]] = {}

    def number(self, net: Net, part: Part) -> int:
        """The number of a part's subgraph, with its layers' fields and input shapes as labels."""
        place = {i: k for k, i in enumerate(part.nodes)}
        rows = tuple((_label(net, i), tuple(place.get(k, -1) for k in net.nodes[i].inputs)) for i in part.nodes)
        if rows not in self._known:
            alike = self._alike.setdefault(tuple(sorted(label for label, _ in rows)), [])
            same = next((other for other in alike if _isomorphic(rows, other)), None)
            self._known[rows] = len(self._known) if same is None else self._known[same]
            alike.append(rows)
        return self._known[rows]


def _label(net: Net, i: int) -> str:
    call = calls(net)[i]
    return f"{call.layer!r} {' '.join(map(str, call.inputs))}"


def _isomorphic(a: Rows, b: Rows) -> bool:
    import networkx

    if len(a) > SEARCHED:
        return False
    found: bool = networkx.is_isomorphic(_graph(a), _graph(b), node_match=lambda m, n: m["label"] == n["label"])
    return found


def _graph(rows: Rows) -> Any:
    import networkx

    graph = networkx.DiGraph()
    graph.add_node(-1, label="")
    for k, (label, wires) in enumerate(rows):
        graph.add_node(k, label=label)
        graph.add_edges_from((wire, k) for wire in wires)
    return graph


class _Look(NamedTuple):
    """What blocks of a run have in common: ``coarse`` all of them, ``fine`` all but perhaps the first."""

    block: bool
    run: bool
    follows: bool
    "Whether it reads the part before it."
    coarse: Any
    fine: Any


def _look(net: Net, part: Part, before: Part | None) -> _Look:
    out = calls(net)[part.nodes[-1]].out
    path = [calls(net)[layer.main] for layer in main_path(net, list(part.layers()))]
    path = [call for call in path if call.n_weights or call.macs] or path
    kinds = tuple((call.layer.kind, getattr(call.layer, "kernel", None)) for call in path)
    widths = tuple(call.out.dims[call.out.axes.index("channel")] if "channel" in call.out.axes else 0 for call in path)
    outside = set(before.nodes) if before else set()
    follows = any(k in outside for i in part.nodes for k in net.nodes[i].inputs)
    return _Look(not part.is_layer, part.is_run, follows, (kinds, out), (kinds, out, widths))


def main_path(net: Net, layers: Sequence[Part]) -> list[Part]:
    """The path through a block with the most layers that compute, in order."""
    layers = sorted(layers, key=lambda part: part.main)
    longest: list[tuple[int, int]] = []
    into: dict[int, list[int]] = {}
    for _, a, b in links(net, layers):
        into.setdefault(b, []).append(a)
    for k, part in enumerate(layers):
        before = max(((longest[a][0], a) for a in into.get(k, ()) if a >= 0), default=(0, -1), key=lambda x: x[0])
        longest.append((before[0] + bool(calls(net)[part.main].macs), before[1]))
    at, path = len(layers) - 1, []
    while at >= 0:
        path.append(layers[at])
        at = longest[at][1]
    return path[::-1]
