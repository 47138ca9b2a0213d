"""Learned tables and vectors, and what tells positions apart."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from archcalc.dims import Dim, equal, require
from archcalc.fields import Expects, PerAxis, Size, divides, per_axis
from archcalc.layers.base import Layer
from archcalc.reach import Sight, all_of
from archcalc.reverse import Step, step
from archcalc.tensor import Kept, Role, Tensor, Weight, Weights, bias, weight

Theta = Annotated[float, Field(gt=0, allow_inf_nan=False), Expects("a positive number")]
"""RoFormer's base of the angles of rotary positions, which grow by powers of 1 / theta from pair to pair."""


def tokens(x: Tensor) -> Tensor:
    """The tensor, required to end with sequence×channel behind any number of windows."""
    fix = "flatten the spatial axes and permute the channels to the end" if "space" in x.axes else "set the axes' roles"
    require(x.axes[-2:] == ("sequence", "channel") and set(x.axes[:-2]) <= {"window"},
            "works on sequence×channel, behind window axes if any, but {} has {}: {}", x, x.roles(), fix)
    return x


class Embedding(Layer):
    """A row of a learned table for each integer: T → T×features. A lookup costs nothing."""

    main: ClassVar = "entries"
    family: ClassVar = "fc"
    saves: ClassVar = "x"
    signal: ClassVar = "table"

    entries: Size
    features: Size

    def out(self, x: Tensor) -> Tensor:
        require(bool(x.dtype), "looks up integers, but {} is floating point: give the input `dtype: int64`", x)
        return Tensor((*x.dims, self.features), (*x.axes, "channel"))

    def channel_groups(self, x: Tensor) -> Dim:
        return self.features

    def sees(self, x: Tensor) -> list[Sight]:
        return [all_of(x, self.out(x), ())]

    def params(self, x: Tensor) -> Weights:
        return {"weight": weight(entries=self.entries, features=self.features)}

    def label(self) -> str:
        return f"{self.entries}×{self.features}"

    def torch(self, t: Any, x: Tensor) -> Any:
        return t.nn.Embedding(self.entries, self.features)


class Parameter(Layer):
    """A learned tensor, the same for every sample, such as a class token: anything → shape.

    The input gives only the batch. Two axes are sequence×channel unless ``axes`` says otherwise.
    """

    main: ClassVar = "shape"
    family: ClassVar = "fc"
    reuse: ClassVar = "view"
    batch_only: ClassVar = True
    signal: ClassVar = "table"

    shape: Annotated[tuple[Size, ...], Expects("a list of positive whole numbers")]
    axes: Annotated[tuple[Role, ...] | None, Expects("a list of channel, space, sequence, window")] = None

    def out(self, x: Tensor) -> Tensor:
        default: tuple[Role, ...] | None = ("sequence", "channel") if len(self.shape) == 2 else None
        return Tensor.of(*self.shape, axes=default if self.axes is None else self.axes)

    def sees(self, x: Tensor) -> list[Sight]:
        return []

    def params(self, x: Tensor) -> Weights:
        out = self.out(x)
        return {"weight": Weight(tuple(zip(out.axes, out.dims, strict=True)))}

    def label(self) -> str:
        return "×".join(map(str, self.shape))

    def torch(self, t: Any, x: Tensor) -> Any:
        def run(m: Any, v: Any) -> Any:
            # A view of a parameter asks for gradients even where none are recorded, which hooks on modules refuse.
            w = m.weight if t.torch.is_grad_enabled() else m.weight.detach()
            return w.expand(v.shape[0], *[-1] * len(self.shape))

        return t.module(run, weight=t.parameter(*self.shape))


class Scale(Layer):
    """A learned factor per channel (layer scale, the affine half of a normalization), and an offset with ``bias``.

    1 operation per element, 2 with a bias. Its tensors count as normalization.
    """

    family: ClassVar = "norm"
    saves: ClassVar = "x"
    signal: ClassVar = "copy"

    bias: bool = False

    def out(self, x: Tensor) -> Tensor:
        return x.floating().put(x.channel, x.channels)

    def params(self, x: Tensor) -> Weights:
        tensors = {"weight": Weight((("channels", x.channels),), "norm")}
        return tensors | ({"bias": bias(x.channels, "channels")} if self.bias else {})

    def ops(self, x: Tensor) -> Dim:
        return (1 + self.bias) * x.size

    def torch(self, t: Any, x: Tensor) -> Any:
        shape = [-1] + [1] * (len(x.dims) - 1 - x.channel)
        parts = {name: t.parameter(*w.shape) for name, w in self.params(x).items()}
        if not self.bias:
            return t.module(lambda m, v: v * m.weight.view(shape), **parts)
        return t.module(lambda m, v: v * m.weight.view(shape) + m.bias.view(shape), **parts)

    def back(self, which: int, x: Tensor) -> list[Step]:
        return [step("scale")]


