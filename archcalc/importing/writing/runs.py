"""Uses of a block that follow one another, as one item that is repeated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from archcalc.importing.writing.arguments import Expression
from archcalc.importing.writing.items import Item, Readers

FINEST = 100_000
"""The largest denominator of steps that are looked for in decimals."""

FEW = 2
"""Arguments that may differ in the first of two."""


def folded(items: Sequence[Item], readers: Readers) -> list[Item]:
    """Items with each run of uses of one block as one item."""
    found: list[Item] = []
    at = 0
    while at < len(items):
        count = _longest(items, at, readers)
        found.append(_run(items[at:at + count]) if count > 1 else items[at])
        at += count
    return found


def _longest(items: Sequence[Item], at: int, readers: Readers) -> int:
    """How many items from a place on can be one that is repeated."""
    count = 1
    while at + count < len(items) and _goes_on(items[at], items[at + count - 1], items[at + count], readers):
        count += 1
    while count > 1 and _fields(items[at:at + count]) is None:
        count -= 1
    return count


def _goes_on(first: Item, before: Item, item: Item, readers: Readers) -> bool:
    plain = all(i.block is not None and i.repeat is None and not i.then and not i.share for i in (first, item))
    heads = [i for part in item.everything() for i in part.drafts] if plain else []
    return (plain and item.block is first.block and item.inputs == [before.out] and len(first.inputs) == 1
            and item.train == first.train
            and (_gathers(item) or not readers.outside(before.out, set(heads))))


def _gathers(item: Item) -> bool:
    """Whether a use reads all parts of its chain before it."""
    return any(inner.gathers for copy in item.copies for inner in copy)


def _fields(run: Sequence[Item]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Fields of all repetitions, perhaps as expressions of the index, and those that differ in the first."""
    common: dict[str, Any] = {}
    first: dict[str, Any] = {}
    for name in run[0].fields:
        values = [item.fields[name] for item in run]
        text = None if len(set(values)) == 1 else _sequence(values)
        if text is not None:
            common[name] = Expression(text)
        elif len(set(values[1:])) == 1:
            common[name] = values[1]
            if values[0] != values[1] or isinstance(values[0], bool) != isinstance(values[1], bool):
                first[name] = values[0]
        else:
            return None
    return None if len(run) == 2 and len(first) > FEW else (common, first)


def _sequence(values: Sequence[Any]) -> str | None:
    """An expression of ``index``, which counts from 1, that gives the values: alternating, or growing by a step.

    >>> _sequence([0, 3, 0, 3]), _sequence([0.0, 0.0125, 0.025])
    ('0 if index % 2 == 1 else 3', '(index - 1) / 80')
    """
    if len(values) > 3 and values[0] != values[1] and all(v == values[i % 2] for i, v in enumerate(values)):
        if all(isinstance(v, int) for v in values):
            return f"{_literal(values[0])} if index % 2 == 1 else {_literal(values[1])}"
        return None
    if len(values) < 3 or not all(isinstance(v, float) for v in values):
        return None
    exact = [Fraction(v).limit_denominator(FINEST) for v in values]
    step = exact[1] - exact[0]
    even = step > 0 and all(b - a == step for a, b in pairwise(exact))
    if not even or (exact[0] / step).denominator > 1:
        return None
    before = int(exact[0] / step) - 1
    start = "index" if not before else f"(index {'+' if before > 0 else '-'} {abs(before)})"
    return f"{start} / {1 / step}" if step.numerator == 1 else f"{start} * {step.numerator} / {step.denominator}"


def _literal(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _run(run: Sequence[Item]) -> Item:
    """One item for several."""
    found = _fields(run)
    assert found is not None
    head = run[0]
    item = Item(_stem([i.name for i in run]), head.kind, found[0], head.inputs, run[-1].out)
    item.block, item.repeat, item.first, item.train = head.block, len(run), found[1], head.train
    item.copies, item.drafts = [copy for i in run for copy in i.copies], []
    return item


def _stem(names: Sequence[str]) -> str:
    """What numbered names have in common, without their numbers; else the first.

    >>> _stem(["encoder_layer_0", "encoder_layer_1"]), _stem(["features.4", "features.5"])
    ('encoder_layer', 'features.4')
    """
    stems = {re.sub(r"[._-]?\d+$", "", name) for name in names}
    stem = next(iter(stems))
    plain = stem and not any(re.fullmatch(r".*\.\d+|\d+", name) for name in names)
    return stem if len(stems) == 1 and plain else names[0]
