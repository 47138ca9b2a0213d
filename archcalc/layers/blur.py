"""Filters with fixed weights, which nothing is learned of."""

from math import comb
from typing import Any, ClassVar, Literal

from archcalc.dims import require
from archcalc.fields import CountPerAxis, PerAxis
from archcalc.layers.base import Sliding
from archcalc.reach import Sight, along, table
from archcalc.tensor import Kept, Products, Tensor, Weight, Weights


class Blurpool(Sliding):
    """A binomial filter over each channel, then every `stride`-th place: C×H×W → C×H'×W'.

    What Zhang (Making convolutional networks shift-invariant again, 2019) strides with, without aliasing. The weights
    are the products of the binomial coefficients of kernel − 1 on both axes, over their sum: a buffer. MACs are output
    elements × kernel size. ``mode`` says what the padding is: the map's reflection, or zeros.
    """

    main: ClassVar = "kernel"
    family: ClassVar = "pool"
    saves: ClassVar = "x"

    kernel: PerAxis = 3
    stride: PerAxis = 2
    padding: CountPerAxis = 1
    mode: Literal["reflect", "constant"] = "reflect"

    def out(self, x: Tensor) -> Tensor:
        for n, w in zip(x.spatial, self.windows(x), strict=True):
            require(self.mode != "reflect" or w.before < n, "padding of {} by reflection needs more than the {} "
                    "elements there are", w.before, n, field="padding")
        return self.slide(x)

    def buffers(self, x: Tensor) -> Weights:
        height, width = self.kernels()
        return {"filt": Weight((("channels", x.channels), ("one", 1), ("kernel_height", height),
                                ("kernel_width", width)))}

    def products(self, x: Tensor) -> Products:
        return {"": (*((n, "") for n in self.slide(x).spatial), (x.channels, "channels"),
                     *((k, "kernel") for k in self.kernels()))}

    def keeps(self, x: Tensor) -> dict[str, Kept]:
        padded = [n + w.before + w.after for w, n in zip(self.windows(x), x.spatial, strict=True)]
        return {"padded copy": Kept(x.put_space(padded).size, needed=0, inference=True)}

    def sees(self, x: Tensor) -> list[Sight]:
        if self.mode != "reflect":
            return super().sees(x)
        reaches = []
        for n, w in zip(x.spatial, self.windows(x), strict=True):
            starts = range(-w.before, w.positions(n) * w.stride - w.before, w.stride)
            reaches.append(table([n - 1 - abs(n - 1 - abs(i)) for i in range(start, start + w.kernel)]
                                 for start in starts))
        return [along(x, reaches)]

    def label(self) -> str:
        return "×".join(map(str, self.kernels()))

    def torch(self, t: Any, x: Tensor) -> Any:
        (height, width), windows = self.kernels(), self.windows(x)
        rows, columns = (t.torch.tensor(_binomial(k)) for k in (height, width))
        pads = [p for w in reversed(windows) for p in (w.before, w.after)]
        strides = tuple(w.stride for w in windows)
        filt = t.torch.outer(rows, columns).reshape(1, 1, height, width).repeat_interleave(x.channels, 0)
        return t.channel_first(x, t.module(
            lambda m, v: t.F.conv2d(t.F.pad(v, pads, self.mode), m.filt, stride=strides, groups=x.channels), filt=filt))


def _binomial(size: int) -> tuple[float, ...]:
    """Coefficients over their sum."""
    return tuple(comb(size - 1, i) / 2 ** (size - 1) for i in range(size))
