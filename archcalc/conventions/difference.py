"""Where two counts of a network part, kind by kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archcalc.analysis.shapes import calls
from archcalc.conventions.convention import UNIT, convention
from archcalc.conventions.count import counted
from archcalc.net import Net

OWN = "archcalc"
OWN_REASONS = "nothing, since it has no multiply-accumulates", "its multiply-accumulates, without biases"


class Reason(NamedTuple):
    """What some layers of a kind count, and why."""

    layers: int
    total: int
    because: str


class Kind(NamedTuple):
    """One kind of layer: how many there are, archcalc's MACs, and each side's counts with reasons."""

    name: str
    layers: int
    macs: int
    counts: tuple[int, ...]
    reasons: tuple[tuple[Reason, ...], ...]

    @property
    def difference(self) -> int:
        """The second count less the first."""
        return self.counts[-1] - self.counts[0]


class Mode(NamedTuple):
    """What a tool says in other circumstances; ``reasons`` are kinds that it counts otherwise there, and why."""

    name: str
    total: int
    reasons: tuple[tuple[str, str], ...]


class Side(NamedTuple):
    """One of the counts: ``tool`` with its version, its own word and unit, its total and how it counts at all."""

    name: str
    tool: str
    says: str
    unit: str
    total: int
    about: str
    modes: tuple[Mode, ...]

    @property
    def macs(self) -> int:
        """The total in multiply-accumulates, if all of it were such."""
        return self.total // UNIT[self.unit]


class Difference(NamedTuple):
    """Two counts of a network, or of the ``layers`` chosen; kinds in order of what they make of the difference."""

    net: Net
    layers: tuple[str, ...]
    sides: tuple[Side, Side]
    kinds: tuple[Kind, ...]

    @property
    def total(self) -> int:
        """The second total less the first."""
        return self.sides[1].total - self.sides[0].total

    @property
    def macs(self) -> int:
        """archcalc's own count."""
        return sum(kind.macs for kind in self.kinds)


def difference(net: Net, names: Sequence[str], layers: Sequence[str] = ()) -> Difference:
    """Where the counts of two conventions part, or of one and archcalc's MACs; of all layers or those of some names.

    Raises `UsageError` for an unknown convention.
    """
    chosen = [i for i, node in enumerate(net.layers) if not layers or any(
        node.name == name or node.name.startswith(name + ".") for name in layers)]
    both = (OWN, *names) if len(names) == 1 else tuple(names)
    columns = [_column(net, name, chosen) for name in both]
    macs = [calls(net)[net.n_inputs + i].macs for i in chosen]
    by_kind: dict[str, list[int]] = {}
    for place, i in enumerate(chosen):
        by_kind.setdefault(net.layers[i].layer.kind, []).append(place)
    kinds = [Kind(kind, len(places), sum(macs[p] for p in places),
                  tuple(sum(column[p][0] for p in places) for column in columns),
                  tuple(_reasons([column[p] for p in places]) for column in columns))
             for kind, places in by_kind.items()]
    kinds.sort(key=lambda kind: -abs(kind.difference))
    first, second = (_side(net, name, column, chosen) for name, column in zip(both, columns, strict=True))
    return Difference(net, tuple(layers), (first, second), tuple(kinds))


Column = list[tuple[int, str]]
"""Count and reason of each layer chosen."""


def _column(net: Net, name: str, chosen: Sequence[int], mode: str | None = None) -> Column:
    if name == OWN:
        macs = [calls(net)[net.n_inputs + i].macs for i in chosen]
        return [(n, OWN_REASONS[n > 0]) for n in macs]
    found = counted(net, name, mode)
    return [(found.by_layer[i], found.rules[i].because) for i in chosen]


def _reasons(parts: Column) -> tuple[Reason, ...]:
    found: dict[str, list[int]] = {}
    for count, because in parts:
        found.setdefault(because, []).append(count)
    return tuple(Reason(len(counts), sum(counts), because) for because, counts in found.items())


def _side(net: Net, name: str, column: Column, chosen: Sequence[int]) -> Side:
    total = sum(count for count, _ in column)
    if name == OWN:
        return Side(OWN, OWN, "MACs", "MACs", total, "", ())
    found = convention(name)
    modes = []
    for mode in found.modes:
        other = _column(net, name, chosen, mode)
        changed = dict.fromkeys((net.layers[i].layer.kind, because) for i, (count, because), (old, _)
                                in zip(chosen, other, column, strict=True) if count != old)
        modes += [Mode(mode, sum(count for count, _ in other), tuple(changed))] if changed else []
    tool = f"{found.tool} {found.version}" + (f" ({name})" if name != found.tool else "")
    return Side(name, tool, found.says, found.unit, total, found.about, tuple(modes))
