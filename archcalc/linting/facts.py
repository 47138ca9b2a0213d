"""What rules ask of a network, worked out once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from archcalc.analysis.shapes import Call, calls
from archcalc.layers.base import Layer, Sliding
from archcalc.net import Net, Node
from archcalc.reach import window
from archcalc.reports.model import Numbers
from archcalc.tensor import Window

AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


class Along(NamedTuple):
    """A window along one axis: the axis's name, the window, and how many inputs and outputs there are."""

    axis: str
    window: Window
    n: int
    outputs: int

    def units(self, i: int) -> range:
        """Inputs of output i, those in the padding included."""
        start = i * self.window.stride - self.window.before
        return range(start, start + self.window.extent, self.window.dilation)


class Facts:
    """A network with what rules need to know of it. Indices are into ``nodes``."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self.nodes: list[Node] = net.nodes
        self.calls: list[Call] = calls(net)

    @cached_property
    def report(self) -> Numbers:
        """The numbers of the network, with receptive fields through windowed paths alone."""
        return Numbers(self.net, local=True)

    @cached_property
    def training(self) -> Facts:
        """The network as it is in training."""
        trained = self.net.in_mode("train")
        return self if trained is self.net else Facts(trained)

    @cached_property
    def readers(self) -> list[list[int]]:
        """The layers that read each node's output."""
        found: list[list[int]] = [[] for _ in self.nodes]
        for i, node in enumerate(self.nodes):
            for k in dict.fromkeys(node.inputs):
                found[k].append(i)
        return found

    @cached_property
    def live(self) -> list[bool]:
        """Whether an output of the network depends on each node."""
        found = [False] * len(self.nodes)
        for i in self.net.outputs:
            found[i] = True
        for i in range(len(self.nodes) - 1, -1, -1):
            if found[i]:
                for k in self.nodes[i].inputs:
                    found[k] = True
        return found

    @cached_property
    def driven(self) -> list[bool]:
        """Whether each node's values depend on an input of the network: those of a learned tensor do not."""
        found: list[bool] = []
        for i, (node, call) in enumerate(zip(self.nodes, self.calls, strict=True)):
            found.append(i < self.net.n_inputs or any(found[node.inputs[sight.input]] for sight in call.sights))
        return found

    def layers(self) -> Iterator[tuple[int, Layer, Call]]:
        """Every layer but the inputs."""
        for i in range(self.net.n_inputs, len(self.nodes)):
            yield i, self.nodes[i].layer, self.calls[i]

    def before(self, i: int) -> int | None:
        """The only input of a layer, None where there are several or none, or where it is the network's."""
        inputs = self.nodes[i].inputs
        return inputs[0] if len(inputs) == 1 and inputs[0] >= self.net.n_inputs else None

    def named(self, indices: list[int], limit: int = 3) -> str:
        """Names as a phrase."""
        names = [f"'{self.nodes[i].name}'" for i in indices]
        return ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")

    def windows(self, i: int) -> list[Along]:
        """The windows that slide over a layer's input, per spatial axis; none where it has no such windows."""
        layer, call = self.nodes[i].layer, self.calls[i]
        if not isinstance(layer, Sliding):
            return []
        x = call.inputs[0]
        found = layer.windows(x)
        # A transposed convolution has windows too, but over its output.
        if any(call.sights[0].axes[axis] != (axis, window(w)) for axis, w in zip(x.space, found, strict=True)):
            return []
        return [Along(name, w, x.dims[axis], call.out.dims[axis])
                for name, axis, w in zip(AXES[len(found)], x.space, found, strict=True)]


def dense_map(call: Call) -> tuple[int, int] | None:
    """Input and output width of a layer that is one linear map of weights, per group; None for others."""
    weights = [w for w in call.params.values() if w.role == "weight"]
    if set(call.products) != {""} or len(weights) != 1 or len(weights[0].shape) < 2:
        return None
    return call.inputs[0].channels, call.out.channels


def groups_of(call: Call) -> int:
    """Groups of channels that a layer keeps apart."""
    count: int = call.layer.channel_groups(*call.inputs) if "channel" in call.inputs[0].axes else 1
    return count


def per_channel(call: Call) -> bool:
    """Whether each channel of the output depends on its own channel of the input only."""
    x = call.inputs[0]
    return x.axes.count("channel") == 1 and groups_of(call) == x.channels


def centres(call: Call) -> bool:
    """Whether a layer subtracts means."""
    return call.layer.family == "norm" and "mean" in call.keeps


def elementwise(call: Call) -> bool:
    """Whether a layer is a function of each element: an activation, say, or a dropout."""
    return call.layer.family == "act" and call.pointwise and not call.params and len(call.inputs) == 1


def activates(call: Call) -> bool:
    """Whether a layer is a nonlinear function of each element: its backward pass needs its input or output."""
    return elementwise(call) and bool(call.saved)


def size_text(sizes: Iterable[int]) -> str:
    """Sizes as a shape: ``3×3``."""
    return "×".join(map(str, sizes))


def alike(values: Iterable[object], joint: str = "×") -> str:
    """One value where all are equal, else all of them."""
    texts = [str(value) for value in values]
    return texts[0] if len(set(texts)) == 1 else joint.join(texts)
