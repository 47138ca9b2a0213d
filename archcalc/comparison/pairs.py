"""What changed from one network to another, layer by layer, with the cost of each change."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from archcalc.analysis.parameters import owned
from archcalc.analysis.shapes import Call, calls
from archcalc.comparison.alignment import Match, match
from archcalc.errors import RuleError
from archcalc.layers.base import Layer, Sliding
from archcalc.net import Net, Node
from archcalc.tensor import Tensor

Status = Literal["same", "changed", "added", "removed", "renamed"]


class Pair(NamedTuple):
    """A layer of one network, of the other, or of both, by index in their ``nodes``.

    ``changes`` are words such as ``kernel 11 -> 7``, empty where only the name or nothing changed; ``params``
    and ``macs`` are what ``b`` has more than ``a``, per sample.  A layer that is the same may cost more or less,
    since its input changed.
    """

    a: int | None
    b: int | None
    status: Status
    changes: tuple[str, ...]
    params: int
    macs: int


class Differences(NamedTuple):
    """Two networks and their layers in order, paired where they correspond."""

    a: Net
    b: Net
    pairs: tuple[Pair, ...]

    @property
    def params(self) -> int:
        """Parameters that ``b`` has more than ``a``."""
        return sum(pair.params for pair in self.pairs)

    @property
    def macs(self) -> int:
        """MACs per sample that ``b`` has more than ``a``."""
        return sum(pair.macs for pair in self.pairs)

    def count(self, status: Status) -> int:
        """Layers of a status."""
        return sum(pair.status == status for pair in self.pairs)

    def node(self, pair: Pair) -> tuple[Node | None, Node | None]:
        """The layers of a pair."""
        return (None if pair.a is None else self.a.nodes[pair.a], None if pair.b is None else self.b.nodes[pair.b])


def differences(a: Net, b: Net) -> Differences:
    """The layers of two networks in pairs, in order.

    Layers correspond by name, then by kind, fields and surroundings (`archcalc.comparison.alignment`).
    The deltas of all pairs add up to those of the totals, tied tensors counted once.
    """
    found = match(a, b)
    costs = _costs(a), _costs(b)
    roots = _roots(a, dict(found.kept)), _roots(b, {j: j for _, j in found.kept})
    moved = set(found.moved)
    pairs = []
    for i, j in [*found.kept, *found.moved]:
        params, macs = (new - old for old, new in zip(costs[0][i], costs[1][j], strict=True))
        changes = (*_changes(a, b, i, j), *_wiring(a, b, (i, j), roots, (i, j) in moved))
        status: Status = "changed" if changes else "same" if a.nodes[i].name == b.nodes[j].name else "renamed"
        pairs.append(Pair(i, j, status, changes, params, macs))
    gone, new = {pair.a for pair in pairs}, {pair.b for pair in pairs}
    pairs += [Pair(i, None, "removed", (), -n, -macs) for i, (n, macs) in enumerate(costs[0]) if i not in gone]
    pairs += [Pair(None, j, "added", (), n, macs) for j, (n, macs) in enumerate(costs[1]) if j not in new]
    return Differences(a, b, tuple(sorted(pairs, key=_order(found.kept))))


def _costs(net: Net) -> list[tuple[int, int]]:
    """Parameters and MACs of each node."""
    return [(sum(w.size for w in own.values()) if own is not call.params else call.n_params, call.macs)
            for own, call in zip(owned(net), calls(net), strict=True)]


def _order(kept: Sequence[Match]) -> Any:
    """Pairs in the order of both networks; between two that are kept, what was removed comes first."""
    first, second = [i for i, _ in kept], [j for _, j in kept]

    def key(pair: Pair) -> tuple[int, int, int]:
        if pair.b is None:
            i = pair.a or 0
            return bisect_left(first, i), 0, i
        at = bisect_left(second, pair.b)
        return at, 2 if second[at:at + 1] == [pair.b] else 1, pair.b

    return key


def _changes(a: Net, b: Net, i: int, j: int) -> Iterator[str]:
    """Fields and shared tensors that differ, in words."""
    old, new = a.nodes[i], b.nodes[j]
    if old.layer != new.layer:
        yield from fields_changed(old.layer, new.layer, calls(b)[j].inputs)
    shared = {name: f"{a.nodes[k].name}.{tensor}" for name, (k, tensor) in old.share.items()}
    shares = {name: f"{b.nodes[k].name}.{tensor}" for name, (k, tensor) in new.share.items()}
    for name in sorted({*shared, *shares}):
        if shared.get(name) != shares.get(name):
            yield f"share of {name} {shared.get(name, 'none')} -> {shares.get(name, 'none')}"


def fields_changed(old: Layer, new: Layer, inputs: Sequence[Tensor] = ()) -> Iterator[str]:
    """The fields in which two layers differ, or that their kinds do.

    Two ways to write one window, such as padding 1 and `same`, are no change if the ``inputs`` are given.

    >>> from archcalc.layers.convolution import Conv
    >>> list(fields_changed(Conv(filters=96, kernel=11), Conv(filters=96, kernel=7, padding=(1, 1))))
    ['kernel 11 -> 7', 'padding 0 -> [1, 1]']
    """
    if type(old) is not type(new):
        yield f"{described(old)} -> {described(new)}"
        return
    for name in type(old).model_fields:
        before, after = getattr(old, name), getattr(new, name)
        if before != after and not (name in _WINDOW and _one_window(new, {name: before}, inputs)):
            yield f"{name} {field_text(before)} -> {field_text(after)}"


_WINDOW = ("kernel", "stride", "padding", "dilation")


def _one_window(layer: Layer, fields: dict[str, Any], inputs: Sequence[Tensor]) -> bool:
    """Whether a layer with other fields has the same windows."""
    if not isinstance(layer, Sliding) or len(inputs) != 1:
        return False
    try:
        return layer.model_copy(update=fields).windows(inputs[0]) == layer.windows(inputs[0])
    except RuleError:
        return False


def described(layer: Layer) -> str:
    """A layer's kind with what figures write beside it: ``conv (3×3, 64)``."""
    label = layer.label()
    return f"{layer.kind} ({label})" if label else layer.kind


def field_text(value: Any) -> str:
    """A field's value as a spec writes it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(field_text, value))}]"
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


Roots = list[frozenset[int]]


def _roots(net: Net, kept: Mapping[int, int]) -> Roots:
    """Per node the kept layers, as indices of the other side, that it or what is new before it goes back to."""
    found: Roots = []
    for i, node in enumerate(net.nodes):
        found.append(frozenset((kept[i],)) if i in kept else frozenset().union(*(found[k] for k in node.inputs)))
    return found


def _wiring(a: Net, b: Net, pair: Match, roots: tuple[Roots, Roots], moved: bool) -> Iterator[str]:
    """Other inputs than before, where layers that came or went do not explain them."""
    old, new = a.nodes[pair[0]], b.nodes[pair[1]]
    before = frozenset[int]().union(*(roots[0][k] for k in old.inputs))
    after = frozenset[int]().union(*(roots[1][k] for k in new.inputs))
    if moved:
        yield f"moved behind {_names(b, new)}"
    elif not (before <= after or after <= before):
        yield f"input {_names(a, old)} -> {_names(b, new)}"


def _names(net: Net, node: Node) -> str:
    names = [net.nodes[k].name for k in node.inputs]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "") or "nothing"


def shape_change(a: Call, b: Call) -> str:
    """How a layer's inputs changed shape, empty where they did not."""
    before, after = (" and ".join(map(str, call.inputs)) for call in (a, b))
    return f"input {before} -> {after}" if before != after else ""
