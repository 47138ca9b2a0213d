"""A network as claims see it: its parts by name, and each layer's numbers, worked out when asked for."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cached_property
from typing import NamedTuple

from archcalc.analysis.parameters import owned
from archcalc.analysis.shapes import calls
from archcalc.layers.registry import kinds
from archcalc.net import Net
from archcalc.reports.model import Numbers, Row
from archcalc.spec.claim import parts
from archcalc.tensor import Weights
from archcalc.words import suggest


class Counting(NamedTuple):
    """What is counted: archcalc's own ways by default (docs/conventions.md)."""

    flops: str = "all"
    "`all` arithmetic, `doubled` MACs, or `macs`."
    biases: bool = True
    norm: bool = True
    statistics: bool = False
    convolutions: bool = False
    "Whether only convolutions count."
    pooling: bool = False
    "Whether pooling layers count as layers."
    kilo: int = 1000
    "What K stands for in the printed figure."


class Unjudged(Exception):
    """A quantity that a network or layer does not have; the text says why."""


class Unknown(Exception):
    """A name that selects no layer; the text is the message."""


class NoField(Unknown):
    """A field that no layer selected has."""


class Selection(NamedTuple):
    """The nodes that a name selects, and how: as a layer, a block, or by pattern or kind."""

    nodes: tuple[int, ...]
    how: str


class Measured:
    """A network and the numbers of its layers, for one sample in float32."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self._rows: dict[int, Row] = {}
        self._selected: dict[str | None, Selection] = {}

    @cached_property
    def report(self) -> Numbers:
        """The whole report."""
        return Numbers(self.net)

    def select(self, of: str | None) -> Selection:
        """The nodes of a name; all layers for None. Raises `Unknown`."""
        if of not in self._selected:
            self._selected[of] = self._select(of)
        return self._selected[of]

    def rows(self, of: str | None) -> list[Row]:
        """The rows of a name, inputs included where they are named."""
        return [self._row(i) for i in self.select(of).nodes]

    def last(self, of: str | None) -> Row:
        """The row that makes the output of what a name selects. Raises `Unjudged` where it selects nothing."""
        nodes = self.select(of).nodes
        if not nodes:
            raise Unjudged("there is no such layer")
        return self._row(nodes[-1])

    def _row(self, i: int) -> Row:
        if i not in self._rows:
            self._rows[i] = Row(i, self.net.nodes[i], calls(self.net)[i], self._owned[i], 1)
        return self._rows[i]

    @cached_property
    def _owned(self) -> list[Weights]:
        return owned(self.net)

    def _select(self, of: str | None) -> Selection:
        if of is None:
            return Selection(tuple(range(self.net.n_inputs, len(self.net.nodes))), "network")
        found = [self._one(name) for name in parts(of)]
        hows = {one.how for one in found}
        nodes = dict.fromkeys(i for one in found for i in one.nodes)
        return Selection(tuple(nodes), hows.pop() if len(hows) == 1 else "block")

    def _one(self, name: str) -> Selection:
        net = self.net
        if name in net.index:
            return Selection((net.index[name],), "layer")
        tests = (("block", name in net.parts, lambda node: node.name.startswith(name + ".")),
                 ("pattern", "*" in name, lambda node: fnmatchcase(node.name, name)),
                 ("kind", name in kinds(), lambda node: node.layer.kind == name),
                 ("kind", True, lambda node: node.layer.family == name))
        for how, applies, test in tests:
            nodes = tuple(i for i, node in enumerate(net.nodes) if test(node)) if applies else ()
            if nodes or (applies and how != "kind"):
                return Selection(nodes, how)
        if name in kinds():
            return Selection((), "kind")
        raise Unknown(f"no layer or block is called '{name[:80]}'{suggest(name, net.parts)}")
