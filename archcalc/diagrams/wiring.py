"""Which edges into a join are shortcuts and projections, and which parts lead to auxiliary outputs only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archcalc.analysis.shapes import calls
from archcalc.diagrams.parts import Part, links
from archcalc.net import Net

SUM = "+"
"""The symbol of a layer whose direct inputs are shortcuts."""


class Wiring(NamedTuple):
    """Edges between parts as (node, part or −1 − input, part), and what is special about them."""

    links: list[tuple[int, int, int]]
    shortcuts: frozenset[tuple[int, int]]
    projections: frozenset[int]
    "Parts that stand in a shortcut."
    aux: frozenset[int]
    "Parts that no output of the network in eval mode needs."

    def style(self, a: int, b: int) -> str:
        """How an edge between parts is drawn."""
        if b in self.aux:
            return "aux"
        if a in self.projections or b in self.projections:
            return "projection"
        return "shortcut" if (a, b) in self.shortcuts else "data"


def wiring(net: Net, parts: Sequence[Part], inside: bool = False) -> Wiring:
    """The wiring of parts; ``inside`` a block, whatever they read of outside is one source."""
    found = links(net, parts)
    before: dict[int, list[int]] = {k: [] for k in range(len(parts))}
    readers: dict[int, set[int]] = {}
    for _, a, b in found:
        before[b].append(a)
        readers.setdefault(a, set()).add(b)
    if inside:
        owned = {i for part in parts for i in part.nodes}
        for k, part in enumerate(parts):
            outer = {s for i in part.nodes for s in net.nodes[i].inputs} - owned
            before[k] = [*dict.fromkeys([*(a for a in before[k] if a >= 0), *([-1] if outer else [])])]
            for a in before[k]:
                readers.setdefault(a, set()).add(k)
    shortcuts: set[tuple[int, int]] = set()
    projections: set[int] = set()
    for k, part in enumerate(parts):
        if part.is_layer and len(before[k]) > 1 and net.nodes[part.main].layer.symbol == SUM:
            direct, projecting = _sides(net, parts, before, readers, k)
            shortcuts |= {(a, k) for a in direct}
            projections |= projecting
    return Wiring(found, frozenset(shortcuts), frozenset(projections), _aux(net, parts))


def _sides(net: Net, parts: Sequence[Part], before: dict[int, list[int]], readers: dict[int, set[int]],
           join: int) -> tuple[list[int], set[int]]:
    """What reaches a join directly, and the parts of side paths that compute once beside a longer one."""
    paths = {a: _path(before, readers, a) for a in before[join]}
    weighted = {a: sum(2 * (not parts[p].is_layer) or bool(calls(net)[parts[p].main].macs) for p in path)
                for a, path in paths.items()}
    most = max(weighted.values())
    simple = {a for a, path in paths.items() if all(len(before[p]) == 1 for p in path)}
    direct = [a for a, path in paths.items() if not path and most > 0]
    projecting = {p for a in simple for p in paths[a] if weighted[a] <= 1 < most}
    return direct, projecting


def _path(before: dict[int, list[int]], readers: dict[int, set[int]], at: int) -> list[int]:
    """Parts back from a join's input to the fork where its path began, or to a join within it."""
    found: list[int] = []
    while at >= 0 and len(readers.get(at, ())) == 1:
        found.append(at)
        at = before[at][0] if len(before[at]) == 1 else -1
    return found


def _aux(net: Net, parts: Sequence[Part]) -> frozenset[int]:
    """Parts that only lead to outputs which the network has in training alone."""
    names = {n.nodes[i].name for n in [net.in_mode("eval")] for i in n.outputs}
    needed = {i for i in net.outputs if net.nodes[i].name in names}
    if len(needed) == len(net.outputs):
        return frozenset()
    for i in reversed(range(len(net.nodes))):
        if i in needed:
            needed.update(net.nodes[i].inputs)
    return frozenset(k for k, part in enumerate(parts) if needed.isdisjoint(part.nodes))
