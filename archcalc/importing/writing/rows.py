"""Bodies of blocks while they are found: items with what they read, and two bodies as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from archcalc.importing.writing.items import PREVIOUS, Item, entered, tokens
from archcalc.layers.registry import kinds


class Row:
    """An item of a body, of which each use has its own or none; ``reads`` are its inputs as tokens."""

    def __init__(self, item: Item, reads: list[Any], uses: list[Item | None], branches: Any = None) -> None:
        self.item, self.reads, self.uses = item, reads, uses
        self.branches: list[tuple[str, list[Row]]] | None = branches

    def key(self) -> Any:
        """What must be equal for two items to be the same one."""
        item = self.item
        return (item.name, item.kind, item.block, [kind for kind, _ in item.then], item.train, self.reads,
                item.repeat is None, _roles(item),
                None if self.branches is None else [name for name, _ in self.branches])

    def everything(self, path: str = "") -> Iterator[tuple[str, Row]]:
        """The row and those in its branches, by their path in the block."""
        own = f"{path}{self.item.name}"
        yield own, self
        for name, rows in self.branches or ():
            for row in rows:
                yield from row.everything(f"{own}.{name}.")


def _roles(item: Item) -> list[Any]:
    """Fields that are lists of words, which no expression gives."""
    return [(name, value) for name, value in item.fields.items()
            if isinstance(value, tuple) and any(isinstance(v, str) for v in value)]


def rows_of(items: Sequence[Item], start: Sequence[int] | None = None) -> list[Row]:
    """Items with what they read as tokens."""
    begin = entered(items) if start is None else start
    return [Row(item, reads, [item]) for item, reads in zip(items, tokens(items, begin), strict=True)]


def _sums(item: Item) -> bool:
    return item.kind in kinds() and kinds()[item.kind].signal == "sum"


def shortcut(items: Sequence[Item]) -> tuple[list[Item], list[Item], bool] | None:
    """The two chains that the first sum of a list joins, the longer first, and whether it runs first; None if not."""
    begin = entered(items)
    at = next((i for i, item in enumerate(items) if _sums(item) and len(item.inputs) == 2), None)
    if at is None or len(begin) != 1:
        return None
    chains = [_chain(items[:at], v, begin[0]) for v in items[at].inputs]
    if any(c is None for c in chains):
        return None
    a, b = (c for c in chains if c is not None)
    if len(a) + len(b) != at or any(item.inputs == [v] for item in items[at + 1:] for v in begin):
        return None
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    return longer, shorter, not shorter or items.index(longer[0]) < items.index(shorter[0])


def _chain(items: Sequence[Item], end: int, start: int) -> list[Item] | None:
    """The items from a start to an end, or None where that is no chain (as in one with a join)."""
    by_out = {item.out: item for item in items}
    members: set[int] = set()
    waiting = [end]
    while waiting:
        v = waiting.pop()
        if v == start or v in members:
            continue
        if v not in by_out:
            return None
        members.add(v)
        waiting += by_out[v].inputs
    return [item for item in items if item.out in members]


def branched(items: Sequence[Item], longer: list[Item], shorter: list[Item], first: bool) -> list[Row]:
    begin = entered(items)
    at = next(i for i, item in enumerate(items) if _sums(item))
    join = items[at]
    pairs = [("branch", longer), ("shortcut", shorter)]
    branches = [(name, rows_of(chain, begin)) for name, chain in (pairs if first else pairs[::-1])]
    row = Row(join, [PREVIOUS], [join], branches)
    return [row, *rows_of(items[at + 1:], [join.out])]


def merged(body: Sequence[Row], rows: Sequence[Row], count: int) -> list[Row] | None:
    """A body that stands for one more use; None where the two do not fit."""
    found: list[Row] = []
    i = j = common = 0
    names = {row.item.name for row in rows}
    known = {row.item.name for row in body}
    while i < len(body) or j < len(rows):
        if i < len(body) and j < len(rows) and body[i].item.name == rows[j].item.name:
            both = _together(body[i], rows[j], count)
            if both is None:
                return None
            found.append(both)
            i, j, common = i + 1, j + 1, common + 1
        elif i < len(body) and body[i].item.name not in names:
            found.append(_padded(body[i], 0, 1))
            i += 1
        elif j < len(rows) and rows[j].item.name not in known:
            found.append(_padded(rows[j], count, 0))
            j += 1
        else:
            return None
    if found and 2 * common < max(len(body), len(rows)):
        return None
    return found if _sound(found) else None


def _padded(row: Row, before: int, after: int) -> Row:
    """A row for more uses, which do not have it."""
    branches = None if row.branches is None else [
        (name, [_padded(r, before, after) for r in rows]) for name, rows in row.branches]
    return Row(row.item, row.reads, [*[None] * before, *row.uses, *[None] * after], branches)


def _together(a: Row, b: Row, count: int) -> Row | None:
    if a.key() != b.key():
        return None
    branches = None
    if a.branches is not None and b.branches is not None:
        branches = []
        for (name, rows), (_, more) in zip(a.branches, b.branches, strict=True):
            both = merged(rows, more, count) if rows and more else [
                *(_padded(r, 0, 1) for r in rows), *(_padded(r, count, 0) for r in more)]
            if both is None:
                return None
            branches.append((name, both))
    return Row(a.item, a.reads, [*a.uses, *b.uses], branches)


def _sound(body: Sequence[Row]) -> bool:
    """Whether no item reads by name another that is left out where it is there."""
    there = {row.item.name: [use is not None for use in row.uses] for row in body}
    for row in body:
        for token in row.reads:
            if isinstance(token, str) and token in there and token != PREVIOUS and any(
                    use is not None and not present for use, present in zip(row.uses, there[token], strict=True)):
                return False
    return True
