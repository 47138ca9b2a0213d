"""What layers work on: tensors with axis roles, weights with named axes, windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from archcalc.dims import Dim, ceil_div, exact, minimum, product, require

Role: TypeAlias = Literal["channel", "space", "sequence", "window"]

_DEFAULT_ROLES: dict[int, tuple[Role, ...]] = {
    1: ("channel",),
    2: ("channel", "space"),
    3: ("channel", "space", "space"),
    4: ("channel", "space", "space", "space"),
}


def _default_roles(rank: int, dtype: str | None) -> tuple[Role, ...]:
    if dtype:
        roles: list[Role] = ["sequence"] * rank
        return tuple(roles)
    require(rank in _DEFAULT_ROLES, "a shape of {} axes needs `axes:`, the role of each", rank)
    return _DEFAULT_ROLES[rank]


class Tensor(NamedTuple):
    """A per-sample shape: dimensions, the role of each axis, and an integer dtype if it has one.

    >>> x = Tensor.of(3, 227, 227)
    >>> x.channels, x.spatial, str(x)
    (3, (227, 227), '3×227×227')
    """

    dims: tuple[Dim, ...]
    axes: tuple[Role, ...]
    dtype: str | None = None

    @classmethod
    def of(cls, *dims: Dim, axes: Sequence[Role] | None = None, dtype: str | None = None) -> Tensor:
        """A tensor whose roles default to channel first, then space (for integers: sequence)."""
        roles = _default_roles(len(dims), dtype) if axes is None else tuple(axes)
        require(len(roles) == len(dims), "{} dimensions, but {} axis roles", len(dims), len(roles), field="axes")
        return cls(tuple(exact(d) for d in dims), roles, dtype)

    def __str__(self) -> str:
        return "×".join(map(str, self.dims))

    @property
    def size(self) -> Dim:
        """Number of elements."""
        return product(self.dims)

    @property
    def channel(self) -> int:
        """Index of the channel axis."""
        require(self.axes.count("channel") == 1, "needs one channel axis, but {} has {}", self, self.roles())
        return self.axes.index("channel")

    @property
    def channels(self) -> Dim:
        """Size of the channel axis."""
        return self.dims[self.channel]

    @property
    def space(self) -> tuple[int, ...]:
        """Indices of the spatial axes."""
        return tuple(i for i, role in enumerate(self.axes) if role == "space")

    @property
    def spatial(self) -> tuple[Dim, ...]:
        """Sizes of the spatial axes."""
        return tuple(self.dims[i] for i in self.space)

    @property
    def last(self) -> Dim:
        """Size of the last axis, which must be the channels: what `linear` and `layernorm` work on."""
        fix = "flatten it first" if "space" in self.axes else "permute the channels to the end"
        require(bool(self.axes) and self.axes[-1] == "channel",
                "works on a last axis of channels, but {} has {}: {}", self, self.roles(), fix)
        return self.dims[-1]

    def roles(self) -> str:
        """The roles as a phrase: ``channel×space×space``."""
        return "×".join(self.axes) or "no axes"

    def axis(self, which: int | str, field: str = "axis") -> int:
        """Index of an axis given as a number (negative from the end) or as the role of one axis."""
        if isinstance(which, str):
            require(self.axes.count(which) == 1,
                    "needs one axis of role '{}', but {} has {}", which, self, self.roles(), field=field)
            return self.axes.index(which)
        require(-len(self.dims) <= which < len(self.dims),
                "axis {} does not exist in {}", which, self, field=field)
        return which % len(self.dims)

    def put(self, index: int, dim: Dim) -> Tensor:
        """The tensor with one dimension replaced."""
        return Tensor((*self.dims[:index], dim, *self.dims[index + 1:]), self.axes, self.dtype)

    def put_space(self, spatial: Sequence[Dim]) -> Tensor:
        """The tensor with its spatial dimensions replaced."""
        x = self
        for index, dim in zip(self.space, spatial, strict=True):
            x = x.put(index, dim)
        return x

    def floating(self) -> Tensor:
        """The tensor in the network's floating-point type."""
        return Tensor(self.dims, self.axes)


