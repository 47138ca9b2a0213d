"""What differs between uses of a block, as its arguments: few, named, and as expressions of one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from archcalc.layers.registry import kinds

ANY = object()
"""The value of a field where a use of the block lacks the layer."""

RESERVED = ("index", "repeat", "first", "then", "if", "only", "share", "input", "from", "true", "false")


class Expression(str):
    """A value that is an expression of the language."""


class Slot(NamedTuple):
    """A place in a block's body: a field of an item, with the values that the uses have there."""

    item: str
    kind: str
    field: str
    values: tuple[Any, ...]


class Argument(NamedTuple):
    """An argument of a block, its value for each use, and its default."""

    name: str
    values: tuple[Any, ...]
    default: Any = None


def arguments(slots: Sequence[Slot]) -> tuple[list[Argument], dict[Slot, Any]]:
    """The arguments of a block, and what stands in each slot: a constant or an expression.

    >>> slots = [Slot("a", "conv", "filters", (64, 128)), Slot("b", "conv", "filters", (256, 512))]
    >>> made, stands = arguments(slots)
    >>> made[0].name, stands[slots[1]]
    ('filters', '4 * filters')
    """
    stands: dict[Slot, Any] = {}
    varying: list[tuple[tuple[Any, ...], list[Slot]]] = []
    for slot in sorted(slots, key=lambda s: s.values.count(ANY)):
        known = [v for v in slot.values if v is not ANY]
        if all(_same(v, known[0]) for v in known):
            stands[slot] = known[0]
            continue
        alike = next((same for values, same in varying if _fits(slot.values, values)), None)
        if alike is None:
            varying.append((_filled(slot.values), [slot]))
        else:
            alike.append(slot)
    ranked = sorted(varying, key=lambda v: _rank(*v))
    apart: list[tuple[Argument, list[Slot]]] = []
    for values, same in ranked:
        if _related(same, apart) is None:
            apart.append((Argument(f"argument_{len(apart)}", values), same))
    chosen = [same for _, same in apart]
    made: list[tuple[Argument, list[Slot]]] = []
    for values, same in ranked:
        text = _related(same, made)
        if text is None:
            text = _name(same, chosen, {a.name for a, _ in made})
            made.append((Argument(text, values, _default(values)), same))
        stands.update(dict.fromkeys(same, Expression(text)))
    return _ordered([a for a, _ in made], slots, stands), stands


def _ordered(made: Sequence[Argument], slots: Sequence[Slot], stands: dict[Slot, Any]) -> list[Argument]:
    """Arguments without a default first, each in the order in which the body reads them."""
    first = {a.name: min(slots.index(s) for s, v in stands.items() if v == a.name) for a in made}
    return sorted(made, key=lambda a: (a.default is not None, first[a.name]))


def _same(a: Any, b: Any) -> bool:
    return a is ANY or b is ANY or (bool(a == b) and isinstance(a, bool) == isinstance(b, bool))


def _fits(some: tuple[Any, ...], values: tuple[Any, ...]) -> bool:
    return all(map(_same, some, values))


def _filled(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Values with those of uses that lack the layer like the nearest before."""
    last = next(v for v in values if v is not ANY)
    return tuple(last := last if v is ANY else v for v in values)


def _rank(values: tuple[Any, ...], same: Sequence[Slot]) -> tuple[int, int]:
    """Widths first, the smallest before its multiples; then kernels, other numbers, conditions."""
    whole, sort = _whole(values), _sort(same)
    return (("width", "kernel", "stride").index(sort) if whole and sort else 3 if whole else 4,
            max(values) if whole else 0)


_SORTS = {"kernel": "kernel", "padding": "kernel", "stride": "stride", "groups": "width", "heads": ""}


def _sort(same: Sequence[Slot]) -> str:
    """What a number is of: only numbers of one sort are expressed by one another."""
    for slot in same:
        if slot.field in _SORTS:
            return _SORTS[slot.field]
        if _is_main(slot):
            return "kernel" if "pool" in slot.kind else "width"
    named = same[0].field.rpartition("_")[2]
    return _SORTS.get(named, "width" if same[0].kind not in kinds() and same[0].field != "repeat" else "")


def _is_main(slot: Slot) -> bool:
    kind = kinds().get(slot.kind)
    return kind is not None and kind.main == slot.field


def _related(same: Sequence[Slot], made: Sequence[tuple[Argument, Sequence[Slot]]]) -> str | None:
    """An expression over the arguments so far that gives the values of slots."""
    for a, others in made:
        pairs = [(v, n) for v, n in zip(same[0].values, a.values, strict=True) if v is not ANY]
        if not _whole(a.values) or not pairs:
            continue
        if all(isinstance(v, bool) for v, _ in pairs) and _sort(others) == "stride":
            if all(v == (n > 1) for v, n in pairs):
                return f"{a.name} > 1"
        elif _whole([v for v, _ in pairs]) and _sort(same) == _sort(others) != "":
            found = _multiple(a.name, pairs, _sort(same))
            if found is not None:
                return found
    return None


def _multiple(name: str, pairs: Sequence[tuple[int, int]], sort: str) -> str | None:
    v, n = pairs[0]
    if sort == "width" and n and v % n == 0 and v != n and all(p == q * (v // n) for p, q in pairs):
        return f"{v // n} * {name}"
    if sort == "width" and v and n % v == 0 and v != n and all(q == p * (n // v) for p, q in pairs):
        return f"{name} // {n // v}"
    return f"{name} // 2" if sort == "kernel" and all(p == q // 2 for p, q in pairs) else None


def _whole(values: Sequence[Any]) -> bool:
    return all(isinstance(v, int) and not isinstance(v, bool) for v in values)


def _name(same: Sequence[Slot], every: Sequence[Sequence[Slot]], taken: set[str]) -> str:
    """An argument's name: its field's, or with the layer's where several have that field."""
    slot = next((s for s in same if _is_main(s)), same[0])
    if slot.field == "if":
        name = f"has_{_word(slot.item.rpartition('.')[2])}"
    elif sum(any(s.field == slot.field for s in slots) for slots in every) == 1:
        name = slot.field
    else:
        name = _word(slot.item) if _is_main(slot) else f"{_word(slot.item)}_{_word(slot.field)}"
    if not name.isidentifier() or name in RESERVED:
        name = f"n_{_word(name)}"
    free, n = name, 1
    while free in taken:
        n += 1
        free = f"{name}_{n}"
    return free


def _word(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name).strip("_").lower()


def _default(values: tuple[Any, ...]) -> Any:
    """What most uses have, where it is so many that the others are the exception."""
    if all(isinstance(v, bool) for v in values):
        return False
    if not all(isinstance(v, (int, float)) for v in values):
        return None
    most = max(values, key=lambda v: sum(_same(v, w) for w in values))
    return most if 10 * sum(_same(most, w) for w in values) > 7 * len(values) else None
