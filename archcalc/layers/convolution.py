"""Convolutions. Shapes are channel first in the docs; the channel axis may stand anywhere."""

from abc import abstractmethod
from typing import Any, ClassVar

from archcalc.dims import Dim, maximum, require
from archcalc.fields import CountPerAxis, PerAxis, Size, divides, per_axis
from archcalc.layers.base import Sliding
from archcalc.reach import Sight, along, transposed
from archcalc.reverse import Step, alike, ranked, step
from archcalc.tensor import Kept, Products, Tensor, Weight, Weights, bias, weight

_AXES = ("depth", "height", "width")


class _Filtered(Sliding):
    """A kind with filters over groups of channels."""

    main: ClassVar = "filters"
    family: ClassVar = "conv"
    saves: ClassVar = "x"
    signal: ClassVar = "mix"

    filters: Size
    dilation: PerAxis = 1
    groups: Size = 1
    bias: bool = True

    def out(self, x: Tensor) -> Tensor:
        divides(x.channels, self.groups, "input channels", "groups")
        divides(self.filters, self.groups, "filters", "groups")
        return self.slide(x).put(x.channel, self.filters)

    def channel_groups(self, x: Tensor) -> Dim:
        return self.groups

    @abstractmethod
    def weights(self, x: Tensor, **kernel: Dim) -> Weight:
        """The weight, from the kernel's axes."""

    def params(self, x: Tensor) -> Weights:
        axes = {f"kernel_{axis}": k for axis, k in zip(_AXES[-self.rank:], self.kernels(), strict=True)}
        return {"weight": self.weights(x, **axes)} | ({"bias": bias(self.filters, "filters")} if self.bias else {})

    def ops(self, x: Tensor) -> Dim:
        return self.out(x).size if self.bias else 0

    def reversed(self, kind: str, x: Tensor, before: tuple[Dim, ...], **fields: Any) -> Step:
        """The layer of the same weights, transposed, that turns a signal of the output into one of the input."""
        stride = alike(tuple(w.stride for w in self.windows(x)))
        return step(ranked(kind, self.rank), filters=x.channels, kernel=self.kernel, stride=stride, bias=False,
                    padding=alike(before), dilation=self.dilation, groups=self.groups, **fields)


class Conv(_Filtered):
    """2-D convolution: C×H×W → filters×H'×W'.

    MACs are output positions × weights; the bias adds one operation per output.
    """

    def weights(self, x: Tensor, **kernel: Dim) -> Weight:
        return weight(filters=self.filters, channels_per_group=x.channels // self.groups, **kernel)

    def products(self, x: Tensor) -> Products:
        return {"": (*((n, "") for n in self.slide(x).spatial), (self.params(x)["weight"].size, "weights"))}

    def even(self, x: Tensor) -> bool:
        """Whether the padding is the same on both sides: else torch pads a copy of the input."""
        return all(w.before == w.after for w in self.windows(x))

    def saved(self, x: Tensor) -> str:
        return "x" if self.even(x) else ""

    def keeps(self, x: Tensor) -> dict[str, Kept]:
        padded = [n + w.before + w.after for w, n in zip(self.windows(x), x.spatial, strict=True)]
        return {} if self.even(x) else self.copied(x, padded)

    def torch(self, t: Any, x: Tensor) -> Any:
        windows, even = self.windows(x), self.even(x)
        conv = getattr(t.nn, f"Conv{self.rank}d")(
            x.channels, self.filters, self.kernels(), tuple(w.stride for w in windows),
            tuple(w.before if even else 0 for w in windows), tuple(w.dilation for w in windows),
            self.groups, self.bias)
        return t.channel_first(x, conv if even else t.padded(conv, [(w.before, w.after) for w in windows]))


    def back(self, which: int, x: Tensor) -> list[Step]:
        windows, even = self.windows(x), self.even(x)
        rest = tuple((n + w.before + w.after - w.extent) % w.stride for w, n in zip(windows, x.spatial, strict=True))
        before = tuple(w.before for w in windows)
        back = self.reversed("conv_transpose", x, before if even else (0,), output_padding=alike(rest))
        return [back] if even else [back, step("crop", size=alike(x.spatial), offset=alike(before))]


class Conv1d(Conv):
    """1-D convolution: C×L → filters×L'."""

    rank: ClassVar = 1


class Conv3d(Conv):
    """3-D convolution: C×D×H×W → filters×D'×H'×W'."""

    rank: ClassVar = 3


class ConvTranspose(_Filtered):
    """2-D transposed convolution: C×H×W → filters×H'×W' with H' = (H − 1)·stride − 2·padding + extent + output_padding.

    The extent is dilation·(kernel − 1) + 1 (Dumoulin and Visin, A guide to convolution arithmetic,
    2016, §4).  MACs are input positions × weights; the bias adds one operation per output.
    """

    padding: CountPerAxis = 0
    output_padding: CountPerAxis = 0

    def slide(self, x: Tensor) -> Tensor:
        """The input with its spatial axes grown; `windows` are those of the convolution that this transposes."""
        spatial = []
        extras = per_axis(self.output_padding, self.rank, "output_padding")
        for w, n, extra in zip(self.windows(x), x.spatial, extras, strict=True):
            require(extra < maximum(w.stride, w.dilation), "an output padding of {} must be less than the stride {} "
                    "or the dilation {}", extra, w.stride, w.dilation, field="output_padding")
            full = (n - 1) * w.stride + w.extent + extra
            require(full > w.before + w.after, "a padding of {} on both sides leaves nothing of {} outputs: use less",
                    w.before, full, field="padding")
            spatial.append(full - w.before - w.after)
        return x.put_space(spatial)

    def sees(self, x: Tensor) -> list[Sight]:
        return [along(x, [transposed(w) for w in self.windows(x)])]

    def weights(self, x: Tensor, **kernel: Dim) -> Weight:
        return weight(channels=x.channels, filters_per_group=self.filters // self.groups, **kernel)

    def products(self, x: Tensor) -> Products:
        return {"": (*((n, "") for n in x.spatial), (self.params(x)["weight"].size, "weights"))}

    def derivation(self, x: Tensor) -> dict[int, str]:
        extras = per_axis(self.output_padding, self.rank, "output_padding")
        return {i: f"({n} − 1)·{w.stride} − 2·{w.before} + {w.extent}" + (f" + {extra}" if extra else "")
                for i, w, n, extra in zip(x.space, self.windows(x), x.spatial, extras, strict=True)}

    def torch(self, t: Any, x: Tensor) -> Any:
        return t.channel_first(x, getattr(t.nn, f"ConvTranspose{self.rank}d")(
            x.channels, self.filters, self.kernels(), self.stride, self.padding, self.output_padding,
            self.groups, self.bias, self.dilation))


    def back(self, which: int, x: Tensor) -> list[Step]:
        windows = self.windows(x)
        back = self.reversed("conv", x, tuple(w.before for w in windows))
        more = any(extra >= w.stride for w, extra in
                   zip(windows, per_axis(self.output_padding, self.rank, "output_padding"), strict=True))
        return [back, step("crop", size=alike(x.spatial), offset=0)] if more else [back]


class ConvTranspose1d(ConvTranspose):
    """1-D transposed convolution: C×L → filters×L'."""

    rank: ClassVar = 1


class ConvTranspose3d(ConvTranspose):
    """3-D transposed convolution: C×D×H×W → filters×D'×H'×W'."""

    rank: ClassVar = 3
