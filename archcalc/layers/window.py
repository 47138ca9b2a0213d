"""Windows of an image, and attention within them (Liu et al. 2021, Swin; 2022, Swin v2)."""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Literal

from archcalc.dims import Dim, ceil_div, equal, maximum, minimum, product, require
from archcalc.fields import CountPerAxis, PerAxis, Size, divides, per_axis
from archcalc.layers.base import Layer
from archcalc.layers.dot_product import dense
from archcalc.reach import Sight, along, blocks
from archcalc.tensor import Kept, Products, Tensor, Weight, Weights, weight


def regions(windows: Sequence[int], sides: Sequence[int], shift: Sequence[int]) -> Iterator[list[int]]:
    """The part of an image that each place of each window is from, once it is shifted (Liu et al. 2021, figure 4).

    ``windows`` is how many there are along both axes, ``sides`` is their size. Places of one part see each other.

    >>> [*regions((1, 2), (1, 2), (0, 1))]
    [[0, 0], [1, 2]]
    """
    rows, columns = ([(i >= (n - 1) * side) + (i >= n * side - s) if s else 0 for i in range(n * side)]
                     for n, side, s in zip(windows, sides, shift, strict=True))
    high, wide = sides
    for i, j in itertools.product(range(0, len(rows), high), range(0, len(columns), wide)):
        yield [3 * row + column for row in rows[i:i + high] for column in columns[j:j + wide]]


def coordinates(sides: Sequence[int]) -> list[float]:
    """What Swin v2's network of biases reads, two numbers for each distance within a window: the logarithms of how far
    that is along both axes, scaled to be from −8 to 8 (Liu et al. 2022, §3.3).
    """
    down, across = ([8 * i / max(n - 1, 1) for i in range(1 - n, n)] for n in sides)
    return [math.copysign(math.log2(abs(v) + 1) / 3, v) for a in down for b in across for v in (a, b)]


class _Windows(Layer):
    """A kind with windows of one size, ``window``, high and wide."""

    family: ClassVar = "shape"

    window: PerAxis

    def sides(self) -> tuple[Dim, Dim]:
        """Height and width of a window."""
        height, width = per_axis(self.window, 2, "window")
        return height, width

    def label(self) -> str:
        return "×".join(map(str, self.sides()))


