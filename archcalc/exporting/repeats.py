"""Modules in a row that differ in numbers only, as a comprehension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.exporting.code import Code, code, infix, name, rebuilt, shape, typed, walk

RUN = 3
"""Modules in a row from which they are a loop."""
LISTED = 4
"""Modules from which a loop runs over numbers that follow no rule."""
INDEX = "i"


def repeated(modules: Sequence[Code], listed: bool = False) -> Code | None:
    """The modules as one comprehension, None if their numbers follow no rule; with ``listed``, then over the numbers.

    A rule is a·i + b or a·bⁱ for the i-th module, or numbers that come in turn.
    """
    if len(modules) < RUN or len({shape(m) for m in modules}) > 1:
        return None
    rows = [[c for c in walk(m) if c.head == "literal"] for m in modules]
    columns = {k: [row[k].parts[0] for row in rows] for k in range(len(rows[0]))}
    columns = {k: column for k, column in columns.items() if len(set(typed(column))) > 1}
    count = len(modules)
    if not columns:
        return Code("repeated", modules[0], "_", _range(count))
    ruled = _ruled(modules[0], columns, count)
    if ruled is not None:
        return Code("repeated", ruled, INDEX, _range(count))
    period = next((p for p in range(2, count // 2 + 1) if count % p == 0 and all(
        typed(c) == typed(c[:p] * (count // p)) for c in columns.values())), 0)
    if period:
        columns = {k: column[:period] for k, column in columns.items()}
        ruled = _ruled(modules[0], columns, period)
        inner = [ruled, INDEX, _range(period)] if ruled is not None else _listed(modules[0], columns, 2)
        return Code("repeated", inner[0], "_", _range(count // period), *inner[1:]) if inner else None
    found = _listed(modules[0], columns, LISTED) if listed else []
    return Code("repeated", *found) if found else None


def _range(count: int) -> Code:
    return name("range")(code(count, "depth"))


def _ruled(of: Code, columns: dict[int, list[Any]], count: int) -> Code | None:
    """The module with its numbers computed from the index."""
    literals = [c for c in walk(of) if c.head == "literal"]
    made = {k: _progression(column, literals[k].parts[1]) for k, column in columns.items()}
    return None if count < RUN or None in made.values() else _put(of, made)


def _progression(column: list[Any], field: str) -> Code | None:
    if any(isinstance(v, bool) or not isinstance(v, int) for v in column):
        return None
    first, step, index = column[0], column[1] - column[0], name(INDEX)
    if all(v == first + i * step for i, v in enumerate(column)):
        term = index if abs(step) == 1 else infix("*", code(abs(step)), index)
        sign = "+" if step > 0 else "-"
        return term if first == 0 and step > 0 else infix(sign, code(first, field), term)
    ratio = column[1] // first if first > 0 else 0
    if ratio > 1 and all(v == first * ratio ** i for i, v in enumerate(column)):
        power = infix("**", code(ratio), index)
        return power if first == 1 else infix("*", code(first, field), power)
    return None


def _listed(of: Code, columns: dict[int, list[Any]], least: int) -> list[Any]:
    """The module, a variable for the one number in which they differ, and its values; empty where there are several."""
    values = {typed(column) for column in columns.values()}
    column = next(iter(columns.values()))
    if len(values) > 1 or len(column) < least:
        return []
    taken = {c.parts[0] for c in walk(of) if c.head == "name"}
    literals = [c for c in walk(of) if c.head == "literal"]
    fields = [literals[k].parts[1] for k in columns]
    word = next((f for f in fields if f and f not in taken), "n")
    return [_put(of, dict.fromkeys(columns, name(word))), word, code(tuple(column))]


def _put(of: Code, made: dict[int, Any]) -> Code:
    """An expression with literals, by number, replaced."""
    literals = [c for c in walk(of) if c.head == "literal"]
    new = {id(literals[k]): c for k, c in made.items()}
    return rebuilt(of, lambda c: new.get(id(c)))
