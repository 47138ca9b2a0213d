"""Rules of layers with several inputs."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from archcalc.propagation.grid import Values
from archcalc.propagation.marginal import Marginal
from archcalc.propagation.rule import Rule
from archcalc.propagation.state import At, Gradient, Signal


def _weighted(at: At, signals: Sequence[Signal], parts: Sequence[float]) -> Signal:
    """A mixture: every moment the mean over the parts."""
    def mean(of: Sequence[Values]) -> Values:
        return [sum(p * v for p, v in zip(parts, values, strict=True)) for values in zip(*of, strict=True)]

    cross = mean([s.cross for s in signals])
    same = cross if all(s.same is s.cross for s in signals) else mean([s.same for s in signals])
    return Signal(at.grid, mean([s.square for s in signals]), mean([s.mean for s in signals]), cross, same)


class Sum(Rule):
    """Values that are independent given their means: E y² = Σ E x² + Σ E x · E x' (De and Smith 2020, §2).

    A gradient goes to each as it is.
    """

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        given = [at.given(i, signal) for i, signal in enumerate(inputs)]
        total: Values = [sum(values) for values in zip(*(s.mean for s in given), strict=True)]

        def between(a: int, b: int) -> float:
            return total[a] * total[b] - sum(s.mean[a] * s.mean[b] for s in given)

        def added(of: Sequence[Values]) -> Values:
            return [sum(values) + between(a, b) for values, (a, b) in zip(zip(*of, strict=True), at.grid.pairs,
                                                                          strict=True)]

        cross = added([s.cross for s in given])
        same = cross if all(s.same is s.cross for s in given) else added([s.same for s in given])
        square = [sum(values) + between(k, k) for k, values in enumerate(zip(*(s.square for s in given), strict=True))]
        return Signal(at.grid, square, total, cross, same, marginal=_added(inputs))

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        shaped = [i for i, signal in enumerate(inputs) if not signal.gaussian]
        profile = gradient.profile if len(shaped) == 1 else None
        return [Gradient(at.returned(i, gradient.square), profile=profile if i in shaped else None,
                         alike=gradient.alike)
                for i in range(len(inputs))]


def _added(inputs: Sequence[Signal]) -> Marginal | None:
    """The distribution of a sum of independent values; None for a Gaussian."""
    if all(signal.gaussian for signal in inputs):
        return None
    first, *others = sorted(inputs, key=lambda signal: signal.gaussian)
    found = first.distribution
    for signal in others:
        found = found.joined(signal.distribution)
    return found


class Product(Rule):
    """Values that are independent: every moment of the product is the product of theirs."""

    note = "a gate is taken as independent of what it gates"

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        given = [at.given(i, signal) for i, signal in enumerate(inputs)]

        def times(of: Sequence[Values]) -> Values:
            return [prod(values) for values in zip(*of, strict=True)]

        return Signal(at.grid, times([s.square for s in given]), times([s.mean for s in given]),
                      times([s.cross for s in given]), times([s.same for s in given]))

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        given = [at.given(i, signal).square for i, signal in enumerate(inputs)]
        found = []
        for i in range(len(inputs)):
            others = [prod(values[:i] + values[i + 1:]) for values in zip(*given, strict=True)]
            times = self._repeated(at, i)
            found.append(Gradient([times * v for v in at.returned(i, [
                g * o for g, o in zip(gradient.square, others, strict=True)])]))
        return found

    def _repeated(self, at: At, which: int) -> float:
        """How often each element is used, beyond what the places tell."""
        x, out = at.call.inputs[which], at.call.out
        places = float(prod(out.spatial)) / prod(x.spatial) if at.seen(which) is not None else 1
        return float(out.size) / float(x.size) / float(places)


class Multiplied(Rule):
    """A matrix product of independent values: E z² = n · E x² · E y² for n products."""

    note = "the matrices are taken as independent"

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        x, y = (signal.collapsed() for signal in inputs)
        n = at.call.inputs[0].dims[-1]
        return Signal(x.grid, [n * x.square[0] * y.square[0]], [0.0], [n * x.cross[0] * y.cross[0]],
                      [n * x.same[0] * y.same[0]]).over(at.grid)

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        x, y = inputs
        delta, out = at.grid.mean(gradient.square), at.call.out.size * at.call.inputs[0].dims[-1]
        a, b = (out / t.size for t in at.call.inputs)
        return [Gradient([a * delta * y.second_moment] * len(x.square)),
                Gradient([b * delta * x.second_moment] * len(y.square))]


class Join(Rule):
    """Concatenation: moments are means over all channels; a gradient goes to each part as it is."""

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        whole = at.call.out.size
        parts = [x.size / whole for x in at.call.inputs]
        if any(signal.grid is not at.grid for signal in inputs):
            return _weighted(at, [signal.collapsed().over(at.grid) for signal in inputs], parts)
        found, curves = _weighted(at, inputs, parts), {s.before[0] if s.before else None for s in inputs}
        if len(curves) > 1 or None in curves:
            return found
        before = _weighted(at, [s.before[1] for s in inputs if s.before], parts)
        return found._replace(before=(curves.pop(), before))  # type: ignore[arg-type]

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        if any(signal.grid is not at.grid for signal in inputs):
            return [Gradient([at.grid.mean(gradient.square)] * len(signal.square)) for signal in inputs]
        return [gradient._replace(profile=None) for _ in inputs]
