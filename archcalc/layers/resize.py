"""Kinds that change the spatial sizes without weights."""

import math
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal

from archcalc.dims import Dim, equal, product, require
from archcalc.fields import Axis, Count, CountPerAxis, Expects, Like, PerAxis, Real, Size, per_axis
from archcalc.layers.base import Layer
from archcalc.reach import Reach, Sight, Units, along, repeated, shifted, table
from archcalc.reverse import Step, alike, ranked, step
from archcalc.tensor import Tensor

Pads = Annotated[Count | tuple[Count | tuple[Count, Count], ...],
                 Expects("a whole number, 0 or more, or a list of one number or [before, after] pair per axis")]


class Pad(Layer):
    """The spatial axes made longer at both ends: C×H×W → C×(H + before + after)×…, with zeros or as ``mode`` says.

    With ``axis``, that axis alone: zero channels for a shortcut without weights, say. A ``value`` of "-inf" is what
    max pooling never takes.
    """

    main: ClassVar = "padding"
    family: ClassVar = "shape"
    signal: ClassVar = "copy"

    padding: Pads
    mode: Literal["constant", "reflect", "replicate", "circular"] = "constant"
    value: Real | Literal["-inf"] = 0.0
    axis: Axis | None = None

    def axes(self, x: Tensor) -> tuple[int, ...]:
        """Indices of the axes that grow."""
        axes = x.space if self.axis is None else (x.axis(self.axis),)
        require(bool(axes), "pads spatial axes, but {} has {}", x, x.roles())
        return axes

    def pads(self, x: Tensor) -> list[tuple[Dim, Dim]]:
        """Elements added before and after, per axis that grows."""
        pads = per_axis(self.padding, len(self.axes(x)), "padding")
        return [p if isinstance(p, tuple) else (p, p) for p in pads]

    def out(self, x: Tensor) -> Tensor:
        spare = {"reflect": 1, "circular": 0}.get(self.mode)
        require(self.axis is None or spare is None, "pads one axis with a constant only", field="mode")
        grown = x
        for axis, pads in zip(self.axes(x), self.pads(x), strict=True):
            n = x.dims[axis]
            for pad in pads if spare is not None else ():
                require(pad <= n - spare, "{} padding of {} needs more than the {} elements there are",
                        self.mode, pad, n, field="padding")
            grown = grown.put(axis, n + pads[0] + pads[1])
        return grown

    def sees(self, x: Tensor) -> list[Sight]:
        axes = self.axes(x)
        reaches = [_padding(self.mode, x.dims[i], *pads) for i, pads in zip(axes, self.pads(x), strict=True)]
        return [along(x, reaches, axes)]

    def derivation(self, x: Tensor) -> dict[int, str]:
        return {i: f"{x.dims[i]} + {before} + {after}"
                for i, (before, after) in zip(self.axes(x), self.pads(x), strict=True)}

    def torch(self, t: Any, x: Tensor) -> Any:
        if self.axis is not None:
            behind = (0, 0) * (len(x.dims) - 1 - self.axes(x)[0])
            return t.function(lambda v: t.F.pad(v, (*behind, *self.pads(x)[0]), "constant", float(self.value)))
        flat = [p for pair in reversed(self.pads(x)) for p in pair]
        value = float(self.value) if self.mode == "constant" else None
        return t.channel_first(x, t.function(lambda v: t.F.pad(v, flat, self.mode, value)))

    def back(self, which: int, x: Tensor) -> list[Step]:
        require(self.mode == "constant", "{} padding has no inverse here: nothing goes back through it", self.mode,
                field="mode")
        before = tuple(pads[0] for pads in self.pads(x))
        if self.axis is None:
            return [step("crop", size=alike(x.spatial), offset=alike(before))]
        axis = self.axes(x)[0]
        return [step("slice", axis=axis, start=before[0], stop=before[0] + x.dims[axis])]


def _padding(mode: str, n: int, before: int, after: int) -> Reach:
    """Padding with a constant only shifts; the other modes see again what lies inside."""
    if mode == "constant" or before == after == 0:
        return shifted(-before)
    places = range(-before, n + after)
    inside = {"reflect": [n - 1 - abs(n - 1 - abs(i)) for i in places], "circular": [i % n for i in places],
              "replicate": [min(max(i, 0), n - 1) for i in places]}[mode]
    return table([i] for i in inside)


