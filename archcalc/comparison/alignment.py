"""Which layers of two networks correspond: by their names first, then by what they are and where they stand.

Time grows with the number of layers, not with its square: names and unique layers cut the networks into
short stretches, and only within these are layers compared one with another.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, NamedTuple

from archcalc.collector import paused
from archcalc.comparison.stretch import best
from archcalc.net import Net

Match = tuple[int, int]
"""Indices of two layers that correspond."""


class Matching(NamedTuple):
    """Layers that correspond, by index: those in the same order in both, in order, and those that moved."""

    kept: list[Match]
    moved: list[Match]


@paused()
def match(a: Net, b: Net) -> Matching:
    """The correspondence of the layers of two networks, each in at most one pair.

    Names that say something come first, whatever became of the layer. Between them, in this order: equal layers
    with equal inputs in the same block and turn; such that are unique; and the best of what is left.
    """
    signatures: dict[Hashable, int] = {}
    sides = _Side(a, signatures), _Side(b, signatures)
    named = _named(*sides)
    kept = list(_rising(named))
    chosen = set(kept)
    moved = [pair for pair in named if pair not in chosen]
    first, second = ([k for k in range(len(side.names)) if k not in gone] for side, gone in zip(
        sides, ({i for i, _ in moved}, {j for _, j in moved}), strict=True))
    depths = range(max((name.count(".") for side in sides for name in side.names), default=0), 0, -1)
    keys: list[Keys] = [(sides[0].turns(d), sides[1].turns(d)) for d in depths]
    keys += [(sides[0].contexts, sides[1].contexts), (sides[0].signatures, sides[1].signatures)]
    score = _scorer(*sides)
    for gap in _gaps(first, second, kept):
        kept += _refined(*gap, keys, score)
    return Matching(sorted(kept), moved)


class _Side:
    """A network's layers as they are compared: interned, so that equal ones are equal numbers."""

    def __init__(self, net: Net, known: dict[Hashable, int]) -> None:
        self.names = [node.name for node in net.nodes]
        self.parts = net.parts
        self.signatures = [known.setdefault(node.layer, len(known)) for node in net.nodes]
        self.kinds = [node.layer.kind for node in net.nodes]
        given = [tuple([self.signatures[i] for i in node.inputs]) for node in net.nodes]
        self.contexts = [known.setdefault(pair, len(known)) for pair in zip(self.signatures, given, strict=True)]
        words = [name.rpartition(".")[2].rstrip("0123456789").rstrip("_") for name in self.names]
        self.tokens = list(zip(self.signatures, self.kinds, words, given, strict=True))
        self._numbered: dict[str, bool] = {"": False}

    def numbered(self, name: str) -> bool:
        """Whether a name, or that of a block around it, only counts: `conv`, `conv_2`, `conv_3`."""
        found = self._numbered.get(name)
        if found is None:
            stem, _, number = name.rpartition("_")
            base = stem if number.isdecimal() else name
            counts = base in self.parts and base + "_2" in self.parts
            found = counts or self.numbered(name.rpartition(".")[0])
            self._numbered[name] = found
        return found

    def turns(self, depth: int) -> list[Hashable]:
        """Per layer: its block of a depth, what it is and reads, and how many such came before it there."""
        turns: Counter[Hashable] = Counter()
        found: list[Hashable] = []
        for name, context in zip(self.names, self.contexts, strict=True):
            parts = name.split(".", depth)
            block = ".".join(parts[:depth])
            if len(parts) <= depth or self.numbered(block):
                found.append(None)
                continue
            turns[block, context] += 1
            found.append((block, context, turns[block, context]))
        return found


def _named(a: _Side, b: _Side) -> list[Match]:
    """Layers of one name in both, unless the name only counts, in order of the first."""
    places = {name: j for j, name in enumerate(b.names)}
    return [(i, places[name]) for i, name in enumerate(a.names)
            if name in places and not a.numbered(name) and not b.numbered(name)]


def _rising(pairs: Sequence[Match]) -> Iterator[Match]:
    """The most pairs, given in order of the first index, whose second indices rise too."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int | None] = []
    for k, (_, j) in enumerate(pairs):
        at = bisect_left(tails, j)
        before.append(ends[at - 1] if at else None)
        tails[at:at + 1], ends[at:at + 1] = [j], [k]
    found = []
    here = ends[-1] if ends else None
    while here is not None:
        found.append(pairs[here])
        here = before[here]
    return reversed(found)


Gap = tuple[list[int], list[int]]
Keys = tuple[Sequence[Hashable], Sequence[Hashable]]
Score = Callable[[int, int], int]


def _gaps(a: list[int], b: list[int], pairs: Sequence[Match]) -> Iterator[Gap]:
    """What of two rising lists lies between pairs; an end without a counterpart is left out."""
    i = j = 0
    for x, y in [*pairs, (a[-1] + 1, b[-1] + 1) if a and b else (0, 0)]:
        k, n = bisect_left(a, x, i), bisect_left(b, y, j)
        if i < k and j < n:
            yield a[i:k], b[j:n]
        i, j = k + (a[k:k + 1] == [x]), n + (b[n:n + 1] == [y])


def _refined(a: list[int], b: list[int], keys: Sequence[Keys], score: Score) -> Iterator[Match]:
    """Pairs within a gap: unique by the first key, then within what is left by the next, at last the best."""
    if not keys:
        yield from best(a, b, score)
        return
    found = list(_rising(_unique(a, b, *keys[0])))
    yield from found
    for gap in _gaps(a, b, found):
        yield from _refined(*gap, keys[1:], score)


def _unique(a: list[int], b: list[int], ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> list[Match]:
    counts = Counter(ours[i] for i in a), Counter(theirs[j] for j in b)
    places = {theirs[j]: j for j in b}
    return [(i, places[ours[i]]) for i in a
            if ours[i] is not None and counts[0][ours[i]] == counts[1][ours[i]] == 1]


def _scorer(a: _Side, b: _Side) -> Score:
    """How well two layers fit, 0 for not at all: kind, fields, last word of the name without its number, inputs."""
    ids: dict[Hashable, int] = {}
    ours = [ids.setdefault(token, len(ids)) for token in a.tokens]
    theirs = [ids.setdefault(token, len(ids)) for token in b.tokens]
    tokens: list[Any] = list(ids)
    known: dict[Match, int] = {}

    def score(i: int, j: int) -> int:
        pair = ours[i], theirs[j]
        found = known.get(pair)
        if found is None:
            (layer, kind, leaf, given), (other, sort, word, taken) = tokens[pair[0]], tokens[pair[1]]
            found = known[pair] = 0 if kind != sort else \
                2 + 2 * (layer == other) + (leaf == word) + (given == taken)
        return found

    return score
