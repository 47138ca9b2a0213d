"""Kinds that rearrange or select elements without arithmetic."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from archcalc.dims import Dim, ceil_div, equal, maximum, minimum, product, require
from archcalc.fields import Axis, Count, Expects, Size, Structural, divides, per_axis
from archcalc.layers.base import Layer
from archcalc.reach import SAME, Sight, along, shifted, table
from archcalc.reverse import Step, step
from archcalc.tensor import Role, Tensor

Number = Annotated[int, Expects("a whole number")]
Position = Annotated[int, Structural("the number of an axis, -1 the last")]
Part = Annotated[int, Field(ge=0), Structural("the number of a part, 0 the first")]
Sizes = Annotated[tuple[Size, ...], Expects("a list of positive whole numbers")]
Shape = Annotated[tuple[Size | Literal[-1], ...], Expects("a list of positive whole numbers, at most one of them -1")]
Axes = Annotated[int | Role | tuple[int | Role, ...], Structural("an axis or a list of them: numbers, or roles")]


def axes_of(x: Tensor, which: Any, field: str = "axes") -> tuple[int, ...]:
    """Indices of axes given as numbers or roles, in order; a role stands for all axes that have it."""
    found: list[int] = []
    for axis in which if isinstance(which, tuple) else (which,):
        several = isinstance(axis, str) and x.axes.count(axis) > 1
        found += [i for i, role in enumerate(x.axes) if role == axis] if several else [x.axis(axis, field)]
    require(len(set(found)) == len(found), "names an axis of {} twice: {}", x, found, field=field)
    return tuple(sorted(found))


class _Moves(Layer):
    """A kind that only moves data."""

    family: ClassVar = "shape"
    signal: ClassVar = "copy"


class _Views(_Moves):
    """A kind whose output is another view of its input's storage."""

    reuse: ClassVar = "view"


class _Reshapes(_Views):
    """A view of all elements in their order."""

    def back(self, which: int, x: Tensor) -> list[Step]:
        return [step("reshape", shape=x.dims, axes=x.axes)]


def _placed(x: Tensor, which: Any, start: Dim, every: Dim = 1) -> list[Step]:
    """The step that puts a part of an axis back where it was, among zeros."""
    axis = x.axis(which)
    return [step("unslice", size=x.dims[axis], start=start, step=every, axis=axis)]


class Identity(_Views):
    """The input as it is."""

    def torch(self, t: Any, x: Tensor) -> Any:
        return t.nn.Identity()

    def back(self, which: int, x: Tensor) -> list[Step]:
        return []


class Flatten(_Reshapes):
    """Axes start to end merged into one: C×H×W → C·H·W.

    The merged axis is channel if a channel axis is among them; otherwise spatial and sequence
    axes merge into a sequence.
    """

    main: ClassVar = "start"

    start: Position = 0
    end: Position = -1

    def span(self, x: Tensor) -> tuple[int, int]:
        """First and last axis merged."""
        start, end = x.axis(self.start, "start"), x.axis(self.end, "end")
        require(start <= end, "cannot merge axes {} to {} of {}: the end comes before the start",
                start, end, x, field="end")
        return start, end

    def out(self, x: Tensor) -> Tensor:
        start, end = self.span(x)
        merged = set(x.axes[start:end + 1])
        role: Role = x.axes[start] if start == end or merged == {"window"} else "sequence"
        role = "channel" if "channel" in merged else role
        return Tensor((*x.dims[:start], product(x.dims[start:end + 1]), *x.dims[end + 1:]),
                      (*x.axes[:start], role, *x.axes[end + 1:]), x.dtype)

    def sees(self, x: Tensor) -> list[Sight]:
        start, end = self.span(x)
        before, after = range(start), range(end + 1, len(x.dims))
        merged = (start, SAME) if start == end else None
        return [Sight(0, (*((i, SAME) for i in before), merged, *((i, SAME) for i in after)))]

    def derivation(self, x: Tensor) -> dict[int, str]:
        start, end = self.span(x)
        return {start: " × ".join(map(str, x.dims[start:end + 1]))}

    def torch(self, t: Any, x: Tensor) -> Any:
        start, end = self.span(x)
        return t.nn.Flatten(start + 1, -1 if end == len(x.dims) - 1 else end + 1)


