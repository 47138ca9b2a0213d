"""The input of a network, as a layer without inputs."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from archcalc.fields import Expects, Size
from archcalc.layers.base import Layer
from archcalc.tensor import Role, Tensor


class Input(Layer):
    """An input of the network: its per-sample shape, the role of each axis and its type."""

    main: ClassVar = "shape"
    family: ClassVar = "io"
    inputs: ClassVar = (0, 0)

    shape: Annotated[tuple[Size, ...], Field(min_length=1), Expects("a list of sizes, such as [3, 224, 224]")]
    axes: Annotated[tuple[Role, ...] | None,
                    Expects("a role for each axis: channel, space, sequence or window")] = None
    dtype: Literal["float32", "int64", "int32", "int8", "uint8"] = "float32"

    def out(self) -> Tensor:
        return Tensor.of(*self.shape, axes=self.axes, dtype=self.dtype if self.dtype != "float32" else None)

    def torch(self, t: Any) -> Any:
        return t.nn.Identity()
