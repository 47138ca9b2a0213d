"""Unpooling: what pooling was given, from what it gave (Zeiler and Fergus 2014, §2.1).

It follows the derivative: where windows overlap, what they bring to one place is added up.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from archcalc.dims import Dim, ceil_div, equal, gcd, product, require
from archcalc.fields import PerAxis, per_axis
from archcalc.layers.base import Layer, Sliding
from archcalc.reach import Reach, Sight, along, table, transposed
from archcalc.tensor import Tensor, Window

Share = tuple[list[int], list[int], list[float]]
"""Along one axis: places, the position of a window that covers each, and the part of its value that goes there."""


class _Unpool(Layer):
    """Pooling backwards: C×H'×W' → C×size×size."""

    family: ClassVar = "pool"

    size: PerAxis

    def grown(self, x: Tensor) -> Tensor:
        """The tensor that was pooled."""
        return x.put_space(per_axis(self.size, len(x.space), "size"))

    @abstractmethod
    def pooled(self, y: Tensor) -> Sequence[Dim]:
        """The positions that pooling leaves of a tensor, per spatial axis."""

    def out(self, x: Tensor, *_: Tensor) -> Tensor:
        y = self.grown(x)
        for n, m, wanted in zip(y.spatial, x.spatial, self.pooled(y), strict=True):
            require(equal(m, wanted), "pooling leaves {} of {}, but the signal has {}", wanted, n, m, field="size")
        return y

    @abstractmethod
    def reaches(self, x: Tensor) -> list[Reach]:
        """What an output sees of the signal, per spatial axis."""

    def sees(self, x: Tensor, *more: Tensor) -> list[Sight]:
        return [along(y, self.reaches(x), which=which) for which, y in enumerate((x, *more))]


class _Windowed(_Unpool, Sliding):
    """Unpooling of windows that slide."""

    main: ClassVar = "kernel"

    kernel: PerAxis
    ceil: bool = False

    def pooled(self, y: Tensor) -> Sequence[Dim]:
        return self.slide(y).spatial

    def reaches(self, x: Tensor) -> list[Reach]:
        return [table([i for i in transposed(w).units(p) if 0 <= i < m] for p in range(n))
                for w, n, m in zip(self.windows(self.grown(x)), self.grown(x).spatial, x.spatial, strict=True)]

    def derivation(self, x: Tensor, *_: Tensor) -> dict[int, str]:
        return {}


class _Adapted(_Unpool):
    """Unpooling of windows that divide the input evenly: ⌊i·n/m⌋ … ⌈(i + 1)·n/m⌉ − 1 of n for position i of m."""

    main: ClassVar = "size"

    def pooled(self, y: Tensor) -> Sequence[Dim]:
        return ()

    def out(self, x: Tensor, *_: Tensor) -> Tensor:
        require(len(x.space) > 0, "unpools spatial axes, but {} has {}", x, x.roles())
        return self.grown(x)

    def spans(self, x: Tensor) -> list[list[range]]:
        """Places of each window, per spatial axis."""
        return [[range(i * n // m, ceil_div((i + 1) * n, m)) for i in range(m)]
                for n, m in zip(self.grown(x).spatial, x.spatial, strict=True)]

    def reaches(self, x: Tensor) -> list[Reach]:
        return [table([i for i, places in enumerate(spans) if p in places] for p in range(n))
                for spans, n in zip(self.spans(x), self.grown(x).spatial, strict=True)]

    def label(self) -> str:
        return "×".join(map(str, self.size)) if isinstance(self.size, tuple) else str(self.size)


class _Switched(_Unpool):
    """Unpooling of maxima, to the places that the switches name."""

    inputs: ClassVar = (2, 2)
    saves: ClassVar = "1"
    signal: ClassVar = "unpool by switches"

    def out(self, x: Tensor, *more: Tensor) -> Tensor:
        switches, = more
        require(len(x.dims) == len(switches.dims), "the switches {} have other axes than the signal {}", switches, x)
        for m, n in zip(x.dims, switches.dims, strict=True):
            require(equal(m, n), "the switches are {}, but the signal is {}", switches, x)
        return super().out(x)

    def ops(self, x: Tensor, switches: Tensor) -> Dim:
        return x.size

    def torch(self, t: Any, x: Tensor, switches: Tensor) -> Any:
        y, space = self.grown(x), [i + 1 for i in x.space]
        last = list(range(-len(space), 0))

        def run(v: Any, at: Any) -> Any:
            v, at = (u.movedim(space, last) for u in (v, at.long()))
            zeros = v.new_zeros(*v.shape[:-len(space)], product(y.spatial))
            sums = zeros.scatter_add(-1, at.flatten(-len(space)), v.flatten(-len(space)))
            return sums.unflatten(-1, y.spatial).movedim(last, space)

        return t.function(run)


class _Evenly(_Unpool):
    """Unpooling of means: each place of a window gets an equal part."""

    signal: ClassVar = "unpool evenly"

    @abstractmethod
    def shares(self, x: Tensor) -> list[Share]:
        """How values are spread, per spatial axis."""

    def torch(self, t: Any, x: Tensor) -> Any:
        sizes, found = self.grown(x).spatial, self.shares(x)

        def run(v: Any) -> Any:
            for axis, n, (places, positions, parts) in zip(x.space, sizes, found, strict=True):
                to, of = (t.torch.tensor(i, device=v.device) for i in (places, positions))
                part = t.torch.tensor(parts, dtype=v.dtype, device=v.device)
                zeros = v.new_zeros(*v.shape[:axis + 1], n, *v.shape[axis + 2:])
                spread = v.index_select(axis + 1, of) * part.view(-1, *[1] * (len(x.dims) - 1 - axis))
                v = zeros.index_add(axis + 1, to, spread)
            return v

        return t.function(run)


class MaxUnpool(_Switched, _Windowed):
    """2-D max pooling backwards, by its switches: C×H'×W', C×H'×W' → C×size×size (Zeiler and Fergus 2014, §2.1).

    A switch is the place of a window's maximum, counted row by row. 1 operation per input element: what several
    windows bring to one place is added up, as the derivative has it.
    """

    dilation: PerAxis = 1


class MaxUnpool1d(MaxUnpool):
    """1-D max pooling backwards, by its switches: C×L', C×L' → C×size."""

    rank: ClassVar = 1


class MaxUnpool3d(MaxUnpool):
    """3-D max pooling backwards, by its switches: C×D'×H'×W', C×D'×H'×W' → C×size×size×size."""

    rank: ClassVar = 3


class AvgUnpool(_Evenly, _Windowed):
    """2-D average pooling backwards: C×H'×W' → C×size×size, each value spread evenly over its window.

    1 operation per input element, to divide it, and 1 for each place of its window, to add it.
    """

    count_include_pad: bool = True

    def ops(self, x: Tensor) -> Dim:
        return (1 + product(self.kernels())) * x.size

    def shares(self, x: Tensor) -> list[Share]:
        return [self._share(w, n, m) for w, n, m in
                zip(self.windows(self.grown(x)), self.grown(x).spatial, x.spatial, strict=True)]

    def _share(self, w: Window, n: int, m: int) -> Share:
        """A mean is over the window without what hangs over the padding, or over the input."""
        found: list[tuple[int, int, float]] = []
        for i in range(m):
            begin = i * w.stride - w.before
            window = range(begin, min(begin + w.kernel, n + w.after))
            inside = [p for p in window if 0 <= p < n]
            found += [(p, i, 1 / (len(window) if self.count_include_pad else len(inside))) for p in inside]
        places, positions, parts = zip(*found, strict=True)
        return list(places), list(positions), list(parts)


class AvgUnpool1d(AvgUnpool):
    """1-D average pooling backwards: C×L' → C×size."""

    rank: ClassVar = 1


class AvgUnpool3d(AvgUnpool):
    """3-D average pooling backwards: C×D'×H'×W' → C×size×size×size."""

    rank: ClassVar = 3


class AdaptiveAvgUnpool(_Evenly, _Adapted):
    """Average pooling to a size, backwards: C×H'×W' → C×size×size, each value spread evenly over its window.

    2 operations per input element and place of its window, to divide and to add; windows may share a place.
    """

    def ops(self, x: Tensor) -> Dim:
        rest = product(d for i, d in enumerate(x.dims) if i not in x.space)
        places = [n + m - gcd(n, m) for n, m in zip(self.grown(x).spatial, x.spatial, strict=True)]
        return 2 * rest * product(places)

    def shares(self, x: Tensor) -> list[Share]:
        return [([p for places in spans for p in places], [i for i, places in enumerate(spans) for _ in places],
                 [1 / len(places) for places in spans for _ in places]) for spans in self.spans(x)]


class AdaptiveMaxUnpool(_Switched, _Adapted):
    """Max pooling to a size, backwards, by its switches: C×H'×W', C×H'×W' → C×size×size.

    1 operation per input element.
    """
