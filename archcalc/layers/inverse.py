"""The transposes of layers, of which a deconvnet is made beside transposed convolutions and unpooling.

Each brings a signal of a layer's output back to the shape of its input, by the layer's derivative.
"""

from typing import Annotated, Any, ClassVar

from archcalc.dims import Dim, equal, require
from archcalc.fields import Axis, Count, Real, Size, Structural, divides
from archcalc.layers.base import Layer, Pointwise
from archcalc.layers.shape import Sizes
from archcalc.reach import FIRST, SAME, Sight, along, table
from archcalc.tensor import Products, Tensor, Weight, Weights, weight


class LinearTranspose(Layer):
    """A dense layer backwards, with its weights: …×features' → …×features, without a bias.

    MACs are positions × weights.
    """

    main: ClassVar = "features"
    family: ClassVar = "fc"
    saves: ClassVar = "x"
    signal: ClassVar = "mix"

    features: Size

    def out(self, x: Tensor) -> Tensor:
        _ = x.last  # refuses other axes
        return x.put(len(x.dims) - 1, self.features)

    def channel_groups(self, x: Tensor) -> Dim:
        return 1

    def params(self, x: Tensor) -> Weights:
        return {"weight": weight(in_features=x.last, out_features=self.features)}

    def products(self, x: Tensor) -> Products:
        return {"": (*((n, "") for n in x.dims[:-1]), (self.params(x)["weight"].size, "weights"))}

    def label(self) -> str:
        return str(self.features)

    def torch(self, t: Any, x: Tensor) -> Any:
        return t.module(lambda m, v: v @ m.weight, weight=t.parameter(x.last, self.features))


class BatchnormTranspose(Pointwise):
    """Batch normalization with running statistics, backwards: the signal times weight / √(running_var + eps).

    1 operation per element.
    """

    family: ClassVar = "norm"
    signal: ClassVar = "damp"

    scale: bool = True
    eps: Real = 1e-5

    def out(self, x: Tensor) -> Tensor:
        _ = x.channel  # refuses a shape without one
        return x

    def params(self, x: Tensor) -> Weights:
        return {"weight": Weight((("channels", x.channels),), "norm")} if self.scale else {}

    def buffers(self, x: Tensor) -> Weights:
        return {"running_var": Weight((("channels", x.channels),), "norm")}

    def damping(self, square: float) -> float:
        return float((1 + self.eps) ** -0.5)

    def torch(self, t: Any, x: Tensor) -> Any:
        shape = [-1] + [1] * (len(x.dims) - 1 - x.channel)
        parts = {name: t.parameter(*w.shape) for name, w in self.params(x).items()}

        def run(m: Any, v: Any) -> Any:
            factor = (m.running_var + self.eps).rsqrt()
            return v * (factor * m.weight if self.scale else factor).view(shape)

        return t.module(run, **parts, running_var=t.torch.ones(x.channels))


class LrnTranspose(Layer):
    """Local response normalization backwards, given what it normalized: C×H×W, C×H×W → C×H×W.

    With s = k + alpha · Σ a², a signal g becomes g / s^beta − 2 · alpha · beta · a · Σ g · a / s^(beta + 1), its
    sum over the channels whose windows hold the element. 2·size + 9 operations per element: size + 3 as the
    layer itself has for s and its power, 7 for the products, quotients and the difference, size − 1 for the sum.
    """

    main: ClassVar = "size"
    family: ClassVar = "norm"
    inputs: ClassVar = (2, 2)
    saves: ClassVar = "1"
    signal: ClassVar = "respond"

    size: Size
    alpha: Real = 1e-4
    beta: Real = 0.75
    k: Real = 2.0
    groups: Size = 1

    def out(self, x: Tensor, a: Tensor) -> Tensor:
        divides(x.channels, self.groups, "channels", "groups")
        require(len(x.dims) == len(a.dims), "the signal is {}, but what was normalized is {}", x, a)
        for m, n in zip(x.dims, a.dims, strict=True):
            require(equal(m, n), "the signal is {}, but what was normalized is {}", x, a)
        return x

    def ops(self, x: Tensor, a: Tensor) -> Dim:
        return (2 * self.size + 9) * x.size

    def channel_groups(self, x: Tensor, a: Tensor) -> Dim:
        return self.groups

    def damping(self, square: float) -> float:
        return float((self.k + self.alpha * self.size * square) ** -self.beta)

    def label(self) -> str:
        return str(self.size)

    def torch(self, t: Any, x: Tensor, a: Tensor) -> Any:
        axis, before, after = x.channel + 1, self.size // 2, (self.size - 1) // 2

        def summed(v: Any, before: int, after: int) -> Any:
            v = t.F.pad(v.movedim(axis, -1), (before, after))
            return v.unfold(-1, self.size, 1).sum(-1).movedim(-1, axis)

        def one(g: Any, v: Any) -> Any:
            s = self.k + self.alpha * summed(v * v, before, after)
            shared = summed(g * v * s ** (-self.beta - 1), after, before)
            return g * s ** -self.beta - 2 * self.alpha * self.beta * v * shared

        return t.function(lambda g, v: t.torch.cat(
            [one(*pair) for pair in zip(g.chunk(self.groups, axis), v.chunk(self.groups, axis), strict=True)], axis))


