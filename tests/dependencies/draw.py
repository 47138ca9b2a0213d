"""Random graphs of every kind of layer that has a field of its own, with branches."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tests.dependencies import axes
from tests.dependencies.axes import Axis
from tests.dependencies.graph import Graph, Sizes

LIMIT = {1: 40, 2: 16, 3: 8}
"""The longest axis by number of axes, so that arrays stay small."""


class Unfit(Exception):
    """A layer drawn does not fit where it should go."""


def graph(seed: int) -> Graph:
    """A graph of 1, 2 or 3 spatial axes: a chain of layers, of which some are branches that join."""
    return _Drawing(Random(seed)).graph


class _Drawing:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.rank = random.choice([1, 2, 2, 2, 2, 3])
        longest = LIMIT[self.rank]
        self.graph = Graph(2, tuple(random.randint(longest * 2 // 3, longest) for _ in range(self.rank)))
        self.suffix = {1: "1d", 2: "", 3: "3d"}[self.rank]
        self.singles: list[Callable[[str], str]] = [
            self.conv, self.conv, self.conv, self.same, self.pool, self.pool, self.crop, self.upsample, self.transpose,
            self.adaptive, self.pad, self.slice, self.roll, self.permute, self.relu]
        x = "input"
        for _ in range(random.randint(3, 6)):
            x = self.some([*self.singles, *[self.branches] * 8, self.excite, self.stack])(x)

    def some(self, kinds: list[Callable[[str], str]]) -> Callable[[str], str]:
        """A layer, drawn until one fits."""
        def draw(x: str) -> str:
            for _ in range(50):
                try:
                    return self.random.choice(kinds)(x)
                except Unfit:
                    continue
            return self.relu(x)
        return draw

    def pick(self, *values: Any) -> list[Any]:
        """A value for each axis."""
        return [self.random.choice(values) for _ in range(self.rank)]

    def put(self, x: str, spec: dict[str, Any], found: list[Axis], channels: int | None = None) -> str:
        """A layer that works along each axis."""
        sizes = tuple(len(axis.takes) for axis in found)
        if not all(1 <= n <= LIMIT[self.rank] for n in sizes):
            raise Unfit
        return self.graph.add(spec, [x], "axes", sizes, channels or self.graph.steps[x].channels, axes=found)

    def sizes(self, x: str) -> Sizes:
        return self.graph.steps[x].sizes

    def conv(self, x: str) -> str:
        kernel, stride, dilation = self.pick(1, 2, 3), self.pick(1, 1, 2, 3), self.pick(1, 1, 2)
        pads = [[self.random.randint(0, 2), self.random.randint(0, 2)] for _ in kernel]
        found = [axes.window(n, k, s, *p, d) for n, k, s, p, d in
                 zip(self.sizes(x), kernel, stride, pads, dilation, strict=True)]
        return self.put(x, {f"conv{self.suffix}": 2, "kernel": kernel, "stride": stride, "padding": pads,
                            "dilation": dilation}, found, 2)

    def same(self, x: str) -> str:
        kernel, stride, dilation = self.pick(1, 2, 3, 4), self.pick(1, 1, 2), self.pick(1, 1, 2)
        found = [axes.same(n, k, s, d) for n, k, s, d in zip(self.sizes(x), kernel, stride, dilation, strict=True)]
        return self.put(x, {f"conv{self.suffix}": 2, "kernel": kernel, "stride": stride, "dilation": dilation,
                            "padding": "same"}, found, 2)

    def pool(self, x: str) -> str:
        kernel, stride, ceil = self.pick(1, 2, 3), self.pick(1, 2, 3), self.random.random() < 0.5
        kind = self.random.choice(["maxpool", "avgpool"])
        dilation = self.pick(1, 2) if kind == "maxpool" else [1] * self.rank
        spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
        pads = [[self.random.randrange(min(e, 3)), self.random.randrange(min(e, 3))] for e in spans]
        if any(e > n + sum(p) for e, n, p in zip(spans, self.sizes(x), pads, strict=True)):
            raise Unfit
        found = [axes.window(n, k, s, *p, d, ceil) for n, k, s, p, d in
                 zip(self.sizes(x), kernel, stride, pads, dilation, strict=True)]
        more = {"dilation": dilation} if kind == "maxpool" else {}
        return self.put(x, {f"{kind}{self.suffix}": kernel, "stride": stride, "padding": pads, "ceil": ceil, **more},
                        found)

    def crop(self, x: str, to: Sizes | None = None) -> str:
        sizes = to or tuple(max(n - self.random.randint(0, 2), 1) for n in self.sizes(x))
        offset = [self.random.randint(0, n - m) for n, m in zip(self.sizes(x), sizes, strict=True)]
        found = [axes.picked(n, m, lambda o, by=by: o + by)
                 for n, m, by in zip(self.sizes(x), sizes, offset, strict=True)]
        return self.put(x, {"crop": list(sizes), "offset": offset}, found)

    def upsample(self, x: str) -> str:
        scale, mode = self.pick(1, 2, 2), self.random.choice(["nearest", "linear"])
        found = [axes.linear(n, r) if mode == "linear" else axes.picked(n, n * r, lambda o, r=r: o // r)
                 for n, r in zip(self.sizes(x), scale, strict=True)]
        return self.put(x, {"upsample": scale, "mode": mode}, found)

    def transpose(self, x: str) -> str:
        kernel, stride, dilation = self.pick(1, 2, 3, 4), self.pick(1, 2, 3), self.pick(1, 1, 2)
        padding = self.pick(0, 1)
        more = [self.random.randrange(max(s, d)) for s, d in zip(stride, dilation, strict=True)]
        if any(n * s > 2 * LIMIT[self.rank] for n, s in zip(self.sizes(x), stride, strict=True)):
            raise Unfit
        found = [axes.transposed(n, *fields) for n, *fields in
                 zip(self.sizes(x), kernel, stride, padding, more, dilation, strict=True)]
        return self.put(x, {f"conv_transpose{self.suffix}": 2, "kernel": kernel, "stride": stride, "padding": padding,
                            "output_padding": more, "dilation": dilation}, found, 2)

    def adaptive(self, x: str) -> str:
        sizes = [n - self.random.choice([0, 1, n // 2]) for n in self.sizes(x)]
        if min(sizes) < 2:  # to 1 is global pooling, which is drawn elsewhere
            raise Unfit
        return self.put(x, {"adaptive_avgpool": sizes},
                        [axes.adaptive(n, m) for n, m in zip(self.sizes(x), sizes, strict=True)])

    def pad(self, x: str) -> str:
        pads = [self.random.choices([0, 1, 2], k=2) for _ in self.sizes(x)]
        mode = self.random.choice(["constant", "reflect"])
        if mode == "reflect" and any(max(p) >= n for p, n in zip(pads, self.sizes(x), strict=True)):
            raise Unfit
        found = [axes.reflected(n, *p) if mode == "reflect" else axes.window(n, 1, 1, *p)
                 for n, p in zip(self.sizes(x), pads, strict=True)]
        return self.put(x, {"pad": pads, "mode": mode}, found)

    def slice(self, x: str) -> str:
        which, start, step = self.random.randrange(self.rank), self.random.randint(0, 2), self.random.choice([1, 2])
        n = self.sizes(x)[which]
        if start >= n:
            raise Unfit
        found = [axes.picked(n, n, lambda o: o) for n in self.sizes(x)]
        found[which] = axes.picked(n, len(range(start, n, step)), lambda o: start + o * step)
        return self.put(x, {"slice": self.position(x, which), "start": start, "step": step}, found)

    def roll(self, x: str) -> str:
        shift = self.pick(-2, -1, 0, 1)
        found = [axes.picked(n, n, lambda o, n=n, by=by: (o - by) % n)
                 for n, by in zip(self.sizes(x), shift, strict=True)]
        return self.put(x, {"roll": shift if self.rank > 1 else shift[0]}, found)

    def position(self, x: str, axis: int) -> int:
        """The number of a spatial axis among all axes."""
        return axis + (not self.graph.steps[x].last)

    def permute(self, x: str) -> str:
        """The channels to the other end, or height and width swapped."""
        step, r = self.graph.steps[x], self.rank
        if self.random.random() < 0.3 and r == 2:
            order = [1, 0, 2] if step.last else [0, 2, 1]
            return self.graph.add({"permute": order}, [x], "swap", step.sizes[::-1], step.channels)
        order = [r, *range(r)] if step.last else [*range(1, r + 1), 0]
        same = [axes.picked(n, n, lambda o: o) for n in step.sizes]
        return self.graph.add({"permute": order}, [x], "axes", step.sizes, step.channels, axes=same, last=not step.last)

    def relu(self, x: str) -> str:
        return self.put(x, {"relu": None}, [axes.picked(n, n, lambda o: o) for n in self.sizes(x)])

    def one(self, x: str, channels: int) -> str:
        return self.put(x, {f"conv{self.suffix}": channels}, [axes.window(n, 1) for n in self.sizes(x)], channels)

    def ends(self, x: str) -> list[str]:
        """Two or three paths from a layer, of which one may be empty, cropped to equal sizes."""
        found = []
        for length in self.random.sample([0, 1, 1, 2, 2], self.random.choice([2, 2, 3])):
            y = x
            for _ in range(length):
                y = self.some([k for k in self.singles if k != self.permute])(y)
            found.append(y)
        small = tuple(min(sizes) for sizes in zip(*map(self.sizes, found), strict=True))
        return [y if self.sizes(y) == small else self.crop(y, small) for y in found]

    def branches(self, x: str) -> str:
        ends = self.ends(x)
        channels = [self.graph.steps[y].channels for y in ends]
        if self.random.random() < 0.5:
            return self.graph.add({"concat": None}, ends, "join", self.sizes(ends[0]), sum(channels))
        ends = [y if c == 2 else self.one(y, 2) for y, c in zip(ends, channels, strict=True)]
        return self.graph.add({"add": None}, ends, "join", self.sizes(ends[0]), 2)

    def stack(self, x: str) -> str:
        """Two paths end to end along a spatial axis."""
        which = self.random.randrange(self.rank)
        ends = [self.one(y, 2) for y in self.ends(x)[:2]]
        sizes = list(self.sizes(ends[0]))
        sizes[which] *= 2
        if sizes[which] > LIMIT[self.rank]:
            raise Unfit
        return self.graph.add({"concat": None, "axis": self.position(x, which)}, ends, "stack", tuple(sizes), 2,
                              along=which)

    def excite(self, x: str) -> str:
        """Squeeze and excitation."""
        step = self.graph.steps[x]
        pool = self.graph.add({"global_avgpool": None}, [x], "everywhere", (1,) * self.rank, step.channels)
        gate = self.one(pool, step.channels)
        return self.graph.add({"multiply": None}, [x, gate], "join", step.sizes, step.channels)