class Rotary(Layer):
    """Rotary position embedding: pairs of each head's features turned by angles that grow with the position.

    T×C → T×C. 3 operations per element, two products and a sum; the angles are constants
    (Su et al. 2021, RoFormer, equation 34): position × ``theta`` ^ (−2i / d) for pair i of a head's d features.
    """

    main: ClassVar = "heads"
    signal: ClassVar = "copy"

    heads: Size
    theta: Theta = 10_000.0

    def out(self, x: Tensor) -> Tensor:
        divides(tokens(x).channels, self.heads, "channels", "heads")
        require(equal(x.channels // self.heads % 2, 0), "turns pairs, but {} channels in {} heads are {} each",
                x.channels, self.heads, x.channels // self.heads, field="heads")
        return x.floating()

    def ops(self, x: Tensor) -> Dim:
        return 3 * x.size

    def torch(self, t: Any, x: Tensor) -> Any:
        return t.function(lambda v: t.call(rotate, v.unflatten(-1, (self.heads, -1)).transpose(-2, -3), self.theta)
                          .transpose(-2, -3).flatten(-2))


def rotate(t: Any, v: Any, theta: float) -> Any:
    """…×tokens×features of one head, turned as in RoFormer (with the two halves as pairs)."""
    half = v.shape[-1] // 2
    speeds = theta ** -(t.torch.arange(half, device=v.device) / half)
    angles = t.torch.outer(t.torch.arange(v.shape[-2], device=v.device), speeds)
    cos, sin, halves = angles.cos(), angles.sin(), v.chunk(2, -1)
    a, b = halves[0], halves[1]
    return t.torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


class _ScoreBias(Layer):
    """A learned number per head and pair of positions, for `attention` to add to its scores (its ``position``).

    The input gives the batch. A lookup costs nothing.
    """

    family: ClassVar = "fc"
    signal: ClassVar = "table"

    heads: Size

    def sees(self, x: Tensor) -> list[Sight]:
        return []

    def bias(self, length: Dim) -> Tensor:
        """heads×length×length."""
        return Tensor.of(self.heads, length, length, axes=("channel", "sequence", "sequence"))


def relative_index(t: Any, height: int, width: int) -> Any:
    """The row of the table of distances for each pair of places in a window."""
    at = t.torch.cartesian_prod(t.torch.arange(height), t.torch.arange(width))
    apart = at[:, None] - at[None]
    return ((apart[..., 0] + height - 1) * (2 * width - 1) + apart[..., 1] + width - 1).flatten()


def distances(height: int, width: int) -> list[int]:
    """`relative_index` in numbers.

    >>> distances(1, 2)
    [1, 0, 2, 1]
    """
    places = [(i, j) for i in range(height) for j in range(width)]
    return [(i - m + height - 1) * (2 * width - 1) + j - n + width - 1 for i, j in places for m, n in places]


class RelativeBias(_ScoreBias):
    """Score bias by the distance along both axes of an image or window: anything → heads×(h·w)×(h·w).

    A table of (2h − 1)(2w − 1) distances (Liu et al. 2021, Swin, §3.2); the index into it is a buffer.
    """

    main: ClassVar = "window"
    batch_only: ClassVar = True

    window: PerAxis

    def sides(self) -> tuple[Dim, Dim]:
        """Height and width of the window."""
        height, width = per_axis(self.window, 2, "window")
        return height, width

    def out(self, x: Tensor) -> Tensor:
        height, width = self.sides()
        return self.bias(height * width)

    def params(self, x: Tensor) -> Weights:
        height, width = self.sides()
        return {"relative_position_bias_table": weight(distances=(2 * height - 1) * (2 * width - 1), heads=self.heads)}

    def buffers(self, x: Tensor) -> Weights:
        height, width = self.sides()
        return {"relative_position_index": Weight((("pairs", (height * width) * (height * width)),), "index")}

    def torch(self, t: Any, x: Tensor) -> Any:
        (height, width), (length, _) = self.sides(), self.out(x).dims[1:]
        index = t.call(relative_index, height, width)
        return t.module(lambda m, v: m.relative_position_bias_table[m.relative_position_index]
                        .view(length, length, -1).permute(2, 0, 1).expand(v.shape[0], -1, -1, -1),
                        relative_position_bias_table=t.parameter(*self.params(x)["relative_position_bias_table"].shape),
                        relative_position_index=index)


class BucketBias(_ScoreBias):
    """Score bias by the distance in a sequence, far ones sharing a bucket: T×C → heads×T×T (Raffel et al. 2020, T5).

    ``causal`` keeps all buckets for the past; ``reach`` is the distance from which all share the last.
    """

    main: ClassVar = "buckets"

    buckets: Size
    causal: bool = False
    reach: Size = 128

    def out(self, x: Tensor) -> Tensor:
        return self.bias(tokens(x).dims[-2])

    def params(self, x: Tensor) -> Weights:
        return {"relative_attention_bias.weight": weight(buckets=self.buckets, heads=self.heads)}

    def keeps(self, x: Tensor) -> dict[str, Kept]:
        return {"buckets": Kept(x.dims[-2] * x.dims[-2], bytes=8, needed=0, per_batch=True)}

    def torch(self, t: Any, x: Tensor) -> Any:
        def bucket(n: int, device: Any) -> Any:
            there = t.torch.arange(n, device=device) - t.torch.arange(n, device=device)[:, None]
            count = self.buckets if self.causal else self.buckets // 2
            distance = (-there).clamp(min=0) if self.causal else there.abs()
            near = count // 2
            log = (distance.clamp(min=1) / near).log() / t.torch.tensor(self.reach / near).log()
            far = (near + (log * (count - near)).long()).clamp(max=count - 1)
            found = t.torch.where(distance < near, distance, far)
            return found if self.causal else found + (there > 0) * count

        return t.module(lambda m, v: m.relative_attention_bias(bucket(v.shape[-2], v.device))
                        .permute(2, 0, 1).expand(v.shape[0], -1, -1, -1),
                        relative_attention_bias=t.nn.Embedding(self.buckets, self.heads))
