"""What every layer kind is made of: tensors with axis roles, weights with named axes, windows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from archcalc.dims import Dim, ceil_div, equal, exact, maximum, minimum, product, require
from archcalc.errors import RuleError

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
    role: Literal["weight", "bias", "norm"] = "weight"

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

    def positions(self, n: Dim) -> Dim:
        """Number of outputs along an axis of n inputs."""
        slack = n + self.before + self.after - self.extent
        require(slack >= 0, "a window of {} does not fit into {} with padding {} + {}: use a smaller "
                "kernel, more padding or a larger input", self.extent, n, self.before, self.after, field="kernel")
        if not self.ceil:
            return slack // self.stride + 1
        return minimum(ceil_div(slack, self.stride) + 1, ceil_div(n + self.before, self.stride))


class Expects(str):
    """What a field takes, in words: the end of the message "expected …" and its documentation."""


class Reference(Expects):
    """Marks a field that names a layer in a spec; the kind itself sees only whether it is given."""


class Structural(Expects):
    """What a field takes whose number decides which axes or tensors there are: no array, no symbol."""


Size = Annotated[int, Field(gt=0), Expects("a positive whole number")]
Count = Annotated[int, Field(ge=0), Expects("a whole number, 0 or more")]
CountPerAxis = Annotated[Count | tuple[Count, ...], Expects("a whole number, 0 or more, or a list of one per axis")]
Axis = Annotated[int | Role, Structural("an axis: a number, or one of channel, space, sequence, window")]
Real = Annotated[float, Field(allow_inf_nan=False), Expects("a number")]
Probability = Annotated[float, Field(ge=0, le=1), Expects("a number from 0 to 1")]
PerAxis = Annotated[Size | tuple[Size, ...], Expects("a positive whole number, or a list of one per axis")]
_Pad = Annotated[int, Field(ge=0)]
Padding = Annotated[
    Literal["same", "valid"] | _Pad | tuple[_Pad | tuple[_Pad, _Pad], ...],
    Expects("'same', 'valid', a whole number, or a list of one number or [before, after] pair per axis"),
]
Like = Annotated[bool, Reference("the name of an earlier layer")]
"""A field that names a layer whose output is taken as a further input, after those of `from`."""


def per_axis(value: Any, rank: int, field: str) -> tuple[Any, ...]:
    """A per-axis field as a tuple of one value per axis.

    >>> per_axis(3, 2, "kernel"), per_axis((1, 7), 2, "kernel")
    ((3, 3), (1, 7))
    """
    if not isinstance(value, tuple):
        return (value,) * rank
    require(len(value) == rank, "{} takes one number or {}, found {}", field, rank, len(value), field=field)
    return value


def kind_name(name: str) -> str:
    """A kind's name from its class's.

    >>> kind_name("Maxpool"), kind_name("GlobalAvgpool")
    ('maxpool', 'global_avgpool')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class Layer(BaseModel):
    """A layer kind: fields, and pure rules from input tensors to shapes and counts.

    Rules take the input tensors and use only the arithmetic of `archcalc.dims`.  All counts
    are per sample.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    known: ClassVar[dict[str, type[Layer]]] = {}
    "Every kind by name: a public subclass defined outside this file."
    kind: ClassVar[str]
    main: ClassVar[str | None] = None
    "The field that `{kind: value}` sets."
    family: ClassVar[str] = "act"
    "The colour of a diagram's node: conv, dwconv, pool, norm, act, fc, merge, shape."
    inputs: ClassVar[tuple[int, int | None]] = (1, 1)
    "Fewest and most inputs; None is any number."
    branches: ClassVar[bool] = False
    "Whether the main value may be a mapping of branches that start at the layer's input."
    only: ClassVar[Literal["train"] | None] = None
    "The mode outside which the layer is the identity and left out."

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.kind = kind_name(cls.__name__)
        if not cls.__name__.startswith("_") and cls.__module__ != __name__:
            Layer.known[cls.kind] = cls

    def out(self, *x: Any, **_: Any) -> Tensor:
        """Output tensor: the shape rule, which also validates fields against inputs."""
        first: Tensor = x[0]
        return first

    def params(self, *x: Any, **_: Any) -> Weights:
        """Trainable tensors by the name that torch gives them."""
        return {}

    def buffers(self, *x: Any, **_: Any) -> Weights:
        """Tensors that are kept but not trained (running statistics)."""
        return {}

    def macs(self, *x: Any, **_: Any) -> Dim:
        """Multiply-accumulates of convolutions, dense layers and matrix products, without biases."""
        return 0

    def ops(self, *x: Any, **_: Any) -> Dim:
        """Every other arithmetic operation (see docs/conventions.md)."""
        return 0

    def label(self) -> str:
        """What a figure writes beside the layer's name."""
        return ""

    def torch(self, t: Any, *x: Any, **_: Any) -> Any:
        """The equivalent torch module for batched inputs; ``t`` is `archcalc.crosscheck.Torch`."""
        raise RuleError(f"{self.kind} has no torch equivalent")


