"""What the rules of recurrent layers carry from step to step, and sums over steps that halve with each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archcalc.propagation.gaussian import Moments

LAGS = 24
Lags = list[float]
"Of two steps 1, 2, … apart."


class Drawn(NamedTuple):
    """Σ σ² of a direction's weights: over inputs and over states forward, over units of a gate to each of them."""

    inputs: float
    states: float
    to_inputs: float
    to_states: float


class Sequenced(NamedTuple):
    """E x² of each step, and its products with other steps over that."""

    squares: Sequence[float]
    lags: Sequence[Lags]

    def turned(self) -> Sequenced:
        """In the opposite order, as the other direction has them."""
        return Sequenced(self.squares[::-1], self.lags[::-1])


class Step(NamedTuple):
    """A step's gates and candidates g, what is held, c, and the state h: E of squares, and of two steps' products."""

    gate: Moments
    candidate: Moments
    variance: float
    before: float
    held: float
    state: float
    given: Lags
    candidates: Lags
    helds: Lags
    states: Lags


class Sent(NamedTuple):
    """Gradients by what a step's gates are given, in all, by the state before, less the weights, and by what is held;
    and of two steps."""

    given: float = 0.0
    state: float = 0.0
    held: float = 0.0
    helds: Lags = [0.0] * LAGS
    givens: Lags = [0.0] * LAGS
    states: Lags = [0.0] * LAGS


def first(lags: Lags, n: int) -> Lags:
    """Of so many steps that there are."""
    return [*lags[:n], *[0.0] * (LAGS - n)] if n < LAGS else lags


def bound(r: float) -> float:
    return max(-1.0, min(1.0, r))


def ahead(values: Lags) -> Lags:
    """vₖ + ½·vₖ₊₁ + ¼·vₖ₊₂ + …, halved: what holds the sum of a step and those before has of another."""
    found, here = [], values[-1]
    for v in reversed(values):
        here = 0.5 * v + 0.5 * here
        found.append(here)
    return found[::-1]


def kept(last: tuple[float, Lags], added: Lags) -> Lags:
    """Half of what the step before has of another, and what is added."""
    return [0.5 * a + b for a, b in zip((last[0], *last[1][:-1]), added, strict=True)]


def gathered(step: Step, injected: tuple[float, Lags], behind: Sent) -> tuple[float, Lags]:
    """Gradients by what is held, Σ ½ᵏ of those that come in k steps behind: E of squares, and of two steps."""
    square, lags = injected
    with_later = [2 * v for v in ahead(lags)]
    return (square + step.gate.square * behind.held + with_later[0],
            kept((behind.held, behind.helds), with_later))


def steep(found: Moments, variance: float, r: float) -> float:
    """E f′ f′ of two Gaussians of correlation r: Σ k·aₖ² rᵏ⁻¹ over the variance."""
    return sum(k * a * a * bound(r) ** (k - 1) for k, a in enumerate(found.coefficients) if k) / variance
