"""Blocks before their classes are known, those of one form together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.exporting.classes import Unit
from archcalc.exporting.code import Code
from archcalc.exporting.groups import Group
from archcalc.exporting.names import MEMBERS, RESERVED, identifier
from archcalc.exporting.options import optional


class Made(NamedTuple):
    """An item's module: what makes it, None for a plain function; and the way to the module of each layer in it.

    ``dissolved`` is a block that stands in no module of its own, its items in the block around it.
    """

    how: Code | None
    paths: dict[int, str]
    dissolved: bool = False


class Entry(NamedTuple):
    """A block before its class is known."""

    group: Group
    unit: Unit
    chain: bool
    paths: dict[int, str]


def choices(forms: Mapping[Any, list[Entry]]) -> Iterator[tuple[bool, list[Entry]]]:
    """Blocks of one form, and those of one name that differ in a part that only some have."""
    found = [(chain, same) for (chain, _), same in forms.items()]
    for k, (chain, same) in enumerate(found):
        for _, other in found[:k] + found[k + 1:]:
            if chain or not same or not other or same[0].unit.title != other[0].unit.title:
                continue
            word = _branch(same[0], set(other[0].unit.body.parts))
            made = optional([e.unit.body for e in same], [e.unit.body for e in other], word)
            if made is not None:
                bodies, ways = made
                both = [e._replace(unit=e.unit._replace(body=b), paths=_rerouted(e.paths, ways))
                        for e, b in zip([*same, *other], bodies, strict=True)]
                same[:], other[:] = sorted(both, key=lambda e: next(e.group.nodes())), []
    yield from ((chain, same) for chain, same in found if same)


def _branch(entry: Entry, known: set[str]) -> str:
    """What the spec calls the branch of the parts that are not known, or else the first of them."""
    items = [item for item in entry.group.items if item.word in entry.unit.body.parts and item.word not in known]
    branches = {item.path.split(".")[-2] for item in items if item.path.count(".") > entry.group.path.count(".") + 1}
    word = branches.pop() if len(branches) == 1 else items[-1].word if items else "branch"
    return identifier(word, [*RESERVED, *MEMBERS])


def _rerouted(paths: dict[int, str], ways: Mapping[str, str]) -> dict[int, str]:
    found = {}
    for i, path in paths.items():
        word, dot, rest = path[1:].partition(".")
        found[i] = f".{ways[word]}{dot}{rest}" if word in ways else path
    return found


def joined(links: Sequence[Made]) -> tuple[dict[str, Code], dict[int, str]]:
    """The modules of a chain, those of chains inside it among them, by number."""
    parts: list[Code] = []
    paths: dict[int, str] = {}
    for made in links:
        how = made.how
        assert how is not None
        inner = list(how.parts[1]) if how.head == "call" and how.parts[0].parts == ("nn.Sequential",) else None
        for i, path in made.paths.items():
            place, _, rest = path[1:].partition("]") if inner is not None else ("", "", "")
            paths[i] = f"[{len(parts) + int(place)}]{rest}" if inner is not None else f"[{len(parts)}]{path}"
        parts += [how] if inner is None else inner
    return {str(k): how for k, how in enumerate(parts)}, paths
