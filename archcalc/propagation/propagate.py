"""Both passes: signals from the inputs to the outputs, gradients back."""

from __future__ import annotations

from functools import cached_property
from math import sqrt
from typing import NamedTuple

from archcalc.analysis.paths import edges
from archcalc.analysis.shapes import Call, calls
from archcalc.collector import paused
from archcalc.net import Net, Node
from archcalc.propagation.initialization import Scheme, scheme
from archcalc.propagation.rule import Rule, nothing
from archcalc.propagation.rules import RULES
from archcalc.propagation.state import At, Gradient, Signal

_CELLS = 2_000_000
"Pairs of cells that both passes may have in all before borders are told apart less finely."


class Row(NamedTuple):
    """A layer at initialisation, all per element.

    ``second_moment`` is E x² over channels, positions, samples and weights, ``mean`` E x, ``variance`` Var x,
    ``gradient`` E (∂L/∂x)².  ``note`` says what its rule leaves out of account.
    """

    name: str
    kind: str
    size: int
    weighted: bool
    second_moment: float
    mean: float
    variance: float
    gradient: float
    note: str

    @property
    def gradient_norm(self) -> float:
        """√E Σ (∂L/∂x)² over the elements of one sample."""
        return sqrt(self.size * self.gradient)


class Propagation:
    """Signals and gradients of a network under a scheme; made by `signal`."""

    def __init__(self, net: Net, scheme: Scheme, edge: int | None = None) -> None:
        self.net, self.scheme, self.calls = net, scheme, calls(net)
        self.edge = self._affordable() if edge is None else edge
        self.rules: list[Rule] = [RULES[call.layer.signal] for call in self.calls]
        self._at = [At(call, scheme, net.mode == "train", self.edge) for call in self.calls]

    def _affordable(self) -> int:
        """Border cells on each side: 3, which makes maps of up to 7×7 exact, or fewer for very many layers."""
        most = max((len(call.out.space) for call in self.calls), default=0)
        return next((edge for edge in (3, 2) if len(self.calls) * (2 * edge + 1) ** (2 * most) <= _CELLS), 1)

    @cached_property
    @paused()
    def signals(self) -> list[Signal]:
        """Each node's output."""
        found: list[Signal] = []
        for i, (node, at) in enumerate(zip(self.net.nodes, self._at, strict=True)):
            if i < self.net.n_inputs:
                n = len(at.grid.points)
                none = [0.0] * len(at.grid.pairs)
                found.append(Signal(at.grid, [1.0] * n, [0.0] * n, none, none))
            else:
                found.append(self.rules[i].forward(at, [found[k] for k in node.inputs]))
        return found

    @cached_property
    @paused()
    def _backward(self) -> tuple[list[Gradient], list[tuple[float, ...]]]:
        found = [nothing(signal) for signal in self.signals]
        for i in self.net.outputs:
            found[i] = Gradient([1.0] * len(found[i].plain))
        read, gains = edges(self.net), [tuple[float, ...]()] * len(found)
        for i in range(len(found) - 1, self.net.n_inputs - 1, -1):
            inputs, at = self.net.nodes[i].inputs, self._at[i]
            sent = self.rules[i].backward(at, [self.signals[k] for k in inputs], found[i])
            whole = self._energy(i, found[i])
            got = []
            for k, gradient in zip(inputs, sent, strict=True):
                found[k] = found[k].plus(gradient)
                if k in read[i]:
                    got.append(self._energy(k, gradient) / whole if whole else 0.0)
            gains[i] = tuple(got)
        return found, gains

    def _energy(self, i: int, gradient: Gradient) -> float:
        return float(self.calls[i].out.size) * self.signals[i].grid.mean(gradient.square)

    @property
    def gradients(self) -> list[Gradient]:
        """The loss's gradient by each node's output."""
        return self._backward[0]

    @property
    def gains(self) -> list[tuple[float, ...]]:
        """What becomes of the sum of squares of a node's gradient on its way to each node that it reads."""
        return self._backward[1]

    @cached_property
    def rows(self) -> list[Row]:
        """A row for each node, inputs first."""
        return [self._row(i, node, call) for i, (node, call) in enumerate(zip(self.net.nodes, self.calls, strict=True))]

    def _row(self, i: int, node: Node, call: Call) -> Row:
        signal = self.signals[i]
        note = self.rules[i].note if i >= self.net.n_inputs else ""
        return Row(node.name, call.layer.kind, call.out.size, call.n_weights > 0, signal.second_moment,
                   signal.grid.mean(signal.mean), signal.variance, signal.grid.mean(self.gradients[i].square), note)

    def __getitem__(self, name: str) -> Row:
        """The row of a layer's or input's full name; KeyError if there is none."""
        return self.rows[self.net.index[name]]


def signal(net: Net, init: str = "he", *, edge: int | None = None) -> Propagation:
    """Variances of a network's activations and gradients at initialisation, in the network's mode.

    ``init`` is he, xavier, lecun, orthogonal, ``normal:STD`` or paper.  Raises `UsageError` for others.
    ``edge`` is how many positions at each border are told apart, by default as many as take moderate time.

    >>> import archcalc
    >>> found = signal(archcalc.load("vgg16"), "xavier")
    >>> found["conv1.1"].gradient < 1e-5 * found["fc8"].gradient
    True
    """
    return Propagation(net, scheme(init, net), edge)
