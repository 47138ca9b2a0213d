"""Dense layers."""

from typing import Any, ClassVar

from archcalc.dims import Dim
from archcalc.fields import Size
from archcalc.layers.base import Layer
from archcalc.tensor import Products, Tensor, Weights, bias, weight


class Linear(Layer):
    """Dense layer on the last axis, which must be the channels: …×C → …×features.

    MACs are positions × weights; the bias adds one operation per output.
    """

    main: ClassVar = "features"
    family: ClassVar = "fc"
    saves: ClassVar = "x"

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
