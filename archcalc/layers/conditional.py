"""Convolutions whose weights depend on the sample."""

from typing import Any, ClassVar

from archcalc.dims import Dim
from archcalc.fields import Padding, PerAxis, Size
from archcalc.layers.base import Layer
from archcalc.layers.convolution import Conv
from archcalc.reach import Sight, all_of
from archcalc.tensor import Kept, Products, Tensor, Weight, Weights


class CondConv(Layer):
    """A convolution with a mixture of the weights of E experts: C×H×W and E shares → filters×H'×W' (Yang et al. 2019).

    Each expert has the weights and biases of a convolution. MACs are E × these, to mix them for each sample, and
    output positions × weights; the bias adds one operation per output.
    """

    main: ClassVar = "filters"
    family: ClassVar = "conv"
    inputs: ClassVar = (2, 2)
    saves: ClassVar = "x"

    filters: Size
    kernel: PerAxis = 1
    stride: PerAxis = 1
    padding: Padding = 0
    dilation: PerAxis = 1
    groups: Size = 1
    bias: bool = True

    def conv(self) -> Conv:
        """The convolution of one sample."""
        return Conv.model_construct(**dict(self))

    def out(self, x: Tensor, shares: Tensor) -> Tensor:
        _ = shares.last     # refuses other axes than channels
        return self.conv().out(x)

    def params(self, x: Tensor, shares: Tensor) -> Weights:
        return {name: Weight((("experts", shares.channels), ("weights", w.size)), w.role)
                for name, w in self.conv().params(x).items()}

    def products(self, x: Tensor, shares: Tensor) -> Products:
        mixed = {f"mixed {name}": ((shares.channels, "experts"), (w.size, "weights"))
                 for name, w in self.conv().params(x).items()}
        return mixed | {"convolution": self.conv().products(x)[""]}

    def ops(self, x: Tensor, shares: Tensor) -> Dim:
        return self.conv().ops(x)

    def channel_groups(self, x: Tensor, shares: Tensor) -> Dim:
        return self.groups

    def sees(self, x: Tensor, shares: Tensor) -> list[Sight]:
        out = self.out(x, shares)
        return [*self.conv().sees(x), all_of(shares, out, range(len(out.dims)), 1)]

    def derivation(self, x: Tensor, shares: Tensor) -> dict[int, str]:
        return self.conv().derivation(x)

    def saved(self, x: Tensor, shares: Tensor) -> str:
        return "x" if self.conv().even(x) else "1"

    def keeps(self, x: Tensor, shares: Tensor) -> dict[str, Kept]:
        """The weights of each sample too."""
        mixed = {name: Kept(w.size, inference=True) for name, w in self.conv().params(x).items()}
        return self.conv().keeps(x) | mixed

    def label(self) -> str:
        return self.conv().label()

    def torch(self, t: Any, x: Tensor, shares: Tensor) -> Any:
        windows, even, axis = self.conv().windows(x), self.conv().even(x), x.channel + 1
        pads = [p for w in reversed(windows) for p in (w.before, w.after)]
        padding = tuple(w.before if even else 0 for w in windows)
        strides, dilations = tuple(w.stride for w in windows), tuple(w.dilation for w in windows)
        kernel = (x.channels // self.groups, *self.conv().kernels())

        def run(m: Any, v: Any, r: Any) -> Any:
            v = v if axis == 1 else v.movedim(axis, 1)
            wide = (v if even else t.F.pad(v, pads)).flatten(0, 1).unsqueeze(0)
            weight, bias = (r @ m.weight).reshape(-1, *kernel), (r @ m.bias).flatten() if self.bias else None
            out = t.F.conv2d(wide, weight, bias, strides, padding, dilations, self.groups * v.shape[0])
            out = out.squeeze(0).unflatten(0, (-1, self.filters))
            return out if axis == 1 else out.movedim(1, axis)

        return t.module(run, **{name: t.parameter(*w.shape) for name, w in self.params(x, shares).items()})
