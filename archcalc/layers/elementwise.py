"""Functions that networks compute of weights and scores: a clamp, an exponential, a division by the length."""

import math
from typing import Any, ClassVar

from archcalc.dims import Dim, require
from archcalc.fields import Axis, Real
from archcalc.layers.base import Layer, Pointwise
from archcalc.reach import Sight, all_of
from archcalc.tensor import Tensor


class Clamp(Pointwise):
    """min(max(x, low), high), where either may be missing.  1 operation per element and bound."""

    saves: ClassVar = "x"
    signal: ClassVar = "apply"

    low: Real | None = None
    high: Real | None = None

    def out(self, x: Tensor) -> Tensor:
        require(self.low is not None or self.high is not None, "clamps to nothing: give `low` or `high`")
        return x

    def ops(self, x: Tensor) -> Dim:
        return ((self.low is not None) + (self.high is not None)) * x.size

    def curve(self, v: float) -> float:
        v = v if self.low is None else max(v, self.low)
        return v if self.high is None else min(v, self.high)

    def label(self) -> str:
        return f"{'' if self.low is None else f'{self.low:g}'}…{'' if self.high is None else f'{self.high:g}'}"

    def torch(self, t: Any, x: Tensor) -> Any:
        return t.function(lambda v: v.clamp(min=self.low, max=self.high))


class Exp(Pointwise):
    """exp(x).  1 operation per element."""

    saves: ClassVar = "y"
    signal: ClassVar = "apply"

    def curve(self, v: float) -> float:
        return math.exp(v)

    def torch(self, t: Any, x: Tensor) -> Any:
        return t.function(lambda v: v.exp())


class L2norm(Layer):
    """x / √Σ x² along an axis: vectors of length 1 (those shorter than 1e-12 are divided by that).

    3 operations per element: square, add up, divide.
    """

    main: ClassVar = "axis"
    family: ClassVar = "norm"
    saves: ClassVar = "x"

    axis: Axis = "channel"

    def out(self, x: Tensor) -> Tensor:
        x.axis(self.axis)
        return x.floating()

    def ops(self, x: Tensor) -> Dim:
        return 3 * x.size

    def channel_groups(self, x: Tensor) -> Dim:
        return 1 if "channel" not in x.axes or x.axis(self.axis) == x.channel else x.channels

    def sees(self, x: Tensor) -> list[Sight]:
        return [*super().sees(x), all_of(x, x, [x.axis(self.axis)])]

    def torch(self, t: Any, x: Tensor) -> Any:
        return t.function(lambda v: t.F.normalize(v, dim=x.axis(self.axis) + 1))
