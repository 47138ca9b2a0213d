"""Layers of a sketch as items of lists: blocks by dotted names, activations behind what they follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from archcalc.importing.sketch import Draft, Sketch
from archcalc.layers.registry import is_reference, kinds

PREVIOUS = "previous"
"""The token of an input that is the item before, or what the list begins with."""


class Item:
    """An item of a list: a layer, or the use of a block.

    ``inputs`` and ``out`` are indices of drafts; ``then`` are (kind, fields) behind it. A block's use has
    ``block`` (a template) and ``copies``: the items of each repetition; ``fields`` are then its arguments.
    """

    def __init__(self, name: str, kind: str, fields: dict[str, Any], inputs: Sequence[int], out: int) -> None:
        self.name, self.kind, self.fields, self.inputs, self.out = name, kind, fields, list(inputs), out
        self.then: list[tuple[str, dict[str, Any]]] = []
        self.drafts = [out]
        self.share: dict[str, tuple[int, str]] = {}
        self.note, self.train = "", False
        self.block: Any = None
        self.copies: list[list[Item]] = []
        self.branches: list[tuple[str, list[Item]]] | None = None
        self.repeat: int | None = None
        self.first: dict[str, Any] = {}
        self.gathers: tuple[int, int] | None = None
        "Where a chain begins whose every part this reads, and the end of the first part."

    def __repr__(self) -> str:
        return f"<{self.name}: {self.kind} {self.fields}>"

    def everything(self) -> Iterator[Item]:
        """The item and those in its branches and in the block that it uses."""
        yield self
        for _, branch in self.branches or ():
            for item in branch:
                yield from item.everything()
        for copy in self.copies:
            for item in copy:
                yield from item.everything()


class Group:
    """What a dotted prefix holds, in order of execution. A ``broken`` one is left and entered again."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.children: list[Group | Item] = []
        self.items: list[Item] = []
        self.broken = False
        self.use: Item | None = None
        self.gathers = False

    @property
    def name(self) -> str:
        """The last word of its path."""
        return self.path.rpartition(".")[2]

    @property
    def height(self) -> int:
        """Levels of groups below it."""
        return 1 + max((c.height for c in self.children if isinstance(c, Group)), default=0)

    def groups(self) -> Iterator[Group]:
        """All groups below it, the innermost first."""
        for child in self.children:
            if isinstance(child, Group):
                yield from child.groups()
                yield child


def tree(sketch: Sketch) -> Group:
    """The layers of a sketch grouped by the words of their names."""
    root = Group("")
    stack, seen = [root], dict[str, Group]()
    for index, draft in enumerate(sketch.drafts):
        if draft.kind == "input":
            continue
        words = draft.name.split(".")[:-1]
        paths = [".".join(words[:i + 1]) for i in range(len(words))]
        common = 0
        while common < len(paths) and common + 1 < len(stack) and stack[common + 1].path == paths[common]:
            common += 1
        del stack[common + 1:]
        for path in paths[common:]:
            group = Group(path)
            if path in seen:
                group.broken = seen[path].broken = True
            seen[path] = group
            stack[-1].children.append(group)
            stack.append(group)
        stack[-1].children.append(_item(draft, index))
    return root


def _item(draft: Draft, index: int) -> Item:
    item = Item(draft.name.rpartition(".")[2], draft.kind, dict(draft.fields), draft.inputs, index)
    item.share, item.note, item.train = dict(draft.share), draft.note, draft.train
    return item


def batch_only(item: Item) -> bool:
    """Whether an item reads nothing of its input but the batch, so that any will do."""
    return item.kind in kinds() and kinds()[item.kind].batch_only


def likes(item: Item) -> list[str]:
    """Fields of an item that name a layer, whose output is an input behind the others."""
    kind = kinds().get(item.kind)
    return [] if kind is None else [f for f, value in item.fields.items() if value is True and is_reference(kind, f)]


