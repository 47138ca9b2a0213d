"""Normalization. An operation count leaves out what is worked out once per group (a root, a division by n)."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from archcalc.dims import Dim, maximum, product, require
from archcalc.fields import Real, Size, Structural, divides
from archcalc.layers.base import Layer
from archcalc.reach import Sight, all_of
from archcalc.reverse import Step, Take, step
from archcalc.tensor import Kept, Tensor, Weight, Weights

Axes = Annotated[int, Field(gt=0), Structural("a number of axes")]


def _per_channel(x: Tensor, *names: str) -> Weights:
    return {name: Weight((("channels", x.channels),), "norm") for name in names}


def _statistics(groups: Dim) -> dict[str, Kept]:
    return {name: Kept(groups) for name in ("mean", "inverse deviation")}


class Batchnorm(Layer):
    """Batch normalization of each channel; any shape of 1 to 4 axes is kept.

    2 operations per element: with running statistics, mean, variance, weight and bias fold into
    one multiplication and one addition per channel.  ``scale: false`` learns no weight, TensorFlow's
    default.
    """

    family: ClassVar = "norm"
    saves: ClassVar = "x"
    signal: ClassVar = "over batch"

    affine: bool = True
    scale: bool = True
    eps: Real = 1e-5
    momentum: Real = 0.1

    def out(self, x: Tensor) -> Tensor:
        _ = x.channel  # refuses a shape without one
        require(len(x.dims) <= 4, "normalizes shapes of 1 to 4 axes, but {} has {}", x, len(x.dims))
        return x

    def params(self, x: Tensor) -> Weights:
        names = ("weight", "bias") if self.scale else ("bias",)
        return _per_channel(x, *names) if self.affine else {}

    def buffers(self, x: Tensor) -> Weights:
        return _per_channel(x, "running_mean", "running_var")

    def ops(self, x: Tensor) -> Dim:
        return 2 * x.size

    def keeps(self, x: Tensor) -> dict[str, Kept]:
        return {name: Kept(x.channels, per_batch=True) for name in ("mean", "inverse deviation")}

    def torch(self, t: Any, x: Tensor) -> Any:
        norm = getattr(t.nn, f"BatchNorm{max(len(x.dims) - 1, 1)}d")(x.channels, self.eps, self.momentum, self.affine)
        if not self.scale:
            norm.register_parameter("weight", None)
        return t.channel_first(x, norm)

    def back(self, which: int, x: Tensor) -> list[Step]:
        return [step("batchnorm_transpose", scale=self.affine and self.scale, eps=self.eps)]


class Layernorm(Layer):
    """Layer normalization over the channel axis, wherever it stands, or over the last `axes` axes.

    5 operations per element (add up, centre, square and add up, scale), and 2 more with weight and
    bias, 1 with a weight alone.
    """

    family: ClassVar = "norm"
    saves: ClassVar = "x"
    signal: ClassVar = "over channels"

    axes: Axes | None = None
    affine: bool = True
    bias: bool = True
    eps: Real = 1e-5

    def normalized(self, x: Tensor) -> tuple[int, ...]:
        """Indices of the axes that are normalized together."""
        if self.axes is None:
            return (x.channel,)
        require(self.axes <= len(x.dims), "{} axes to normalize, but {} has {}", self.axes, x, len(x.dims),
                field="axes")
        return tuple(range(len(x.dims)))[-self.axes:]

    def out(self, x: Tensor) -> Tensor:
        self.normalized(x)
        return x

    def params(self, x: Tensor) -> Weights:
        names = ("weight", "bias") if self.bias else ("weight",)
        axes = tuple((f"{x.axes[i]}_{i}" if self.axes else "channels", x.dims[i]) for i in self.normalized(x))
        return {name: Weight(axes, "norm") for name in names} if self.affine else {}

    def ops(self, x: Tensor) -> Dim:
        return (5 + len(self.params(x))) * x.size

    def channel_groups(self, x: Tensor) -> Dim:
        return 1

    def sees(self, x: Tensor) -> list[Sight]:
        return [*super().sees(x), all_of(x, x, self.normalized(x))]

    def keeps(self, x: Tensor) -> dict[str, Kept]:
        return _statistics(x.size // product(x.dims[i] for i in self.normalized(x)))

    def torch(self, t: Any, x: Tensor) -> Any:
        axes = self.normalized(x)
        norm = t.nn.LayerNorm([x.dims[i] for i in axes], self.eps, self.affine, self.bias)
        return norm if self.axes else t.channel_last(x, norm)


class Groupnorm(Layer):
    """Group normalization (Wu and He 2018): each of `groups` groups of channels, over all its positions.

    5 operations per element as `layernorm`, and 2 more with weight and bias.
    """

    main: ClassVar = "groups"
    family: ClassVar = "norm"
    saves: ClassVar = "x"
    signal: ClassVar = "over map"

    groups: Size
    affine: bool = True
    eps: Real = 1e-5

    def out(self, x: Tensor) -> Tensor:
        divides(x.channels, self.groups, "channels", "groups")
        return x

    def params(self, x: Tensor) -> Weights:
        return _per_channel(x, "weight", "bias") if self.affine else {}

    def ops(self, x: Tensor) -> Dim:
        return (5 + len(self.params(x))) * x.size

    def sees(self, x: Tensor) -> list[Sight]:
        return [*super().sees(x), all_of(x, x)]

    def channel_groups(self, x: Tensor) -> Dim:
        return self.groups

    def keeps(self, x: Tensor) -> dict[str, Kept]:
        return _statistics(self.groups)

    def label(self) -> str:
        return f"g{self.groups}"

    def torch(self, t: Any, x: Tensor) -> Any:
        return t.channel_first(x, t.nn.GroupNorm(self.groups, x.channels, self.eps, self.affine))


class Instancenorm(Layer):
    """Instance normalization (Ulyanov et al. 2016): each channel over its positions, without running statistics.

    5 operations per element as `layernorm`, and 2 more with weight and bias.
    """

    family: ClassVar = "norm"
    saves: ClassVar = "x"
    signal: ClassVar = "over map"

    affine: bool = False
    eps: Real = 1e-5

    def out(self, x: Tensor) -> Tensor:
        others = [d for i, d in enumerate(x.dims) if i != x.channel]
        require(1 <= len(others) <= 3, "normalizes a channel over 1 to 3 other axes, but {} has {}", x, x.roles())
        require(product(others) > 1, "one position per channel in {}, which normalizes to zero", x)
        return x

    def params(self, x: Tensor) -> Weights:
        return _per_channel(x, "weight", "bias") if self.affine else {}

    def ops(self, x: Tensor) -> Dim:
        return (5 + len(self.params(x))) * x.size

    def sees(self, x: Tensor) -> list[Sight]:
        return [*super().sees(x), all_of(x, x)]

    def keeps(self, x: Tensor) -> dict[str, Kept]:
        return _statistics(x.channels)

    def torch(self, t: Any, x: Tensor) -> Any:
        norm = getattr(t.nn, f"InstanceNorm{len(x.dims) - 1}d")
        return t.channel_first(x, norm(x.channels, self.eps, affine=self.affine))


class Rmsnorm(Layer):
    """Root-mean-square normalization (Zhang and Sennrich 2019) over the channel axis, wherever it stands.

    3 operations per element (square and add up, scale), and 1 more with a weight.
    """

    family: ClassVar = "norm"
    saves: ClassVar = "x"
    signal: ClassVar = "root mean square"

    affine: bool = True
    eps: Real = 1e-6

    def out(self, x: Tensor) -> Tensor:
        _ = x.channel  # refuses a shape without one
        return x

    def channel_groups(self, x: Tensor) -> Dim:
        return 1

    def params(self, x: Tensor) -> Weights:
        return _per_channel(x, "weight") if self.affine else {}

    def ops(self, x: Tensor) -> Dim:
        return (3 + len(self.params(x))) * x.size

    def keeps(self, x: Tensor) -> dict[str, Kept]:
        """torch composes it: the root's inverse, and what the weight multiplies; without one, the mean is there too."""
        rows = x.size // x.channels
        last = {"normalized": Kept(x.size, needed=0, inference=True)} if self.affine else {
            "mean square": Kept(rows, needed=0, backward=False, inference=True)}
        return {"inverse root": Kept(rows, inference=True)} | last

    def torch(self, t: Any, x: Tensor) -> Any:
        return t.channel_last(x, t.nn.RMSNorm(x.channels, self.eps, self.affine))


