"""Forms without an engine, for chains: cards of stages, and columns that run down and up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archcalc.analysis.shapes import calls
from archcalc.diagrams.compose import Ids, input_box, part_box
from archcalc.diagrams.drawing import Box
from archcalc.diagrams.figures import Figures
from archcalc.diagrams.parts import Part
from archcalc.diagrams.wiring import Wiring, wiring
from archcalc.net import Net


def is_chain(net: Net, parts: Sequence[Part]) -> bool:
    """Whether each part reads the one before and nothing else."""
    wires = wiring(net, parts)
    return net.n_inputs == 1 and len(net.outputs) == 1 and len(parts) == len(wires.links) and \
        all(a == b - 1 for _, a, b in wires.links)


def stages(net: Net, parts: Sequence[Part]) -> list[list[int]]:
    """Indices of parts by stage: a new one begins where the map shrinks, behind a pool or with a stride.

    A pool ends the stage whose maps it reads.
    """
    found: list[list[int]] = [[]]
    last = None
    for k, part in enumerate(parts):
        call = calls(net)[part.main]
        size = call.inputs[0].spatial if call.layer.family == "pool" else call.out.spatial
        if found[-1] and size != last and last is not None:
            found.append([])
        found[-1].append(k)
        last = size
    return found


def cell_box(figures: Figures, part: Part, ids: Ids) -> Box:
    """The box of a part in a column."""
    return part_box(figures, part, ids(part.name), False, False, False)


def source_box(figures: Figures, ids: Ids) -> Box:
    """The box of the one input."""
    return input_box(figures, 0, ids(figures.net.nodes[0].name))


class Residual(NamedTuple):
    """A chain of layers and of two-armed blocks: the main line of parts, and for each join its shortcut."""

    line: list[int]
    shortcuts: dict[int, tuple[int, int | None]]
    "Join → (part before the fork, −1 for the input; projecting part or None)."


def residual(net: Net, parts: Sequence[Part]) -> Residual | None:
    """The network as a chain with simple shortcuts, or None if it is not one."""
    if net.n_inputs != 1 or len(net.outputs) != 1:
        return None
    wires = wiring(net, parts)
    before: dict[int, list[int]] = {}
    for _, a, b in wires.links:
        before.setdefault(b, []).append(a)
    line = [k for k in range(len(parts)) if k not in wires.projections]
    found: dict[int, tuple[int, int | None]] = {}
    for at, k in enumerate(line):
        previous = line[at - 1] if at else -1
        sources = before.get(k, [])
        if previous not in sources or len(sources) > 2:
            return None
        for other in sources:
            if other != previous:
                found[k] = (before[other][0], other) if other in wires.projections else (other, None)
    return Residual(line, found) if _simple(wires, found, len(parts) - len(line)) else None


def _simple(wires: Wiring, shortcuts: dict[int, tuple[int, int | None]], projecting: int) -> bool:
    """Whether all that leaves the line comes back to it as a shortcut."""
    used = [p for _, p in shortcuts.values() if p is not None]
    return len(used) == projecting == len(set(used)) and all(
        (source, join) in wires.shortcuts or projection is not None
        for join, (source, projection) in shortcuts.items())