class WindowPartition(_Windows):
    """H×W×C (or C×H×W) cut into windows: → windows × h·w × C."""

    main: ClassVar = "window"
    signal: ClassVar = "copy"

    def out(self, x: Tensor) -> Tensor:
        require(len(x.space) == 2 and len(x.dims) == 3, "cuts 2 spatial axes of H×W×C or C×H×W, but {} has {}",
                x, x.roles())
        for n, side in zip(x.spatial, self.sides(), strict=True):
            require(equal(n % side, 0), "windows of {} do not divide {}: pad it to a multiple", side, n, field="window")
        windows = product(n // side for n, side in zip(x.spatial, self.sides(), strict=True))
        return Tensor((windows, product(self.sides()), x.channels), ("window", "sequence", "channel"), x.dtype)

    def torch(self, t: Any, x: Tensor) -> Any:
        height, width = self.sides()
        return t.function(lambda v: v.movedim(x.channel + 1, -1).unflatten(2, (-1, width)).unflatten(1, (-1, height))
                          .transpose(2, 3).flatten(3, 4).flatten(1, 2))


class WindowReverse(_Windows):
    """The inverse of `window_partition`: windows × h·w × C → H×W×C, of the ``size`` H and W."""

    main: ClassVar = "size"
    signal: ClassVar = "copy"

    size: PerAxis

    def out(self, x: Tensor) -> Tensor:
        require(x.axes == ("window", "sequence", "channel"), "joins window×sequence×channel, but {} has {}",
                x, x.roles())
        size = per_axis(self.size, 2, "size")
        for n, side in zip(size, self.sides(), strict=True):
            require(equal(n % side, 0), "windows of {} do not divide {}", side, n, field="window")
        windows, length = product(n // side for n, side in zip(size, self.sides(), strict=True)), product(self.sides())
        require(equal(x.dims[0], windows), "{}×{} has {} windows, found {}", *size, windows, x, field="size")
        require(equal(x.dims[1], length), "a window has {} tokens, found {}", length, x, field="window")
        return Tensor((*size, x.channels), ("space", "space", "channel"), x.dtype)

    def torch(self, t: Any, x: Tensor) -> Any:
        (height, width), (_, across) = self.sides(), per_axis(self.size, 2, "size")
        return t.function(lambda v: v.unflatten(2, (height, width)).unflatten(1, (-1, across // width))
                          .transpose(2, 3).flatten(3, 4).flatten(1, 2))


class WindowAttention(_Windows):
    """Attention within windows of an image: H×W×C → H×W×C, as torchvision computes it.

    H and W are padded up to multiples of the window, and padded positions count: with P of them and
    N = h·w tokens to a window, MACs are 4·P·C² for the projections and 2·P·N·C for the products.
    Operations: 1 per output of a projection with bias; per score 1 for the scale, 1 for the relative
    position bias and 5 for the softmax. The masks of a ``shift`` are not counted.

    Version 2 replaces the table of biases by a small network (2 → 512 → heads), whose MACs, biases
    and ReLU count for each of the (2h − 1)(2w − 1) distances once per sample, with 5 operations (a
    sigmoid and a product) per head and pair; cosine attention has 3 operations per element of queries
    and keys, and 2 per head for its learned scale. The bias of the keys is held at 0, but is a parameter.
    """

    main: ClassVar = "window"
    family: ClassVar = "fc"
    saves: ClassVar = ""
    signal: ClassVar = "attend in windows"

    heads: Size
    shift: CountPerAxis = 0
    bias: bool = True
    version: Literal[1, 2] = 1

    def channel_groups(self, x: Tensor) -> Dim:
        return 1

    def padded(self, x: Tensor) -> Dim:
        """Positions after padding."""
        return product(ceil_div(n, side) * side for n, side in zip(x.spatial, self.sides(), strict=True))

    def distances(self) -> Dim:
        """Distinct distances between two tokens of a window."""
        return product(2 * side - 1 for side in self.sides())

    def out(self, x: Tensor) -> Tensor:
        require(x.axes == ("space", "space", "channel"), "works on H×W×C, but {} has {}: permute it", x, x.roles())
        divides(x.channels, self.heads, "channels", "heads")
        for shift, side in zip(per_axis(self.shift, 2, "shift"), self.sides(), strict=True):
            require(shift < side, "a shift of {} must be smaller than the window of {}", shift, side, field="shift")
        return x.floating()

    def params(self, x: Tensor) -> Weights:
        projections = (dense("qkv", x.channels, 3 * x.channels, self.bias)
                       | dense("proj", x.channels, x.channels, self.bias))
        if self.version == 1:
            return {"relative_position_bias_table": weight(distances=self.distances(), heads=self.heads)} | projections
        return ({"logit_scale": weight(heads=self.heads, queries=1, keys=1)} | projections
                | dense("cpb_mlp.0", 2, 512, True) | dense("cpb_mlp.2", 512, self.heads, False))

    def buffers(self, x: Tensor) -> Weights:
        (height, width), pairs = self.sides(), product(self.sides()) * product(self.sides())
        index = {"relative_position_index": Weight((("pairs", pairs),), "index")}
        if self.version == 1:
            return index
        table = weight(batch=1, height=2 * height - 1, width=2 * width - 1, coordinates=2)
        return {"relative_coords_table": table} | index

    def products(self, x: Tensor) -> Products:
        places, channels = (self.padded(x), "positions"), (x.channels, "channels")
        found: Products = {"projections": ((4, ""), places, channels, channels),
                           "scores and values": ((2, ""), places, channels, (product(self.sides()), "tokens"))}
        if self.version == 2:
            found["bias network"] = ((self.distances(), "distances"), (2 * 512 + 512 * self.heads, "weights"))
        return found

    def ops(self, x: Tensor) -> Dim:
        per_window = product(self.sides())
        common = self.padded(x) * (4 * self.bias * x.channels + 7 * self.heads * per_window)
        if self.version == 1:
            return common
        network = self.distances() * (512 + 512) + 5 * self.heads * per_window * per_window
        return common + network + self.padded(x) * 3 * 2 * x.channels + 2 * self.heads

    def keeps(self, x: Tensor) -> dict[str, Kept]:
        """Copies of the input in windows and of each head's queries, keys and values, and the softmax's result.

        While it runs, scratch is the windows, in version 1 the scaled queries, and either copies of the factors of
        a product with its result or a second set of scores; the output is not there yet. (In a batch of one
        sample that is one window, torch takes views of queries, keys and values instead of copies.)
        """
        places, length = self.padded(x), product(self.sides())
        whole, scores = places * x.channels, places * length * self.heads
        scratch = (3 - self.version) * whole + maximum(2 * self.version * whole, scores) - x.size
        found = {"windows": Kept(whole), "weights": Kept(scores, inference=True), "result": Kept(whole),
                 "score bias": Kept(self.heads * length * length, backward=self.version == 2, inference=True,
                                    per_batch=True),
                 "scratch": Kept(scratch, needed=0, backward=False, inference=True)}
        return found | (self._keeps_plain(x, whole) if self.version == 1 else self._keeps_cosine(x, whole, scores))

    def _keeps_plain(self, x: Tensor, whole: Dim) -> dict[str, Kept]:
        moved = 0
        for n, side, shift in zip(x.spatial, self.sides(), per_axis(self.shift, 2, "shift"), strict=True):
            moved = maximum(moved, minimum(shift * (ceil_div(n, side) - 1), 1))
        return {"queries": Kept(whole), "keys": Kept(whole), "values": Kept(whole),
                "queries, keys and values": Kept(3 * whole, backward=False, inference=True),
                "mask": Kept(moved * self.padded(x) * product(self.sides()), needed=0, backward=False, inference=True,
                             per_batch=True)}

    def _keeps_cosine(self, x: Tensor, whole: Dim, scores: Dim) -> dict[str, Kept]:
        """Queries, keys and values stay in one piece, from which the others follow; each length is kept twice."""
        lengths = 2 * self.padded(x) * self.heads
        return {"queries, keys and values": Kept(3 * whole, inference=True), "values": Kept(whole, needed=0),
                "normalized queries and keys": Kept(2 * whole, needed=0), "cosines": Kept(scores),
                "lengths": Kept(lengths), "clamped lengths": Kept(lengths, needed=0),
                "factors": Kept(self.heads, per_batch=True),
                "hidden units of the bias network": Kept(self.distances() * 512, per_batch=True),
                "biases": Kept(int(self.bias) * 3 * x.channels, needed=0, backward=False, inference=True,
                               per_batch=True)}

    def sees(self, x: Tensor) -> list[Sight]:
        """The window around each position; those of a shift begin that much earlier, cut off at the border."""
        shifts = per_axis(self.shift, 2, "shift")
        # torch does not shift along an axis that has one window only
        offsets = [-s % side if n > side else 0 for s, side, n in zip(shifts, self.sides(), x.spatial, strict=True)]
        return [along(x, [blocks(side, o) for side, o in zip(self.sides(), offsets, strict=True)])]

    def torch(self, t: Any, x: Tensor) -> Any:
        swin = t.torchvision("models.swin_transformer")
        kind = swin.ShiftedWindowAttention if self.version == 1 else swin.ShiftedWindowAttentionV2
        shift = list(per_axis(self.shift, 2, "shift"))
        return kind(x.channels, list(self.sides()), shift, self.heads, self.bias, self.bias)
