"""Pooling. Windows slide over the spatial axes; every other axis is kept."""

from typing import Any, ClassVar

from archcalc.dims import Dim, both, ceil_div, gcd, product, require
from archcalc.fields import PerAxis, per_axis
from archcalc.layers.base import Layer, Sliding
from archcalc.reach import Sight, all_of, along, kept_of, table
from archcalc.reverse import SLOPES, SWITCHES, Step, Take, alike, ranked, step
from archcalc.tensor import Kept, Tensor, Window


def _indices(out: Tensor) -> dict[str, Kept]:
    """torch notes where each maximum was, in int64, even for inference; the input tells it too."""
    return {"indices": Kept(out.size, bytes=8, needed=0, inference=True)}


class _Pool(Sliding):
    """Pooling with a window that slides."""

    main: ClassVar = "kernel"
    family: ClassVar = "pool"
    saves: ClassVar = "x"

    kernel: PerAxis
    ceil: bool = False

    def out(self, x: Tensor) -> Tensor:
        for w in self.windows(x):
            # Caffe's condition; torch's own is half the window, which `_overhang` is there for.
            require(both(w.before < w.extent, w.after < w.extent), "padding {} + {} is not less than the window "
                    "of {}, which would see nothing but padding", w.before, w.after, w.extent, field="padding")
        return self.slide(x)

    def native(self, x: Tensor) -> bool:
        """Whether torch's pooling takes the windows as they are: else a copy of the input is padded for it."""
        return _native(self.windows(x))

    def saved(self, x: Tensor) -> str:
        return "x" if self.native(x) else ""

    def keeps(self, x: Tensor) -> dict[str, Kept]:
        seen = [(w.positions(n) - 1) * w.stride + w.extent for w, n in zip(self.windows(x), x.spatial, strict=True)]
        return {} if self.native(x) else self.copied(x, seen)

    def unpooled(self, kind: str, x: Tensor, *takes: Take) -> list[Step]:
        """The step back, with the same windows."""
        return [step(ranked(kind, self.rank), *takes, **dict(self), size=alike(x.spatial))]


