"""Repeated parts of a network whose names tell of none, found in its structure, and named so that they become blocks.

A place where one value alone goes on is a cut. What lies between two cuts is a layer or a part with branches, and
parts whose layers and wiring are alike are of one class, whatever their fields.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from archcalc.importing.sketch import Sketch
from archcalc.importing.writing.structure import structure
from archcalc.layers.registry import kinds

LONGEST, MANY = 16, 20_000
"""Parts that a pattern has at most, and layers from which on nothing is looked for."""

WORDS = {"add": "residual", "concat": "branches", "multiply": "gate"}
"""What a part is called by the layer that joins its branches."""


class Part(NamedTuple):
    """Layers between two cuts, by their numbers, what makes parts alike, and how many lead to their join."""

    layers: tuple[int, ...]
    key: Any
    size: int

    @property
    def branched(self) -> bool:
        return isinstance(self.key, tuple)


class Run(NamedTuple):
    """Parts that are repeated: the first, how many a repetition has, and repetitions."""

    start: int
    period: int
    times: int


def regular(sketch: Sketch) -> Sketch:
    """The sketch, with names for repeated parts where its own names give longer lists."""
    if len(sketch.drafts) > MANY:
        return sketch
    _beside(sketch)
    before, names, classes = _rows(sketch), [(draft, draft.wanted) for draft in sketch.drafts], dict(sketch.classes)
    parts = _followed(sketch, _parts(sketch))
    found = _named(sketch, parts)
    sketch.arranged()
    if found and 3 * _rows(sketch) > 2 * before:
        for draft, name in names:
            draft.wanted = name
        sketch.classes = classes
        sketch.arranged()
    return sketch


def _beside(sketch: Sketch) -> None:
    """Move each parameter to the first layer that reads it."""
    alone = {i for i, d in enumerate(sketch.drafts) if kinds()[d.kind].batch_only}
    order = [v for i, d in enumerate(sketch.drafts) if i not in alone
             for v in (*(v for v in d.inputs if v in alone), i)]
    order = list(dict.fromkeys([*order, *alone]))
    new = {old: i for i, old in enumerate(order)}
    sketch.drafts = [sketch.drafts[i] for i in order]
    for draft in sketch.drafts:
        draft.inputs = [new[i] for i in draft.inputs]
        draft.share = {t: (new[owner], theirs) for t, (owner, theirs) in draft.share.items()}
    sketch.outputs = [new[i] for i in sketch.outputs]


def _rows(sketch: Sketch) -> int:
    """Lines that the lists of a spec have."""
    found = structure(sketch)
    return len(found.rows) + sum(1 + len(block.body) for block in found.blocks)


def _parts(sketch: Sketch) -> list[Part]:
    """The parts between cuts, in order. Weights are no values, nor is what is read throughout, such as a mask."""
    own = [i for i, d in enumerate(sketch.drafts) if d.kind != "input" and not kinds()[d.kind].batch_only]
    readers: dict[int, list[int]] = {}
    for i in own:
        for v in sketch.drafts[i].inputs:
            readers.setdefault(v, []).append(i)
    last = {v: found[-1] for v, found in readers.items() if not _throughout(found, len(own))}
    last |= dict.fromkeys(sketch.outputs, len(sketch.drafts))
    alive: set[int] = {i for i, d in enumerate(sketch.drafts) if d.kind == "input" and i in last}
    ends: dict[int, list[int]] = {}
    for v, end in last.items():
        ends.setdefault(end, []).append(v)
    found, begin = [], 0
    for n, i in enumerate(own):
        alive.difference_update(ends.get(i, ()))
        if i in last:
            alive.add(i)
        if len(alive) == 1:
            layers = tuple(own[begin:n + 1])
            found.append(Part(layers, _key(sketch, layers), len(layers)))
            begin = n + 1
    return found


def _throughout(readers: Sequence[int], size: int) -> bool:
    return len(readers) > 3 and readers[-1] - readers[0] > size // 3


def _key(sketch: Sketch, layers: Sequence[int]) -> Any:
    """A word for one layer; of several, their kinds in the longest branch, and the kind of their last."""
    drafts = sketch.drafts
    if len(layers) == 1:
        return f"{drafts[layers[0]].kind}{'/' if drafts[layers[0]].fields.get('groups', 1) > 1 else ''}"
    branches = _branches(sketch, layers)
    if drafts[layers[-1]].kind == "add" and len(branches) == 2:
        branches = branches[:1]
    return (drafts[layers[-1]].kind, *(tuple(drafts[i].kind for i in branch) for branch in branches))


def _branches(sketch: Sketch, layers: Sequence[int]) -> list[list[int]]:
    """The layers before the last by the operand of it that they lead to; the longest first for a sum of two."""
    inside, join = set(layers[:-1]), sketch.drafts[layers[-1]]
    taken: set[int] = set()
    found = []
    for operand in join.inputs:
        waiting, branch = [operand], set[int]()
        while waiting:
            v = waiting.pop()
            if v in inside and v not in taken and v not in branch:
                branch.add(v)
                waiting += sketch.drafts[v].inputs
        taken |= branch
        found.append(sorted(branch))
    rest = sorted(inside - taken)
    found = [*found, rest] if rest else found
    return sorted(found, key=len, reverse=True) if join.kind == "add" and len(found) == 2 else found


def _followed(sketch: Sketch, parts: Sequence[Part]) -> list[Part]:
    """Parts with the activation or normalization that follows their join, where it follows most of their class."""
    pairs = [(a, b) for a, b in pairwise(parts) if a.branched and _follows(sketch, b)]
    counts, behind = Counter(part.key for part in parts), Counter((a.key, b.key) for a, b in pairs)
    found: list[Part] = []
    for part in parts:
        before = found[-1] if found else None
        if before is not None and 2 * behind[before.key, part.key] > counts[before.key]:
            found[-1] = Part(before.layers + part.layers, (*before.key, part.key), before.size)
        else:
            found.append(part)
    return found


def _follows(sketch: Sketch, part: Part) -> bool:
    kind = kinds()[sketch.drafts[part.layers[0]].kind]
    return not part.branched and kind.family in ("act", "norm") and not kind.unknown


def _runs(parts: Sequence[Part]) -> Iterator[Run]:
    """Patterns that follow one another: the shortest, or a longer one that comes three times and covers more."""
    keys, at = [part.key for part in parts], 0
    alike = [_alike(keys, period) for period in range(1, LONGEST + 1)]
    while at < len(keys):
        best = Run(at, 1, 1)
        for period, same in enumerate(alike, 1):
            times = same[at] // period + 1
            longer = period * times > best.period * best.times and (best.times == 1 or times > 2)
            if times > 1 and longer and _worth(parts[at:at + period], times):
                best = Run(at, period, times)
        yield best
        at += best.period * best.times


def _alike(keys: Sequence[Any], period: int) -> list[int]:
    """From each place on, how many keys in a row are the same as those a period behind."""
    found = [0] * (len(keys) + 1)
    for i in range(len(keys) - period - 1, -1, -1):
        found[i] = found[i + 1] + 1 if keys[i] == keys[i + period] else 0
    return found


def _worth(pattern: Sequence[Part], times: int) -> bool:
    """Whether a pattern is one to name: all of it branches, or it has several layers of weights and comes often."""
    heavy = sum(part.key.rstrip("/") in HEAVY for part in pattern if not part.branched)
    whole = sum(part.branched for part in pattern)
    return whole == len(pattern) or (times > 2 and whole + heavy > 1)


HEAVY = frozenset(["conv", "conv1d", "conv3d", "linear", "conv_transpose", "attention", "lstm", "gru"])
"""Kinds with weights that make a chain worth a block."""


def _named(sketch: Sketch, parts: Sequence[Part]) -> bool:
    """Name the layers of repeated parts; whether there are any."""
    known = [part.key for part in parts if part.branched]
    words, numbers, done = dict[Any, str](), Counter[str](), False
    for run in _runs(parts):
        whole = parts[run.start:run.start + run.period * run.times]
        if run.times == 1 and (not whole[0].branched or known.count(whole[0].key) < 2):
            continue
        done = True
        word = _word(sketch, whole[0], words) if run.period == 1 else "block"
        numbers[word] += 1
        for n in range(run.times):
            path = f"{word}{numbers[word]}" + (f"_{n + 1}" if run.times > 1 else "")
            sketch.classes[path] = word
            seen = Counter[str]()
            for part in whole[n * run.period:(n + 1) * run.period]:
                inner = _word(sketch, part, words) if run.period > 1 and part.branched else ""
                seen[inner] += 1
                _rename(sketch, part, path, inner, seen[inner])
    return done


def _word(sketch: Sketch, part: Part, words: dict[Any, str]) -> str:
    """A name for parts of a key."""
    if part.key not in words:
        held = {sketch.drafts[i].kind for i in part.layers}
        join = part.key[0] if part.branched else ""
        word = "attention_part" if held & {"scaled_dot_product", "attention", "window_attention"} else \
            "feed_forward" if join == "add" and "linear" in held and not held & {"conv", "softmax"} else \
            WORDS.get(join, "part")
        same = sum(w == word or w.startswith(f"{word}_") for w in words.values())
        words[part.key] = f"{word}_{chr(ord('a') + same % 26)}" if same else word
    return words[part.key]


def _rename(sketch: Sketch, part: Part, path: str, inner: str, number: int) -> None:
    """Names for the layers of a part: by kind, those of a shortcut or of one of several branches marked as such."""
    if inner:
        path = f"{path}.{inner}{number if number > 1 else ''}"
        sketch.classes[path] = inner
    roles = dict[int, str]()
    if part.branched:
        branches = _branches(sketch, part.layers[:part.size])
        words = [f"b{n + 1}_" for n in range(len(branches))]
        if part.key[0] == "add" and len(branches) == 2:
            words = ["", "shortcut_"]
        elif sum(map(bool, branches)) == 1:
            words = [""] * len(branches)
        roles = {i: word for word, branch in zip(words, branches, strict=True) for i in branch}
    for i in part.layers:
        sketch.rename(i, f"{path}.{roles.get(i, '')}{sketch.drafts[i].kind}")
    for v in (v for i in part.layers for v in sketch.drafts[i].inputs):
        kind = sketch.drafts[v].kind
        if kinds()[kind].batch_only and not sketch.drafts[v].name.startswith(f"{path}."):
            sketch.rename(v, f"{path}.{kind}")
