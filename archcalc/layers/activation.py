"""Activations. exp, tanh, erf, a root and a division count as one operation each, as a comparison does."""

import math
from typing import Any, ClassVar, Literal

from archcalc.dims import Dim
from archcalc.fields import Axis, Real, Size
from archcalc.layers.base import Layer, Pointwise
from archcalc.reach import Sight, all_of
from archcalc.reverse import Step, step
from archcalc.tensor import Tensor, Weight, Weights


def _sigmoid(v: float) -> float:
    return 1 / (1 + math.exp(-v)) if v > 0 else 1 - 1 / (1 + math.exp(v))


class _Activation(Pointwise):
    """An activation whose torch class takes the main value, if it has one."""

    saves: ClassVar = "x"
    signal: ClassVar = "apply"
    module: ClassVar[str]
    "torch's class."

    inplace: bool = False

    def torch(self, t: Any, x: Tensor) -> Any:
        return getattr(t.nn, self.module)(*([getattr(self, self.main)] if self.main else []))


class Relu(_Activation):
    """max(x, 0).  1 operation per element.  Overwrites its input in memory, unless `inplace` is false."""

    saves: ClassVar = "y"
    module: ClassVar = "ReLU"
    rectifies: ClassVar = True

    inplace: bool = True

    def curve(self, v: float) -> float:
        return max(v, 0.0)


class Relu6(_Activation):
    """min(max(x, 0), 6).  2 operations per element."""

    cost: ClassVar = 2
    module: ClassVar = "ReLU6"
    rectifies: ClassVar = True

    def curve(self, v: float) -> float:
        return min(max(v, 0.0), 6.0)


class LeakyRelu(_Activation):
    """x, or slope·x where x is negative.  2 operations per element: compare, multiply."""

    main: ClassVar = "slope"
    cost: ClassVar = 2
    module: ClassVar = "LeakyReLU"

    slope: Real = 0.01

    def curve(self, v: float) -> float:
        return v if v > 0 else self.slope * v


class Prelu(Pointwise):
    """Leaky ReLU with learnt slopes (He et al. 2015, §2.1), one per channel or one shared by all.

    2 operations per element: compare, multiply.
    """

    main: ClassVar = "slopes"
    saves: ClassVar = "x"
    signal: ClassVar = "apply"
    cost: ClassVar = 2

    slopes: Literal["channel", "shared"] = "channel"

    def out(self, x: Tensor) -> Tensor:
        self.params(x)
        return x

    def params(self, x: Tensor) -> Weights:
        return {"weight": Weight((("channels", x.channels) if self.slopes == "channel" else ("shared", 1),))}

    def torch(self, t: Any, x: Tensor) -> Any:
        slopes = self.params(x)["weight"].size
        return t.channel_first(x, t.nn.PReLU(slopes)) if self.slopes == "channel" else t.nn.PReLU(slopes)

    def curve(self, v: float) -> float:
        """He et al. 2015, §2.1: slopes begin as 0.25."""
        return v if v > 0 else 0.25 * v


class Elu(_Activation):
    """x, or alpha·(exp(x) − 1) where x is negative.  4 operations per element: compare, exp, subtract, multiply."""

    main: ClassVar = "alpha"
    cost: ClassVar = 4
    module: ClassVar = "ELU"

    alpha: Real = 1.0

    def curve(self, v: float) -> float:
        return v if v > 0 else self.alpha * math.expm1(v)


class Gelu(_Activation):
    """x·Φ(x) (Hendrycks and Gimpel 2016).

    5 operations per element: x/√2, erf, add 1, times x, times ½.  With `approximate: tanh` 9:
    square, times 0.044715, add 1, times x, times √(2/π), tanh, add 1, times x, times ½.
    """

    main: ClassVar = "approximate"
    module: ClassVar = "GELU"

    approximate: Literal["none", "tanh"] = "none"

    def ops(self, x: Tensor) -> Dim:
        return (9 if self.approximate == "tanh" else 5) * x.size

    def curve(self, v: float) -> float:
        return v * (1 + math.erf(v / math.sqrt(2))) / 2


class Sigmoid(_Activation):
    """1 / (1 + exp(−x)).  4 operations per element: negate, exp, add, divide."""

    saves: ClassVar = "y"
    cost: ClassVar = 4
    module: ClassVar = "Sigmoid"

    def curve(self, v: float) -> float:
        return _sigmoid(v)


class Silu(_Activation):
    """x·sigmoid(x), also called swish.  5 operations per element: sigmoid's 4 and a multiplication."""

    cost: ClassVar = 5
    module: ClassVar = "SiLU"

    def curve(self, v: float) -> float:
        return v * _sigmoid(v)


class HardSigmoid(_Activation):
    """min(max(x + 3, 0), 6) / 6.  4 operations per element."""

    cost: ClassVar = 4
    module: ClassVar = "Hardsigmoid"

    def curve(self, v: float) -> float:
        return min(max(v + 3, 0.0), 6.0) / 6


class HardSwish(_Activation):
    """x·hard_sigmoid(x) (Howard et al. 2019, §5.2).  5 operations per element."""

    cost: ClassVar = 5
    module: ClassVar = "Hardswish"

    def curve(self, v: float) -> float:
        return v * min(max(v + 3, 0.0), 6.0) / 6


class Tanh(_Activation):
    """tanh(x).  1 operation per element."""

    saves: ClassVar = "y"
    module: ClassVar = "Tanh"

    def curve(self, v: float) -> float:
        return math.tanh(v)


class Softmax(Pointwise):
    """exp(x) / Σ exp(x) along an axis.

    5 operations per element: maximum, subtract it, exp, add up, divide.
    """

    main: ClassVar = "axis"
    saves: ClassVar = "y"
    cost: ClassVar = 5
    signal: ClassVar = "softmax"
    module: ClassVar = "Softmax"
    axis: Axis = "channel"

    def out(self, x: Tensor) -> Tensor:
        x.axis(self.axis)
        return x

    def channel_groups(self, x: Tensor) -> Dim:
        return 1 if x.axis(self.axis) == x.channel else x.channels

    def sees(self, x: Tensor) -> list[Sight]:
        return [*super().sees(x), all_of(x, x, [x.axis(self.axis)])]

    def back(self, which: int, x: Tensor) -> list[Step]:
        return Layer.back(self, which, x)

    def torch(self, t: Any, x: Tensor) -> Any:
        return getattr(t.nn, self.module)(x.axis(self.axis) + 1)


class LogSoftmax(Softmax):
    """x − log Σ exp(x) along an axis.

    5 operations per element: maximum, subtract it, exp, add up, subtract (the logarithm is one per
    row and left out).
    """

    module: ClassVar = "LogSoftmax"
    signal: ClassVar = "log softmax"


class Rescale(Pointwise):
    """factor·x / √root_of, by a constant: what a residual branch is damped by, say.  1 operation per element."""

    main: ClassVar = "factor"
    signal: ClassVar = "damp"

    factor: Real = 1.0
    root_of: Size | None = None

    def out(self, x: Tensor) -> Tensor:
        return x.floating()

    def label(self) -> str:
        return (f"×{self.factor:g}" if self.factor != 1 else "") + (f"/√{self.root_of}" if self.root_of else "")

    def torch(self, t: Any, x: Tensor) -> Any:
        return t.function(lambda v: v * (self.factor / (self.root_of or 1) ** 0.5))

    def back(self, which: int, x: Tensor) -> list[Step]:
        return [step(self.kind, factor=self.factor, root_of=self.root_of)]

    def damping(self, square: float) -> float:
        return float(self.factor / (self.root_of or 1) ** 0.5)
