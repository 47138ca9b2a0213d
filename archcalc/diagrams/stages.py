"""The tensors along a network's main path: each layer of a chain, and otherwise its stages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from archcalc.diagrams.chain import is_chain
from archcalc.diagrams.compose import family
from archcalc.diagrams.figures import Figures
from archcalc.diagrams.parts import Part, block, fused, links, owners
from archcalc.diagrams.repeats import folded, main_path
from archcalc.diagrams.tree import blocks
from archcalc.tensor import Tensor

CHAIN = 30
"Layers of a chain that are drawn one by one."
JOIN = " … "
SILENT = {"act", "norm", "merge", "shape"}
"Roles that give a stage no look."


class Stage(NamedTuple):
    """A box: the part that it stands for, its output, and the role of its fill; no part for the input."""

    part: Part | None
    name: str
    out: Tensor
    role: str

    @property
    def sizes(self) -> tuple[int, ...]:
        """Positions per axis: space, tokens; none for a vector."""
        found = tuple(int(n) for n, role in zip(self.out.dims, self.out.axes, strict=True) if role != "channel")
        return found if math.prod(found) > 1 else ()

    @property
    def channels(self) -> int:
        """Numbers at each position."""
        return int(self.out.size) // math.prod(self.sizes)

    @property
    def many(self) -> tuple[int, str]:
        """How many blocks or layers it stands for."""
        if self.part is None or not self.part.is_run:
            return len(list(self.part.layers())) if self.part else 1, "layers"
        return len(self.part.parts), "blocks"


def stages_of(figures: Figures) -> list[Stage]:
    """The input and what follows on the main path: each layer of a chain, otherwise its stages."""
    net = figures.net
    layers = fused(net)
    path = main_path(net, layers)
    whole = len(layers) <= CHAIN and is_chain(net, layers)
    found = [_stage(figures, part, part.main) for part in path] if whole else _stages(figures, path)
    first = next(i for i in range(net.n_inputs) if figures.out(i).spatial)
    return [Stage(None, net.nodes[first].name, figures.out(first), "io"), *found]


def _stage(figures: Figures, part: Part, end: int) -> Stage:
    roles = {family(figures.net, layer) for layer in part.layers()} - SILENT
    return Stage(part, part.name, figures.out(end), roles.pop() if len(roles) == 1 else family(figures.net, part))


def _stages(figures: Figures, path: Sequence[Part]) -> list[Stage]:
    net = figures.net
    parts = _opened(figures, folded(net, blocks(net, fused(net))), path)
    owner = owners(net, parts)
    exits: dict[int, set[int]] = {}
    for node, a, _ in links(net, parts):
        exits.setdefault(a, set()).add(node)
    found: list[Stage] = []
    branching = False
    for k, group in groupby(path, lambda layer: owner[layer.main]):
        found.append(_stage(figures, parts[k], list(group)[-1].main))
        if len(found) > 1 and (branching or _alike(*found[-2:])):
            found[-2:] = [together(found[-2:])]
        branching = len(exits.get(k, ())) > 1
    return found


def _alike(a: Stage, b: Stage) -> bool:
    """Whether neighbours are one stage: of one shape, and of one role or one of them computes nothing."""
    return a.out == b.out and (a.role == b.role or not SILENT.isdisjoint((a.role, b.role)))


def _opened(figures: Figures, parts: Sequence[Part], path: Sequence[Part]) -> list[Part]:
    """Parts with each block opened in which tensors of three sizes or more follow one another."""
    mains = {layer.main for layer in path}
    found: list[Part] = []
    for part in parts:
        sizes = {figures.out(layer.main).spatial for layer in part.layers() if layer.main in mains}
        several = sum(math.prod(spatial) > 1 for spatial in sizes) > 2
        found += _opened(figures, part.parts, path) if several and not part.is_layer else [part]
    return found


def together(stages: Sequence[Stage]) -> Stage:
    """Neighbours as one box, under the name of the one with most of the layers, or of the first and the last."""
    parts = [inner for stage in stages if stage.part
             for inner in (stage.part.parts if JOIN in stage.part.name else (stage.part,))]
    whole = block(f"{parts[0].name}{JOIN}{parts[-1].name}", parts)
    large = [part.name for part in parts if 2 * len(part.nodes) > len(whole.nodes)]
    roles = {stage.role for stage in stages}
    return Stage(whole, large[0] if large else whole.name, stages[-1].out, roles.pop() if len(roles) == 1 else "block")
