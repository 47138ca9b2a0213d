"""The network that goes back from a layer to the input, as a network of its own.

Zeiler and Fergus: Visualizing and Understanding Convolutional Networks, ECCV 2014, §2.1, for the deconvnet;
Simonyan, Vedaldi and Zisserman: Deep Inside Convolutional Networks, 2013, §4, for how it differs from the gradient;
Springenberg et al.: Striving for Simplicity, 2015, §3.4 and figure 1, for guided backpropagation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from archcalc.analysis.shapes import Call, calls
from archcalc.backwards.draft import Draft
from archcalc.backwards.find import between, chosen
from archcalc.errors import RuleError, UsageError
from archcalc.layers.registry import kinds
from archcalc.net import Net, Node
from archcalc.reverse import SLOPES, Step, step
from archcalc.words import listed, suggest

METHODS = ("deconvnet", "guided", "gradient")
SIGNAL, PROJECTION = "signal", "projection"


class Note(NamedTuple):
    """An input of the derived network that a forward pass gives: switches or slopes of a layer, or its output.

    ``name`` is the input's, ``layer`` the forward layer's.
    """

    name: str
    layer: str
    what: str


class Backward(NamedTuple):
    """A network that goes back.

    ``net`` is it, ``text`` its spec; ``forward`` what it was derived from, in eval mode. Its first input,
    ``signal``, has the shape of ``layer``'s output, and its one output that of ``source``. ``notes`` are its other
    inputs. ``undoes`` gives the forward layer of each of its layers; a tensor of it is the one of that layer and
    name.
    """

    net: Net
    text: str
    forward: Net
    layer: str
    source: str
    method: str
    signal: str
    notes: tuple[Note, ...]
    undoes: dict[str, str]


def derive(net: Net, layer: str, method: str = "deconvnet", source: str | None = None) -> Backward:
    """The network that brings a signal from a layer back to an input, or to an earlier layer named as ``source``.

    ``method`` says what becomes of the signal at a rectifier (Springenberg et al. 2015, figure 1): ``deconvnet``
    rectifies it, ``gradient`` lets it pass where the rectifier passed, ``guided`` does both. All else goes back by
    its derivative. Raises `UsageError` for an unknown layer, source or method, and the origin's error for a layer
    that has no inverse.

    >>> import archcalc
    >>> back = derive(archcalc.load("vgg16"), "conv1.2")
    >>> print(back.text)
    name: "VGG D, back from conv1.2"
    inputs:
      signal: {shape: [64, 224, 224]}
    layers:
      - conv1.2: {conv_transpose: 64, from: signal, kernel: 3, padding: 1, bias: false}
      - conv1.1.relu: {relu: null, from: conv1.2}
      - conv1.1: {conv_transpose: 3, from: conv1.1.relu, kernel: 3, padding: 1, bias: false}
    outputs: [conv1.1]
    <BLANKLINE>
    """
    if method not in METHODS:
        hint = suggest(method, METHODS) or f"; there are {listed(METHODS)}"
        raise UsageError(f"unknown method '{method[:40]}'{hint}")
    net = net.in_mode("eval")
    target = chosen(net, layer)
    first, path = between(net, target, source)
    draft = Draft(f"{net.name}, back from {net.nodes[target].name}")
    signal = draft.input(SIGNAL, calls(net)[target].out)
    arrived: dict[int, list[str]] = {target: [signal]}
    walk = _Walk(net, draft, method, {}, frozenset(owner for node in net.layers for owner in node.share.values()))
    inside = {first, *path}
    for index in reversed(path):
        came = walk.joined(index, arrived.pop(index))
        seen = {sight.input for sight in calls(net)[index].sights}
        for which, read in enumerate(net.nodes[index].inputs):
            if read in inside and which in seen:
                arrived.setdefault(read, []).append(walk.through(index, which, came))
    walk.ended(first, walk.joined(first, arrived[first]))
    made, text = draft.net(f"{net.spec} back from {net.nodes[target].name}")
    return Backward(made, text, net, net.nodes[target].name, net.nodes[first].name, method, signal,
                    tuple(walk.notes.values()), draft.undoes)


class _Walk(NamedTuple):
    """The network forwards, the draft of the one backwards, and what was noted so far."""

    net: Net
    draft: Draft
    method: str
    notes: dict[tuple[str, str], Note]
    shared: frozenset[tuple[int, str]]

    def joined(self, index: int, came: Sequence[str]) -> str:
        """What all readers of a layer bring back, in one."""
        name = self.net.nodes[index].name
        title = PROJECTION if index < self.net.n_inputs else f"{name}.sum"
        return came[0] if len(came) == 1 else self.draft.layer(title, kinds()["add"](), came, name)

    def ended(self, index: int, came: str) -> None:
        """The output, which is a layer even where nothing has to be done."""
        if not self.draft.layers:
            self.draft.layer(PROJECTION, kinds()["identity"](), [came], self.net.nodes[index].name)

    def through(self, index: int, which: int, came: str) -> str:
        """What a layer brings back to one of its inputs."""
        node, call = self.net.nodes[index], calls(self.net)[index]
        names = _names(self.net, node, which)
        tied = self._tied(index)
        for made in _steps(node, call, which, self.method):
            name = node.name if not names else names.pop(0)
            if name in self.draft.undoes:
                name = f"{name}.{made.kind}"
            taken = [self._note(node, call, take) for take in made.takes]
            fields = {key: value for key, value in made.fields.items() if value is not None}
            came = self.draft.layer(name, kinds()[made.kind](**fields), [came, *taken], node.name, tied)
            tied = None     # the first step has the weight
        return came

    def _note(self, node: Node, call: Call, take: Any) -> str:
        layer = self.net.nodes[node.inputs[take.input]].name if take.what == "value" else node.name
        known = self.notes.get((layer, take.what))
        if known is None:
            shape = call.out._replace(dtype="int64") if take.what == "switches" else call.inputs[take.input]
            known = Note(self.draft.input(f"{layer}.{take.what}", shape), layer, take.what)
            self.notes[layer, take.what] = known
        return known.name

    def _tied(self, index: int) -> tuple[int, str] | None:
        """Who owns the weight of a layer that shares it."""
        owner = self.net.nodes[index].share.get("weight", (index, "weight"))
        return owner if owner in self.shared else None


def _names(net: Net, node: Node, which: int) -> list[str]:
    """The name of the first step back to one of several inputs: the layer's, and what tells the input apart."""
    if len(node.inputs) == 1:
        return [node.name]
    name = net.nodes[node.inputs[which]].name
    inner = name.removeprefix(f"{node.name}.").partition(".")[0] if name.startswith(f"{node.name}.") else \
        name.rpartition(".")[2]
    return [f"{node.name}.{inner}"]


def _steps(node: Node, call: Call, which: int, method: str) -> list[Step]:
    try:
        steps = node.layer.back(which, *call.inputs)
    except RuleError as error:
        given = ", ".join(map(str, call.inputs))
        raise node.origin.error(f"{error}; it gets {given}", node.name, error.field) from None
    if not node.layer.rectifies or method == "gradient":
        return steps
    return [step("relu")] if method == "deconvnet" else [step("multiply", SLOPES), step("relu")]
