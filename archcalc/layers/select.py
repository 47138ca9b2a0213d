"""Kinds that pick elements by number."""

from typing import Annotated, Any, ClassVar

from archcalc.dims import Dim, require
from archcalc.fields import Axis, Count, Structural
from archcalc.layers.base import Layer
from archcalc.reach import Sight, along, table
from archcalc.reverse import Step, step
from archcalc.tensor import Tensor


class Select(Layer):
    """The elements of the numbers given, in that order, along an axis: C×H×W → indices×H×W for channels.

    Numbers count from 0, and one may come twice.
    """

    main: ClassVar = "indices"
    family: ClassVar = "shape"
    signal: ClassVar = "copy"

    indices: Annotated[tuple[Count, ...], Structural("a list of whole numbers, 0 or more")]
    axis: Axis = "channel"

    def out(self, x: Tensor) -> Tensor:
        axis = x.axis(self.axis)
        require(bool(self.indices), "selects nothing", field="indices")
        require(x.dims[axis] > max(self.indices), "element {} does not exist: axis {} of {} has {}, counted from 0",
                max(self.indices), axis, x, x.dims[axis], field="indices")
        return x.put(axis, len(self.indices))

    def sees(self, x: Tensor) -> list[Sight]:
        return [along(x, [table([i] for i in self.indices)], [x.axis(self.axis)])]

    def channel_groups(self, x: Tensor) -> Dim:
        return 1 if x.axes[x.axis(self.axis)] == "channel" else x.channels

    def label(self) -> str:
        return " ".join(map(str, self.indices))

    def torch(self, t: Any, x: Tensor) -> Any:
        axis = x.axis(self.axis) + 1
        return t.function(lambda v: t.torch.cat([v.narrow(axis, i, 1) for i in self.indices], axis))

    def back(self, which: int, x: Tensor) -> list[Step]:
        axis = x.axis(self.axis)
        return [step("unselect", indices=self.indices, size=x.dims[axis], axis=axis)]
