"""Rows grouped by block: the tree of names, and rows folded to a depth."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.reports.model import Numbers, Row, Totals, total


class Group:
    """A name in the tree: the layer of that name if there is one, and what stands below it."""

    __slots__ = ("children", "label", "name", "row")

    def __init__(self, name: str, label: str) -> None:
        self.name, self.label = name, label
        self.row: Row | None = None
        self.children: dict[str, Group] = {}

    def rows(self) -> list[Row]:
        """All rows of the group, in order."""
        found: list[Row] = []
        stack = [self]
        while stack:
            group = stack.pop()
            if group.row is not None:
                found.append(group.row)
            stack.extend(reversed(group.children.values()))
        return found


def tree(report: Numbers) -> Group:
    """The rows as a tree by the segments of their names, in order of first appearance."""
    root = Group("", "")
    for row in report.rows:
        group = root
        parts = row.name.split(".")
        for i, part in enumerate(parts):
            if part not in group.children:
                group.children[part] = Group(".".join(parts[:i + 1]), part)
            group = group.children[part]
        group.row = row
    return root


class Folded(NamedTuple):
    """All rows below one name of a depth, as one: sums, and the shape of the last."""

    name: str
    rows: list[Row]
    totals: Totals

    @property
    def last(self) -> Row:
        """The row whose output is the group's."""
        return self.rows[-1]


def fold(report: Numbers, depth: int) -> list[Folded]:
    """Rows summed by the first ``depth`` segments of their names, in order of first appearance."""
    groups: dict[str, list[Row]] = {}
    for row in report.rows:
        groups.setdefault(".".join(row.name.split(".")[:depth]), []).append(row)
    return [Folded(name, rows, total(rows)) for name, rows in groups.items()]
