"""Blocks of parts: by the names of layers, and by the graph where names have no blocks."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.diagrams.parts import Part, block, links
from archcalc.net import Net

FLAT = 24
"Parts of one level above which the graph is asked for blocks."
LONG = 30
"Parts that an edge may pass before it counts as a route across blocks (U-Net, YOLO)."


class _Name:
    __slots__ = ("below", "own")

    def __init__(self) -> None:
        self.own: Part | None = None
        self.below: dict[str, _Name] = {}


def blocks(net: Net, parts: Sequence[Part]) -> list[Part]:
    """Layers grouped into nested blocks, in order."""
    root = _Name()
    for part in parts:
        place = root
        for word in part.name.split("."):
            place = place.below.setdefault(word, _Name())
        place.own = part
    order = {part.main: k for k, part in enumerate(parts)}
    return _items(net, root, "", order)


def _items(net: Net, place: _Name, prefix: str, order: dict[int, int]) -> list[Part]:
    """What stands below a name: blocks, and layers. A join and its branches are one block."""
    found: list[Part] = []
    for word, child in place.below.items():
        name = f"{prefix}.{word}" if prefix else word
        if child.own is not None:
            branches = [(f"{name}.{inner}", branch) for inner, branch in child.below.items()]
            items = [item for inner, branch in branches
                     for item in [*_items(net, branch, inner, order), *([branch.own] if branch.own else [])]]
            items = [*_sorted(items), child.own]
            found += [block(name, items)] if len(items) > 1 and _contiguous(items, order) else items
            continue
        items = _items(net, child, name, order)
        if len(items) > 1 and _contiguous(items, order):
            found.append(block(name, items))
        elif len(items) == 1 and not items[0].is_layer:
            found.append(items[0]._replace(name=name))
        else:
            found += items
    return _segmented(net, _sorted(found))


def _sorted(parts: Sequence[Part]) -> list[Part]:
    return sorted(parts, key=lambda part: next(part.layers()).main)


def _contiguous(items: Sequence[Part], order: dict[int, int]) -> bool:
    places = sorted(order[layer.main] for item in items for layer in item.layers())
    return places[-1] - places[0] == len(places) - 1


def _segmented(net: Net, items: list[Part]) -> list[Part]:
    """Stretches between two cuts of the graph as blocks, where a level has many layers."""
    if sum(item.is_layer for item in items) <= FLAT:
        return items
    found: list[Part] = []
    for first, last in _stretches(net, items):
        stretch = items[first:last]
        found.append(stretch[0] if len(stretch) == 1 else block(_between(stretch), stretch))
    return found


def _between(stretch: Sequence[Part]) -> str:
    return f"{stretch[0].name} … {stretch[-1].name}"


def _stretches(net: Net, items: Sequence[Part]) -> list[tuple[int, int]]:
    """Ranges of items so that all that leaves one leaves from its last item, but for long routes."""
    reach = list(range(len(items)))
    for _, a, b in links(net, items):
        if a >= 0 and b - a <= LONG:
            reach[a] = max(reach[a], b)
    found, start, far = [], 0, 0
    for i in range(len(items)):
        if far <= i:
            found.append((start, i + 1))
            start = i + 1
        far = max(far, reach[i])
    return found if start == len(items) else [*found, (start, len(items))]