class Expand(Layer):
    """Axes of 1 repeated to the sizes of ``shape``: C×1×1 → C×H×W."""

    main: ClassVar = "shape"
    family: ClassVar = "shape"
    signal: ClassVar = "repeat"

    shape: Sizes

    def out(self, x: Tensor) -> Tensor:
        require(len(self.shape) == len(x.dims), "{} has {} axes, but the shape has {}", x, len(x.dims),
                len(self.shape), field="shape")
        for m, n in zip(x.dims, self.shape, strict=True):
            require(equal((n - m) * (m - 1), 0), "an axis of {} cannot be repeated to {}: only one of 1 can",
                    m, n, field="shape")
        return Tensor(self.shape, x.axes, x.dtype)

    def sees(self, x: Tensor) -> list[Sight]:
        return [along(x, [SAME if m == n else FIRST for m, n in zip(x.dims, self.shape, strict=True)],
                      range(len(x.dims)))]

    def label(self) -> str:
        return "×".join(map(str, self.shape))

    def torch(self, t: Any, x: Tensor) -> Any:
        return t.function(lambda v: v.expand(v.shape[0], *self.shape).contiguous())


class Unslice(Layer):
    """A slice backwards: the elements put to start, start + step, … along an axis of ``size`` zeros."""

    main: ClassVar = "size"
    family: ClassVar = "shape"
    signal: ClassVar = "copy"

    size: Size
    start: Count = 0
    step: Size = 1
    axis: Axis = "channel"

    def out(self, x: Tensor) -> Tensor:
        axis = x.axis(self.axis)
        end = self.start + (x.dims[axis] - 1) * self.step
        require(end < self.size, "{} elements from {} on, {} apart, do not fit into {}", x.dims[axis], self.start,
                self.step, self.size, field="size")
        return x.put(axis, self.size)

    def sees(self, x: Tensor) -> list[Sight]:
        axis = x.axis(self.axis)
        places = range(self.start, self.start + x.dims[axis] * self.step, self.step)
        inside = SAME if x.axes[axis] == "channel" else table(
            [places.index(p)] if p in places else [] for p in range(self.size))
        return [along(x, [inside], [axis])]

    def label(self) -> str:
        return f"{self.axis} {self.start}: of {self.size}"

    def torch(self, t: Any, x: Tensor) -> Any:
        axis = x.axis(self.axis) + 1
        index = (slice(None),) * axis + (slice(self.start, self.start + (x.dims[axis - 1] - 1) * self.step + 1,
                                               self.step),)

        def run(v: Any) -> Any:
            zeros = v.new_zeros(*v.shape[:axis], self.size, *v.shape[axis + 1:])
            zeros[index] = v
            return zeros

        return t.function(run)


class Unselect(Layer):
    """A selection backwards: elements added to the places of the numbers given, along an axis of ``size`` zeros.

    1 operation per input element.
    """

    main: ClassVar = "indices"
    family: ClassVar = "shape"
    signal: ClassVar = "copy"

    indices: Annotated[tuple[Count, ...], Structural("a list of whole numbers, 0 or more")]
    size: Size
    axis: Axis = "channel"

    def out(self, x: Tensor) -> Tensor:
        axis = x.axis(self.axis)
        require(bool(self.indices), "selects nothing", field="indices")
        require(equal(x.dims[axis], len(self.indices)), "axis {} of {} has {} elements for {} numbers", axis, x,
                x.dims[axis], len(self.indices), field="indices")
        require(self.size > max(self.indices), "element {} does not fit into {}, counted from 0", max(self.indices),
                self.size, field="size")
        return x.put(axis, self.size)

    def sees(self, x: Tensor) -> list[Sight]:
        seen = table([k for k, i in enumerate(self.indices) if i == p] for p in range(self.size))
        return [along(x, [seen], [x.axis(self.axis)])]

    def ops(self, x: Tensor) -> Dim:
        return x.size

    def channel_groups(self, x: Tensor) -> Dim:
        return 1 if x.axes[x.axis(self.axis)] == "channel" else x.channels

    def torch(self, t: Any, x: Tensor) -> Any:
        axis = x.axis(self.axis) + 1

        def run(v: Any) -> Any:
            zeros = v.new_zeros(*v.shape[:axis], self.size, *v.shape[axis + 1:])
            return zeros.index_add(axis, t.torch.tensor(self.indices, device=v.device), v)

        return t.function(run)
