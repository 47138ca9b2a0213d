"""The rows of the page's table: layers, and the blocks around them, as a tree in order of execution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archcalc.reports.groups import Group, tree
from archcalc.reports.model import Numbers, Row


class Line(NamedTuple):
    """A layer or a block: the line it stands below (−1 for none), its name there, and the layers it stands for."""

    parent: int
    label: str
    rows: Sequence[Row]
    block: bool


def lines(report: Numbers) -> list[Line]:
    """Layers and blocks, each block before what is in it.

    What a layer's own name begins (``conv1.relu``, ``sum.branch``) stands beside it, and a block that
    holds one other only is one with it, so that a line is folded where there is something to fold.
    """
    found: list[Line] = []
    stack = [(-1, label, group) for label, group in reversed(_inside(tree(report)))]
    while stack:
        parent, label, group = stack.pop()
        if isinstance(group, Row):
            found.append(Line(parent, label, (group,), False))
        else:
            found.append(Line(parent, label, sorted(group.rows(), key=lambda row: row.index), True))
            stack += [(len(found) - 1, name, inner) for name, inner in reversed(_inside(group))]
    return found


def _inside(group: Group) -> list[tuple[str, Group | Row]]:
    """What a block holds, by name below it and in order of execution."""
    return sorted(_opened(group), key=lambda entry: _first(entry[1]))


def _opened(group: Group) -> Iterator[tuple[str, Group | Row]]:
    stack = [(child.label, child) for child in reversed(group.children.values())]
    while stack:
        label, child = stack.pop()
        if child.row is not None:
            yield label, child.row
        if child.row is not None or _lone(child):
            stack += [(f"{label}.{inner.label}", inner) for inner in reversed(child.children.values())]
        else:
            yield label, child


def _lone(group: Group) -> bool:
    """Whether a block holds one thing: a layer, or a block."""
    inner = next(iter(group.children.values()))
    return len(group.children) == 1 and (inner.row is None or not inner.children)


def _first(entry: Group | Row) -> int:
    return entry.index if isinstance(entry, Row) else min(row.index for row in entry.rows())
