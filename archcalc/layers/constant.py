"""Tensors that are not learned, and what is looked up by them."""

from typing import Annotated, Any, ClassVar, Literal

from archcalc.dims import Dim, require
from archcalc.fields import Axis, Expects, Real, Size
from archcalc.layers.base import Layer
from archcalc.reach import SAME, Sight
from archcalc.tensor import Role, Tensor, Weight, Weights

Sizes = Annotated[tuple[Size, ...], Expects("a list of positive whole numbers")]
Roles = Annotated[tuple[Role, ...] | None, Expects("a list of channel, space, sequence, window")]


class Constant(Layer):
    """A tensor that is not learned, the same for every sample, such as a mask: anything → shape.

    Its numbers are not in the spec; its elements are a buffer. With a ``value``, which all of them have, it is
    made when it is needed and is no buffer. The input gives only the batch.
    """

    main: ClassVar = "shape"
    family: ClassVar = "shape"
    reuse: ClassVar = "view"
    batch_only: ClassVar = True

    shape: Sizes
    axes: Roles = None
    dtype: Literal["float32", "int64", "int32", "int8", "uint8"] = "float32"
    value: Real | None = None

    def out(self, x: Tensor) -> Tensor:
        default: tuple[Role, ...] | None = ("sequence", "channel") if len(self.shape) == 2 else None
        dtype = None if self.dtype == "float32" else self.dtype
        return Tensor.of(*self.shape, axes=default if self.axes is None and not dtype else self.axes, dtype=dtype)

    def sees(self, x: Tensor) -> list[Sight]:
        return []

    def buffers(self, x: Tensor) -> Weights:
        if self.value is not None:
            return {}
        out = self.out(x)
        return {"constant": Weight(tuple(zip(out.axes, out.dims, strict=True)), "index" if out.dtype else "weight")}

    def label(self) -> str:
        return "×".join(map(str, self.shape)) + (f" of {self.value:g}" if self.value is not None else "")

    def torch(self, t: Any, x: Tensor) -> Any:
        repeated = [-1] * len(self.shape)
        if self.value is None:
            kind = {} if self.dtype == "float32" else {"dtype": getattr(t.torch, self.dtype)}
            return t.module(lambda m, v: m.constant.expand(v.shape[0], *repeated),
                            constant=t.torch.zeros(self.shape, **kind))
        if self.dtype != "float32":
            return t.function(lambda v: t.torch.full(self.shape, int(self.value), device=v.device)
                              .to(getattr(t.torch, self.dtype)).expand(v.shape[0], *repeated))
        if x.dtype:
            return t.function(lambda v: t.torch.full(self.shape, self.value, device=v.device)
                              .expand(v.shape[0], *repeated))
        return t.function(lambda v: t.torch.full(self.shape, self.value, device=v.device).to(v.dtype)
                          .expand(v.shape[0], *repeated))


class Take(Layer):
    """Elements of an axis by a constant index of ``shape``, in whose place the axes of the index stand.

    As `numpy.take`: axis 0 of 169×3 by an index of 49×49 gives 49×49×3. The index is a buffer; a lookup costs
    nothing. ``axes`` are the roles of its axes: by default the axis's own, or a sequence for each of several.
    """

    main: ClassVar = "shape"
    family: ClassVar = "shape"
    signal: ClassVar = "copy"

    shape: Sizes
    axis: Axis = 0
    axes: Roles = None

    def out(self, x: Tensor) -> Tensor:
        axis = x.axis(self.axis)
        require(bool(self.shape), "an index needs an axis", field="shape")
        sequence: Role = "sequence"
        usual = (x.axes[axis],) if len(self.shape) == 1 else (sequence,) * len(self.shape)
        roles = usual if self.axes is None else self.axes
        require(len(roles) == len(self.shape), "the index has {} axes, but {} roles", len(self.shape), len(roles),
                field="axes")
        return Tensor((*x.dims[:axis], *self.shape, *x.dims[axis + 1:]),
                      (*x.axes[:axis], *roles, *x.axes[axis + 1:]), x.dtype)

    def sees(self, x: Tensor) -> list[Sight]:
        """Any element of the axis, as the index is not known."""
        axis, more = x.axis(self.axis), len(self.shape)
        behind = range(axis + 1, len(x.dims))
        return [Sight(0, (*((i, SAME) for i in range(axis)), *[None] * more, *((i, SAME) for i in behind)))]

    def buffers(self, x: Tensor) -> Weights:
        return {"index": Weight(tuple((f"axis_{i}", n) for i, n in enumerate(self.shape)), "index")}

    def channel_groups(self, x: Tensor) -> Dim:
        return 1 if x.axes[x.axis(self.axis)] == "channel" or "channel" not in x.axes else x.channels

    def label(self) -> str:
        return "×".join(map(str, self.shape))

    def torch(self, t: Any, x: Tensor) -> Any:
        axis = x.axis(self.axis) + 1
        index = t.torch.zeros(self.shape, dtype=t.torch.int64)
        if len(self.shape) == 1:
            return t.module(lambda m, v: v.index_select(axis, m.index), index=index)
        return t.module(lambda m, v: v.index_select(axis, m.index.flatten()).unflatten(axis, self.shape), index=index)
