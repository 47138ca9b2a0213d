"""A torch module of any network, put together from the kinds' own torch equivalents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from archcalc.analysis.parameters import owned
from archcalc.analysis.shapes import calls
from archcalc.crosscheck.facade import Module, Torch
from archcalc.errors import UsageError
from archcalc.net import Net


def build(net: Net, device: Any = "cpu", dtype: Any = None) -> Built:
    """The network as a torch module, in the network's mode (eval or train).

    ``device`` is where its tensors are made: "meta" for shapes without memory.  ``dtype`` is a torch
    type of its floating-point tensors, by default torch's own.  Raises the origin's error where a layer
    refuses its inputs, and `Unavailable` where a kind needs a package that is not there.
    """
    owned(net)  # refuses tensors that cannot be shared
    return Built(net, Torch(), device, dtype)


class Built(nn.Module):
    """A network as a torch module; made by `build`.

    Its modules are those of the layers, in order, under the layers' names with ``__`` for each dot:
    ``conv2_x.1.sum`` is ``conv2_x__1__sum``.  Shared tensors are one parameter, listed under the first.
    """

    def __init__(self, net: Net, facade: Torch, device: Any = "cpu", dtype: Any = None) -> None:
        super().__init__()
        self.net = net
        self.module_names: dict[str, str] = {}
        "The name of each layer's module, by the layer's full name."
        found = calls(net)
        self._made = device, dtype
        self._inputs = {node.name: call.out for node, call in zip(net.inputs, found, strict=False)}
        self._readers = {i: index for index, node in enumerate(net.nodes) for i in node.inputs}
        with torch.device(device):
            for node, call in zip(net.layers, found[net.n_inputs:], strict=True):
                name = self.module_names[node.name] = self._free(node.name.replace(".", "__"))
                self.add_module(name, node.layer.torch(facade, *call.inputs).to(dtype))
        for node in net.layers:
            for tensor, (owner, theirs) in node.share.items():
                self._tie(node.name, tensor, self.tensors(net.nodes[owner].name)[theirs])
        self.train(net.mode == "train")

    def _free(self, name: str) -> str:
        """The name, with underscores behind it where a module has an attribute or a layer of that name."""
        while hasattr(self, name):
            name += "_"
        return name

    def layer(self, name: str) -> Module:
        """The module of a layer's full name; KeyError if there is none."""
        return self._modules[self.module_names[name]]

    def tensors(self, layer: str) -> dict[str, Any]:
        """A layer's parameters and buffers, shared ones too, by the names that its kind gives them."""
        module = self.layer(layer)
        named = [*module.named_parameters(), *module.named_buffers()]
        return {_plain(name): tensor for name, tensor in named}

    def _tie(self, layer: str, tensor: str, to: nn.Parameter) -> None:
        module = self.layer(layer)
        path = next(name for name, _ in module.named_parameters() if _plain(name) == tensor)
        parent, _, leaf = path.rpartition(".")
        setattr(module.get_submodule(parent), leaf, to)

    def example(self, batch: int = 1) -> dict[str, torch.Tensor]:
        """Zeros for each input by name, batch × its shape, on the device and of the type that it was built with."""
        device, dtype = self._made
        return {name: torch.zeros(batch, *x.dims, device=device, dtype=getattr(torch, x.dtype) if x.dtype else dtype)
                for name, x in self._inputs.items()}

    def forward(self, *inputs: Any) -> Any:
        """The output for batched inputs, given in order or as one mapping of names; a dict of several outputs."""
        wanted = set(self.net.outputs)
        outputs = {i: value for i, value in self._values(inputs) if i in wanted}
        if len(self.net.outputs) == 1:
            return outputs[self.net.outputs[0]]
        return {self.net.nodes[i].name: outputs[i] for i in self.net.outputs}

    def steps(self, *inputs: Any) -> Iterator[tuple[str, torch.Tensor]]:
        """Each layer's name and output, in order, as they are computed."""
        for index, value in self._values(inputs):
            if index >= self.net.n_inputs:
                yield self.net.nodes[index].name, value

    def _values(self, inputs: tuple[Any, ...]) -> Iterator[tuple[int, torch.Tensor]]:
        """Index and value of each node; a value is dropped behind its last reader."""
        values = dict(enumerate(self._given(inputs)))
        yield from list(values.items())
        for index, node in enumerate(self.net.layers, self.net.n_inputs):
            value = self.layer(node.name)(*[values[i] for i in node.inputs])
            for i in set(node.inputs):
                if self._readers[i] == index:
                    del values[i]
            if index in self._readers:
                values[index] = value
            yield index, value

    def _given(self, inputs: tuple[Any, ...]) -> list[torch.Tensor]:
        names = list(self._inputs)
        if len(inputs) == 1 and isinstance(inputs[0], Mapping):
            if set(inputs[0]) != set(names):
                found = ", ".join(map(str, inputs[0])) or "none"
                raise UsageError(f"{self.net.name} takes the inputs {', '.join(names)}; found {found}")
            return [inputs[0][name] for name in names]
        if len(inputs) != len(names):
            raise UsageError(f"{self.net.name} takes {len(names)} inputs, {', '.join(names)}; found {len(inputs)}")
        return list(inputs)


def _plain(name: str) -> str:
    """A tensor's name without the wrappers around the module that has it."""
    return re.sub(r"^(inner\.)+", "", name)