class Reshape(_Reshapes):
    """The same elements in another shape; one size may be -1, which takes what is left.

    ``axes`` are the roles of the new axes: by default those of the input if the number of axes
    stays, else channel first, then space.
    """

    main: ClassVar = "shape"

    shape: Shape
    axes: Annotated[tuple[Role, ...] | None, Expects("a list of channel, space, sequence, window")] = None

    def out(self, x: Tensor) -> Tensor:
        left = [i for i, size in enumerate(self.shape) if isinstance(size, int) and size == -1]
        known = product(size for i, size in enumerate(self.shape) if i not in left)
        require(len(left) <= 1, "only one size may be -1, found {}", len(left), field="shape")
        require(equal(x.size % known, 0) if left else equal(x.size, known),
                "{} has {} elements, which do not fill {}", x, x.size, self.label(), field="shape")
        dims = [x.size // known if i in left else size for i, size in enumerate(self.shape)]
        axes = x.axes if self.axes is None and len(dims) == len(x.axes) else self.axes
        return Tensor.of(*dims, axes=axes, dtype=x.dtype)

    def sees(self, x: Tensor) -> list[Sight]:
        """Axes that stay in their place before the first change, and those behind the last, run along."""
        out = self.out(x)
        pairs = list(zip(x.dims, out.dims, strict=False)), list(zip(x.dims[::-1], out.dims[::-1], strict=False))
        front, back = (next((i for i, (a, b) in enumerate(p) if a != b), len(p)) for p in pairs)
        back = min(back, min(len(x.dims), len(out.dims)) - front)
        new = len(out.dims) - front - back
        behind = range(len(x.dims) - back, len(x.dims))
        return [Sight(0, (*((i, SAME) for i in range(front)), *[None] * new, *((i, SAME) for i in behind)))]

    def label(self) -> str:
        return "×".join(map(str, self.shape))

    def torch(self, t: Any, x: Tensor) -> Any:
        dims = self.out(x).dims
        return t.function(lambda v: v.reshape(v.shape[0], *dims))


class Permute(_Views):
    """The axes in another order; roles travel with them: order [1, 2, 0] makes C×H×W → H×W×C."""

    main: ClassVar = "order"

    order: Annotated[tuple[int, ...], Expects("a list of axis numbers")]

    def out(self, x: Tensor) -> Tensor:
        order = [x.axis(i, "order") for i in self.order]
        require(sorted(order) == list(range(len(x.dims))), "must name each of the {} axes of {} once, found {}",
                len(x.dims), x, list(self.order), field="order")
        return Tensor(tuple(x.dims[i] for i in order), tuple(x.axes[i] for i in order), x.dtype)

    def sees(self, x: Tensor) -> list[Sight]:
        return [Sight(0, tuple((x.axis(i), SAME) for i in self.order))]

    def label(self) -> str:
        return ", ".join(map(str, self.order))

    def torch(self, t: Any, x: Tensor) -> Any:
        order = [x.axis(i) + 1 for i in self.order]
        return t.function(lambda v: v.permute(0, *order))

    def back(self, which: int, x: Tensor) -> list[Step]:
        order = [x.axis(i) for i in self.order]
        return [step(self.kind, order=tuple(order.index(i) for i in range(len(order))))]


class Roll(_Moves):
    """The elements shifted along axes, those that leave entering at the other end; by default the spatial axes."""

    main: ClassVar = "shift"

    shift: Annotated[int | tuple[int, ...], Expects("a whole number, or a list of one per axis")]
    axes: Axes = "space"

    def out(self, x: Tensor) -> Tensor:
        per_axis(self.shift, len(axes_of(x, self.axes)), "shift")
        return x

    def sees(self, x: Tensor) -> list[Sight]:
        axes = axes_of(x, self.axes)
        shifts = per_axis(self.shift, len(axes), "shift")
        return [along(x, [table([(i - by) % n] for i in range(n)) if by % n else SAME
                          for n, by in zip([x.dims[axis] for axis in axes], shifts, strict=True)], axes)]

    def torch(self, t: Any, x: Tensor) -> Any:
        axes = axes_of(x, self.axes)
        shifts = per_axis(self.shift, len(axes), "shift")
        return t.function(lambda v: v.roll(shifts, [i + 1 for i in axes]))

    def back(self, which: int, x: Tensor) -> list[Step]:
        axes = axes_of(x, self.axes)
        return [step(self.kind, shift=tuple(-n for n in per_axis(self.shift, len(axes), "shift")), axes=axes)]


class Slice(_Views):
    """Every ``step``-th element from start up to stop along an axis, as Python slices: −1 is the last."""

    main: ClassVar = "axis"

    axis: Axis
    start: Number = 0
    stop: Number | None = None
    step: Size = 1

    def out(self, x: Tensor) -> Tensor:
        axis = x.axis(self.axis)
        n = x.dims[axis]
        start, stop = _bound(self.start, n), n if self.stop is None else _bound(self.stop, n)
        require(stop > start, "selects nothing: from {} to {} of {}", start, stop, n, field="stop")
        return x.put(axis, ceil_div(stop - start, self.step))

    def sees(self, x: Tensor) -> list[Sight]:
        axis = x.axis(self.axis)
        return [along(x, [shifted(_bound(self.start, x.dims[axis]), self.step)], [axis])]

    def label(self) -> str:
        return f"{self.axis} {self.start}:{'' if self.stop is None else self.stop}"

    def torch(self, t: Any, x: Tensor) -> Any:
        index = (slice(None),) * (x.axis(self.axis) + 1) + (slice(self.start, self.stop, self.step),)
        return t.function(lambda v: v[index])

    def back(self, which: int, x: Tensor) -> list[Step]:
        return _placed(x, self.axis, _bound(self.start, x.dims[x.axis(self.axis)]), self.step)


def _bound(index: Dim, n: Dim) -> Dim:
    """A slice's bound within 0 … n, without asking for its sign: ⌊i / (n + 1)⌋ is −1 for −n ≤ i < 0, else 0."""
    index = minimum(maximum(index, -n), n)
    return index - n * (index // (n + 1))


class Split(_Views):
    """One part of an axis that is cut into the sizes given; ``part`` counts from 0."""

    main: ClassVar = "sizes"

    sizes: Sizes
    part: Part
    axis: Axis = "channel"

    def out(self, x: Tensor) -> Tensor:
        axis = x.axis(self.axis)
        require(self.part < len(self.sizes), "part {} of {} does not exist: parts count from 0",
                self.part, len(self.sizes), field="part")
        require(equal(sum(self.sizes), x.dims[axis]), "the sizes add up to {}, but axis {} of {} has {}",
                sum(self.sizes), axis, x, x.dims[axis], field="sizes")
        return x.put(axis, self.sizes[self.part])

    def sees(self, x: Tensor) -> list[Sight]:
        return [along(x, [shifted(sum(self.sizes[:self.part]))], [x.axis(self.axis)])]

    def label(self) -> str:
        return f"part {self.part} of {len(self.sizes)}"

    def torch(self, t: Any, x: Tensor) -> Any:
        axis = x.axis(self.axis) + 1
        return t.function(lambda v: v.split(self.sizes, axis)[self.part])

    def back(self, which: int, x: Tensor) -> list[Step]:
        return _placed(x, self.axis, sum(self.sizes[:self.part]))


class Chunk(_Views):
    """One of equal parts of an axis, ⌈n / chunks⌉ long, the last shorter; ``part`` counts from 0."""

    main: ClassVar = "chunks"

    chunks: Size
    part: Count
    axis: Axis = "channel"

    def out(self, x: Tensor) -> Tensor:
        axis = x.axis(self.axis)
        n = x.dims[axis]
        size = ceil_div(n, self.chunks)
        require(n > self.part * size, "part {} does not exist: {} makes {} chunks of up to {}, counted from 0",
                self.part, n, ceil_div(n, size), size, field="part")
        return x.put(axis, minimum(size, n - self.part * size))

    def sees(self, x: Tensor) -> list[Sight]:
        axis = x.axis(self.axis)
        return [along(x, [shifted(self.part * ceil_div(x.dims[axis], self.chunks))], [axis])]

    def label(self) -> str:
        return f"part {self.part} of {self.chunks}"

    def torch(self, t: Any, x: Tensor) -> Any:
        axis = x.axis(self.axis) + 1
        return t.function(lambda v: v.chunk(self.chunks, axis)[self.part])

    def back(self, which: int, x: Tensor) -> list[Step]:
        return _placed(x, self.axis, self.part * ceil_div(x.dims[x.axis(self.axis)], self.chunks))


class ChannelShuffle(_Moves):
    """Channels in ``groups`` groups, interleaved (ShuffleNet)."""

    main: ClassVar = "groups"

    groups: Size

    def out(self, x: Tensor) -> Tensor:
        divides(x.channels, self.groups, "channels", "groups")
        return x

    def channel_groups(self, x: Tensor) -> Dim:
        return 1

    def torch(self, t: Any, x: Tensor) -> Any:
        return t.channel_first(x, t.nn.ChannelShuffle(self.groups))

    def back(self, which: int, x: Tensor) -> list[Step]:
        return [step(self.kind, groups=x.channels // self.groups)]
