"""What an importer could not read: an output without a rule."""

from typing import Annotated, Any, ClassVar, Literal

from archcalc.fields import Expects, Size
from archcalc.layers.base import Layer
from archcalc.reach import Sight, all_of
from archcalc.tensor import Role, Tensor, Weight, Weights

Shapes = Annotated[tuple[tuple[Size, ...], ...], Expects("a list of shapes, such as [[64, 3], [64]]")]


class Opaque(Layer):
    """An operation that archcalc does not know, with its output's shape: anything → shape.

    Its tensors are counted, its operations are not: MACs, FLOPs and memory of a network that has one are
    lower bounds. Importers write it for what has no kind.
    """

    main: ClassVar = "shape"
    inputs: ClassVar = (1, None)
    unknown: ClassVar = True

    shape: Annotated[tuple[Size, ...], Expects("a list of positive whole numbers")]
    axes: Annotated[tuple[Role, ...] | None, Expects("a list of channel, space, sequence, window")] = None
    dtype: Literal["float32", "int64", "int32", "int8", "uint8"] = "float32"
    parameters: Shapes = ()
    buffer_shapes: Shapes = ()

    def out(self, *x: Tensor) -> Tensor:
        return Tensor.of(*self.shape, axes=self.axes, dtype=self.dtype if self.dtype != "float32" else None)

    def params(self, *x: Tensor) -> Weights:
        return {f"parameter_{i}": _numbered(shape) for i, shape in enumerate(self.parameters, 1)}

    def buffers(self, *x: Tensor) -> Weights:
        return {f"buffer_{i}": _numbered(shape) for i, shape in enumerate(self.buffer_shapes, 1)}

    def channel_groups(self, *x: Tensor) -> int:
        return 1

    def sees(self, *x: Tensor) -> list[Sight]:
        """All of every input, for what is known."""
        out = self.out(*x)
        return [all_of(tensor, out, range(max(len(tensor.dims), len(out.dims))), i) for i, tensor in enumerate(x)]

    def label(self) -> str:
        return "×".join(map(str, self.shape))

    def torch(self, t: Any, *x: Tensor) -> Any:
        """The shape, filled with what is not a number, so that nothing is equal by chance."""
        kind = getattr(t.torch, self.dtype)
        missing = float("nan") if self.dtype == "float32" else 0
        tensors = {name: t.parameter(*w.shape) for name, w in self.params(*x).items()}
        kept = {name: t.torch.ones(w.shape) for name, w in self.buffers(*x).items()}
        return t.module(lambda m, *v: v[0].new_full((v[0].shape[0], *self.shape), missing,
                                                    dtype=v[0].dtype if self.dtype == "float32" else kind),
                        **tensors, **kept)


def _numbered(shape: tuple[int, ...]) -> Weight:
    return Weight(tuple((f"axis_{i}", n) for i, n in enumerate(shape)))
