"""Replace the patterns of a sketch: only where shape, tensors, MACs and FLOPs of what is replaced stay the same."""

from __future__ import annotations

from itertools import takewhile

from archcalc.errors import ArchcalcError
from archcalc.importing.fusions.rules import Match, Pattern, rules
from archcalc.importing.sketch import Refused, Sketch


def fuse(sketch: Sketch) -> None:
    """Make one layer of each pattern that the language has a kind for."""
    users: list[set[int]] = [set() for _ in sketch.drafts]
    for i, draft in enumerate(sketch.drafts):
        for k in draft.inputs:
            users[k].add(i)
    gone: set[int] = set()
    for i in range(len(sketch.drafts)):
        while (match := _match(sketch, i, users)) is not None:
            _replace(sketch, i, match, users)
            gone.update(match.gone)
    sketch.remove(gone)


def _match(sketch: Sketch, index: int, users: list[set[int]]) -> Match | None:
    pattern = Pattern(sketch, index, users)
    for rule in rules(sketch.drafts[index].kind):
        match = rule(pattern)
        if match is not None and _apart(sketch, index, match, users) and _equal(sketch, index, match):
            return match
    return None


def _apart(sketch: Sketch, index: int, match: Match, users: list[set[int]]) -> bool:
    """Whether nothing else reads what goes, and no tensor of it is shared."""
    all_of, drafts = {*match.gone, index}, sketch.drafts
    owners = {owner for draft in drafts for owner, _ in draft.share.values()}
    return (all(users[i] <= all_of and i not in sketch.outputs for i in match.gone)
            and not all_of & owners and not any(drafts[i].share for i in all_of)
            and len({drafts[i].train for i in all_of}) == 1)


def _equal(sketch: Sketch, index: int, match: Match) -> bool:
    """Whether the layer has the tensors, MACs, FLOPs and output of those that it replaces."""
    try:
        one = sketch.figures(match.kind, match.fields, match.inputs)
        parts = [sketch.figures(d.kind, d.fields, d.inputs) for d in (
            sketch.drafts[i] for i in (*match.gone, index))]
    except (Refused, ArchcalcError):
        return False
    return (one.out == sketch.shaped(index) and one.macs == sum(p.macs for p in parts)
            and one.flops == sum(p.flops for p in parts)
            and sorted(one.tensors) == sorted(t for p in parts for t in p.tensors))


def _replace(sketch: Sketch, index: int, match: Match, users: list[set[int]]) -> None:
    for i in (*match.gone, index):
        for k in sketch.drafts[i].inputs:
            users[k].discard(i)
    for i in match.inputs:
        users[i].add(index)
    sketch.become(index, match.name or _name(sketch, index, match), match.kind, match.fields, match.inputs)


def _name(sketch: Sketch, index: int, match: Match) -> str:
    """The part that the pattern's layers with tensors are in; the layer of that part where it has others too."""
    all_of = [*match.gone, index]
    held = [i for i in all_of if sketch.params(i)] or [index]
    names = [sketch.drafts[i].wanted.split(".") for i in held]
    columns = zip(*(name if len(names) == 1 else name[:-1] for name in names), strict=False)
    stem = ".".join(column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns))
    others = (d.name for i, d in enumerate(sketch.drafts) if i not in all_of)
    inside = not stem or any(name == stem or name.startswith(f"{stem}.") for name in others)
    return ".".join(filter(None, (stem, match.kind))) if inside and len(held) > 1 else stem
