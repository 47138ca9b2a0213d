"""The base of every layer kind, and of those that slide a window or act on each element."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from archcalc.dims import Dim, ceil_div, maximum, minimum, product, require
from archcalc.errors import RuleError
from archcalc.fields import Padding, PerAxis, per_axis
from archcalc.reach import Sight, aligned, along, window
from archcalc.reverse import SLOPES, Step, step
from archcalc.tensor import Kept, Products, Tensor, Weights, Window


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

    known: ClassVar[dict[str, "type[Layer]"]] = {}
    "Every kind by name: a public subclass defined outside this file."
    kind: ClassVar[str]
    main: ClassVar[str | None] = None
    "The field that `{kind: value}` sets."
    family: ClassVar[str] = "act"
    "The colour of a diagram's node: conv, dwconv, pool, norm, act, fc, merge, shape."
    symbol: ClassVar[str] = ""
    "What a diagram draws in a circle in place of the layer's name."
    inputs: ClassVar[tuple[int, int | None]] = (1, 1)
    "Fewest and most inputs; None is any number."
    branches: ClassVar[bool] = False
    "Whether the main value may be a mapping of branches that start at the layer's input."
    reuse: ClassVar[Literal["view"] | None] = None
    "Whether the output shares its input's storage, or is a parameter. (A field `inplace` lets it overwrite it.)"
    saves: ClassVar[str] = ""
    "What the backward pass keeps: x for the inputs, a digit for the input of that number, y for the output."
    rectifies: ClassVar[bool] = False
    "Whether it cuts off what is negative: a deconvnet rectifies the signal in its place."
    only: ClassVar[Literal["train"] | None] = None
    "The mode outside which the layer is the identity and left out."
    unknown: ClassVar[bool] = False
    "Whether its operations are not known, so that totals are lower bounds."
    batch_only: ClassVar[bool] = False
    "Whether it reads nothing of its input but the number of samples."

    signal: ClassVar[str] = ""
    "How variances pass at initialisation: a rule's name in `archcalc.propagation.rules`; none is known of it if empty."

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

    def products(self, *x: Any, **_: Any) -> Products:
        """Multiply-accumulates of convolutions, dense layers and matrix products, as products by name."""
        return {}

    def macs(self, *x: Any, **_: Any) -> Dim:
        """Multiply-accumulates, without biases: the sum of `products`."""
        return sum(product(n for n, _ in factors) for factors in self.products(*x).values())

    def ops(self, *x: Any, **_: Any) -> Dim:
        """Every other arithmetic operation (see docs/conventions.md)."""
        return 0

    def sees(self, *x: Any, **_: Any) -> list[Sight]:
        """What an output unit sees of each input: by default the element at the same place."""
        out = self.out(*x)
        return [aligned(i, tensor, out) for i, tensor in enumerate(x)]

    def channel_groups(self, *x: Any, **_: Any) -> Dim:
        """Groups of channels that do not see each other: the layer splits over so many devices without
        communication.  By default each channel is a group of its own."""
        first: Tensor = x[0]
        return first.channels

    def saved(self, *x: Any, **_: Any) -> str:
        """``saves``, for a kind in which it depends on fields or inputs."""
        return self.saves

    def keeps(self, *x: Any, **_: Any) -> dict[str, Kept]:
        """Tensors besides inputs and output that the backward pass needs, by name."""
        return {}

    def curve(self, v: float) -> float:
        """The function of each element, where ``signal`` is "apply"."""
        raise RuleError(f"{self.kind} is no function of single elements")

    def damping(self, square: float) -> float:
        """The factor of all elements, whose mean square is given, where ``signal`` is "damp" or "respond"."""
        return 1.0

    def derivation(self, *x: Any, **_: Any) -> dict[int, str]:
        """How the size of an output axis comes about, written out, for axes where that says something."""
        return {}

    def back(self, which: int, *x: Any, **_: Any) -> list[Step]:
        """The steps that bring a signal from the output back to the input of number ``which``."""
        raise RuleError(f"{self.kind} has no inverse, so nothing goes back through it")

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

    def back(self, which: int, x: Tensor) -> list[Step]:
        return [step("multiply", SLOPES)]


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

    def copied(self, x: Tensor, spatial: Sequence[Dim]) -> dict[str, Kept]:
        """What is kept of an input that torch copies first, to pad it to the sizes given: the copy, not the input."""
        size = x.put_space(spatial).size
        return {"input": Kept(minimum(x.size, size)), "padding": Kept(maximum(size - x.size, 0), needed=0),
                "padded copy": Kept(size, needed=0, backward=False, inference=True)}

    def sees(self, x: Tensor) -> list[Sight]:
        return [along(x, [window(w) for w in self.windows(x)])]

    def derivation(self, x: Tensor) -> dict[int, str]:
        return {i: w.formula(n) for i, w, n in zip(x.space, self.windows(x), x.spatial, strict=True)}

    def label(self) -> str:
        strides = per_axis(self.stride, self.rank, "stride")
        stride = str(strides[0]) if len(set(strides)) == 1 else "×".join(map(str, strides))
        main = getattr(self, "filters", None)
        parts = ["×".join(map(str, self.kernels())), main and str(main), stride != "1" and f"/{stride}"]
        groups, dilation = getattr(self, "groups", 1), getattr(self, "dilation", 1)
        parts += [groups != 1 and f"g{groups}", dilation != 1 and f"d{dilation}"]
        return ", ".join(p for p in parts if p)
