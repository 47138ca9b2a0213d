"""Blocks: the signature ``name(width, stride=1)``, and how deep they nest."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archcalc.layers.registry import kinds
from archcalc.spec.expression import is_name
from archcalc.spec.items import STRUCTURE
from archcalc.spec.source import MAX_DEPTH, SpecError, Term
from archcalc.spec.value import Value

if TYPE_CHECKING:
    from archcalc.spec.item import Item

_SIGNATURE = re.compile(r"\s*([\w@-]+)\s*(?:\((.*)\))?\s*", re.DOTALL)
_ARGUMENT = re.compile(r"\s*(\w+)\s*(?:=\s*(.+?))?\s*", re.DOTALL)


@dataclass(eq=False)
class Block:
    """A block: arguments with defaults, and a body of items."""

    name: str
    place: Term
    arguments: dict[str, Value | None]
    body: list[Item] = field(default_factory=list)
    height: int = -1
    "Levels of names below it, once they are known."


def signature(key: str, place: Term, parameters: Collection[str]) -> Block:
    """The block of a signature, still without its body."""
    match = _SIGNATURE.fullmatch(key)
    if match is None:
        fix = "between braces, quote it: a comma ends a key" if "(" in key and ")" not in key \
            else "write `name(width, stride=1)`"
        raise SpecError(place, f"'{key[:80]}' is not a block's signature; {fix}")
    name, inside = match[1], match[2]
    if name in kinds():
        raise SpecError(place, f"block '{name}' has the name of a layer kind")
    arguments: dict[str, Value | None] = {}
    for part in _split(inside) if inside and inside.strip() else ():
        argument = _ARGUMENT.fullmatch(part)
        if argument is None or argument[1] in STRUCTURE or not is_name(argument[1]):
            raise SpecError(place, f"'{part.strip()[:80]}' cannot be an argument of block '{name}'")
        if argument[1] in arguments:
            raise SpecError(place, f"block '{name}' has two arguments '{argument[1]}'")
        arguments[argument[1]] = None if argument[2] is None \
            else Value(place.like(_constant(argument[2])), (*parameters, *arguments))
    return Block(name, place, arguments)


def argument_names(key: str) -> list[str]:
    """The names in a signature, of what can be read of it."""
    match = _SIGNATURE.fullmatch(key)
    parts = [_ARGUMENT.fullmatch(part) for part in _split(match[2])] if match and match[2] else []
    return [part[1] for part in parts if part]


def by_argument(names: Sequence[str], main: Term) -> Term:
    """The arguments in ``{bottleneck: [64, 1]}`` by name; the value itself if there are too many."""
    if main.value is None or isinstance(main.value, dict):
        return main.like(main.value or {})
    values = main.value if isinstance(main.value, list) else [main]
    return main if len(values) > len(names) else main.like(dict(zip(names, values, strict=False)))


def without(main: Term, names: Sequence[str], newer: Collection[str]) -> Term:
    """A block's main value without the arguments that newer fields give by name."""
    given = by_argument(names, main).value
    return main.like({k: v for k, v in given.items() if k not in newer}) if isinstance(given, dict) else main


def _split(text: str) -> list[str]:
    """Arguments at top-level commas."""
    parts, depth = [""], 0
    for c in text:
        depth += (c in "([") - (c in ")]")
        if c == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    return parts


def _constant(text: str) -> Any:
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else {"true": True, "false": False}.get(text, text)


def check_nesting(block: Block, path: tuple[Block, ...] = (), level: int = 0) -> int:
    """The block's height, measured once. Refuses one that contains itself, or is nested too deep."""
    if block in path:
        names = " → ".join(b.name for b in [*path[path.index(block):], block])
        raise SpecError(block.place, f"block '{block.name}' contains itself: {names}")
    if block.height < 0:
        block.height = _height(block.body, (*path, block), level)
    if level + block.height > MAX_DEPTH:
        raise _too_deep(block)
    return block.height


def _height(items: list[Item], path: tuple[Block, ...], level: int) -> int:
    if level > MAX_DEPTH:
        raise _too_deep(path[-1])
    height = 0
    for item in items:
        below = 1 + (item.repeat is not None)
        height = max(height, below, below + _height(item.then, path, level + below) if item.then else 0)
        for block in (*([item.block] if item.block else ()), *item.repeated.values()):
            height = max(height, below + check_nesting(block, path, level + below))
        for _, branch in item.branches or ():
            height = max(height, below + 1 + _height(branch, path, level + below + 1))
    return height


def _too_deep(block: Block) -> SpecError:
    return SpecError(block.place, f"layers are nested more than {MAX_DEPTH} names deep")
