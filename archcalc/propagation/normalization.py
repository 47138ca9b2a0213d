"""Rules of normalization, whose weights begin as 1 and biases as 0."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import inf, prod

from archcalc.propagation.grid import Grid, Matrix
from archcalc.propagation.rule import Rule
from archcalc.propagation.spectral import eigen, expectations
from archcalc.propagation.state import At, Gradient, Signal

_SMALL, _FEW = 0.01, 25
"The trace of K² from which on its eigenvalues are found, and on how many positions at most."


class OverBatch(Rule):
    """Each channel over samples and positions: what pairs have in common is taken out, the rest scaled to 1.

    Yang and Schoenholz 2019, A Mean Field Theory of Batch Normalization, for large batches; De and Smith 2020, §3.  A
    channel's variance s² is itself random where positions of all samples are alike (by the padding): with c what is
    alike and K its covariance, centred and over the mean of s², E y y' = E c c'/s² + E 1/s² · (E x x' − K), and a
    gradient's square grows by E 1/s².  Where s² is of sums of n weights, by n / (n − 2) too, as 1/χ² of n, but not
    further back: these weights are as large as s is.  In evaluation the statistics are those of training.
    """

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        x, g = self._centred(at, inputs[0])
        k = g.matrix(x.cross)
        whole, alike = _divided(g, k)

        def scaled(values: Sequence[float]) -> list[float]:
            return [whole * (v - k[a][b]) + alike[a][b] for v, (a, b) in zip(values, g.pairs, strict=True)]

        return x.pairs(scaled, square=[whole * (q - k[a][a]) + alike[a][a] for a, q in enumerate(x.square)])

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        x, g = self._centred(at, inputs[0])
        whole, n = _divided(g, g.matrix(x.cross))[0] / self._span(at, inputs[0]), inputs[0].fan
        few = n / (n - 2) if 2 < n < inf else 1.0
        return [Gradient([few * whole * v for v in gradient.square], alike=gradient.alike, few=few)]

    def _span(self, at: At, x: Signal) -> float:
        eps: float = at.layer.eps  # type: ignore[attr-defined]
        return max(x.second_moment - x.grid.pair_mean(x.cross), 0.0) + eps

    def _centred(self, at: At, x: Signal) -> tuple[Signal, Grid]:
        """The signal without what pairs have in common, divided by its variance."""
        g, rows = x.grid, x.grid.rows(x.cross)
        middle, scale = g.mean(rows), 1 / self._span(at, x)

        def centred(values: Sequence[float]) -> list[float]:
            return [scale * (v - rows[a] - rows[b] + middle) for v, (a, b) in zip(values, g.pairs, strict=True)]

        square = [scale * (q - 2 * r + middle) for q, r in zip(x.square, rows, strict=True)]
        return x.pairs(centred, square=square, mean=[0.0] * len(square)), g


def _divided(g: Grid, k: Matrix) -> tuple[float, Matrix]:
    """E 1/s² and E c c'/s² of a channel, s² being 1 − tr K + Σ c² over positions, c of covariance K.

    On small maps from the eigenvalues of K, else to third order: with mₖ the trace of Kᵏ,
    E 1/s² = 1 + 2m₂ − 8m₃ + 12m₂², and E c c'/s² = E 1/s² · K − 2(1 + 6m₂) K² + 8K³.
    """
    m2 = sum(w * k[a][b] ** 2 for (a, b), w in zip(g.pairs, g.pair_weights, strict=True))
    if m2 > _SMALL and prod(g.sizes) == len(g.points) <= _FEW:
        return _by_eigenvalues(g, tuple(map(tuple, k)))
    k2 = g.matrix_product(k, k)
    k3 = g.matrix_product(k2, k)
    m3 = sum(w * k[a][b] * k2[a][b] for (a, b), w in zip(g.pairs, g.pair_weights, strict=True))
    whole, second = 1 + 2 * m2 - 8 * m3 + 12 * m2 * m2, 2 * (1 + 6 * m2)
    return whole, [[whole * a - second * b + 8 * c for a, b, c in zip(*rows, strict=True)]
                   for rows in zip(k, k2, k3, strict=True)]


@lru_cache(maxsize=256)
def _by_eigenvalues(g: Grid, k: tuple[tuple[float, ...], ...]) -> tuple[float, Matrix]:
    roots = [w**0.5 for w in g.weights]
    values, vectors = eigen([[v * a * b for v, b in zip(row, roots, strict=True)]
                             for row, a in zip(k, roots, strict=True)])
    values = [max(v, 0.0) for v in values]
    whole, parts = expectations(1 - sum(values), values)
    places = [[v / r for v, r in zip(vector, roots, strict=True)] for vector in vectors]
    n = range(len(roots))
    return whole, [[sum(p * v[a] * v[b] for p, v in zip(parts, places, strict=True)) for b in n] for a in n]


class OverChannels(Rule):
    """Each place over its channels: E y² = 1 (Xiong et al. 2020, On Layer Normalization in the Transformer, §3.2)."""

    centres = True

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        x, spans = inputs[0], self._spans(at, inputs[0])
        mean = x.mean if self.centres else [0.0] * len(x.mean)

        def divided(values: Sequence[float]) -> list[float]:
            return [(v - mean[a] * mean[b]) / (spans[a] * spans[b]) ** 0.5
                    for v, (a, b) in zip(values, x.grid.pairs, strict=True)]

        return x.pairs(divided, square=[(q - m * m) / s for q, m, s in zip(x.square, mean, spans, strict=True)],
                       mean=[(m - c) / s**0.5 for m, c, s in zip(x.mean, mean, spans, strict=True)])

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        return [Gradient([g / s for g, s in zip(gradient.square, self._spans(at, inputs[0]), strict=True)],
                         alike=gradient.alike)]

    def _spans(self, at: At, x: Signal) -> list[float]:
        eps = at.layer.eps  # type: ignore[attr-defined]
        return [q - (m * m if self.centres else 0.0) + eps for q, m in zip(x.square, x.mean, strict=True)]


class RootMeanSquare(OverChannels):
    """Each place by the root mean square of its channels."""

    centres = False


class OverMap(Rule):
    """Groups of channels over all positions of a sample: means of single channels differ, those of groups less."""

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        x, (middle, span) = inputs[0], self._statistics(at, inputs[0])
        m = x.grid.mean(x.mean)
        scale = 1 / span
        return x.pairs(lambda values: [scale * (v - m * m) for v in values],
                       square=[scale * (q - 2 * m * p + 2 * m * m - middle) for q, p in
                               zip(x.square, x.mean, strict=True)],
                       mean=[(p - m) * scale**0.5 for p in x.mean])

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        _, span = self._statistics(at, inputs[0])
        return [Gradient([v / span for v in gradient.square], alike=gradient.alike)]

    def _statistics(self, at: At, x: Signal) -> tuple[float, float]:
        """E of a group's squared mean, and its variance with eps."""
        g, together = x.grid, at.call.inputs[0].channels // at.layer.channel_groups(*at.call.inputs)
        m = g.mean(x.mean)
        middle = m * m + (g.pair_mean(x.same) - m * m) / together
        return middle, max(x.second_moment - middle, 0.0) + at.layer.eps  # type: ignore[attr-defined]