class Pointwise(Layer):
    """A kind that maps each element on its own; ``cost`` is its operations per element."""

    cost: ClassVar[int] = 1

    def ops(self, x: Tensor) -> Dim:
        return self.cost * x.size


class Sliding(Layer):
    """A kind with a window that slides over the spatial axes.

    A kind that has them declares ``dilation: PerAxis = 1`` and ``ceil: bool = False``.
    """

    rank: ClassVar[int] = 2

    kernel: PerAxis = 1
    stride: PerAxis = 1
    padding: Padding = 0

    def kernels(self) -> tuple[Dim, ...]:
        """Kernel size per axis."""
        return per_axis(self.kernel, self.rank, "kernel")

    def windows(self, x: Tensor) -> tuple[Window, ...]:
        """The window along each spatial axis."""
        require(len(x.space) == self.rank, "{} slides over {} spatial ax{}, but {} has {}", self.kind,
                self.rank, "is" if self.rank == 1 else "es", x, x.roles())
        strides = per_axis(self.stride, self.rank, "stride")
        dilations = per_axis(getattr(self, "dilation", 1), self.rank, "dilation")
        pads = self._pads(x.spatial, strides, dilations)
        return tuple(Window(k, s, *p, d, getattr(self, "ceil", False))
                     for k, s, p, d in zip(self.kernels(), strides, pads, dilations, strict=True))

    def _pads(self, spatial: Any, strides: Any, dilations: Any) -> list[tuple[Dim, Dim]]:
        if isinstance(self.padding, str) and self.padding == "valid":
            return [(0, 0)] * self.rank
        if isinstance(self.padding, str):
            # TensorFlow's rule, which is torch's too at stride 1: the odd one goes behind.
            extents = [d * (k - 1) + 1 for k, d in zip(self.kernels(), dilations, strict=True)]
            totals = [maximum((ceil_div(n, s) - 1) * s + e - n, 0)
                      for n, s, e in zip(spatial, strides, extents, strict=True)]
            return [(total // 2, total - total // 2) for total in totals]
        pads = per_axis(self.padding, self.rank, "padding")
        return [p if isinstance(p, tuple) else (p, p) for p in pads]

    def slide(self, x: Tensor) -> Tensor:
        """The input with its spatial axes replaced by the windows' positions."""
        return x.put_space([w.positions(n) for w, n in zip(self.windows(x), x.spatial, strict=True)])

    def label(self) -> str:
        strides = per_axis(self.stride, self.rank, "stride")
        stride = str(strides[0]) if len(set(strides)) == 1 else "×".join(map(str, strides))
        main = getattr(self, "filters", None)
        parts = ["×".join(map(str, self.kernels())), main and str(main), stride != "1" and f"/{stride}"]
        groups, dilation = getattr(self, "groups", 1), getattr(self, "dilation", 1)
        parts += [groups != 1 and f"g{groups}", dilation != 1 and f"d{dilation}"]
        return ", ".join(p for p in parts if p)


def same_shape(xs: Sequence[Tensor], what: str) -> None:
    """Require equal shapes of all inputs."""
    first = xs[0]
    for x in xs[1:]:
        require(len(x.dims) == len(first.dims), "{} needs equal shapes, found {} and {}", what, first, x)
        for a, b in zip(first.dims, x.dims, strict=True):
            require(equal(a, b), "{} needs equal shapes, found {} and {}", what, first, x)


def divides(n: Dim, divisor: Dim, what: str, field: str) -> None:
    """Require that ``divisor`` divides ``n``."""
    require(equal(n % divisor, 0), "{} {} do not divide {} {}", divisor, field, n, what, field=field)
