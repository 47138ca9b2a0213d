"""A sketch as the lists of a spec: blocks where parts are alike, repeats where they follow one another."""

from __future__ import annotations

import re
from typing import NamedTuple

from archcalc.importing.sketch import Sketch
from archcalc.importing.writing.dense import mark
from archcalc.importing.writing.items import Group, Item, Readers, numbered, placed, tree
from archcalc.importing.writing.rows import Row, rows_of
from archcalc.importing.writing.runs import folded
from archcalc.importing.writing.templates import Template, make, usable
from archcalc.layers.registry import kinds

DEPTH = 50
"""Rounds in which levels must settle."""


class Structure(NamedTuple):
    """A spec's blocks, in order of use, and its list of layers."""

    blocks: list[Template]
    rows: list[Row]
    items: list[Item]


def structure(sketch: Sketch, fold: bool = True) -> Structure:
    """The blocks and layers of a sketch; without ``fold``, no blocks."""
    root, readers = tree(sketch), Readers(sketch)
    if fold:
        mark(root, sketch.classes)
    taken = {*kinds()}
    blocks: list[Template] = []
    groups = list(root.groups())
    levels = _levels(sketch, groups)
    for level in sorted(set(levels.values())):
        here = [g for g in groups if levels[g] == level]
        for group in here:
            group.items = folded(placed(group, readers), readers)
        for name in dict.fromkeys(_class(sketch, g) for g in here):
            same = [g for g in here if _class(sketch, g) == name and len(g.items) > 1 and not _plain(sketch, g)]
            blocks += make(same, name, readers, taken) if fold else []
    items = folded(placed(root, readers), readers)
    _distinct(items)
    starts = [i for i, draft in enumerate(sketch.drafts) if draft.kind == "input"]
    return Structure(blocks, rows_of(items, starts), items)


def _levels(sketch: Sketch, groups: list[Group]) -> dict[Group, int]:
    """When each group's turn is: behind all its parts, and together with all groups of its class."""
    levels = {g: g.height for g in groups}
    for _ in range(DEPTH):
        highest: dict[str, int] = {}
        for g in groups:
            below = [levels[c] + 1 for c in g.children if isinstance(c, Group)]
            levels[g] = max([levels[g], *below])
            name = _class(sketch, g)
            highest[name] = max(highest.get(name, 0), levels[g])
        raised = {g: highest[_class(sketch, g)] for g in groups}
        if raised == levels:
            return levels
        levels = raised
    return {g: g.height for g in groups}    # a class within itself: each on its own level


def _plain(sketch: Sketch, group: Group) -> bool:
    """Whether a group is a list without a name of its own, within something that has one."""
    around = [group.path.rsplit(".", n)[0] for n in range(group.path.count(".") + 1)]
    return sketch.classes.get(group.path) in LISTS and any(sketch.classes.get(p, "Sequential") not in LISTS
                                                           for p in around[1:])


LISTS = ("Sequential", "ModuleList", "ModuleDict")


def _class(sketch: Sketch, group: Group) -> str:
    """A group's class as a block's name, its own name where it has none."""
    word = sketch.classes.get(group.path, LISTS[0])
    if word in LISTS:
        words = [re.sub(r"[._-]?\d+$", "", part) for part in group.path.split(".")]
        word = next((part for part in reversed(words) if part), "block")
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", word).lower()
    plain = re.sub(r"\W", "_", plain).strip("_") or "block"
    return f"{plain}_block" if plain in kinds() else plain


def _distinct(items: list[Item]) -> None:
    """Names of the whole list made valid, and different from one another."""
    for item in items:
        name = ".".join(word or "layer" for word in re.sub(r"[^\w.\-/]", "_", item.name).split("."))
        name = f"{item.kind}.{name}" if name.isdigit() or name.partition(".")[0] == "input" else name
        item.name = usable(name, item.kind)
    numbered(items)
