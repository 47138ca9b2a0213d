"""Graphs of layers with, beside the spec, what each output takes from where; and what follows for whole paths."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy

from tests.dependencies.axes import Axis

Sizes = tuple[int, ...]


@dataclass
class Step:
    """A layer: its spec, the layers it reads, and how (by axis, all of them alike, end to end, from everywhere)."""

    name: str
    spec: dict[str, Any]
    inputs: list[str]
    how: Literal["axes", "join", "stack", "everywhere", "swap"]
    sizes: Sizes
    channels: int
    last: bool = False
    "Whether the channels are the last axis."
    axes: list[Axis] = field(default_factory=list)
    along: int = 0
    "The axis of a stack."


class Seen:
    """Arrays for one layer: ``by[unit, source unit]``, and ``rough[unit]`` where a rule by axis is not exact.

    That is where padding is involved, or where what a unit sees along one axis depends on its place along another:
    part of a stack, or in a gap of a transposed convolution.
    """

    def __init__(self, by: Any, rough: Any) -> None:
        self.by, self.rough = by, rough

    def box(self, unit: Sizes) -> tuple[range, ...]:
        """The bounding box of what a unit sees."""
        places = numpy.nonzero(self.by[unit])
        return tuple(range(int(p.min()), int(p.max()) + 1) if p.size else range(0) for p in places)


class Graph:
    """An input of ``channels`` and sizes, and steps behind it."""

    def __init__(self, channels: int, sizes: Sizes) -> None:
        self.steps = {"input": Step("input", {}, [], "axes", sizes, channels)}

    def add(self, spec: dict[str, Any], inputs: list[str], how: Any, sizes: Sizes, channels: int, **more: Any) -> str:
        """Add a step; its name."""
        name = f"n{len(self.steps)}"
        last = more.pop("last", self.steps[inputs[0]].last)
        self.steps[name] = Step(name, spec, inputs, how, sizes, channels, last, **more)
        return name

    def text(self) -> str:
        """The graph as a spec."""
        first, *steps = self.steps.values()
        layers = [{s.name: {**s.spec, "from": s.inputs if len(s.inputs) > 1 else s.inputs[0]}} for s in steps]
        return json.dumps({"input": [first.channels, *first.sizes], "layers": layers})

    def seen(self, source: str = "input", local: bool = False) -> dict[str, Seen]:
        """What the units of each layer behind the source see of it; ``local`` leaves out what all see alike."""
        sizes = self.steps[source].sizes
        eye = numpy.eye(int(numpy.prod(sizes)), dtype=bool).reshape(*sizes, *sizes)
        found = {source: Seen(eye, numpy.zeros(sizes, bool))}
        behind = list(self.steps)[list(self.steps).index(source) + 1:]
        for name in behind:
            step = self.steps[name]
            if any(i in found for i in step.inputs):
                nothing = {i: Seen(numpy.zeros((*self.steps[i].sizes, *sizes), bool),
                                   numpy.zeros(self.steps[i].sizes, bool)) for i in step.inputs}
                found[name] = _through(step, [found.get(i, nothing[i]) for i in step.inputs], local)
        return found


def _through(step: Step, given: list[Seen], local: bool) -> Seen:
    first = given[0]
    rank = len(step.sizes)
    if step.how == "everywhere":
        over = tuple(range(rank))
        by, rough = (a.any(over, keepdims=True) for a in (first.by, first.rough))
        return Seen(by & (not local), rough & (not local))
    if step.how == "swap":
        order = [1, 0, *range(2, 2 * rank)]
        return Seen(first.by.transpose(order), first.rough.transpose(order[:rank]))
    if step.how == "stack":
        by, rough = (numpy.concatenate([getattr(s, a) for s in given], step.along) for a in ("by", "rough"))
        return Seen(by, rough | (rank > 1))
    if step.how == "join":
        return Seen(*(numpy.logical_or.reduce(numpy.broadcast_arrays(*(getattr(s, a) for s in given)))
                      for a in ("by", "rough")))
    by, rough = first.by, first.rough
    for number, axis in enumerate(step.axes):
        by, rough = (_along(axis.takes, a, number) for a in (by, rough))
    for number, axis in enumerate(step.axes):
        here = axis.missing | (~axis.takes.any(1) & (rank > 1))
        rough = rough | here.reshape([-1 if i == number else 1 for i in range(rank)])
    return Seen(by, rough)


def _along(takes: Any, seen: Any, axis: int) -> Any:
    return numpy.moveaxis(numpy.tensordot(takes.astype(int), seen.astype(int), (1, axis)), 0, axis) > 0
