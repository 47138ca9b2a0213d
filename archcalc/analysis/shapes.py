"""Shapes: every layer applied to its inputs, once per distinct layer and input."""

from __future__ import annotations

from functools import cached_property
from weakref import WeakKeyDictionary

from archcalc.dims import Dim
from archcalc.errors import RuleError
from archcalc.layers.base import Layer
from archcalc.net import Net, Node
from archcalc.reach import SAME, Sight
from archcalc.tensor import Kept, Products, Tensor, Weights


class Call:
    """A layer applied to input tensors. Equal calls are one object, so each rule runs once for all."""

    def __init__(self, layer: Layer, inputs: tuple[Tensor, ...], out: Tensor) -> None:
        self.layer, self.inputs, self.out = layer, inputs, out

    @cached_property
    def params(self) -> Weights:
        """Trainable tensors by name."""
        return self.layer.params(*self.inputs)

    @cached_property
    def buffers(self) -> Weights:
        """Tensors kept but not trained, by name."""
        return self.layer.buffers(*self.inputs)

    @cached_property
    def sights(self) -> list[Sight]:
        """What an output unit sees of each input."""
        return self.layer.sees(*self.inputs)

    @cached_property
    def pointwise(self) -> bool:
        """Whether each output unit sees the unit at its own place of every input, and no other."""
        return [s.input for s in self.sights] == list(range(len(self.inputs))) and all(
            len(x.dims) == len(s.axes) and all(pair is not None and pair[0] == i and pair[1] is SAME
                                               for i, pair in enumerate(s.axes))
            for s, x in zip(self.sights, self.inputs, strict=True))

    @cached_property
    def saved(self) -> str:
        """What the backward pass keeps: x for the inputs, y for the output."""
        return self.layer.saved(*self.inputs)

    @cached_property
    def keeps(self) -> dict[str, Kept]:
        """What else the backward pass keeps."""
        return self.layer.keeps(*self.inputs)

    @cached_property
    def products(self) -> Products:
        """Multiply-accumulates per sample as products by name."""
        return self.layer.products(*self.inputs)

    @cached_property
    def macs(self) -> Dim:
        """Multiply-accumulates per sample."""
        return self.layer.macs(*self.inputs)

    @cached_property
    def flops(self) -> Dim:
        """2·MACs + every other arithmetic operation, per sample."""
        return 2 * self.macs + self.layer.ops(*self.inputs)

    @cached_property
    def n_params(self) -> Dim:
        """Elements of all trainable tensors."""
        return sum(w.size for w in self.params.values())

    @cached_property
    def n_weights(self) -> Dim:
        """Elements of trainable tensors but biases and normalization."""
        return sum(w.size for w in self.params.values() if w.role == "weight")

    @cached_property
    def n_buffers(self) -> Dim:
        """Elements of all buffers."""
        return sum(w.size for w in self.buffers.values())

    @cached_property
    def n_outputs(self) -> Dim:
        """Elements of the output."""
        return self.out.size


_known: WeakKeyDictionary[Net, list[Call]] = WeakKeyDictionary()


def calls(net: Net) -> list[Call]:
    """One call per node, in order. Raises the origin's error where a layer refuses its inputs."""
    found = _known.get(net)
    if found is None:
        found = _known[net] = _apply(net)
    return found


def _apply(net: Net) -> list[Call]:
    made: dict[tuple[int, ...], Call] = {}
    tensors: dict[Tensor, Tensor] = {}
    result: list[Call] = []
    for node in net.nodes:
        inputs = tuple([result[i].out for i in node.inputs])
        key = (id(node.layer), *map(id, inputs))
        call = made.get(key)
        if call is None:
            out = _out(net, node, inputs)
            call = made[key] = Call(node.layer, inputs, tensors.setdefault(out, out))
        result.append(call)
    return result


def _out(net: Net, node: Node, inputs: tuple[Tensor, ...]) -> Tensor:
    try:
        return node.layer.out(*inputs)
    except RuleError as error:
        given = ", ".join(f"{tensor} from '{net.nodes[i].name}'" for tensor, i in zip(inputs, node.inputs, strict=True))
        message = f"{error}; it gets {given}" if given else str(error)
        raise node.origin.error(message, node.name, error.field) from None
