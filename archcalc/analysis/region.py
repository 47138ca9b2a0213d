"""What one unit of a layer depends on, exactly: backwards through the graph, borders and gaps included.

The forward pass (`archcalc.analysis.receptive_field`) says what an interior unit sees by a rule that
holds for all of them; here every layer's border cuts off what does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from archcalc.analysis.shapes import Call, calls
from archcalc.errors import UsageError
from archcalc.net import Net
from archcalc.reach import SAME, Reach, Sight
from archcalc.tensor import Tensor
from archcalc.words import listed, suggest

Box = tuple[int, ...]
"""Units of a tensor, as a bitmask per axis: every combination of them."""


def region(net: Net, layer: str, unit: Sequence[int], source: str | None = None) -> tuple[range, ...]:
    """The bounding box, along each spatial axis of ``source``, of what one unit of a layer depends on.

    ``unit`` is an index per spatial axis of the layer; all channels count.  ``source`` is an input or
    an earlier layer: by default the one input that the layer sees.  Ranges lie within the source; they are
    empty where the unit sees nothing but padding.  Raises `UsageError` where there is no such layer,
    unit or source, or no path between them.

    >>> import archcalc
    >>> net = archcalc.load("alexnet")
    >>> region(net, "conv2", (0, 0)), region(net, "conv2", (13, 13))
    ((range(0, 35), range(0, 35)), (range(88, 139), range(88, 139)))
    """
    found = calls(net)
    target = _index(net, layer)
    start = _start(net, found[target].out, layer, unit)
    first, between = _source(net, found, target, source)
    boxes: dict[int, list[Box]] = {target: [start]}
    for index in reversed(between):
        call, node = found[index], net.nodes[index]
        for box in boxes.pop(index, ()):
            for sight in call.sights:
                if node.inputs[sight.input] in between or node.inputs[sight.input] == first:
                    _gather(boxes.setdefault(node.inputs[sight.input], []), _before(call, sight, box))
    x = found[first].out
    return tuple(_hull(box[axis] for box in boxes.get(first, ())) for axis in x.space)


def _index(net: Net, name: str) -> int:
    if name not in net.index:
        raise UsageError(f"'{name[:80]}' is no layer of {net.name}{suggest(name, net.index)}")
    return net.index[name]


def _start(net: Net, out: Tensor, layer: str, unit: Sequence[int]) -> Box:
    sizes = _spatial(out, layer)
    if len(unit) != len(sizes):
        raise UsageError(f"'{layer}' has {len(sizes)} spatial axes, but the unit has {len(unit)} indices")
    for i, n in zip(unit, sizes, strict=True):
        if not 0 <= i < n:
            raise UsageError(f"'{layer}' is {out}: it has no unit {i} along an axis of {n}; they are 0 to {n - 1}")
    at = dict(zip(out.space, unit, strict=True))
    return tuple(1 << at[axis] if axis in at else _whole(n) for axis, n in enumerate(out.dims))


def _spatial(out: Tensor, name: str) -> tuple[int, ...]:
    if not out.space:
        raise UsageError(f"'{name}' has no spatial axes: it is {out}, {out.roles()}")
    return out.spatial


def _source(net: Net, found: Sequence[Call], target: int, name: str | None) -> tuple[int, dict[int, None]]:
    """The source's index, and in order those of the layers through which the target sees it."""
    layer = net.nodes[target].name
    if name is None:
        name = _only_input(net, found, target)
    source = _index(net, name)
    if source >= target:
        raise UsageError(f"'{name}' does not come before '{layer}'")
    between = _between(net, found, source, target)
    if not between:
        raise UsageError(f"'{layer}' does not see '{name}': no path leads there")
    _spatial(found[source].out, name)
    return source, between


def _only_input(net: Net, found: Sequence[Call], target: int) -> str:
    seen = [node.name for i, node in enumerate(net.inputs) if found[i].out.space and _between(net, found, i, target)]
    if len(seen) == 1:
        return seen[0]
    layer = net.nodes[target].name
    raise UsageError(f"'{layer}' sees several inputs: name {listed(seen)} as `source`" if seen else
                     f"'{layer}' sees no input that has spatial axes; name a `source`")


def _between(net: Net, found: Sequence[Call], source: int, target: int) -> dict[int, None]:
    """Layers that see the source, up to the target; none if the target does not."""
    seen: dict[int, None] = {}
    for index in range(source + 1, target + 1):
        inputs = net.nodes[index].inputs
        if any(i == source or i in seen for i in inputs) and any(
                inputs[s.input] == source or inputs[s.input] in seen for s in found[index].sights):
            seen[index] = None
    return seen if target in seen else {}


def _before(call: Call, sight: Sight, box: Box) -> Box:
    """What a box of the output sees of an input."""
    x = call.inputs[sight.input]
    result = []
    for axis, n in enumerate(x.dims):
        ways = [(i, pair[1]) for i, pair in enumerate(sight.axes) if pair is not None and pair[0] == axis]
        # Kinds do not say which channels an output sees, so all count; an axis that nothing runs along is seen whole.
        if len(ways) != 1 or x.axes[axis] == "channel":
            result.append(_whole(n))
        else:
            result.append(_through(ways[0][1], box[ways[0][0]], n))
    return tuple(result)


def _through(reach: Reach, units: int, n: int) -> int:
    if reach is SAME:
        return units & _whole(n)
    if reach.constant:
        return _mask(reach.units(0), n)
    found = 0
    for i in _bits(units):
        found |= _mask(reach.units(i), n)
    return found


def _mask(units: range, n: int) -> int:
    """The units that exist, of those given."""
    if units.step == 1:
        first, end = max(units.start, 0), min(units.stop, n)
        return _whole(end - first) << first if end > first else 0
    return sum(1 << i for i in units if 0 <= i < n)


def _whole(n: int) -> int:
    return (1 << n) - 1


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _gather(boxes: list[Box], new: Box) -> None:
    """Add a box, unless it is empty or inside another.

    Boxes are not joined axis by axis: a unit that sees only padding along one axis sees nothing along the others.
    """
    if all(new) and not any(_inside(new, box) for box in boxes):
        boxes[:] = [*(box for box in boxes if not _inside(box, new)), new]


def _inside(a: Box, b: Box) -> bool:
    return all(not m & ~n for m, n in zip(a, b, strict=True))


def _hull(masks: Iterable[int]) -> range:
    union = 0
    for mask in masks:
        union |= mask
    return range((union & -union).bit_length() - 1, union.bit_length()) if union else range(0)
