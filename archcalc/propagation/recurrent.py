"""Rules of recurrent layers: mean squares of state and gradient, step by step.

Chen, Pennington, Schoenholz 2018, Dynamical Isometry and a Mean Field Theory of RNNs; Gilboa et al. 2019, Dynamical
Isometry and a Mean Field Theory of LSTMs and GRUs.  What a gate is given is Gaussian with the variance
σ²·(Σ E x² + Σ E h²), and each gate has weights of its own.  Biases are 0, so that a gate is ½ on average, and what is
held, c = f·c + i·g, is Σ ½ᵏ⁺¹ g of the steps before: with Γₖ = E g g' of two steps k apart,
E c² = E σ²·(E c² + E g²) + ½ Σ ½ᵏ Γₖ.  Gradients add up alike on the way back.  Correlations from step to step are
followed over `LAGS` steps; those of gates are left out.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from math import exp, tanh

from archcalc.propagation.gaussian import Moments, moments, product_moment
from archcalc.propagation.rule import Rule
from archcalc.propagation.state import At, Gradient, Signal
from archcalc.propagation.steps import (
    LAGS,
    Drawn,
    Lags,
    Sent,
    Sequenced,
    Step,
    ahead,
    bound,
    first,
    gathered,
    kept,
    steep,
)

_SETTLED = 1e-7
"A relative change from step to step below which the state is taken as settled."

def _gate(x: float) -> float:
    return 1 / (1 + exp(-x)) if x > -700 else 0.0


class Recurrent(Rule):
    """Forward step by step, backward through time; two directions have the same moments, in opposite order."""

    note = "gates of different steps are taken as independent"

    @abstractmethod
    def out(self, gate: Moments, held: float) -> tuple[float, Moments | None]:
        """E h² from E c², and the function of c that h is."""

    @abstractmethod
    def inner(self, gate: Moments) -> float:
        """What part of the state's variance the candidate gets."""

    @abstractmethod
    def mixed(self, gate: Moments) -> float:
        """2·E f·i of the gates that keep what is held and let the candidate in."""

    @abstractmethod
    def sent(self, step: Step, outer: tuple[float, Lags], behind: Sent, drawn: Drawn) -> Sent:
        """Gradients of a step from those by its state and of the step behind it."""

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        x = inputs[0].collapsed()
        [*_, (_, steps)] = self._layers(at, x)
        squares, end = [step.state for step in steps], steps[-1]
        square = squares[-1] if _last(at) else sum(squares) / len(squares)
        share = [2 * (len(steps) - k) for k in range(1, min(LAGS, len(steps)))]
        rest = max(0, len(steps) * (len(steps) - 1) - sum(share))
        same = sum(n * h for n, h in zip(share, end.states, strict=False)) + rest * end.states[-1]
        same /= max(1, sum(share) + rest)
        part = x.cross[0] / x.square[0] if x.square[0] else 0.0
        cross = self._layers_end(at, x._replace(same=[part * x.square[0]])).states[-1] if part else 0.0
        return Signal(x.grid, [square], [0.0], [cross], [same]).over(at.grid)

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        layers = list(self._layers(at, inputs[0].collapsed()))
        delta, directions, n = at.grid.mean(gradient.square), _directions(at), len(layers[0][1])
        sent = Sequenced([0.0] * (n - 1) + [delta] if _last(at) else [delta] * n,
                         [[0.0 if _last(at) else gradient.alike] * LAGS] * n)
        for k, (drawn, steps) in enumerate(reversed(layers)):
            back = self._through_time(drawn, steps, sent)
            other = back
            if directions == 2 and (k or not _last(at)):  # a final state is the last step of its own direction
                other = self._through_time(drawn, steps, sent.turned())
            sent = back if directions == 1 else back._replace(
                squares=[a + b for a, b in zip(back.squares, other.squares[::-1], strict=True)])
        return [Gradient([sum(sent.squares) / n] * len(inputs[0].square))]

    def _layers_end(self, at: At, x: Signal) -> Step:
        return list(self._layers(at, x))[-1][1][-1]

    def _layers(self, at: At, x: Signal) -> Iterator[tuple[Drawn, list[Step]]]:
        """Each layer's steps."""
        part, n = x.same[0] / x.square[0] if x.square[0] else 0.0, int(at.call.inputs[0].dims[0])
        given = Sequenced([x.square[0]] * n, [[part] * LAGS] * n)
        for name in at.call.params:
            if name.startswith("weight_ih") and not name.endswith("_reverse"):
                drawn = self._drawn(at, name)
                steps = self._steps(drawn, given)
                yield drawn, steps
                squares = [step.state for step in steps]
                if _directions(at) == 2:
                    squares = [(a + b) / 2 for a, b in zip(squares, squares[::-1], strict=True)]
                given = Sequenced(squares, [[h / step.state for h in step.states] if step.state else step.states
                                            for step in steps])

    def _steps(self, drawn: Drawn, given: Sequenced) -> list[Step]:
        found: list[Step] = []
        zero = moments(tanh, 0.0, 0.0)
        here = Step(zero, zero, 0.0, 0.0, 0.0, 0.0, *([0.0] * LAGS for _ in range(4)))
        settled, last = False, None
        for t, (square, lags) in enumerate(zip(given.squares, given.lags, strict=True)):
            new = here if settled and square == last else self._step(drawn, square, lags, here, t)
            settled, last, here = abs(new.state - here.state) <= _SETTLED * new.state, square, new
            found.append(new)
        return found

    def _step(self, drawn: Drawn, square: float, lags: Lags, last: Step, t: int) -> Step:
        gate = moments(_gate, 0.0, drawn.inputs * square + drawn.states * last.state)
        states = drawn.states * self.inner(gate)
        v = drawn.inputs * square + states * last.state
        g = moments(tanh, 0.0, v)
        given = [(drawn.inputs * square * a + states * b) / v if v else 0.0
                 for a, b in zip(first(lags, t), first(last.states, t), strict=True)]
        candidates = [product_moment(g.coefficients, g.coefficients, bound(r)) for r in given]
        held = gate.square * (last.held + g.square) + self.mixed(gate) * sum(
            c / 2**k for k, c in enumerate(candidates, 1))
        helds = kept((last.held, last.helds), [0.5 * c for c in ahead(candidates)])
        state, f = self.out(gate, held)
        states_of = [min(c, held) if f is None else gate.mean**2 * product_moment(f.coefficients, f.coefficients, bound(
            c / held if held else 0.0)) for c in helds]
        return Step(gate, g, v, last.held, held, state, given, candidates, helds, states_of)

    def _drawn(self, at: At, name: str) -> Drawn:
        given, kept = at.call.params[name], at.call.params[name.replace("_ih", "_hh")]
        units = int(kept.shape[1])
        a, b = at.scheme.variance(given), at.scheme.variance(kept)
        return Drawn(a * int(given.shape[1]), b * units, a * units, b * units)

    def _through_time(self, drawn: Drawn, steps: Sequence[Step], sent: Sequenced) -> Sequenced:
        """Gradients by the inputs from those by the outputs."""
        found, ratios, behind = [], [], Sent()
        for j, (step, outer, own) in enumerate(zip(*map(reversed, (steps, sent.squares, sent.lags)), strict=True)):
            lags = [outer * a + drawn.to_states * b for a, b in zip(own, behind.states, strict=True)]
            new = self.sent(step, (outer + drawn.to_states * behind.state, first(lags, j)), behind, drawn)
            behind = new._replace(helds=first(new.helds, j), givens=first(new.givens, j),
                                  states=first(new.states, j))
            found.append(drawn.to_inputs * behind.given)
            ratios.append([b / behind.given if behind.given else 0.0 for b in behind.givens])
        return Sequenced(found[::-1], ratios[::-1])


