"""The rule of attention."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import NamedTuple

from archcalc.propagation.grid import grid
from archcalc.propagation.rules import Rule, nothing
from archcalc.propagation.state import At, Gradient, Signal
from archcalc.tensor import Weight


class _Heads(NamedTuple):
    """What goes on in the heads: second moments of queries, keys, values; their pairs; E Σ a² of the weights."""

    queries: float
    keys: float
    values: float
    keys_apart: float
    values_apart: float
    sharpness: float


class Attend(Rule):
    """Softmax attention over T tokens whose scores are Gaussian: E o² = (q − c)(eˢ + s·T/C) / T + c.

    q is E v², c E v v' of two tokens, s the scores' variance along a row: a weighted mean of T values with weights
    of E a² = eˢ / T², tilted towards the query by s / C.  Gradients pass through values, keys and queries, all in
    proportion to eˢ / T.
    """

    note = "scores are taken as Gaussian and small, gradients of tokens as uncorrelated"

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        heads, gain = self._heads(at, inputs), self._gain(at, "v")
        square = (heads.values - heads.values_apart) * heads.sharpness + heads.values_apart
        out = self._gain(at, "out")
        cross = gain * inputs[self._memory(at, inputs)].collapsed().cross[0] * out
        together = out * heads.values_apart
        return Signal(grid((), 0), [out * square], [0.0], [cross], [together]).over(at.grid)

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        heads = self._heads(at, inputs)
        delta = at.grid.mean(gradient.square) * self._back(at, "out")
        apart = heads.values - heads.values_apart
        values = delta * heads.sharpness
        keys = values * apart * heads.queries
        queries = values * apart * (heads.keys - heads.keys_apart)
        to_memory = values * self._back(at, "v") + keys * self._back(at, "k")
        to_queries = queries * self._back(at, "q")
        found = [nothing(signal) for signal in inputs]
        for k, amount in ((0, to_queries), (self._memory(at, inputs), to_memory)):
            found[k] = found[k].plus(Gradient([amount] * len(inputs[k].square)))
        return found

    def _memory(self, at: At, inputs: Sequence[Signal]) -> int:
        """The input that keys and values come from."""
        return int(len(inputs) - bool(getattr(at.layer, "position", False)) > 1)

    def _heads(self, at: At, inputs: Sequence[Signal]) -> _Heads:
        where = self._memory(at, inputs)
        x, memory, given = inputs[0].collapsed(), inputs[where].collapsed(), at.call.inputs[where]
        q, k, v = (self._gain(at, name) for name in "qkv")
        queries, keys, values = q * x.square[0], k * memory.square[0], v * memory.square[0]
        span = queries * (keys - k * memory.same[0])
        sharp = exp(min(span, 50.0)) / given.dims[-2] + span / given.channels
        return _Heads(queries, keys, values, k * memory.same[0], v * memory.same[0], min(1.0, sharp))

    def _gain(self, at: At, name: str) -> float:
        """Σ σ² over what a projection sums."""
        weight = self._weight(at, name)
        return 1.0 if weight is None else at.scheme.variance(weight) * int(weight.shape[1])

    def _back(self, at: At, name: str) -> float:
        """Σ σ² over what a projection's input goes to."""
        weight = self._weight(at, name)
        if weight is None:
            return 1.0
        rows = int(weight.shape[0]) // (3 if "in_proj_weight" in at.call.params and name != "out" else 1)
        return at.scheme.variance(weight) * rows

    def _weight(self, at: At, name: str) -> Weight | None:
        params = at.call.params
        found = params.get(f"{name}_proj.weight")
        return params.get("in_proj_weight") if found is None and name != "out" else found
