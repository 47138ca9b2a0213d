"""Layers that join several inputs."""

from functools import reduce
from typing import Any, ClassVar, NamedTuple

from archcalc.dims import Dim, ceil_div, equal, maximum, require
from archcalc.fields import Axis
from archcalc.layers.base import Layer
from archcalc.reach import SAME, Sight, aligned, along, table
from archcalc.reverse import Step, Take, step
from archcalc.tensor import Products, Tensor


def _broadcast(a: Dim, b: Dim) -> tuple[Dim, Any]:
    """The larger of two dimensions, and the condition that they are equal or that one is 1."""
    n = maximum(a, b)
    return n, equal((n - a) * (a - 1) + (n - b) * (b - 1), 0)


class _Repair(NamedTuple):
    """What would make two shapes equal, in words; worked out only when a message is printed."""

    a: Tensor
    b: Tensor

    def __str__(self) -> str:
        if not all(isinstance(d, int) for d in (*self.a.dims, *self.b.dims)):
            return "make them equal"
        differ = [i for i, pair in enumerate(zip(self.a.dims, self.b.dims, strict=True)) if len({*pair, 1}) == 3]
        space = [i for i in differ if i in self.a.space][:1]
        channel = [i for i in differ if self.a.axes[i] == "channel"]
        small, large = sorted(self, key=lambda x: x.dims[(space or channel or differ)[0]])
        resized = [_resize(large.dims[i], small.dims[i]) for i in space]
        if channel:
            changed, wanted = (large, small) if space else (small, large)
            project = "a 1×1 convolution with {} filters" if self.a.space else "a linear layer with {} features"
            return " and ".join([project.format(wanted.dims[channel[0]]), *resized]) + f" on the {changed} would fit"
        return f"{resized[0]} on the {large} would fit, or upsampling" if resized else "reshape one of them"


def _resize(large: int, small: int) -> str:
    stride = ceil_div(large, small)
    return f"a stride of {stride}" if ceil_div(large, stride) == small else f"a crop of {large} to {small}"


class _Elementwise(Layer):
    """One operation per output element and input after the first; axes of size 1 are repeated to fit."""

    family: ClassVar = "merge"
    inputs: ClassVar = (1, None)
    branches: ClassVar = True
    function: ClassVar[str]
    "torch's name of the operation."

    inplace: bool = False

    def out(self, *x: Tensor) -> Tensor:
        return reduce(self._join, x)

    def _join(self, a: Tensor, b: Tensor) -> Tensor:
        what = (self.kind, a, b)
        require(len(a.dims) == len(b.dims), "cannot {} {} and {}: different numbers of axes", *what)
        require([r == "channel" for r in a.axes] == [r == "channel" for r in b.axes],
                "cannot {} {} and {}, which are {} and {}: permute one", *what, a.roles(), b.roles())
        joined = [_broadcast(m, n) for m, n in zip(a.dims, b.dims, strict=True)]
        for _, fits in joined:
            require(fits, "cannot {} {} and {}: {}", *what, _Repair(a, b))
        return Tensor(tuple(dim for dim, _ in joined), a.axes, a.dtype)

    def ops(self, *x: Tensor) -> Dim:
        return (len(x) - 1) * self.out(*x).size

    def torch(self, t: Any, *x: Tensor) -> Any:
        return t.function(lambda *v: reduce(getattr(t.torch, self.function), v))

    def back(self, which: int, *x: Tensor) -> list[Step]:
        return self.summed(x[which], self.out(*x))

    def summed(self, x: Tensor, out: Tensor) -> list[Step]:
        """The step that adds up what was repeated to fit."""
        axes = tuple(i for i, (m, n) in enumerate(zip(x.dims, out.dims, strict=True)) if m != n)
        return [step("reduce", op="sum", axes=axes, keep=True)] if axes else []


class Add(_Elementwise):
    """Sum of any number of inputs: C×H×W, C×H×W → C×H×W.

    (inputs − 1) operations per output element.  Axes of size 1 are repeated to fit.
    """

    symbol: ClassVar = "+"
    function: ClassVar = "add"
    signal: ClassVar = "sum"


class Multiply(_Elementwise):
    """Product, element by element, of any number of inputs: C×H×W, C×1×1 → C×H×W.

    (inputs − 1) operations per output element.  Axes of size 1 are repeated to fit.
    """

    symbol: ClassVar = "×"
    function: ClassVar = "mul"
    saves: ClassVar = "x"
    signal: ClassVar = "product"

    def back(self, which: int, *x: Tensor) -> list[Step]:
        others = [Take("value", i) for i in range(len(x)) if i != which]
        return [*([step("multiply", *others)] if others else []), *super().back(which, *x)]