class Readers:
    """Which drafts read each draft."""

    def __init__(self, sketch: Sketch) -> None:
        self.of: dict[int, list[int]] = {}
        for index, draft in enumerate(sketch.drafts):
            for source in draft.inputs:
                self.of.setdefault(source, []).append(index)
        self.outputs = set(sketch.outputs)

    def only(self, source: int, reader: int) -> bool:
        """Whether nothing else reads a draft."""
        return source not in self.outputs and self.of.get(source) == [reader]

    def outside(self, source: int, inside: set[int]) -> bool:
        """Whether something reads a draft that is not among those given."""
        return source in self.outputs or any(r not in inside for r in self.of.get(source, ()))


def fused(items: Sequence[Item], readers: Readers) -> list[Item]:
    """Items with normalization and activations behind the layer that they follow, where nothing else reads it."""
    found: list[Item] = []
    for item in items:
        if found and _follows(found[-1], item, readers):
            found[-1].then.append((item.kind, item.fields))
            found[-1].drafts += item.drafts
            found[-1].out = item.out
        else:
            found.append(item)
    return found


def _follows(head: Item, item: Item, readers: Readers) -> bool:
    before = kinds().get(head.kind)
    if before is not None and (before.batch_only or before.unknown):
        return False
    if head.repeat is not None or head.note:
        return False
    if item.then or item.share or item.note or item.train != head.train:
        return False
    kind = kinds().get(item.kind)
    plain = (kind is not None and kind.family in ("norm", "act") and kind.inputs == (1, 1) and kind.only is None
             and not kind.unknown)
    fresh = not any(word == item.kind for word, _ in head.then)
    return plain and fresh and item.inputs == [head.out] and readers.only(head.out, item.drafts[0])


def placed(group: Group, readers: Readers) -> list[Item]:
    """A group's own list: blocks as their uses, others written out under dotted names."""
    found: list[Item] = []
    for child in group.children:
        if isinstance(child, Item):
            found.append(child)
        elif child.use is not None:
            found.append(child.use)
        elif len(child.items) == 1:
            child.items[0].name = child.name
            found.append(child.items[0])
        else:
            for item in child.items:
                item.name = f"{child.name}.{item.name}"
            found += child.items
    numbered(found)
    return fused(found, readers)


def numbered(items: Sequence[Item]) -> None:
    """Names of a list made different from one another: from the second on they are numbered."""
    taken = {item.name for item in items}
    seen: set[str] = set()
    for item in items:
        name, n = item.name, 1
        while item.name in seen or (n > 1 and item.name in taken):
            n += 1
            item.name = f"{name}_{n}"
        seen.add(item.name)


def tokens(items: Sequence[Item], start: Sequence[int]) -> list[list[Any]]:
    """What each item reads, as words of its list: the item before, an earlier one by name, or an input by number."""
    names = {item.out: item.name for item in items}
    found: list[list[Any]] = []
    before = start[0] if start else -1
    for item in items:
        if batch_only(item):
            found.append([])
            before = item.out
            continue
        if item.gathers:
            found.append([item.gathers])
            before = item.out
            continue
        alone = len(item.inputs) - len(likes(item)) == 1
        own = [PREVIOUS if v == before and alone and not i else names[v] if v in names else start.index(v)
               for i, v in enumerate(item.inputs)]
        found.append(own)
        before = item.out
    return found


def entered(items: Sequence[Item]) -> list[int]:
    """What a list of items reads from outside, in order."""
    inside = {i for item in items for part in item.everything() for i in part.drafts}
    outer = [v for item in items for v in _reads(item) if v not in inside]
    return list(dict.fromkeys(outer))


def _reads(item: Item) -> Iterator[int]:
    for _, branch in item.branches or ():
        for inner in branch:
            yield from _reads(inner)
    if not batch_only(item):
        yield from item.inputs[-1:] if item.gathers else item.inputs
