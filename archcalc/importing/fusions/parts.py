"""Ways through the layers of a pattern."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from archcalc.importing.fusions.rules import Pattern
from archcalc.importing.sketch import Draft
from archcalc.importing.views.parts import part

VIEWS = ("reshape", "flatten")
Numbers = Callable[[], Sequence[float]]


def along(p: Pattern, index: int) -> tuple[int, list[int]]:
    """What a layer is but for reshapes, and these."""
    gone = list[int]()
    while p[index].kind in VIEWS:
        gone.append(index)
        index = p[index].inputs[0]
    return index, gone


def chain(p: Pattern, index: int, *kinds: str) -> dict[str, int]:
    """The layers of different kinds, each before the other, that a layer comes from, with reshapes between them.

    By kind; the reshapes by "view" and a number. Empty if it comes from others.
    """
    found: dict[str, int] = {}
    for kind in kinds:
        inner, views = along(p, index)
        if p[inner].kind != kind:
            return {}
        found |= {f"view{len(found) + k}": i for k, i in enumerate(views)} | {kind: inner}
        index = p[inner].inputs[0]
    return found


def terms(p: Pattern, index: int) -> tuple[list[int], list[int]]:
    """The terms of a sum of sums, and the layers that add them; axes of 1 may come before those of an inner sum."""
    inner, views = along(p, index)
    if p[inner].kind != "add" or _bare(p[inner].out.dims) != _bare(p[index].out.dims):
        return [index], []
    both = [terms(p, i) for i in p[inner].inputs]
    return [i for found, _ in both for i in found], [*views, inner, *(i for _, more in both for i in more)]


def _bare(dims: tuple[Any, ...]) -> tuple[Any, ...]:
    """Sizes without the first ones that are 1."""
    return dims if dims[:1] != (1,) else _bare(dims[1:])


def per_head(p: Pattern, index: int, heads: Any, places: Any) -> bool:
    """Whether a layer gives heads×tokens×tokens, the same for all windows."""
    dims = p[index].out.dims
    return dims[-3:] == (heads, places, places) and set(dims[:-3]) <= {1}


def thirds(p: Pattern, parts: Sequence[int]) -> int | None:
    """The layer of whose channels queries, keys and values are the thirds, in order."""
    whole = p[parts[0]].inputs[0]
    out = p[whole].out
    third = out.channels // 3
    even = all(part(p.sketch, i) == (whole, out.channel, k * third, third) for k, i in enumerate(parts))
    return whole if even and out.channels % 3 == 0 else None


def beside_parameter(p: Pattern) -> tuple[int, int] | None:
    """A layer and a parameter that nothing else reads, which the last layer joins."""
    if len(p.last.inputs) != 2:
        return None
    x, weights = sorted(p.last.inputs, key=lambda i: p[i].kind == "parameter")
    return (x, weights) if x != weights and p.alone(weights, "parameter") is not None else None


def called(draft: Draft, kind: str, *words: str) -> str:
    """A layer's name, in which another kind takes the place of a word for what it was."""
    stem, dot, last = draft.wanted.rpartition(".")
    return f"{stem}{dot}{kind}" if last in words else draft.wanted


def numbers(p: Pattern, index: int) -> Numbers | None:
    """The numbers of a constant, or of the index of a `take`, to be asked for; None if they are not known."""
    return p.sketch.numbers.get(p[index])