class _Targeted(Layer):
    """A kind whose spatial sizes come from one of its fields, or from another layer with ``like``."""

    inputs: ClassVar = (1, 2)

    like: Like = False

    def target(self, x: Tensor, like: Tensor | None, **fields: Any) -> tuple[Dim, ...]:
        """The one field that is given, per spatial axis, or the sizes of the layer named by ``like``."""
        given = [name for name, value in fields.items() if value is not None] + ["like"] * self.like
        require(len(given) == 1, "needs one of {}, found {}",
                ", ".join([*fields, "like"]), " and ".join(given) or "none")
        require(like is not None or not self.like, "`like` must name a layer", field="like")
        require(like is None or self.like, "takes a second input only by `like`, found {}", like)
        require(bool(x.space), "works on spatial axes, but {} has {}", x, x.roles())
        if like is None:
            return per_axis(fields[given[0]], len(x.space), given[0])
        require(len(like.space) == len(x.space), "{} and {}, which it should be like, differ in spatial axes",
                x, like, field="like")
        return like.spatial


class Crop(_Targeted):
    """A part of the spatial axes: C×H×W → C×h×w; centred (rounded towards the start) or at ``offset``."""

    main: ClassVar = "size"
    family: ClassVar = "shape"
    signal: ClassVar = "copy"
    reuse: ClassVar = "view"

    size: PerAxis | None = None
    offset: CountPerAxis | None = None

    def offsets(self, x: Tensor, like: Tensor | None = None) -> tuple[Dim, ...]:
        """Where the part begins, per spatial axis."""
        sizes = self.target(x, like, size=self.size)
        if self.offset is None:
            return tuple((n - size) // 2 for n, size in zip(x.spatial, sizes, strict=True))
        return per_axis(self.offset, len(x.space), "offset")

    def out(self, x: Tensor, like: Tensor | None = None) -> Tensor:
        sizes = self.target(x, like, size=self.size)
        for n, size, offset in zip(x.spatial, sizes, self.offsets(x, like), strict=True):
            require(size <= n, "a crop of {} does not fit into {}", size, n, field="like" if self.like else "size")
            require(offset + size <= n, "a crop of {} from {} on does not fit into {}", size, offset, n, field="offset")
        return x.put_space(sizes)

    def sees(self, x: Tensor, like: Tensor | None = None) -> list[Sight]:
        return [along(x, [shifted(offset) for offset in self.offsets(x, like)])]

    def torch(self, t: Any, x: Tensor, like: Tensor | None = None) -> Any:
        index = [slice(None)] * (len(x.dims) + 1)
        for axis, offset, size in zip(x.space, self.offsets(x, like), self.out(x, like).spatial, strict=True):
            index[axis + 1] = slice(offset, offset + size)
        return t.function(lambda v, like=None: v[tuple(index)])

    def back(self, which: int, x: Tensor, like: Tensor | None = None) -> list[Step]:
        sizes = zip(x.spatial, self.out(x, like).spatial, self.offsets(x, like), strict=True)
        return [step("pad", padding=tuple((offset, n - size - offset) for n, size, offset in sizes))]


_RANKS = {"bilinear": 2, "trilinear": 3, "bicubic": 2}


class Upsample(_Targeted):
    """Spatial axes resampled to ``scale`` times their size, to ``size``, or like another layer's.

    Operations per output: none for nearest; 2ᵈ products and 2ᵈ − 1 sums for the linear modes over
    d axes; 4ᵈ and 4ᵈ − 1 for bicubic. The weights depend on positions only and are not counted.
    ``linear`` stands for bilinear and trilinear too.
    """

    main: ClassVar = "scale"
    family: ClassVar = "shape"
    signal: ClassVar = "resample"

    scale: PerAxis | None = None
    size: PerAxis | None = None
    mode: Literal["nearest", "linear", "bilinear", "trilinear", "bicubic"] = "nearest"
    align_corners: bool = False

    def out(self, x: Tensor, like: Tensor | None = None) -> Tensor:
        sizes = self.target(x, like, scale=self.scale, size=self.size)
        rank = _RANKS.get(self.mode, len(x.space))
        require(rank == len(x.space), "{} works on {} spatial axes, but {} has {}: use linear",
                self.mode, rank, x, len(x.space), field="mode")
        require(not self.align_corners or self.mode != "nearest", "nearest has no corners to align",
                field="align_corners")
        return x.put_space(sizes if self.scale is None else [n * s for n, s in zip(x.spatial, sizes, strict=True)])

    def sees(self, x: Tensor, like: Tensor | None = None) -> list[Sight]:
        sizes = self.out(x, like).spatial
        return [along(x, [self._reach(n, m) for n, m in zip(x.spatial, sizes, strict=True)])]

    def derivation(self, x: Tensor, like: Tensor | None = None) -> dict[int, str]:
        if self.scale is None:
            return {}
        scales = per_axis(self.scale, len(x.space), "scale")
        return {i: f"{n} × {s}" for i, n, s in zip(x.space, x.spatial, scales, strict=True)}

    def _reach(self, n: int, m: int) -> Reach:
        """Nearest sees ⌊i·n/m⌋; the others the 2 or 4 inputs around (i + ½)·n/m − ½ whose weights are not 0.

        Inputs beyond a border stand for the one at the border, which is then seen too.
        """
        step = Fraction(n - 1, max(m - 1, 1)) if self.align_corners else Fraction(n, m)
        first = Fraction(0) if self.align_corners or self.mode == "nearest" else (step - 1) / 2
        places = [first + i * step for i in range(step.denominator)]
        return Reach(step.denominator, step.numerator, tuple(_taps(place, self.mode) for place in places))

    def ops(self, x: Tensor, like: Tensor | None = None) -> Dim:
        taps = {"nearest": 1, "bicubic": 4}.get(self.mode, 2) ** len(x.space)
        return (2 * taps - 1) * self.out(x, like).size if self.mode != "nearest" else 0

    def label(self) -> str:
        return f"×{self.scale}" if isinstance(self.scale, int) else ""

    def torch(self, t: Any, x: Tensor, like: Tensor | None = None) -> Any:
        mode = {1: "linear", 2: "bilinear", 3: "trilinear"}[len(x.space)] if self.mode == "linear" else self.mode
        resize = t.nn.Upsample(self.out(x, like).spatial, mode=mode,
                               align_corners=None if mode == "nearest" else self.align_corners)
        resize = t.channel_first(x, resize)
        return t.around(resize, lambda v, _: v, lambda v: v) if self.like else resize

    def back(self, which: int, x: Tensor, like: Tensor | None = None) -> list[Step]:
        sizes = self.out(x, like).spatial
        require(self.mode == "nearest" and all(m % n == 0 for m, n in zip(sizes, x.spatial, strict=True)),
                "only upsampling to the nearest by whole factors has an inverse here, not {} from {}", self.mode, x)
        times = tuple(m // n for m, n in zip(sizes, x.spatial, strict=True))
        pool = step(ranked("avgpool", len(x.space)), kernel=alike(times), stride=alike(times))
        return [pool, step("rescale", factor=float(product(times)))]


def _taps(place: Fraction, mode: str) -> Units:
    """Inputs around a place between them."""
    low, wide = math.floor(place), mode == "bicubic"
    return (low, low, 1) if mode == "nearest" or place == low else (low - wide, low + 1 + wide, 1)


class PixelShuffle(Layer):
    """Channels moved into space: C×H×W → C/r²×rH×rW (Shi et al. 2016, sub-pixel convolution)."""

    main: ClassVar = "factor"
    family: ClassVar = "shape"
    signal: ClassVar = "copy"

    factor: Size

    def out(self, x: Tensor) -> Tensor:
        require(len(x.space) == 2, "moves channels into 2 spatial axes, but {} has {}", x, x.roles())
        square = self.factor * self.factor
        require(equal(x.channels % square, 0), "{} channels are not a multiple of {}, the square of the factor",
                x.channels, square, field="factor")
        return x.put(x.channel, x.channels // square).put_space([n * self.factor for n in x.spatial])

    def sees(self, x: Tensor) -> list[Sight]:
        return [along(x, [repeated(self.factor)] * 2)]

    def derivation(self, x: Tensor) -> dict[int, str]:
        return {x.channel: f"{x.channels} / {self.factor}²"} | {i: f"{x.dims[i]} × {self.factor}" for i in x.space}

    def label(self) -> str:
        return f"×{self.factor}"

    def torch(self, t: Any, x: Tensor) -> Any:
        return t.channel_first(x, t.nn.PixelShuffle(self.factor))

    def back(self, which: int, x: Tensor) -> list[Step]:
        require(x.channel == 0, "a shuffle of {} has no inverse here: its channels come last", x)
        (channels, height, width), r = x.dims, self.factor
        space = ("space",) * 4
        return [step("reshape", shape=(channels // r**2, height, r, width, r), axes=("channel", *space)),
                step("permute", order=(0, 2, 4, 1, 3)), step("reshape", shape=x.dims, axes=x.axes)]
