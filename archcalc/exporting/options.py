"""Blocks that differ in one part only, which some have and others have not: one class with a choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.exporting.body import Body
from archcalc.exporting.classes import ANY, form
from archcalc.exporting.code import Code, code, name, rebuilt, walk


def optional(having: Sequence[Body], without: Sequence[Body]) -> list[Body] | None:
    """The bodies of both with the part as a choice, for those without it the identity; None if they do not fit."""
    more, less = having[0], without[0]
    extra = [word for word in more.parts if word not in less.parts]
    if len(extra) != 1 or len(less.parts) + 1 != len(more.parts) or more.parts[extra[0]].head == "given":
        return None
    if form(_left_out(more, extra[0])) != form(less):
        return None
    return [*(_chosen(body, body, extra[0], True) for body in having),
            *(_chosen(more, body, extra[0], False) for body in without)]


def _left_out(body: Body, part: str) -> Body:
    """The body as it would be if the part were the identity."""
    def passed(c: Code) -> Code | None:
        own = c.head == "call" and c.parts[0].head == "attribute" and c.parts[0].parts == (c.parts[0].parts[0], part)
        return c.parts[1][0] if own and len(c.parts[1]) == 1 else None

    parts = {word: how for word, how in body.parts.items() if word != part}
    statements = tuple((word, rebuilt(c, passed)) for word, c in body.statements)
    return Body(parts, body.inputs, statements, rebuilt(body.output, passed))


def _chosen(like: Body, of: Body, part: str, there: bool) -> Body:
    """The form of one body with the constants of another, and a choice for the part."""
    values = iter([c.parts[0] for of_code in [*(c for _, c in of.statements), of.output] for c in walk(of_code)
                   if c.head == "literal"])

    def filled(c: Code) -> Code | None:
        return Code("literal", next(values), c.parts[1]) if c.head == "literal" else None

    how: Any = like.parts[part]
    if not there:
        how = rebuilt(how, lambda c: Code("literal", ANY, c.parts[1]) if c.head == "literal" else None)
    parts = {word: Code("given", code(there, part), how, name("nn.Identity")()) if word == part else of.parts[word]
             for word in like.parts}
    statements = tuple((word, rebuilt(c, filled)) for word, c in like.statements)
    return Body(parts, like.inputs, statements, rebuilt(like.output, filled))
