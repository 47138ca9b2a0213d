"""Blocks found among groups: parts of one class whose items are the same but for fields and for items left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from archcalc.importing.writing.arguments import ANY, Argument, Expression, Slot, arguments
from archcalc.importing.writing.items import Group, Item, Readers, entered
from archcalc.importing.writing.rows import Row, branched, merged, rows_of, shortcut
from archcalc.layers.registry import kinds

SMALLEST = 2
"""Items that a block has at least."""


class Template:
    """A block: its name, its body (items whose fields may be expressions), and its arguments."""

    def __init__(self, name: str, body: list[Row], made: Sequence[Argument],
                 stands: dict[tuple[str, str], Any]) -> None:
        self.name, self.body, self.arguments, self.stands = name, body, list(made), stands


def usable(name: str, kind: str) -> str:
    """A name that is not taken for the branches of a join."""
    return f"{name}.{kind}" if name != kind and name in kinds() and kinds()[name].branches else name


def make(groups: Sequence[Group], class_name: str, readers: Readers, taken: set[str]) -> list[Template]:
    """Blocks for the groups of one class; those groups then have a ``use``."""
    usable = [g for g in groups if _usable(g, readers)]
    bodies: list[tuple[list[Row], list[Group]]] = []
    for group, rows in zip(usable, _alike(usable), strict=True):
        for n, (body, members) in enumerate(bodies):
            both = merged(body, rows, len(members))
            if both is not None:
                bodies[n] = (both, [*members, group])
                break
        else:
            bodies.append((rows, [group]))
    return [_template(body, members, class_name, taken) for body, members in bodies
            if len(members) > 1 and not _indexed(body)]


def _indexed(body: Sequence[Row]) -> bool:
    """Whether repeats within have expressions of their index that differ from use to use."""
    return any(isinstance(value, Expression) and not all(value == other for other in slot.values)
               for row in body for path, inner in row.everything() for slot in _slots(path, inner)
               for value in slot.values)


def _usable(group: Group, readers: Readers) -> bool:
    """Whether a group can be a block: whole, of some size, and read at its end only."""
    inner = [i for item in group.items for part in item.copies for i in part]
    if any(i.gathers for i in inner) or (any(i.gathers for i in group.items) and not group.gathers):
        return False
    if group.broken or len(group.items) < SMALLEST or not entered(group.items):
        return False
    names = [item.name for item in group.items]
    if len(set(names)) < len(names) or any(i.share or i.note for item in group.items for i in item.everything()):
        return False
    inside = {i for item in group.items for part in item.everything() for i in part.drafts}
    return not any(readers.outside(i, inside) for i in inside if i != group.items[-1].out)


def _worded(body: Sequence[Row]) -> None:
    """Names that are numbers replaced by the kind, numbered from the second."""
    taken, new = {row.item.name for row in body}, dict[str, str]()
    for row in body:
        old = row.item.name
        wanted = row.item.kind if old.isdigit() else usable(old, row.item.kind)
        if wanted != old:
            name, n = wanted, 1
            while name in taken:
                n += 1
                name = f"{wanted}_{n}"
            taken.add(name)
            new[old] = name
        for use in row.uses:
            if use is not None and old in new:
                use.name = new[old]
        row.reads = [new.get(token, token) if isinstance(token, str) else token for token in row.reads]
        for _, rows in row.branches or ():
            _worded(rows)


def _alike(groups: Sequence[Group]) -> list[list[Row]]:
    """The rows of each group; sums whose shortcut has layers in some groups only have branches in all."""
    split = [shortcut(group.items) for group in groups]
    if all(split) and any(s[1] for s in split if s) and not all(s[1] for s in split if s):
        first = next(s[2] for s in split if s and s[1])
        return [branched(group.items, *s[:2], first) for group, s in zip(groups, split, strict=True) if s]
    return [rows_of(group.items) for group in groups]


def _template(body: list[Row], groups: Sequence[Group], class_name: str, taken: set[str]) -> Template:
    _worded(body)
    slots = [slot for row in body for path, inner in row.everything() for slot in _slots(path, inner)]
    made, stands = arguments(slots)
    name, n = class_name, 1
    while name in taken:
        n += 1
        name = f"{class_name}_{n}"
    taken.add(name)
    trained = all(row.item.train for row in body)
    if trained:     # said once, where the block is used
        for group in groups:
            for part in (i for item in group.items for i in item.everything()):
                part.train = False
    template = Template(name, body, made, {(slot.item, slot.field): value for slot, value in stands.items()})
    for number, group in enumerate(groups):
        given = {a.name: a.values[number] for a in made}
        use = Item(group.name, name, given, entered(group.items), group.items[-1].out)
        use.block, use.copies, use.drafts = template, [group.items], []
        use.train = trained
        group.use = use
    return template


def _slots(path: str, row: Row) -> Iterator[Slot]:
    """The fields of an item, of what follows it, and whether it is there, over all uses."""
    item, there = row.item, [use for use in row.uses if use is not None]
    if len(there) < len(row.uses):
        yield Slot(path, item.kind, "if", tuple(use is not None for use in row.uses))

    def slot(place: str, kind: str, field: str, value: Callable[[Item], Any]) -> Slot:
        return Slot(place, kind, field, tuple(ANY if use is None else value(use) for use in row.uses))

    for field in dict.fromkeys(f for use in there for f in use.fields):
        yield slot(path, item.kind, field, partial(_field, item.kind, field))
    if item.repeat is not None:
        yield slot(path, "", "repeat", lambda use: use.repeat)
    for field in dict.fromkeys(f for use in there for f in use.first):
        yield slot(path, "", f"first.{field}", partial(_first_of, field))
    for n, (kind, _) in enumerate(item.then):
        for field in dict.fromkeys(f for use in there for f in use.then[n][1]):
            yield slot(f"{path}.{kind}", kind, field, partial(_behind, kind, field, n))


def _field(kind: str, field: str, use: Item) -> Any:
    return _value(kind, use.fields, field)


def _first_of(field: str, use: Item) -> Any:
    return use.first.get(field, use.fields.get(field))


def _behind(kind: str, field: str, number: int, use: Item) -> Any:
    return _value(kind, use.then[number][1], field)


def _value(kind: str, fields: dict[str, Any], field: str) -> Any:
    return fields[field] if field in fields or kind not in kinds() else kinds()[kind].model_fields[field].default
