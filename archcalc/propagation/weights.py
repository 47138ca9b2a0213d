"""Rules of layers whose weights are drawn."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.propagation.initialization import fans
from archcalc.propagation.rule import Rule, nothing
from archcalc.propagation.state import At, Gradient, Signal
from archcalc.tensor import Weight


class Mix(Rule):
    """Independent weights of mean 0: E y² = σ² · Σ E x² over channels and window, and E δx² = σ² · Σ E δy².

    He et al. 2015, equations 7 and 13; Glorot and Bengio 2010, equations 5 and 6.  Pairs of places keep the sum over
    what meets the same weight; nothing is added in the padding (Xiao et al. 2018, Dynamical Isometry and a Mean Field
    Theory of CNNs, equation 2.5, without their circular borders).
    """

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        call = at.call
        factor = self._variance(at) * (call.inputs[0].channels / call.layer.channel_groups(*call.inputs))
        found = at.given(0, inputs[0])
        return found.pairs(lambda values: [factor * v for v in values], square=[factor * v for v in found.square],
                           mean=[0.0] * len(found.square), fan=float(fans(self._weight(at))[0]))

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        call = at.call
        factor = self._variance(at) * (call.out.channels / call.layer.channel_groups(*call.inputs))
        return [Gradient([factor / gradient.few * v for v in at.returned(0, gradient.square)], alike=gradient.alike)]

    def _variance(self, at: At) -> float:
        return at.scheme.variance(self._weight(at))

    def _weight(self, at: At) -> Weight:
        return next(w for w in at.call.params.values() if w.role == "weight")


class Table(Rule):
    """Learned rows or positions: independent numbers of the scheme's variance for tables."""

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        n = len(at.grid.points)
        none = [0.0] * n * n
        return Signal(at.grid, [at.scheme.table] * n, [0.0] * n, none, none)

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        return [nothing(signal) for signal in inputs]
