"""What a block does, step by step, before values have names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from archcalc.exporting.code import Code, children, rebuilt, walk


class Step(NamedTuple):
    """An item of a block: its name, the values that it gives, how, and whether what it reads may stand inside it.

    ``path`` is its name in the spec, within the block.
    """

    word: str
    outputs: tuple[Any, ...]
    code: Code
    nests: bool
    path: str = ""


Line = tuple[str, tuple[Any, ...], Code]
"""A statement: a word for what it gives, its values, the expression."""


def reads(of: Code) -> list[Any]:
    return [c.parts[0] for c in walk(of) if c.head == "var"]


def unaliased(steps: Sequence[Step], outputs: Sequence[Any]) -> tuple[list[Step], list[Any]]:
    """Steps and outputs without those steps that give what they read."""
    same: dict[Any, Any] = {}
    found = []
    for step in steps:
        made = rebuilt(step.code, lambda c: Code("var", same[c.parts[0]])
                       if c.head == "var" and c.parts[0] in same else None)
        if made.head == "var" and len(step.outputs) == 1:
            same[step.outputs[0]] = made.parts[0]
        else:
            found.append(step._replace(code=made))
    return found, [same.get(v, v) for v in outputs]


def nested(steps: Sequence[Step], outputs: Sequence[int]) -> list[Line]:
    """Steps with those that a join alone reads, once, written inside it, and what they alone read in turn."""
    count: dict[int, int] = dict.fromkeys(outputs, 2)
    reader: dict[int, Step] = {}
    for step in steps:
        for v in reads(step.code):
            count[v] = count.get(v, 0) + 1
            reader[v] = step
    nests = {step: step.nests for step in steps}
    for step in reversed(steps):
        if step.code.head != "loop" and len(step.outputs) == 1 and count.get(step.outputs[0]) == 1:
            nests[step] |= nests[reader[step.outputs[0]]]
    inside: dict[int, Code] = {}
    found = []
    for step in steps:
        made = rebuilt(step.code, lambda c: inside.get(c.parts[0]) if c.head == "var" else None)
        alone = len(step.outputs) == 1 and count.get(step.outputs[0]) == 1 and step.code.head != "loop"
        if alone and nests[reader[step.outputs[0]]] and _short(made):
            inside[step.outputs[0]] = made
        else:
            found.append((step.word, step.outputs, made))
    return found


def _short(of: Code) -> bool:
    """Whether an expression may stand inside another: few calls, one inside the other."""
    found = [*walk(of)]
    return sum(c.head == "call" for c in found) <= 4 and sum(c.head == "var" for c in found) <= 1


def shared(lines: Sequence[Line]) -> list[Line]:
    """With statements of their own for what an expression uses more than once."""
    found: list[Line] = []
    for word, values, made in lines:
        if made.head == "loop":
            found.append((word, values, made))
            continue
        uses: dict[int, int] = {}
        _count(made, uses, set())
        known: dict[int, Code] = {}

        def bind(c: Code, uses: dict[int, int] = uses, known: dict[int, Code] = known) -> Code | None:
            if uses.get(id(c), 0) < 2 or not _worth(c):
                return None
            if id(c) not in known:
                inner = rebuilt(Code(c.head, *c.parts), bind)
                key = ("shared", id(c))
                found.append((_word(c), (key,), inner))
                known[id(c)] = Code("var", key)
            return known[id(c)]

        new = rebuilt(made, bind)
        found.append((word, values, new))
    return found


def _count(of: Code, uses: dict[int, int], seen: set[int]) -> None:
    uses[id(of)] = uses.get(id(of), 0) + 1
    if id(of) not in seen:
        seen.add(id(of))
        for child in children(of):
            _count(child, uses, seen)


def _worth(of: Code) -> bool:
    return of.head == "infix" or (of.head == "call" and of.parts[0].head != "own")


def _word(of: Code) -> str:
    """A name for a value: the last word of what gives it."""
    if of.head == "call":
        function = of.parts[0]
        text: str = function.parts[1] if function.head == "attribute" else function.parts[0]
        return str(text).rpartition(".")[2]
    return {"-": "difference", "+": "total", "*": "product"}.get(of.parts[0], "value")
