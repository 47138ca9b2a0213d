"""A network put together layer by layer, which becomes a spec and is read back from it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from types import SimpleNamespace
from typing import Any

from archcalc.api import loads
from archcalc.layers.base import Layer
from archcalc.layers.input import Input
from archcalc.net import Net, Node
from archcalc.spec.flat import flat
from archcalc.tensor import Tensor


class Draft:
    """Inputs and layers by name, each given once; ``undoes`` names the forward layer of each layer."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.inputs: dict[str, Input] = {}
        self.layers: dict[str, tuple[Layer, Sequence[str]]] = {}
        self.undoes: dict[str, str] = {}
        self._tied: dict[Hashable, str] = {}
        self._shares: dict[str, str] = {}

    def _free(self, name: str) -> str:
        while name in self.inputs or name in self.layers:
            name += "_"
        return name

    def input(self, name: str, x: Tensor) -> str:
        """A new input; its name, with ``_`` behind where that is taken."""
        name = self._free(name)
        default = Tensor.of(*x.dims, dtype=x.dtype).axes if len(x.dims) <= 4 or x.dtype else None
        self.inputs[name] = Input(shape=x.dims, axes=None if x.axes == default else x.axes,
                                  dtype=x.dtype or "float32")  # type: ignore[arg-type]
        return name

    def layer(self, name: str, layer: Layer, reads: Sequence[str], undoes: str, tied: Hashable = None) -> str:
        """A new layer; its name, with ``_`` behind where that is taken.

        Layers with the same ``tied`` share one weight, which the first of them owns.
        """
        name = self._free(name)
        self.layers[name] = layer, list(reads)
        self.undoes[name] = undoes
        if tied is not None and self._tied.setdefault(tied, name) != name:
            self._shares[name] = self._tied[tied]
        return name

    def net(self, name: str) -> tuple[Net, str]:
        """The network, and its spec, from which it is read."""
        index = {each: i for i, each in enumerate([*self.inputs, *self.layers])}
        origin: Any = None
        nodes = [Node(each, layer, (), origin) for each, layer in self.inputs.items()]
        nodes += [Node(each, layer, tuple(index[i] for i in reads), origin,
                       {"weight": (index[self._shares[each]], "weight")} if each in self._shares else None)
                  for each, (layer, reads) in self.layers.items()]
        drafted = Net(nodes, len(self.inputs), [len(nodes) - 1], spec=name, document=SimpleNamespace(title=self.title),
                      parameters={}, mode="eval")
        text = flat(drafted)
        return loads(text, name=name), text
