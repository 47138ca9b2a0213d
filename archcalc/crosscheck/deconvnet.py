"""Deconvnets that run: what a unit's activation comes from, projected back onto the image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

import torch
from torch import nn

from archcalc.analysis.shapes import Call, calls
from archcalc.backwards.derive import METHODS, Backward, derive
from archcalc.backwards.find import place
from archcalc.crosscheck.build import Built, build
from archcalc.tensor import Tensor


class Unit(NamedTuple):
    """A unit of a layer on one of several images, and its activation."""

    place: tuple[int, ...]
    activation: float
    image: int = 0


class Projector:
    """Projects units of a layer back onto the input, by one or several methods.

    ``model`` is made by `build` and gives the weights, which are shared and not copied. By method, the
    derived networks are in ``backwards``, and as modules in ``reversed``.
    """

    def __init__(self, model: Built, layer: str, methods: Sequence[str] = METHODS, source: str | None = None) -> None:
        self.model = model.eval()
        self.backwards = {method: derive(model.net, layer, method, source) for method in methods}
        self.first = next(iter(self.backwards.values()))
        self.reversed = {method: _reversed(model, back) for method, back in self.backwards.items()}

    def look(self, *inputs: torch.Tensor) -> Look:
        """A forward pass over one sample, with a batch axis of 1, and what the way back needs of it."""
        net = self.model.net
        notes = {(note.layer, note.what) for back in self.backwards.values() for note in back.notes}
        read = {layer: net.nodes[net[layer].inputs[0]].name for layer, what in notes if what != "value"}
        wanted = {self.first.layer, *read.values(), *(layer for layer, what in notes if what == "value")}
        given = zip((node.name for node in net.inputs), inputs, strict=True)
        with torch.no_grad():
            values = {name: value for name, value in (*given, *self.model.steps(*inputs)) if name in wanted}
        return Look(self, {(layer, what): values[layer] if what == "value" else self._noted(
            layer, what, values[read[layer]]) for layer, what in notes}, values[self.first.layer])

    def _noted(self, layer: str, what: str, x: torch.Tensor) -> torch.Tensor:
        """Slopes or switches of a layer at its input."""
        module = self.model.layer(layer)
        return _slopes(module, x) if what == "slopes" else _switches(module, x, _called(self.model, layer).inputs[0])

    def run(self, method: str, notes: Mapping[tuple[str, str], torch.Tensor], signal: torch.Tensor) -> torch.Tensor:
        """The derived network's output for a signal and what a forward pass gave."""
        back = self.backwards[method]
        given = {back.signal: signal} | {note.name: notes[note.layer, note.what] for note in back.notes}
        with torch.no_grad():
            found: torch.Tensor = self.reversed[method](given)
        return found


class Look(NamedTuple):
    """A forward pass: what was noted of it, by layer and what, and the layer's activations."""

    projector: Projector
    notes: dict[tuple[str, str], torch.Tensor]
    activations: torch.Tensor

    def project(self, method: str, unit: Sequence[int], seed: float = 1.0) -> torch.Tensor:
        """What a signal of ``seed`` at a unit becomes at the source, without the batch axis.

        All methods are positively homogeneous: another positive seed scales the result. Raises `UsageError` where
        the layer has no such unit.
        """
        at = place(self.projector.model.net, self.projector.first.layer, unit)
        signal = torch.zeros_like(self.activations)
        signal[(0, *at)] = seed
        return self.projector.run(method, self.notes, signal)[0]

    def strongest(self, n: int, channel: int | None = None) -> list[Unit]:
        """The n largest activations: of one map, or of all maps, each at its strongest place."""
        values = self.activations[0]
        axis = _called(self.projector.model, self.projector.first.layer).out.channel
        maps = values.movedim(axis, 0).reshape(values.shape[axis], -1)
        if channel is None:
            peaks, places = maps.max(1)
            order = peaks.argsort(descending=True, stable=True)[:n].tolist()
            chosen = [(c, int(places[c])) for c in order]
        else:
            order = maps[channel].argsort(descending=True, stable=True)[:n].tolist()
            chosen = [(channel, p) for p in order]
        others = [size for k, size in enumerate(values.shape) if k != axis]
        units = []
        for c, p in chosen:
            index = [int(i) for i in torch.unravel_index(torch.tensor(p), others)] if others else []
            index.insert(axis, c)
            units.append(Unit(tuple(index), float(values[tuple(index)])))
        return units


def _reversed(model: Built, back: Backward) -> Built:
    """The derived network with the weights of the layers that it undoes."""
    made = build(back.net, "meta")
    tensors: dict[str, Any] = {}
    for name, undone in back.undoes.items():
        theirs = model.tensors(undone) if undone in model.module_names else {}
        module = made.layer(name)
        for path, _ in [*module.named_parameters(), *module.named_buffers()]:
            tensors[f"{made.module_names[name]}.{path}"] = theirs[path.rpartition(".")[2]]
    made.load_state_dict(tensors, assign=True)
    made.eval()
    return made


def _called(model: Built, layer: str) -> Call:
    return calls(model.net)[model.net.index[layer]]


def _slopes(module: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """The derivative of the one output that each input element reaches."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        slopes, = torch.autograd.grad(module(x).sum(), x)
    return slopes


def _switches(module: nn.Module, x: torch.Tensor, shape: Tensor) -> torch.Tensor:
    """Where each maximum stands in its plane, whichever of equal ones torch takes.

    The derivative of pooling picks the places of the maxima; so does its transpose's transpose of their numbers.
    """
    numbers = torch.arange(prod(shape.spatial), dtype=torch.float64, device=x.device).view(
        *(n if axis in shape.space else 1 for axis, n in enumerate(shape.dims)))
    with torch.enable_grad():
        x = x.detach().double().requires_grad_()
        y = module(x)
        signal = torch.ones_like(y, requires_grad=True)
        picked, = torch.autograd.grad(y, x, signal, create_graph=True)
        found, = torch.autograd.grad((picked * numbers).sum(), signal)
    return found.long()
