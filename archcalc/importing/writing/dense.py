"""Chains in which each part reads all parts before it (DenseNet), found so that they can be repeated."""

from __future__ import annotations

from itertools import groupby

from archcalc.importing.writing.items import Group, Item
from archcalc.layers.registry import kinds

LEAST = 2


def mark(root: Group, classes: dict[str, str]) -> None:
    """Note at the concatenations of such chains where they begin: their item then ``gathers``."""
    for around in [root, *root.groups()]:
        parts = [c for c in around.children if isinstance(c, Group) and not c.broken]
        for _, run in groupby(parts, key=lambda g: classes.get(g.path, g.path)):
            _mark(list(run), around)


def _mark(run: list[Group], around: Group) -> None:
    joins = [_join(group) for group in run]
    if len(run) < LEAST or any(join is None for join in joins):
        return
    outs = [_last(group) for group in run]
    found = [join for join in joins if join is not None]
    begin = found[0].inputs[0]
    if any(join.inputs != [begin, *outs[:k]] for k, join in enumerate(found)):
        return
    for group, join in zip(run, found, strict=True):
        group.gathers, join.gathers = True, (begin, outs[0])
    for item in around.children:
        if isinstance(item, Item) and _joins(item) and item.inputs == [begin, *outs]:
            item.gathers = (begin, outs[0])


def _join(group: Group) -> Item | None:
    """The concatenation that a part begins with, inside however many parts of its own."""
    first = group.children[0]
    if isinstance(first, Group):
        return _join(first)
    return first if _joins(first) else None


def _joins(item: Item) -> bool:
    return item.kind in kinds() and kinds()[item.kind].signal == "join"


def _last(group: Group) -> int:
    """The draft of a part's last layer."""
    last = group.children[-1]
    return _last(last) if isinstance(last, Group) else last.out
