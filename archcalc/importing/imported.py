"""What importers are asked for, and what they give: inputs, a spec's text with notes, and the checks on the way."""

from __future__ import annotations

import os
from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

from archcalc.errors import ArchcalcError, UsageError
from archcalc.importing.sketch import Sketch
from archcalc.words import listed

MAX_JSON = 20_000_000
"""Bytes of a JSON file that is read."""


class Input(NamedTuple):
    """An input as it is asked for: its name (None: the network's own), its sizes per sample and its type."""

    name: str | None
    sizes: tuple[int, ...]
    dtype: str | None = None


class Imported(NamedTuple):
    """The text of a spec, and what is to be said of it: layers without a kind, tensors without a layer."""

    text: str
    notes: tuple[str, ...]


def written(sketch: Sketch, comments: Sequence[str] = (), notes: Sequence[str] = ()) -> Imported:
    """The spec of a sketch, folded where that gives the same network, and notes on what is opaque."""
    from archcalc.importing.fusions.fuse import fuse
    from archcalc.importing.writing.emit import emit

    fuse(sketch)
    if not any(d.kind != "input" for d in sketch.drafts):
        raise UsageError(f"{sketch.title}: no layer was found between its inputs and outputs")
    text = emit(sketch, comments)
    if not faithful(sketch, text):
        text = emit(sketch, comments, fold=False)
    return Imported(text, (*notes, *_opaque(sketch)))


def faithful(sketch: Sketch, text: str) -> bool:
    """Whether a spec's text gives the layers of a sketch: kinds, outputs, tensors and inputs, in order."""
    from archcalc.analysis.shapes import calls
    from archcalc.api import loads

    try:
        net = loads(text, mode="train")
        found = calls(net)
    except ArchcalcError:
        return False
    if len(found) != len(sketch.drafts):
        return False
    for i, (draft, node, call) in enumerate(zip(sketch.drafts, net.nodes, found, strict=True)):
        if (draft.kind, draft.out.dims) != (node.layer.kind, call.out.dims):
            return False
        if not node.layer.batch_only and sorted(draft.inputs) != sorted(node.inputs):
            return False
        if set(draft.share) != set(node.share):
            return False
        if i >= net.n_inputs and sketch.params(i) != {name: w.shape for name, w in call.params.items()}:
            return False
    return True


def _opaque(sketch: Sketch) -> list[str]:
    """What totals leave out."""
    from archcalc.layers.registry import kinds

    found = [d for d in sketch.drafts if kinds()[d.kind].unknown]
    if not found:
        return []
    why: dict[str, list[str]] = {}
    for draft in found:
        why.setdefault(draft.note, []).append(draft.name)
    params = sum(prod(shape) for d in found for shape in d.fields.get("parameters", ()))
    held = f", which hold {params:,} parameters" if params else ""
    count = "1 layer is" if len(found) == 1 else f"{len(found):,} layers are"
    lines = [f"{count} opaque{held}: MACs, FLOPs, outputs kept and memory are lower bounds."]
    return [*lines, *(f"  {note}: {listed(names, 3)}" for note, names in why.items())]


def bounded_json(path: str) -> Any:
    """What a JSON file holds. Raises `UsageError` for what cannot be read, is too long, or is no JSON."""
    import json

    try:
        if os.path.getsize(path) > MAX_JSON:
            raise UsageError(f"{path}: has more than {MAX_JSON:,} bytes")
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is not JSON: {error}") from None
