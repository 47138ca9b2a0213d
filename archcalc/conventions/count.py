"""Counts a network as a tool does."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.analysis.shapes import calls
from archcalc.conventions.convention import Rule, convention
from archcalc.errors import UsageError
from archcalc.net import Net
from archcalc.spec.called import called


class Count(NamedTuple):
    """What a tool prints for a network, one sample, in eval mode under no_grad on the CPU.

    ``by_layer`` and ``rules`` are per node of ``net.layers``; ``unit`` is MACs or FLOPs, ``says`` the tool's own word.
    """

    name: str
    unit: str
    says: str
    by_layer: list[int]
    by_kind: dict[str, int]
    rules: list[Rule]

    @property
    def total(self) -> int:
        """The number that the tool prints."""
        return sum(self.by_layer)


def counted(net: Net, name: str, mode: str | None = None) -> Count:
    """The count of a convention (`archcalc.conventions.names`), or of it in one of its ``modes``.

    Raises `UsageError` for an unknown convention, and for a network that is not in eval mode.
    """
    found = convention(name)
    if net.mode != "eval":
        raise UsageError("tools are reproduced in eval mode; leave out --mode train")
    by_layer: list[int] = []
    rules: list[Rule] = []
    by_kind: dict[str, int] = {}
    known: dict[tuple[int, str], tuple[Rule, int]] = {}
    for node, call, how in zip(net.layers, calls(net)[net.n_inputs:], called(net), strict=True):
        if (id(call), how) not in known:
            rule = found.rule(call, how, node.name, mode)
            known[id(call), how] = rule, rule(call, how, node.name)
        rule, count = known[id(call), how]
        rules.append(rule)
        by_layer.append(count)
        by_kind[node.layer.kind] = by_kind.get(node.layer.kind, 0) + count
    return Count(name, found.unit, found.says, by_layer, by_kind, rules)
