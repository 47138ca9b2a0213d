"""What every rule is, and rules that keep values, scale them or drop some.

A layer kind names its rule (`Layer.signal`); rules know no kinds.  Each has ``forward(at, inputs)``, the output's
`Signal`, and ``backward(at, inputs, gradient)``, a `Gradient` for each input.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from archcalc.propagation.state import At, Gradient, Signal


class Rule:
    """Keeps values as they are; a unit's gradient goes to the units that it copies."""

    note: ClassVar[str] = ""
    "What the rule leaves out of account; layers of it are marked."
    repeats: ClassVar[bool] = False
    "Whether further channels are copies; else they are zeros."

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        """The output's signal."""
        x, out = at.call.inputs[0], at.call.out
        found = at.given(0, inputs[0])
        grown = "channel" in x.axes and "channel" in out.axes and x.spatial == out.spatial and \
            x.size < out.size and x.channels < out.channels
        if self.repeats or not grown:
            return found
        part = x.channels / out.channels  # the rest is zeros
        return found.pairs(lambda values: [part * v for v in values], square=[part * v for v in found.square],
                           mean=[part * v for v in found.mean])

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        """A gradient for each input."""
        x, out = at.call.inputs[0], at.call.out
        back = at.returned(0, gradient.square)
        had, sent = inputs[0].grid.mean(back), at.grid.mean(gradient.square) * out.size / x.size
        part = sent / had if had and (self.repeats or sent < had) else 1.0
        # flattened, each place has weights of its own
        alike = gradient.alike if len(x.dims) == len(out.dims) or (out.space and x.space) else 0.0
        return [Gradient([part * v for v in back], alike=alike)] + [nothing(signal) for signal in inputs[1:]]


def nothing(signal: Signal) -> Gradient:
    """No gradient at all."""
    return Gradient([0.0] * len(signal.square))


class Repeat(Rule):
    """Axes of 1 copied along: a unit gets the gradients of all its copies."""

    repeats = True


class Unknown(Rule):
    """As if the layer kept its input, and marked."""

    note = "no rule: taken to pass its first input on"


class Resample(Rule):
    """Interpolation, as if each output copied one input."""

    note = "interpolation is taken as copying"


class Drop(Rule):
    """Dropout of probability p, in training: E x² / (1 − p), and gradients alike (Schoenholz et al. 2017, §5)."""

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        kept = self._kept(at)
        return inputs[0].pairs(list, square=[v / kept for v in inputs[0].square])

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        kept = self._kept(at)
        return [Gradient([v / kept for v in gradient.square], alike=kept * gradient.alike)]

    def _kept(self, at: At) -> float:
        return max(1e-9, 1 - getattr(at.layer, "p", 0.0)) if at.training else 1.0


class Damp(Rule):
    """A factor, which the mean square of the last input may tell."""

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        return inputs[0].scaled(at.layer.damping(inputs[-1].second_moment))

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        factor = at.layer.damping(inputs[-1].second_moment)
        return [Gradient([factor * factor * v for v in gradient.square], alike=gradient.alike),
                *map(nothing, inputs[1:])]


class Respond(Damp):
    """Local response normalization, its sum taken at the mean."""

    note = "the sum over few channels is taken at its mean"