class Weight(NamedTuple):
    """A parameter or buffer with named axes, so that its size explains itself."""

    axes: tuple[tuple[str, Dim], ...]
    role: Literal["weight", "bias", "norm", "index"] = "weight"
    "``norm`` of normalization, ``index`` a buffer of int64."

    @property
    def shape(self) -> tuple[Dim, ...]:
        return tuple(dim for _, dim in self.axes)

    @property
    def size(self) -> Dim:
        return product(self.shape)


Weights: TypeAlias = dict[str, Weight]


def weight(**axes: Dim) -> Weight:
    """A weight tensor from named axes."""
    return Weight(tuple(axes.items()))


def bias(size: Dim, name: str = "features") -> Weight:
    """A bias vector."""
    return Weight(((name, size),), "bias")


Products: TypeAlias = dict[str, tuple[tuple[Dim, str], ...]]
"""Products of factors, each with its unit if it has one, by name; MACs are their sum."""


class Kept(NamedTuple):
    """A tensor beside input and output that a layer has: for its backward pass, while it runs, or both.

    ``size`` elements per sample, or in all where ``per_batch``; of ``bytes`` each, None being those
    of the activations.  ``needed`` is the bytes of each that mathematics needs, where torch has more.
    """

    size: Dim
    bytes: int | None = None
    needed: int | None = None
    backward: bool = True
    inference: bool = False
    per_batch: bool = False


class Window(NamedTuple):
    """How a kernel slides along one axis.

    ``positions`` is ⌊(n + before + after − d·(k − 1) − 1) / s⌋ + 1; with ``ceil`` it is rounded
    up, but the last window must begin inside the input or its leading padding (PyTorch, Caffe).

    >>> Window(11, 4).positions(227), Window(3, 2, ceil=True).positions(110)
    (55, 55)
    """

    kernel: Dim
    stride: Dim = 1
    before: Dim = 0
    after: Dim = 0
    dilation: Dim = 1
    ceil: bool = False

    @property
    def extent(self) -> Dim:
        """Input positions that one window spans."""
        return self.dilation * (self.kernel - 1) + 1

    def formula(self, n: int) -> str:
        """How ``positions`` comes about, written out.

        >>> Window(11, 4).formula(227), Window(3, 2, 1, 1, dilation=2).formula(10)
        ('(227 − 11 + 2·0) / 4 + 1', '⌊(10 − (2·(3 − 1) + 1) + 2·1) / 2⌋ + 1')
        """
        extent = str(self.kernel) if self.dilation == 1 else f"({self.dilation}·({self.kernel} − 1) + 1)"
        pads = f"2·{self.before}" if self.before == self.after else f"{self.before} + {self.after}"
        fraction = f"({n} − {extent} + {pads}) / {self.stride}"
        if (n + self.before + self.after - self.extent) % self.stride == 0:
            return f"{fraction} + 1"
        if not self.ceil:
            return f"⌊{fraction}⌋ + 1"
        begun = f"⌈({n} + {self.before}) / {self.stride}⌉"
        return f"⌈{fraction}⌉ + 1" if self.positions(n) < ceil_div(n + self.before, self.stride) else begun

    def positions(self, n: Dim) -> Dim:
        """Number of outputs along an axis of n inputs."""
        slack = n + self.before + self.after - self.extent
        # Rounded up, a window may hang over the end by less than a stride.
        fits = slack > -self.stride if self.ceil else slack >= 0
        require(fits, "a window of {} does not fit into {} with padding {} + {}: use a smaller kernel, more padding "
                "or a larger input", self.extent, n, self.before, self.after, field="kernel")
        if not self.ceil:
            return slack // self.stride + 1
        return minimum(ceil_div(slack, self.stride) + 1, ceil_div(n + self.before, self.stride))
