"""The rules of attention."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log, prod
from typing import NamedTuple

from archcalc.propagation.grid import grid
from archcalc.propagation.rule import Rule, nothing
from archcalc.propagation.softmax import shares
from archcalc.propagation.state import At, Gradient, Signal
from archcalc.tensor import Weight

_BLOCK = 4
"Causal queries see 1, 2, … tokens: so many are taken one by one, the others in blocks that double."


class _Pair(NamedTuple):
    """E x² of a token's elements, and E x x' of two tokens'."""

    square: float
    apart: float

    @property
    def own(self) -> float:
        """What a token does not share with others."""
        return max(0.0, self.square - self.apart)


class _Heads(NamedTuple):
    """What goes on in the heads of T tokens.

    ``score`` is the variance of scores along a row, ``alike`` their covariance where a key meets two queries;
    ``focus`` is E Σ a² of the weights, ``slope`` what the softmax lets back of a row, ``tilt`` how far a query turns
    the mean of values, ``overlap`` E Σ a a' of two queries, ``scale`` a head's features over the square of what
    scores are divided by.
    """

    queries: _Pair
    keys: _Pair
    values: _Pair
    score: float
    focus: float
    slope: float
    tilt: float
    overlap: float
    tokens: int
    scale: float


class Attend(Rule):
    """Softmax attention with Gaussian scores: E o² = (q − c)·(E Σ a² + tilt) + c, a the weights.

    q is E v², c E v v' of two tokens; `shares` has E Σ a² of T weights, and the tilt of values towards a query is
    s·(1 − E Σ a²)² / C, s the scores' variance.  Two queries attend to much the same: E o o' = c + (q − c) E Σ a a'.
    Gradients pass through values, keys and queries; those of tokens' values are alike, as all queries see them.
    """

    note = "scores are taken as Gaussian, and independent of what they weigh"
    projections = {"q": "q_proj.weight", "k": "k_proj.weight", "v": "v_proj.weight", "out": "out_proj.weight"}
    packed = "in_proj_weight"

    def forward(self, at: At, inputs: Sequence[Signal]) -> Signal:
        heads, out = self._heads(at, inputs), self._gain(at, "out")
        v = heads.values
        square = v.own * (heads.focus + heads.tilt) + v.apart
        same = v.own * heads.overlap + v.apart
        cross = self._gain(at, "v") * inputs[self._sources(at)[2]].collapsed().cross[0]
        return Signal(grid((), 0), [out * square], [0.0], [out * cross], [out * same]).over(at.grid)

    def backward(self, at: At, inputs: Sequence[Signal], gradient: Gradient) -> list[Gradient]:
        h = self._heads(at, inputs)
        delta, alike, n = at.grid.mean(gradient.square) * self._back(at, "out"), gradient.alike, h.tokens
        shared = self._shared(at)
        together = alike * n * (n - 1) / n * h.overlap
        values = shared * delta * (h.focus + together)
        same = ((1 - h.focus) / max(1, n - 1) + together) / (h.focus + together)
        scores = delta * h.values.own * h.slope * h.scale
        both = alike * h.overlap / h.focus      # of two queries' gradients at the score of a key
        keys = shared * scores * (h.queries.square + both * (n - 1) * h.queries.apart)
        sent = ((scores * h.keys.own, "q", both), (keys, "k", 0.0), (values, "v", min(1.0, same)))
        found = [nothing(signal) for signal in inputs]
        for k, (amount, name, alike) in zip(self._sources(at), sent, strict=True):
            whole = [self._back(at, name) * amount] * len(inputs[k].square)
            found[k] = found[k].plus(Gradient(whole, alike=alike))
        return found

    def _sources(self, at: At) -> tuple[int, int, int]:
        """The inputs that queries, keys and values come from."""
        others = len(at.call.inputs) - bool(getattr(at.layer, "position", False)) - 1
        return (0, 1, 2) if others == 2 else (0, min(1, others), min(1, others))

    def _tokens(self, at: At) -> int:
        """Tokens that a query sees."""
        return int(at.call.inputs[self._sources(at)[1]].dims[-2])

    def _heads(self, at: At, inputs: Sequence[Signal]) -> _Heads:
        q, k, v = (self._pair(inputs[i], self._gain(at, name))
                   for i, name in zip(self._sources(at), "qkv", strict=True))
        n, scale = self._tokens(at), self._scale(at)
        products, causal = q.square * k.own * scale, bool(getattr(at.layer, "causal", False))
        bias = inputs[-1].second_moment if getattr(at.layer, "position", False) else self._bias(at)
        focus, slope = _causal(n, products + bias) if causal else _all(n, products + bias)
        overlap = min(focus, _overlap(n, products, q.apart / q.square if q.square else 0.0, focus)
                      * (2 * (n - _harmonic(n)) / max(1, n - 1) if causal else 1.0))
        channels = at.call.inputs[self._sources(at)[1]].channels
        return _Heads(q, k, v, products, focus, slope, products * (1 - focus)**2 / channels, overlap, n, scale)

    def _pair(self, signal: Signal, gain: float) -> _Pair:
        x = signal.collapsed()
        return _Pair(gain * x.square[0], gain * x.same[0])

    def _scale(self, at: At) -> float:
        """A head's features over the square of what scores are divided by."""
        layer, width = at.layer, self._width(at)
        by = getattr(layer, "root_of", None) or width
        return width / by if getattr(layer, "scaled", True) else float(width)

    def _width(self, at: At) -> int:
        given = getattr(at.layer, "head_dim", None)
        return int(given or at.call.inputs[0].channels // at.layer.heads)  # type: ignore[attr-defined]

    def _shared(self, at: At) -> float:
        """Heads of queries to one of keys and values."""
        heads = at.layer.heads  # type: ignore[attr-defined]
        return float(heads / (getattr(at.layer, "kv_heads", None) or heads))

    def _bias(self, at: At) -> float:
        """Variance of learned score biases."""
        return 0.0

    def _gain(self, at: At, name: str) -> float:
        """Σ σ² over what a projection sums."""
        weight = self._weight(at, name)
        return 1.0 if weight is None else at.scheme.variance(weight) * int(weight.shape[1])

    def _back(self, at: At, name: str) -> float:
        """Σ σ² over what a projection's input goes to."""
        weight = self._weight(at, name)
        if weight is None:
            return 1.0
        rows = int(weight.shape[0]) // (3 if self.packed in at.call.params and name != "out" else 1)
        return at.scheme.variance(weight) * rows

    def _weight(self, at: At, name: str) -> Weight | None:
        params = at.call.params
        found = params.get(self.projections[name])
        return params.get(self.packed) if found is None and name != "out" else found


class AttendInWindows(Attend):
    """Attention among the tokens of a window, with a table of score biases."""

    note = "windows are taken as whole, without shifts, scores as Gaussian, and independent of what they weigh"
    projections = {"q": "qkv.weight", "k": "qkv.weight", "v": "qkv.weight", "out": "proj.weight"}
    packed = "qkv.weight"

    def _tokens(self, at: At) -> int:
        return int(prod(at.layer.sides()))  # type: ignore[attr-defined]

    def _bias(self, at: At) -> float:
        return at.scheme.table if "relative_position_bias_table" in at.call.params else 0.0


def _all(n: int, variance: float) -> tuple[float, float]:
    """E Σ a², and Σ E (∂L/∂s)² of scores, of queries that see n tokens."""
    found = shares(n, variance)
    return n * found.square, n * found.slope


def _causal(n: int, variance: float) -> tuple[float, float]:
    """The same, on the average of queries that see 1, 2, … n tokens: both go as 1 / n."""
    focus = slope = 0.0
    first = 1
    while first <= n:
        last = min(n, first if first < _BLOCK else 2 * first - 1)
        middle = (first + last) // 2
        found, terms = _all(middle, variance), sum(1 / k for k in range(first, last + 1))
        focus += found[0] * middle * terms
        slope += found[1] * middle * terms
        first = last + 1
    return focus / n, slope / n


def _overlap(n: int, variance: float, correlation: float, focus: float) -> float:
    """E Σ a a' of two queries whose scores have that correlation: as of sums of many terms while these are many.

    Then it is e^c / n for a covariance c.  From (1 + ρ)·variance = log n on few keys have all (the random energy
    model's freezing, Derrida 1981), and the largest of n scores is the same one in both about n^−(1 − ρ)/(1 + ρ) of
    the time.
    """
    rho = min(1.0, max(0.0, correlation))
    many = exp(min(rho * variance, log(n))) / n
    if (1 + rho) * variance <= log(n):
        return many
    return max(1 / n, min(many, focus * exp(-log(n) * (1 - rho) / (1 + rho))))


def _harmonic(n: int) -> float:
    return sum(1 / k for k in range(1, n + 1))