def _native(windows: tuple[Window, ...]) -> bool:
    """Whether torch's pooling takes the padding: the same on both sides, at most half the kernel."""
    return all(w.before == w.after <= w.kernel // 2 for w in windows)


def _overhang(x: Tensor, windows: tuple[Window, ...]) -> list[tuple[int, int]]:
    """How far the last window of each axis reaches behind the padding (negative: stays before its end)."""
    return [(0, (w.positions(n) - 1) * w.stride + w.extent - w.before - n - w.after)
            for w, n in zip(windows, x.spatial, strict=True)]


class Maxpool(_Pool):
    """2-D max pooling: C×H×W → C×H'×W'.  Window size − 1 comparisons per output, padding included."""

    signal: ClassVar = "largest"

    dilation: PerAxis = 1

    def ops(self, x: Tensor) -> Dim:
        return (product(self.kernels()) - 1) * self.slide(x).size

    def keeps(self, x: Tensor) -> dict[str, Kept]:
        return super().keeps(x) | _indices(self.slide(x))

    def torch(self, t: Any, x: Tensor) -> Any:
        windows, native = self.windows(x), self.native(x)
        kernel, stride, before, after, dilation, _ = zip(*windows, strict=True)
        pool = getattr(t.nn, f"MaxPool{self.rank}d")(
            kernel, stride, before if native else 0, dilation, ceil_mode=self.ceil and native)
        if not native:
            pool = t.padded(pool, _overhang(x, windows), -float("inf"))
            pool = t.padded(pool, list(zip(before, after, strict=True)), -float("inf"))
        return t.channel_first(x, pool)

    def back(self, which: int, x: Tensor) -> list[Step]:
        return self.unpooled("max_unpool", x, SWITCHES)


class Maxpool1d(Maxpool):
    """1-D max pooling: C×L → C×L'."""

    rank: ClassVar = 1


class Maxpool3d(Maxpool):
    """3-D max pooling: C×D×H×W → C×D'×H'×W'."""

    rank: ClassVar = 3


class Avgpool(_Pool):
    """2-D average pooling: C×H×W → C×H'×W'.

    Window size operations per output: window size − 1 additions and one division, padding included
    whether or not it counts in the divisor (`count_include_pad`).
    """

    signal: ClassVar = "average"

    count_include_pad: bool = True

    def ops(self, x: Tensor) -> Dim:
        return product(self.kernels()) * self.slide(x).size

    def native(self, x: Tensor) -> bool:
        """torch's 3-D kernel alone asks that a window fits without its padding."""
        fits = self.rank < 3 or all(n >= k for n, k in zip(x.spatial, self.kernels(), strict=True))
        return super().native(x) and fits

    def keeps(self, x: Tensor) -> dict[str, Kept]:
        """Beside a padded copy, the shares by which its means are divided."""
        kept = super().keeps(x)
        return kept | {"shares": Kept(self.slide(x).size, needed=0)} if kept else {}

    def torch(self, t: Any, x: Tensor) -> Any:
        windows = self.windows(x)
        kernel, stride, before, after, _, _ = zip(*windows, strict=True)
        pool = getattr(t.nn, f"AvgPool{self.rank}d")
        if self.native(x):
            return t.channel_first(x, pool(kernel, stride, before, self.ceil, self.count_include_pad))
        inner = t.padded(pool(kernel, stride), _overhang(x, windows))
        pads = list(zip(before, after, strict=True))
        mean, share = t.padded(inner, pads), t.padded(inner, pads, float(self.count_include_pad))
        return t.channel_first(x, t.function(lambda v: mean(v) / share(t.torch.ones_like(v))))

    def back(self, which: int, x: Tensor) -> list[Step]:
        return self.unpooled("avg_unpool", x)


class Avgpool1d(Avgpool):
    """1-D average pooling: C×L → C×L'."""

    rank: ClassVar = 1


class Avgpool3d(Avgpool):
    """3-D average pooling: C×D×H×W → C×D'×H'×W'."""

    rank: ClassVar = 3


class _Adaptive(Layer):
    """Pooling to a given size: output i of m sees inputs ⌊i·n/m⌋ … ⌈(i + 1)·n/m⌉ − 1 of n."""

    main: ClassVar = "size"
    family: ClassVar = "pool"
    saves: ClassVar = "x"

    size: PerAxis

    def out(self, x: Tensor) -> Tensor:
        require(1 <= len(x.space) <= 3, "pools 1 to 3 spatial axes, but {} has {}", x, x.roles())
        return x.put_space(per_axis(self.size, len(x.space), "size"))

    def seen(self, x: Tensor) -> Dim:
        """Elements in all windows together: n + m − gcd(n, m) along each axis, since inner borders may be shared."""
        sums = [n + m - gcd(n, m) for n, m in zip(x.spatial, self.out(x).spatial, strict=True)]
        return product(sums) * product(d for i, d in enumerate(x.dims) if i not in x.space)

    def sees(self, x: Tensor) -> list[Sight]:
        return [along(x, [table(range(i * n // m, ceil_div((i + 1) * n, m)) for i in range(m))
                          for n, m in zip(x.spatial, self.out(x).spatial, strict=True)])]

    def label(self) -> str:
        return "×".join(map(str, self.size)) if isinstance(self.size, tuple) else str(self.size)


class AdaptiveAvgpool(_Adaptive):
    """Average pooling to a size: C×H×W → C×size×size.  One operation per element of each window, as `avgpool`."""

    signal: ClassVar = "average"

    def ops(self, x: Tensor) -> Dim:
        return self.seen(x)

    def saved(self, x: Tensor) -> str:
        """To one position it is torch's mean, which keeps nothing."""
        return "x" if any(n != 1 for n in self.out(x).spatial) else ""

    def torch(self, t: Any, x: Tensor) -> Any:
        return t.channel_first(x, getattr(t.nn, f"AdaptiveAvgPool{len(x.space)}d")(self.size))

    def back(self, which: int, x: Tensor) -> list[Step]:
        return [step("adaptive_avg_unpool", size=alike(x.spatial))]


class AdaptiveMaxpool(_Adaptive):
    """Max pooling to a size: C×H×W → C×size×size.  Window size − 1 comparisons per output."""

    signal: ClassVar = "largest"

    def ops(self, x: Tensor) -> Dim:
        return self.seen(x) - self.out(x).size

    def keeps(self, x: Tensor) -> dict[str, Kept]:
        return _indices(self.out(x))

    def torch(self, t: Any, x: Tensor) -> Any:
        return t.channel_first(x, getattr(t.nn, f"AdaptiveMaxPool{len(x.space)}d")(self.size))

    def back(self, which: int, x: Tensor) -> list[Step]:
        return [step("adaptive_max_unpool", SWITCHES, size=alike(x.spatial))]


class _Global(Layer):
    """Pooling of each channel's whole plane."""

    family: ClassVar = "pool"

    keep: bool = True

    def out(self, x: Tensor) -> Tensor:
        require(len(x.space) > 0, "pools spatial axes, but {} has {}", x, x.roles())
        if self.keep:
            return x.put_space([1] * len(x.space))
        kept = [i for i in range(len(x.dims)) if i not in x.space]
        return Tensor(tuple(x.dims[i] for i in kept), tuple(x.axes[i] for i in kept), x.dtype)

    def sees(self, x: Tensor) -> list[Sight]:
        return [all_of(x, self.out(x))] if self.keep else [kept_of(x, x.space)]

    def widened(self, x: Tensor) -> list[Step]:
        """The step that gives the output the axes of the input, where they are gone."""
        one = x.put_space([1] * len(x.space))
        return [] if self.keep else [step("reshape", shape=one.dims, axes=x.axes)]


class GlobalAvgpool(_Global):
    """Average over space: C×H×W → C×1×1, or C where `keep` is false.  One operation per input element."""

    signal: ClassVar = "average"

    def ops(self, x: Tensor) -> Dim:
        return x.size

    def torch(self, t: Any, x: Tensor) -> Any:
        return t.function(lambda v: v.mean([i + 1 for i in x.space], self.keep))

    def back(self, which: int, x: Tensor) -> list[Step]:
        return [*self.widened(x), step("adaptive_avg_unpool", size=alike(x.spatial))]


class GlobalMaxpool(_Global):
    """Maximum over space: C×H×W → C×1×1, or C where `keep` is false.  Input elements − outputs comparisons."""

    saves: ClassVar = "xy"
    signal: ClassVar = "largest"

    def ops(self, x: Tensor) -> Dim:
        return x.size - self.out(x).size

    def torch(self, t: Any, x: Tensor) -> Any:
        return t.function(lambda v: v.amax([i + 1 for i in x.space], self.keep))

    def back(self, which: int, x: Tensor) -> list[Step]:
        return [*self.widened(x), step("expand", shape=x.dims), step("multiply", SLOPES)]