def _last(at: At) -> bool:
    return bool(at.layer.output == "last")  # type: ignore[attr-defined]


def _directions(at: At) -> int:
    return 1 + bool(at.layer.bidirectional)  # type: ignore[attr-defined]


class Lstm(Recurrent):
    """h = o·tanh c: E h² = E σ²·E tanh² c, c taken for a Gaussian."""

    def out(self, gate: Moments, held: float) -> tuple[float, Moments | None]:
        f = moments(tanh, 0.0, held)
        return gate.square * f.square, f

    def inner(self, gate: Moments) -> float:
        return 1.0

    def mixed(self, gate: Moments) -> float:
        return 2 * gate.mean**2

    def sent(self, step: Step, outer: tuple[float, Lags], behind: Sent, drawn: Drawn) -> Sent:
        gate, g, (square, lags) = step.gate, step.candidate, outer
        f, spread = moments(tanh, 0.0, step.held), [c / step.held if step.held else 0.0 for c in step.helds]
        cell, cells = gathered(step, (gate.square * f.slope * square, [
            gate.mean**2 * v * steep(f, step.held, r) for v, r in zip(lags, spread, strict=True)]), behind)
        given = gate.slope * f.square * square + cell * (
            gate.square * g.slope + gate.slope * (g.square + step.before))
        givens = [gate.slope * 4 * h * v + c * (gate.mean**2 * steep(g, step.variance, r) + gate.slope * (a + b))
                  for v, h, c, r, a, b in zip(lags, step.states, cells, step.given, step.candidates, step.helds,
                                              strict=True)]
        return Sent(given, given, cell, cells, givens, givens)


class Gru(Recurrent):
    """h = z·h + (1 − z)·n with n = tanh(a + r·b), whose argument is taken for a Gaussian."""

    def out(self, gate: Moments, held: float) -> tuple[float, Moments | None]:
        return held, None

    def inner(self, gate: Moments) -> float:
        return gate.square

    def mixed(self, gate: Moments) -> float:
        return 1 - 2 * gate.square  # one gate, z, for both

    def sent(self, step: Step, outer: tuple[float, Lags], behind: Sent, drawn: Drawn) -> Sent:
        gate, n = step.gate, step.candidate
        whole, wholes = gathered(step, outer, behind)
        new, news = whole * gate.square * n.slope, [
            c * gate.mean**2 * steep(n, step.variance, r) for c, r in zip(wholes, step.given, strict=True)]
        gates = gate.slope * (whole * (step.before + n.square) + new * drawn.states * step.before)
        both = [gate.slope * (c * (a + b) + new * drawn.states * b) for c, new, a, b in zip(
            wholes, news, step.candidates, step.helds, strict=True)]
        return Sent(new + gates, gate.square * new + gates, whole, wholes, *(
            [part * a + b for a, b in zip(news, both, strict=True)] for part in (1.0, gate.mean**2)))
