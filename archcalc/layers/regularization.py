"""Layers that are there in training only; elsewhere they are the identity and cost nothing."""

from typing import Any, ClassVar, Literal

from archcalc.fields import Probability
from archcalc.layers.base import Pointwise
from archcalc.tensor import Kept, Tensor


class Dropout(Pointwise):
    """Zeroes elements with probability p; the shape is kept.

    2 operations per element in training, to mask and to scale; drawing the mask is not counted.
    """

    main: ClassVar = "p"
    only: ClassVar = "train"
    cost: ClassVar = 2
    signal: ClassVar = "drop"

    p: Probability = 0.5
    inplace: bool = False

    def keeps(self, x: Tensor) -> dict[str, Kept]:
        """torch's mask on the CPU is of the activations' type; a byte would do. None where p is 0."""
        return {"mask": Kept(x.size, needed=1)} if self.p else {}

    def label(self) -> str:
        return f"{self.p:g}"

    def torch(self, t: Any, x: Tensor) -> Any:
        return t.nn.Dropout(self.p)


class StochasticDepth(Dropout):
    """Zeroes whole samples, or (`mode: batch`) the whole batch, with probability p (Huang et al. 2016).

    2 operations per element in training, to mask and to scale.
    """

    mode: Literal["row", "batch"] = "row"

    def keeps(self, x: Tensor) -> dict[str, Kept]:
        return {"noise": Kept(1, per_batch=self.mode == "batch")} if self.p else {}

    def torch(self, t: Any, x: Tensor) -> Any:
        # Dropout1d zeroes channels: here a channel holds a sample, or the batch.
        rows = (1, -1, x.size) if self.mode == "row" else (1, 1, -1)
        return t.around(t.nn.Dropout1d(self.p), lambda v: v.reshape(rows), lambda v: v.reshape(-1, *x.dims))