class Matmul(Layer):
    """Matrix product over the last two axes: …×m×k, …×k×n → …×m×n; `transpose` takes the second as …×n×k.

    MACs are batch·m·k·n.  Leading axes of size 1 are repeated to fit.
    """

    family: ClassVar = "merge"
    inputs: ClassVar = (2, 2)
    branches: ClassVar = True
    saves: ClassVar = "x"
    signal: ClassVar = "matmul"

    transpose: bool = False

    def out(self, x: Tensor, y: Tensor) -> Tensor:
        require(len(x.dims) == len(y.dims) >= 2, "cannot multiply {} by {}: needs equal numbers of axes, at least 2",
                x, y)
        rows, columns = (-1, -2) if self.transpose else (-2, -1)
        require(equal(x.dims[-1], y.dims[rows]), "cannot multiply {} by {}: {} columns, but {} rows{}", x, y,
                x.dims[-1], y.dims[rows], "" if self.transpose else "; `transpose: true` takes the second as …×n×k")
        leading = []
        for m, n in zip(x.dims[:-2], y.dims[:-2], strict=True):
            dim, fits = _broadcast(m, n)
            require(fits, "cannot multiply {} by {}: leading axes of {} and {}", x, y, m, n)
            leading.append(dim)
        return Tensor((*leading, x.dims[-2], y.dims[columns]), (*x.axes[:-1], y.axes[columns]))

    def channel_groups(self, x: Tensor, y: Tensor) -> Dim:
        return 1

    def sees(self, x: Tensor, y: Tensor) -> list[Sight]:
        out, last = self.out(x, y), len(x.dims) - 1
        column = last - 1 if self.transpose else last
        return [Sight(0, (*aligned(0, x, out).axes[:-1], None)),
                Sight(1, (*aligned(1, y, out).axes[:-2], None, (column, SAME)))]

    def products(self, x: Tensor, y: Tensor) -> Products:
        return {"": (*((n, "") for n in self.out(x, y).dims), (x.dims[-1], ""))}

    def torch(self, t: Any, x: Tensor, y: Tensor) -> Any:
        return t.function(lambda a, b: a @ (b.transpose(-1, -2) if self.transpose else b))


class Concat(Layer):
    """Concatenation along an axis, the channels by default: C×H×W, D×H×W → (C + D)×H×W."""

    family: ClassVar = "merge"
    inputs: ClassVar = (1, None)
    branches: ClassVar = True
    signal: ClassVar = "join"

    axis: Axis = "channel"

    def out(self, *x: Tensor) -> Tensor:
        first, axis = x[0], x[0].axis(self.axis)
        for other in x[1:]:
            require(len(other.dims) == len(first.dims), "cannot concatenate {} and {}: different numbers of axes",
                    first, other)
            require(other.axis(self.axis) == axis, "cannot concatenate {} and {}, which are {} and {}: permute one",
                    first, other, first.roles(), other.roles())
            for i, (m, n) in enumerate(zip(first.dims, other.dims, strict=True)):
                require(i == axis or equal(m, n), "cannot concatenate {} and {} along axis {}: axis {} ({}) differs, "
                        "{} and {}", first, other, axis, i, first.axes[i], m, n)
        return first.put(axis, sum(t.dims[axis] for t in x))

    def sees(self, *x: Tensor) -> list[Sight]:
        axis, n, found, offset = x[0].axis(self.axis), self.out(*x).dims[x[0].axis(self.axis)], [], 0
        for which, t in enumerate(x):
            inside = range(offset, offset := offset + t.dims[axis])
            joined = SAME if t.axes[axis] == "channel" else table(
                [i - inside.start] if i in inside else [] for i in range(n))
            found.append(along(t, [joined], [axis], which))
        return found

    def derivation(self, *x: Tensor) -> dict[int, str]:
        axis = x[0].axis(self.axis)
        return {axis: " + ".join(str(t.dims[axis]) for t in x)}

    def label(self) -> str:
        return "" if self.axis == "channel" else str(self.axis)

    def torch(self, t: Any, *x: Tensor) -> Any:
        return t.function(lambda *v: t.torch.cat(v, x[0].axis(self.axis) + 1))

    def back(self, which: int, *x: Tensor) -> list[Step]:
        axis = x[0].axis(self.axis)
        start = sum(other.dims[axis] for other in x[:which])
        return [step("slice", axis=axis, start=start, stop=start + x[which].dims[axis])] if len(x) > 1 else []
