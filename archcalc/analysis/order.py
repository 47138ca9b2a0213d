"""The order of execution with the lowest peak of inference: exact for small graphs, else a good one.

Where all that is alive is one output, which all later layers go back to, whatever came before is
done; such points cut the network into segments that can be ordered on their own.  In a segment, a
search by increasing peak over the sets of layers done finds the best order, until it meets the
bound on states or time.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archcalc.analysis.memory import beside, peak
from archcalc.analysis.storage import Storages, storages
from archcalc.net import Net

MAX_STATES = 50_000
SECONDS = 2.0


class Order(NamedTuple):
    """An order of the layers with its peak in bytes, beside that of the spec's order.

    ``bound`` is a lower bound for any order: the most that one layer with its inputs takes. ``exact``
    says that no order has a lower peak; otherwise the search stopped at ``stopped``, states or time,
    and the order is the best that a greedy rule and the spec gave.
    """

    layers: tuple[str, ...]
    peak: int
    given: int
    bound: int
    exact: bool
    stopped: str = ""

    @property
    def gain(self) -> int:
        """Bytes saved against the spec's order."""
        return self.given - self.peak


class _Segment:
    """Layers between two cuts, as bits of a set, with the storages that they make and read."""

    def __init__(self, net: Net, held: Storages, nodes: Sequence[int], extra: Sequence[int], entering: int) -> None:
        self.nodes, self.extra = list(nodes), [extra[i] for i in nodes]
        bit = {node: k for k, node in enumerate(nodes)}
        self.needs = [0] * len(nodes)
        self.size = [held.bytes[i] if held.of[i] == i else 0 for i in nodes]
        self.readers: dict[int, int] = {}
        self.reads: list[list[int]] = []
        for k, i in enumerate(nodes):
            reads = {held.of[j] for j in net.nodes[i].inputs}
            for j in net.nodes[i].inputs:
                if j in bit:
                    self.needs[k] |= 1 << bit[j]
            for storage in reads:
                if storage >= net.n_inputs:
                    self.readers[storage] = self.readers.get(storage, 0) | 1 << k
            self.reads.append([s for s in reads if s >= net.n_inputs])
        self._protect(net, held)
        ends = len(net.nodes)
        self.bytes = {s: held.bytes[s] for s in self.readers}
        # What is read after the segment, or is an output, never dies in it.
        self.kept = {s for s in self.readers if held.last[s] > self.nodes[-1] or held.last[s] == ends}
        self.entering = entering

    def _protect(self, net: Net, held: Storages) -> None:
        """A layer that overwrites a storage runs after all others that read it."""
        for k, i in enumerate(self.nodes):
            storage = held.of[i]
            if storage != i and storage in self.readers and getattr(net.nodes[i].layer, "inplace", False):
                for j in range(k):
                    if self.readers[storage] >> j & 1:
                        self.needs[k] |= 1 << j

    def run(self, k: int, done: int, live: int) -> tuple[int, int, int]:
        """A layer, the bytes alive while it runs, and those alive afterwards."""
        after = done | 1 << k
        freed = sum(self.bytes[s] for s in self.reads[k] if s not in self.kept and self.readers[s] & ~after == 0)
        return k, live + self.size[k] + self.extra[k], live + self.size[k] - freed

    def moves(self, done: int, live: int) -> Iterator[tuple[int, int, int]]:
        """Each layer that can run next, as `run` has it."""
        return (self.run(k, done, live) for k, needs in enumerate(self.needs)
                if not done >> k & 1 and needs & ~done == 0)


