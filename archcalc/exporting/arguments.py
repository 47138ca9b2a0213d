"""What the spec of a network calls its blocks, and the arguments that it gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.net import Net
from archcalc.spec.compile import Compiler
from archcalc.spec.item import Item


class Called(NamedTuple):
    """A block's name in the spec, and its arguments where it stands."""

    block: str
    arguments: Mapping[str, Any]


def called(net: Net) -> dict[str, Called]:
    """By the full name of what a block was written out to."""
    found: dict[str, Called] = {}
    compiler = Compiler(net.document)
    _body(compiler.layers(net.document.section("layers")), net.parameters, "", found)
    return found


def _body(items: Sequence[Item], env: Mapping[str, Any], prefix: str, found: dict[str, Called]) -> None:
    for item in items:
        name = prefix + item.name
        if item.condition is not None and not item.condition(env, name):
            continue
        if item.repeat is None:
            _one(item, env, name, found)
        else:
            for i in range(1, item.repetitions(env, name) + 1):
                here = item.first if i == 1 and item.first is not None else item
                _one(here, {**env, "index": i}, f"{name}.{i}", found, i)


def _one(item: Item, env: Mapping[str, Any], name: str, found: dict[str, Called], repetition: int = 0) -> None:
    for branch, items in item.branches or ():
        _body(items, env, f"{name}.{branch}.", found)
    if item.block is not None:
        block = item.repeated.get(repetition, item.block)
        inner = item.arguments(env, name)
        found[name] = Called(block.name, {word: inner[word] for word in block.arguments})
        _body(block.body, inner, f"{name}.", found)
    _body(item.then, env, f"{name}.", found)
