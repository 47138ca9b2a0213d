"""How far blocks are opened, for pictures that show a row or a box for each part."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.diagrams.parts import Part, block


def opened(parts: Sequence[Part], most: int) -> list[Part]:
    """Parts with the blocks of a level opened together, while there are at most so many.

    Where a level is too much as a whole, a block that holds more than half of the layers is opened
    alone. Too many parts to begin with are joined with their neighbours.
    """
    found = _joined(list(parts), most)
    while True:
        blocks = [part for part in found if not part.is_layer]
        large = [part for part in blocks if 2 * len(part.nodes) > sum(len(other.nodes) for other in found)]
        for chosen in (blocks, large):
            more = [inner for part in found for inner in (part.parts if part in chosen else (part,))]
            if chosen and len(more) <= most:
                found = more
                break
        else:
            return found


def _joined(parts: list[Part], most: int) -> list[Part]:
    step = -(-len(parts) // most)
    if step < 2:
        return parts
    groups = [parts[i:i + step] for i in range(0, len(parts), step)]
    return [group[0] if len(group) == 1 else block(between(group), group) for group in groups]


def between(parts: Sequence[Part]) -> str:
    """A name for parts that follow one another: the first and the last."""
    first, last = parts[0].name, parts[-1].name
    return first if first == last else f"{first.partition(' … ')[0]} … {last.rpartition(' … ')[2]}"
