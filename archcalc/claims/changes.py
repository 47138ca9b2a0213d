"""Other readings of a network: fields of some layers changed, found by their fields and never by their kinds.

Each function gives the changes as index of a node → fields; none where it makes no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from archcalc.layers.base import Layer
from archcalc.net import Net, Node

Fields: TypeAlias = Mapping[int, Mapping[str, Any]]
Finder: TypeAlias = Callable[[Net], Fields]


def refitted(net: Net, changes: Fields) -> Net:
    """The network with fields of some layers replaced; equal layers stay one object."""
    made: dict[tuple[int, tuple[tuple[str, Any], ...]], Layer] = {}

    def node_of(i: int, node: Node) -> Node:
        if i not in changes:
            return node
        key = id(node.layer), tuple(changes[i].items())
        if key not in made:
            made[key] = node.layer.model_copy(update=dict(changes[i]))
        return Node(node.name, made[key], node.inputs, node.origin, node.share)

    return Net([node_of(i, node) for i, node in enumerate(net.nodes)], net.n_inputs, net.outputs, spec=net.spec,
               document=net.document, parameters=net.parameters, mode=net.mode)


def rounding(ceil: bool) -> Finder:
    """Sizes behind every window that can be rounded up: all up, or all down."""
    return lambda net: {i: {"ceil": ceil} for i, node in enumerate(net.nodes)
                        if getattr(node.layer, "ceil", ceil) != ceil}


def stem_padding(padding: int) -> Finder:
    """The padding of the first window, which slides over the input."""
    def find(net: Net) -> Fields:
        for i, node in enumerate(net.layers, net.n_inputs):
            if "padding" in type(node.layer).model_fields and all(k < net.n_inputs for k in node.inputs):
                return {i: {"padding": padding}} if getattr(node.layer, "padding", None) != padding else {}
        return {}
    return find


def stride_in(pointwise: bool) -> Finder:
    """The stride of a bottleneck: in its first 1×1 convolution, or in the larger one behind it."""
    def find(net: Net) -> Fields:
        found: dict[int, dict[str, Any]] = {}
        for first, second in _pairs(net):
            one, other = net.nodes[first].layer, net.nodes[second].layer
            strides = getattr(one, "stride", 1), getattr(other, "stride", 1)
            if strides[pointwise] != 1 and strides[not pointwise] == 1:
                found |= {first: {"stride": strides[1]}, second: {"stride": strides[0]}}
        return found
    return find


def _pairs(net: Net) -> Iterator[tuple[int, int]]:
    """A 1×1 window with filters, and the larger one that is next behind it."""
    for i, node in enumerate(net.nodes):
        if _window(node) in (None, 1) or len(node.inputs) != 1:
            continue
        k = node.inputs[0]
        while _window(net.nodes[k]) is None and len(net.nodes[k].inputs) == 1 and \
                "stride" not in type(net.nodes[k].layer).model_fields:
            k = net.nodes[k].inputs[0]
        if _window(net.nodes[k]) == 1:
            yield k, i


def _window(node: Node) -> Any:
    """The kernel of a window with filters; None for all else."""
    fields = type(node.layer).model_fields
    return getattr(node.layer, "kernel", None) if {"kernel", "stride", "filters"} <= fields.keys() else None
