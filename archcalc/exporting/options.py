"""Blocks that differ in one part only, which some have and others have not: one class with a choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.exporting.body import Body
from archcalc.exporting.classes import form
from archcalc.exporting.code import ANY, Code, code, name, rebuilt, walk


def optional(having: Sequence[Body], without: Sequence[Body], word: str) -> tuple[list[Body], dict[str, str]] | None:
    """The bodies of both with the part as a choice, for those without it the identity; None if they do not fit.

    Several parts that are a chain become one, called ``word``; with the bodies come the new ways to them.
    """
    more, less = having[0], without[0]
    extra = [part for part in more.parts if part not in less.parts]
    if not extra or len(less.parts) + len(extra) != len(more.parts) or more.parts[extra[0]].head == "given":
        return None
    ways: dict[str, str] = {}
    if len(extra) > 1:
        if word in more.parts and word not in extra:
            return None
        chains = [_chained(body, extra, word) for body in having]
        having = [body for body in chains if body is not None]
        if len(having) < len(chains):
            return None
        more, ways, extra = having[0], {part: f"{word}[{k}]" for k, part in enumerate(extra)}, [word]
    if form(_left_out(more, extra[0])) != form(less):
        return None
    return [*(_chosen(body, body, extra[0], True) for body in having),
            *(_chosen(more, body, extra[0], False) for body in without)], ways


def _chained(body: Body, parts: Sequence[str], word: str) -> Body | None:
    """The body with parts that are applied one to another as one part; None if they are not."""
    found = 0

    def joined(c: Code) -> Code | None:
        nonlocal found
        inner = c
        for part in reversed(parts):
            if inner.head != "call" or inner.parts[0].parts[1:] != (part,) or len(inner.parts[1]) != 1:
                return None
            inner = inner.parts[1][0]
        found += 1
        return Code("attribute", name("self"), word)(inner)

    statements = tuple(s._replace(code=rebuilt(s.code, joined)) for s in body.statements)
    output = rebuilt(body.output, joined)
    order = list(body.parts)
    at = order.index(parts[0])
    if found != 1 or order[at:at + len(parts)] != list(parts):
        return None
    chain = name("nn.Sequential")(*(body.parts[part] for part in parts))
    made = {word if part == parts[0] else part: chain if part == parts[0] else how
            for part, how in body.parts.items() if part == parts[0] or part not in parts}
    return Body(made, body.inputs, statements, output)


def _left_out(body: Body, part: str) -> Body:
    """The body as it would be if the part were the identity."""
    def passed(c: Code) -> Code | None:
        own = c.head == "call" and c.parts[0].head == "attribute" and c.parts[0].parts == (c.parts[0].parts[0], part)
        return c.parts[1][0] if own and len(c.parts[1]) == 1 else None

    parts = {word: how for word, how in body.parts.items() if word != part}
    statements = tuple(s._replace(code=rebuilt(s.code, passed)) for s in body.statements)
    return Body(parts, body.inputs, statements, rebuilt(body.output, passed))


def _chosen(like: Body, of: Body, part: str, there: bool) -> Body:
    """The form of one body with the constants of another, and a choice for the part."""
    values = iter([c.parts[0] for of_code in [*(s.code for s in of.statements), of.output] for c in walk(of_code)
                   if c.head == "literal"])

    def filled(c: Code) -> Code | None:
        return Code("literal", next(values), c.parts[1]) if c.head == "literal" else None

    how: Any = like.parts[part]
    if not there:
        how = rebuilt(how, lambda c: Code("literal", ANY, c.parts[1]) if c.head == "literal" else None)
    parts = {word: Code("given", code(there, part), how, name("nn.Identity")()) if word == part else of.parts[word]
             for word in like.parts}
    statements = tuple(s._replace(code=rebuilt(s.code, filled)) for s in like.statements)
    return Body(parts, like.inputs, statements, rebuilt(like.output, filled))
