"""Recurrent layers over a sequence, as torch has them."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from archcalc.dims import Dim, require
from archcalc.fields import Size, Structural
from archcalc.layers.activation import Sigmoid, Tanh
from archcalc.layers.base import Layer
from archcalc.reach import Sight, all_of
from archcalc.tensor import Products, Tensor, Weights, bias, weight


class _Recurrent(Layer):
    """A stack of recurrent layers: T×C → T×features (twice as many if bidirectional).

    ``output: last`` gives the final state of each direction instead.  MACs: for each step, layer and
    direction, gates × features × (inputs + features).
    """

    main: ClassVar = "features"
    family: ClassVar = "fc"
    module: ClassVar[str]
    gates: ClassVar[int]
    per_unit: ClassVar[int]
    "Operations per step and unit besides the two biases of each gate."

    features: Size
    layers: Annotated[int, Field(gt=0), Structural("a number of layers, 1 or more")] = 1
    bidirectional: bool = False
    bias: bool = True
    output: Literal["sequence", "last"] = "sequence"

    def passes(self, x: Tensor) -> Iterator[tuple[str, Dim]]:
        """The suffix of the tensors and the input's width, for each layer and direction."""
        inputs = x.channels
        for layer in range(self.layers):
            for direction in ("", "_reverse")[:1 + self.bidirectional]:
                yield f"l{layer}{direction}", inputs
            inputs = (1 + self.bidirectional) * self.features

    def out(self, x: Tensor) -> Tensor:
        require(x.axes in (("sequence", "channel"), ("space", "channel")),
                "works on sequence×channel, but {} has {}: permute the channels to the end", x, x.roles())
        width = (1 + self.bidirectional) * self.features
        if self.output == "last":
            return Tensor((width,), ("channel",))
        return x.floating().put(1, width)

    def channel_groups(self, x: Tensor) -> Dim:
        return 1

    def sees(self, x: Tensor) -> list[Sight]:
        """The whole sequence, as a bidirectional stack does; what comes later is not told apart."""
        return [all_of(x, self.out(x), range(len(x.dims)))]

    def params(self, x: Tensor) -> Weights:
        rows = self.gates * self.features
        tensors: Weights = {}
        for suffix, inputs in self.passes(x):
            tensors[f"weight_ih_{suffix}"] = weight(gate_features=rows, in_features=inputs)
            tensors[f"weight_hh_{suffix}"] = weight(gate_features=rows, features=self.features)
            if self.bias:
                tensors[f"bias_ih_{suffix}"] = tensors[f"bias_hh_{suffix}"] = bias(rows, "gate_features")
        return tensors

    def products(self, x: Tensor) -> Products:
        return {suffix: ((x.dims[0], "steps"), (self.gates, "gates"), (self.features, "features"),
                         (inputs + self.features, "inputs and features")) for suffix, inputs in self.passes(x)}

    def ops(self, x: Tensor) -> Dim:
        passes = self.layers * (1 + self.bidirectional)
        return passes * x.dims[0] * self.features * (self.per_unit + 2 * self.gates * self.bias)

    def label(self) -> str:
        return str(self.features)

    def torch(self, t: Any, x: Tensor) -> Any:
        def run(m: Any, v: Any) -> Any:
            found = m.inner(v)
            if self.output == "sequence":
                return found[0]
            final = found[1][0] if self.module == "LSTM" else found[1]
            return final[-1 - self.bidirectional:].movedim(0, 1).flatten(1)

        return t.module(run, inner=getattr(t.nn, self.module)(
            x.channels, self.features, self.layers, self.bias, batch_first=True, bidirectional=self.bidirectional))


class Lstm(_Recurrent):
    """Long short-term memory: T×C → T×features (Hochreiter and Schmidhuber 1997, with the forget gate).

    22 operations per step and unit, and 8 for the biases: 4 sums of the two products, 3 sigmoids of 4,
    2 tanh, and 3 products and a sum for the cell and its output.
    """

    module: ClassVar = "LSTM"
    signal: ClassVar = "lstm"
    gates: ClassVar = 4
    per_unit: ClassVar = 4 + 3 * Sigmoid.cost + 2 * Tanh.cost + 4


class Gru(_Recurrent):
    """Gated recurrent unit: T×C → T×features (Cho et al. 2014, as in cuDNN).

    17 operations per step and unit, and 6 for the biases: 3 sums of the two products, 2 sigmoids of 4,
    a tanh, the product with the reset gate, and 4 to mix the old state with the new.
    """

    module: ClassVar = "GRU"
    signal: ClassVar = "gru"
    gates: ClassVar = 3
    per_unit: ClassVar = 3 + 2 * Sigmoid.cost + Tanh.cost + 1 + 4
