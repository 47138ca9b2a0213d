"""`calls`: how the code that a spec describes calls its layers, which decides what tools that hook into it see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import translate

from archcalc.layers.base import Layer
from archcalc.layers.registry import kinds
from archcalc.net import Net
from archcalc.spec.source import SpecError, Term
from archcalc.words import describe, listed, suggest

CALLS = ("module", "subclass", "function", "method", "einsum")
"""A module of torch.nn; of a class derived from one; a function; a method or operator of tensors; torch.einsum."""


def called(net: Net) -> list[str]:
    """How each layer of ``net.layers`` is called, one of `CALLS`: by default as a module.

    A key is a kind, or a pattern of layer names, which wins over kinds; of several patterns the last.
    Raises `SpecError` for a key that is neither and for an unknown word.
    """
    term = net.document.section("calls")
    if term is None:
        return ["module"] * len(net)
    by_kind = {key: _word(value) for key, value in term.value.items() if key in kinds()}
    found = [next((by_kind[name] for name in lineage(node.layer) if name in by_kind), "module") for node in net.layers]
    for key, value in term.value.items():
        if key not in kinds():
            for i in _matching(net, key, term):
                found[i] = _word(value)
    return found


def lineage(layer: Layer) -> Iterator[str]:
    """A layer's kind and those that it specialises."""
    return (base.kind for base in type(layer).__mro__ if hasattr(base, "kind"))


def _matching(net: Net, pattern: str, term: Term) -> list[int]:
    match = re.compile(translate(pattern)).match
    found = [i for i, node in enumerate(net.layers) if match(node.name)]
    if not found:
        hint = suggest(pattern, [*kinds(), *net.parts]) or f" of mode {net.mode}"
        raise SpecError(term.place(pattern), f"{describe(pattern)} is no kind, and matches no layer{hint}")
    return found


def _word(term: Term) -> str:
    if term.value not in CALLS:
        hint = suggest(term.value, CALLS) if isinstance(term.value, str) else ""
        raise SpecError(term, f"'calls' takes {listed(CALLS)}, found {term}{hint}")
    word: str = term.value
    return word
