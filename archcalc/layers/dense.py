"""Dense layers."""

from typing import Any, ClassVar

from archcalc.dims import Dim
from archcalc.fields import Size
from archcalc.layers.base import Layer
from archcalc.reverse import Step, step
from archcalc.tensor import Kept, Products, Tensor, Weights, bias, weight


class Linear(Layer):
    """Dense layer on the last axis, which must be the channels: …×C → …×features.

    MACs are positions × weights; the bias adds one operation per output.
    """

    main: ClassVar = "features"
    family: ClassVar = "fc"
    saves: ClassVar = "x"
    signal: ClassVar = "mix"

    features: Size
    bias: bool = True

    def out(self, x: Tensor) -> Tensor:
        _ = x.last  # refuses other axes
        return x.put(len(x.dims) - 1, self.features)

    def channel_groups(self, x: Tensor) -> Dim:
        return 1

    def params(self, x: Tensor) -> Weights:
        tensors = {"weight": weight(out_features=self.features, in_features=x.last)}
        return tensors | ({"bias": bias(self.features, "out_features")} if self.bias else {})

    def products(self, x: Tensor) -> Products:
        return {"": (*((n, "") for n in x.dims[:-1]), (self.params(x)["weight"].size, "weights"))}

    def ops(self, x: Tensor) -> Dim:
        return self.out(x).size if self.bias else 0

    def label(self) -> str:
        return str(self.features)

    def torch(self, t: Any, x: Tensor) -> Any:
        return t.nn.Linear(x.last, self.features, self.bias)

    def back(self, which: int, x: Tensor) -> list[Step]:
        return [step("linear_transpose", features=x.last)]


class Rbf(Layer):
    """Squared Euclidean distances to `units` fixed vectors, on the last axis: …×C → …×units.

    The output of LeNet-5 (LeCun et al. 1998, §II.B, equation 7). The vectors are a buffer.
    3 operations per input and unit: subtract, square, add up.
    """

    main: ClassVar = "units"
    family: ClassVar = "fc"
    signal: ClassVar = "distance"

    units: Size

    def out(self, x: Tensor) -> Tensor:
        _ = x.last  # refuses other axes
        return x.floating().put(len(x.dims) - 1, self.units)

    def channel_groups(self, x: Tensor) -> Dim:
        return 1

    def buffers(self, x: Tensor) -> Weights:
        return {"centers": weight(units=self.units, in_features=x.last)}

    def ops(self, x: Tensor) -> Dim:
        return 3 * self.units * x.size

    def keeps(self, x: Tensor) -> dict[str, Kept]:
        """The differences; while it runs, their squares too, until these are added up."""
        differences, out = self.units * x.size, self.out(x).size
        return {"differences": Kept(differences),
                "scratch": Kept(2 * differences - out, needed=0, backward=False, inference=True)}

    def label(self) -> str:
        return str(self.units)

    def torch(self, t: Any, x: Tensor) -> Any:
        return t.module(lambda m, v: (v.unsqueeze(-2) - m.centers).square().sum(-1),
                        centers=t.torch.ones(self.units, x.last))