def best_order(net: Net, dtype: str = "float32", batch: int = 1, seconds: float = SECONDS) -> Order:
    """The order of a network's layers with the lowest peak, as far as the search goes in the time given."""
    held = storages(net, dtype, batch)
    extra = beside(net, dtype, batch)
    inputs = sum(held.bytes[i] for i in range(net.n_inputs))
    deadline = time.monotonic() + seconds
    found: list[int] = []
    most, exact, stopped = 0, True, ""
    order: Sequence[int]
    for segment in _segments(net, held, extra):
        order, high, why = _search(segment, deadline)
        if why:
            exact, stopped = False, why
            candidates = [range(len(segment.nodes)), _greedy(segment, deadline + seconds)]
            order, high = min(((o, _run(segment, o)) for o in candidates if o), key=lambda c: c[1])
        found += [segment.nodes[k] for k in order]
        most = max(most, high)
    given_peak = peak(net, dtype, batch).bytes
    bound = inputs + max((_alone(net, held, i) + extra[i] for i in range(net.n_inputs, len(net.nodes))), default=0)
    names = tuple(net.nodes[i].name for i in found)
    # A peak that equals the bound is the lowest, however it was found.
    return Order(names, inputs + most, given_peak, bound, exact or inputs + most == bound, stopped)


def _alone(net: Net, held: Storages, i: int) -> int:
    mine = {held.of[k] for k in net.nodes[i].inputs if k >= net.n_inputs} | {held.of[i]}
    return sum(held.bytes[s] for s in mine if s >= net.n_inputs)


def _segments(net: Net, held: Storages, extra: Sequence[int]) -> Iterator[_Segment]:
    """Cut where one storage, which is read later, is alive, and the inputs are not read any more."""
    readers = [max((i for i, node in enumerate(net.nodes) if k in node.inputs), default=0) for k in range(net.n_inputs)]
    fed = max(readers, default=0)
    last_read = {held.of[k]: i for i, node in enumerate(net.nodes) for k in node.inputs}
    ends = held.ends()
    alive: set[int] = set()
    begin, entering = net.n_inputs, 0
    for i in range(net.n_inputs, len(net.nodes)):
        alive.add(held.of[i])
        alive.difference_update(ends.get(i, ()))
        alive.difference_update(range(net.n_inputs))
        single = alive == {held.of[i]} and last_read.get(held.of[i], 0) > i and i >= fed
        if single or i == len(net.nodes) - 1:
            yield _Segment(net, held, range(begin, i + 1), extra, entering)
            begin, entering = i + 1, sum(held.bytes[s] for s in alive)


def _search(segment: _Segment, deadline: float) -> tuple[list[int], int, str]:
    """The order with the lowest peak, and the peak; or why the search stopped."""
    everything = (1 << len(segment.nodes)) - 1
    heap = [(segment.entering, 0, 0, segment.entering)]
    came: dict[int, tuple[int, int]] = {0: (0, -1)}
    seen: set[int] = set()
    while heap:
        high, _, done, live = heapq.heappop(heap)
        if done == everything:
            return _trace(came, everything), high, ""
        if done in seen:
            continue
        seen.add(done)
        if len(seen) > MAX_STATES:
            return [], 0, f"{MAX_STATES:,} states"
        if time.monotonic() > deadline:
            return [], 0, "the time given"
        moves = list(segment.moves(done, live))
        # A layer that fits and leaves no more alive than before can as well run at once.
        safe = [m for m in moves if m[1] <= high and m[2] <= live]
        for k, during, after in safe[:1] or moves:
            state = done | 1 << k
            if state not in seen:
                cost = max(high, during)
                if state not in came or cost < came[state][0]:
                    came[state] = cost, k
                    heapq.heappush(heap, (cost, -state.bit_count(), state, after))
    raise AssertionError("every layer can run once its inputs have")


def _trace(came: dict[int, tuple[int, int]], state: int) -> list[int]:
    order = []
    while state:
        k = came[state][1]
        order.append(k)
        state ^= 1 << k
    return order[::-1]


def _greedy(segment: _Segment, deadline: float) -> list[int]:
    """Always the layer that leaves least alive, then that with the lowest peak; empty if time runs out."""
    done, live = 0, segment.entering
    order: list[int] = []
    while len(order) < len(segment.nodes):
        if time.monotonic() > deadline:
            return []
        k, _, live = min(segment.moves(done, live), key=lambda m: (m[2], m[1]))
        done |= 1 << k
        order.append(k)
    return order


def _run(segment: _Segment, order: Sequence[int]) -> int:
    """The peak of an order."""
    done, live, most = 0, segment.entering, segment.entering
    for k in order:
        _, during, live = segment.run(k, done, live)
        done |= 1 << k
        most = max(most, during)
    return most
