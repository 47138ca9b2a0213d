"""Replace the patterns of a sketch: only where shape, tensors, MACs and FLOPs of what is replaced stay the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from itertools import takewhile

from archcalc.errors import ArchcalcError
from archcalc.importing.fusions import (  # noqa: F401 - they register rules
    activations,
    attention,
    elementwise,
    norms,
    pads,
    views,
    windows,
)
from archcalc.importing.fusions.rules import RULES, Match, Pattern
from archcalc.importing.sketch import Draft, Refused, Sketch


def fuse(sketch: Sketch) -> None:
    """Make one layer of each pattern that the language has a kind for."""
    fusing = _Fusing(sketch)
    for index in range(len(sketch.drafts)):
        fusing.at(index)
    sketch.keep(_ordered(sketch.drafts, fusing.gone))


class _Fusing:
    def __init__(self, sketch: Sketch) -> None:
        self.sketch, self.drafts = sketch, sketch.drafts
        self.gone: set[int] = set()
        self.users: list[set[int]] = [set() for _ in sketch.drafts]
        for i, draft in enumerate(sketch.drafts):
            for k in draft.inputs:
                self.users[k].add(i)
        self.owners = {owner for draft in sketch.drafts for owner, _ in draft.share.values()}
        self.within = Counter(stem for draft in sketch.drafts for stem in _stems(draft.name))

    def at(self, index: int) -> None:
        """Replace the patterns that end with a layer, one after another."""
        while (match := self._match(index)) is not None:
            for i in (*match.gone, index):
                for k in self.drafts[i].inputs:
                    self.users[k].discard(i)
            for i in match.inputs:
                self.users[i].add(index)
            self.gone.update(match.gone)
            for i in (*match.gone, index):
                self.within.subtract(_stems(self.drafts[i].name))
            self.sketch.become(index, match.name or self._name(index, match), match.kind, match.fields, match.inputs)
            self.within.update(_stems(self.drafts[index].name))

    def _match(self, index: int) -> Match | None:
        pattern = Pattern(self.sketch, index, self.users)
        for rule in RULES.get(self.drafts[index].kind, ()):
            try:
                match = rule(pattern)
            except (Refused, ArchcalcError, IndexError):    # no channels, say, or no layer before this one
                continue
            if match is not None and self._apart(index, match) and self._equal(index, match):
                return match
        return None

    def _apart(self, index: int, match: Match) -> bool:
        """Whether nothing else reads what goes, and no tensor of it is shared."""
        parts = {*match.gone, index}
        return (all(self.users[i] <= parts and i not in self.sketch.outputs for i in match.gone)
                and not parts & self.owners and not any(self.drafts[i].share for i in parts)
                and len({self.drafts[i].train for i in parts}) == 1)

    def _equal(self, index: int, match: Match) -> bool:
        """Whether the layer has the tensors, MACs, FLOPs and output of those that it replaces, but for what the kind
        does not count."""
        figures = self.sketch.figures
        try:
            one = figures(match.kind, match.fields, match.inputs)
            parts = [figures(d.kind, d.fields, d.inputs) for d in (self.drafts[i] for i in (*match.gone, index))]
        except (Refused, ArchcalcError):
            return False
        out = self.sketch.shaped(index)
        same = one.out == out or (one.out.dims == out.dims and not self.users[index])   # roles matter to readers
        return (same and one.macs == sum(p.macs for p in parts)
                and (match.uncounted is None or one.flops + match.uncounted == sum(p.flops for p in parts))
                and sorted(map(_plain, one.tensors)) == sorted(_plain(t) for p in parts for t in p.tensors))

    def _name(self, index: int, match: Match) -> str:
        """The part that the pattern's layers with tensors are in; the layer of that part where it has others too."""
        parts = {*match.gone, index}
        held = [i for i in sorted(parts) if self.sketch.params(i)] or [index]
        names = [self.drafts[i].wanted.split(".") for i in held]
        if len(names) == 1:
            return self.drafts[held[0]].wanted
        columns = zip(*(name[:-1] for name in names), strict=False)
        stem = ".".join(column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns))
        return stem if stem and not self.within[stem] else ".".join(filter(None, (stem, match.kind)))


def _ordered(drafts: Sequence[Draft], gone: Container[int]) -> list[int]:
    """The layers that are left, one that reads a later one right behind that."""
    order: list[int] = []
    waiting: dict[int, list[int]] = {}
    placed: set[int] = set()
    for index in (i for i in range(len(drafts)) if i not in gone):
        ready = [index]
        while ready:
            i = ready.pop()
            late = next((k for k in drafts[i].inputs if k not in placed), None)
            if late is not None:
                waiting.setdefault(late, []).append(i)
                continue
            order.append(i)
            placed.add(i)
            ready += waiting.pop(i, [])
    return order


def _plain(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A tensor's shape without axes of 1, which a parameter has to fit what it is joined with."""
    return tuple(n for n in shape if n != 1)


def _stems(name: str) -> list[str]:
    """A dotted name and what it is a part of.

    >>> _stems("layers.0.attention")
    ['layers', 'layers.0', 'layers.0.attention']
    """
    parts = name.split(".")
    return [".".join(parts[:n + 1]) for n in range(len(parts))]
