"""Kinds that take whole axes together."""

from typing import Any, ClassVar, Literal

from archcalc.dims import Dim, product
from archcalc.layers.base import Layer
from archcalc.layers.shape import Axes, axes_of
from archcalc.reach import Sight, all_of, kept_of
from archcalc.reverse import SLOPES, Step, step
from archcalc.tensor import Tensor


class _Reduction(Layer):
    """Axes, given as numbers or roles, reduced to one element, which ``keep`` keeps as an axis of 1."""

    family: ClassVar = "pool"

    axes: Axes
    keep: bool = False

    def out(self, x: Tensor) -> Tensor:
        axes = axes_of(x, self.axes)
        kept = [(1 if i in axes else n, role) for i, (n, role) in enumerate(zip(x.dims, x.axes, strict=True))
                if self.keep or i not in axes]
        return Tensor(tuple(n for n, _ in kept), tuple(role for _, role in kept), x.dtype)

    def ops(self, x: Tensor) -> Dim:
        return x.size

    def sees(self, x: Tensor) -> list[Sight]:
        axes = axes_of(x, self.axes)
        return [all_of(x, self.out(x), axes) if self.keep else kept_of(x, axes)]

    def widened(self, x: Tensor) -> list[Step]:
        """The steps that give the output the shape of the input."""
        axes = axes_of(x, self.axes)
        one = tuple(1 if i in axes else n for i, n in enumerate(x.dims))
        return [*([] if self.keep else [step("reshape", shape=one, axes=x.axes)]), step("expand", shape=x.dims)]

    def averaged(self, x: Tensor) -> list[Step]:
        """The steps back through a mean."""
        return [*self.widened(x), step("rescale", factor=1 / product(x.dims[i] for i in axes_of(x, self.axes)))]

    def reduced(self, t: Any, x: Tensor, op: str) -> Any:
        """A torch function of the name given, over the axes."""
        axes = [i + 1 for i in axes_of(x, self.axes)]
        return t.function(lambda v: getattr(t.torch, op)(v, axes, keepdim=self.keep))


class Mean(_Reduction):
    """The mean along axes: H×W×C over space → C.

    1 operation per input element: n − 1 additions and a division for a mean of n.
    """

    main: ClassVar = "axes"
    signal: ClassVar = "average"

    def out(self, x: Tensor) -> Tensor:
        return super().out(x).floating()

    def torch(self, t: Any, x: Tensor) -> Any:
        return self.reduced(t, x, "mean")

    def back(self, which: int, x: Tensor) -> list[Step]:
        return self.averaged(x)


class Reduce(_Reduction):
    """The sum, mean, maximum or minimum along axes: 1 operation per input element."""

    main: ClassVar = "op"
    signal: ClassVar = "reduce"

    op: Literal["sum", "mean", "max", "min"]

    def saved(self, x: Tensor) -> str:
        return "xy" if self.op in ("max", "min") else ""

    def label(self) -> str:
        return self.op

    def torch(self, t: Any, x: Tensor) -> Any:
        return self.reduced(t, x, {"max": "amax", "min": "amin"}.get(self.op, self.op))

    def back(self, which: int, x: Tensor) -> list[Step]:
        if self.op == "mean":
            return self.averaged(x)
        return [*self.widened(x), *([] if self.op == "sum" else [step("multiply", SLOPES)])]