class Lrn(Layer):
    """Local response normalization over `size` adjacent channels: b = a / (k + alpha · Σ a²)^beta.

    Krizhevsky et al. 2012, §3.3, whose alpha multiplies the sum (torch's and Caffe's multiplies the
    mean).  With `groups`, within each group of channels, as AlexNet's is on each GPU.
    size + 4 operations per element: square, size − 1 additions, times alpha, plus k, power, divide.
    """

    main: ClassVar = "size"
    family: ClassVar = "norm"
    saves: ClassVar = "x"
    signal: ClassVar = "respond"

    size: Size
    alpha: Real = 1e-4
    beta: Real = 0.75
    k: Real = 2.0
    groups: Size = 1

    def out(self, x: Tensor) -> Tensor:
        divides(x.channels, self.groups, "channels", "groups")
        return x

    def ops(self, x: Tensor) -> Dim:
        return (self.size + 4) * x.size

    def channel_groups(self, x: Tensor) -> Dim:
        return self.groups

    def damping(self, square: float) -> float:
        return float((self.k + self.alpha * self.size * square) ** -self.beta)

    def keeps(self, x: Tensor) -> dict[str, Kept]:
        """torch composes it: padded squares, and the denominator before and after the power; one is needed.

        While it runs, the padded squares of one group are there, or what the groups gave before they are joined.
        """
        padded = x.size // x.channels * (x.channels + self.groups * (self.size - 1))
        return {"squares": Kept(padded, needed=0), "sums": Kept(x.size), "powers": Kept(x.size, needed=0),
                "scratch": Kept(maximum(padded // self.groups, x.size), needed=0, backward=False, inference=True)}

    def torch(self, t: Any, x: Tensor) -> Any:
        norm = t.nn.LocalResponseNorm(self.size, self.alpha * self.size, self.beta, self.k)
        if len(x.dims) == 1:  # torch's takes no vectors, hence one more axis.
            norm = t.around(norm, lambda v: v.unsqueeze(-1), lambda v: v.squeeze(-1))
        if self.groups == 1:
            return t.channel_first(x, norm)

        def apart(v: Any) -> Any:
            parts = v.chunk(self.groups, 1)
            return t.torch.cat([norm(parts[i]) for i in range(self.groups)], 1)

        return t.channel_first(x, t.function(apart))

    def back(self, which: int, x: Tensor) -> list[Step]:
        return [step("lrn_transpose", Take("value"), **dict(self))]
