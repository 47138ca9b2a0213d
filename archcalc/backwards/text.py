"""A derived network as a table and as JSON, with the patch that a unit sees."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from archcalc.analysis.shapes import calls
from archcalc.backwards.derive import Backward
from archcalc.backwards.find import patch
from archcalc.errors import UsageError
from archcalc.net import Node
from archcalc.tensor import Tensor

HEAD = ("layer", "kind", "fields", "output", "reads beside the signal")
AT_RECTIFIERS = {"deconvnet": "rectified", "guided": "masked by the forward pass, then rectified",
                 "gradient": "masked by the forward pass"}
"""What becomes of the signal where the network has a rectifier."""


class Seen(NamedTuple):
    """A unit of the layer, and the patch of the source that it sees, per spatial axis."""

    unit: tuple[int, ...]
    patch: tuple[range, ...]

    def __str__(self) -> str:
        places = " × ".join(f"{r.start}…{r.stop - 1}" if r else "nothing" for r in self.patch)
        return f"{places} ({'×'.join(str(len(r)) for r in self.patch)})" if self.patch else "all of it"


def parsed(text: str) -> tuple[int, ...]:
    """A unit as the command line takes it: ``12,6,6``, or a channel alone. Raises `UsageError` for anything else."""
    try:
        return tuple(int(i) for i in text.split(","))
    except ValueError:
        raise UsageError(f"--unit takes indices with commas between, such as 12,6,6, or a channel; "
                         f"found '{text[:80]}'") from None


def seen(back: Backward, unit: Sequence[int] | None) -> Seen:
    """The patch of a unit; of a channel alone, or of none, the unit in the middle of the map."""
    out = _out(back)
    if unit is None or (len(unit) == 1 and len(out.dims) > 1):
        middle = [n // 2 for n in out.dims]
        if "channel" in out.axes:
            middle[out.channel] = unit[0] if unit else 0
        unit = middle
    return Seen(tuple(unit), patch(back.forward, back.layer, unit, back.source))


def _out(back: Backward) -> Tensor:
    return calls(back.forward)[back.forward.index[back.layer]].out


def table(back: Backward, at: Seen, bold: Callable[[str], str] = str) -> str:
    """The table: a row for each layer, and what the unit sees."""
    found = calls(back.net)
    noted = {note.name for note in back.notes}
    rows = [HEAD, *((node.name, node.layer.kind, node.layer.label(), str(call.out), _notes(back, node, noted))
                    for node, call in zip(back.net.layers, found[back.net.n_inputs:], strict=True))]
    sizes = [max(map(len, column)) for column in zip(*rows, strict=True)]
    head, *body = ["  ".join(cell.ljust(n) for cell, n in zip(row, sizes, strict=True)).rstrip() for row in rows]
    source = calls(back.forward)[back.forward.index[back.source]].out
    lines = [f"{bold(back.net.name)} to {back.source} · {back.method} · {_out(back)} → {found[-1].out} · "
             f"{len(back.net):,} layers", "", bold(head), *body, "",
             f"{back.layer} at ({', '.join(map(str, at.unit))}) sees {at} of {back.source}, {source}."]
    if any(back.forward[name].layer.rectifies for name in set(back.undoes.values()) if name in back.forward.index):
        lines.append(f"At rectifiers the signal is {AT_RECTIFIERS[back.method]}.")
    return "\n".join(lines) + "\n"


def _notes(back: Backward, node: Node, noted: set[str]) -> str:
    names = [back.net.nodes[i].name for i in node.inputs]
    others = [name for name in names if name in noted]
    return ", ".join(others) if others or len(names) < 2 else f"sum of {', '.join(names)}"


def data(back: Backward, at: Seen) -> dict[str, Any]:
    """What `table` says, for JSON; ``patch`` has the first and last place along each spatial axis."""
    found = calls(back.net)
    rows = zip(back.net.layers, found[back.net.n_inputs:], strict=True)
    return {"schema": "deconvnet/1", "spec": back.forward.spec, "layer": back.layer, "source": back.source,
            "method": back.method, "signal": list(_out(back).dims), "output_shape": list(found[-1].out.dims),
            "notes": [note._asdict() | {"shape": list(found[back.net.index[note.name]].out.dims)}
                      for note in back.notes],
            "layers": [{"name": node.name, "kind": node.layer.kind, "undoes": back.undoes[node.name],
                        "inputs": [back.net.nodes[i].name for i in node.inputs], "output_shape": list(call.out.dims),
                        "params": call.n_params} for node, call in rows],
            "unit": list(at.unit), "patch": [[r.start, r.stop - 1] if r else None for r in at.patch]}


def to_json(back: Backward, at: Seen) -> str:
    """The JSON text of `data`."""
    return json.dumps(data(back, at), ensure_ascii=False, indent=1) + "\n"
