"""Normalization joined with what follows it: a gate, or a residual."""

from typing import Any, ClassVar

from archcalc.dims import Dim, require
from archcalc.fields import Real, Size, divides
from archcalc.layers.base import Layer
from archcalc.reach import Sight, all_of
from archcalc.tensor import Kept, Tensor, Weight, Weights


class EvonormS0(Layer):
    """x·sigmoid(v·x) / d · weight + bias, where d is the deviation of each of `groups` groups of channels.

    The deviation is over all positions of the group; the shape is kept (EvoNorm-S0, Liu et al. 2020).
    13 operations per element: 4 for the variance (add up, centre, square and add up), 1 for v, 4 for the sigmoid, 1 for
    the gate, 1 to divide, 2 with weight and bias.
    """

    main: ClassVar = "groups"
    family: ClassVar = "norm"
    saves: ClassVar = "x"

    groups: Size
    eps: Real = 1e-5

    def out(self, x: Tensor) -> Tensor:
        divides(x.channels, self.groups, "channels", "groups")
        return x.floating()

    def params(self, x: Tensor) -> Weights:
        return {name: Weight((("channels", x.channels),), "norm") for name in ("weight", "bias", "v")}

    def ops(self, x: Tensor) -> Dim:
        return 13 * x.size

    def sees(self, x: Tensor) -> list[Sight]:
        return [*super().sees(x), all_of(x, x)]

    def channel_groups(self, x: Tensor) -> Dim:
        return self.groups

    def keeps(self, x: Tensor) -> dict[str, Kept]:
        """torch composes it: gates, gated, centred and normalized elements, of which the input tells all."""
        return {name: Kept(x.size, needed=0, inference=name == "gated")
                for name in ("gate", "gated", "centred", "normalized")}

    def label(self) -> str:
        return f"g{self.groups}"

    def torch(self, t: Any, x: Tensor) -> Any:
        shape = (x.channels, *(1,) * (len(x.dims) - 1))
        axes = list(range(2, len(x.dims) + 2))

        def run(m: Any, v: Any) -> Any:
            apart = v.unflatten(1, (self.groups, x.channels // self.groups))
            deviation = ((apart - apart.mean(axes, True)).square().mean(axes, True) + self.eps).sqrt()
            gated = (v * m.sigmoid(v * m.v.reshape(*shape))).unflatten(1, (self.groups, x.channels // self.groups))
            return (gated / deviation).flatten(1, 2) * m.weight.reshape(*shape) + m.bias.reshape(*shape)

        tensors = {name: t.parameter(x.channels) for name in self.params(x)}
        return t.channel_first(x, t.module(run, sigmoid=t.nn.Sigmoid(), **tensors))


class Grn(Layer):
    """x + x·n·weight + bias, where n is a channel's length over its positions, over the mean of all channels' lengths.

    The shape is kept (global response normalization of ConvNeXt V2, Woo et al. 2023).
    6 operations per element: 2 to square and add up, 1 for n, 2 for weight and bias, 1 for the residual.
    """

    family: ClassVar = "norm"
    saves: ClassVar = "x"

    eps: Real = 1e-6

    def out(self, x: Tensor) -> Tensor:
        require(bool(x.space), "takes lengths over spatial axes, but {} has {}", x, x.roles())
        return x.floating().put(x.channel, x.channels)

    def params(self, x: Tensor) -> Weights:
        return {name: Weight((("channels", x.channels),), "norm") for name in ("weight", "bias")}

    def ops(self, x: Tensor) -> Dim:
        return 6 * x.size

    def sees(self, x: Tensor) -> list[Sight]:
        return [*super().sees(x), all_of(x, x)]

    def channel_groups(self, x: Tensor) -> Dim:
        return 1

    def keeps(self, x: Tensor) -> dict[str, Kept]:
        """torch composes it: each channel's length, and that over the mean; what the weight multiplies."""
        return {"lengths": Kept(x.channels), "responses": Kept(x.channels, needed=0),
                "normalized": Kept(x.size, needed=0, inference=True)}

    def torch(self, t: Any, x: Tensor) -> Any:
        shape = (x.channels, *(1,) * (len(x.dims) - 1))
        axes = list(range(2, len(x.dims) + 1))

        def run(m: Any, v: Any) -> Any:
            length = v.square().sum(axes, True).sqrt()
            response = length / (length.mean([1], True) + self.eps)
            return v + v * response * m.weight.reshape(*shape) + m.bias.reshape(*shape)

        return t.channel_first(x, t.module(run, **{name: t.parameter(x.channels) for name in self.params(x)}))
