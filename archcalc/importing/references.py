"""References to networks written elsewhere, and the specs that they become."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from math import prod
from typing import Any, NamedTuple

from archcalc.errors import ArchcalcError, UsageError
from archcalc.importing.sketch import Sketch
from archcalc.words import describe, listed

SCHEMES = ("torch", "torchvision", "hf")
SUFFIXES = (".onnx", ".json")
MAX_JSON = 20_000_000
"""Bytes of a JSON file that is read."""

DTYPES = ("int64", "int32", "int8", "uint8")


class Input(NamedTuple):
    """An input as it is asked for: its name (None: the network's own), its sizes per sample and its type."""

    name: str | None
    sizes: tuple[int, ...]
    dtype: str | None = None


class Imported(NamedTuple):
    """The text of a spec, and what is to be said of it: layers without a kind, tensors without a layer."""

    text: str
    notes: tuple[str, ...]


def is_reference(text: str) -> bool:
    """Whether a text names a network that is to be imported.

    >>> is_reference("torch:models:small"), is_reference("model.onnx"), is_reference("torchvision/resnet50")
    (True, True, False)
    """
    stem = text.partition("@")[0]
    scheme, colon, rest = stem.partition(":")
    named = bool(colon) and scheme in SCHEMES and (scheme != "torch" or ":" in rest)
    return named or stem.lower().endswith(SUFFIXES)


def inputs_of(texts: Sequence[str]) -> list[Input]:
    """Inputs from ``3x224x224``, ``128:int64`` or ``ids=128:int64``.

    >>> inputs_of(["ids=128:int64"])
    [Input(name='ids', sizes=(128,), dtype='int64')]
    """
    found = []
    for text in texts:
        match = re.fullmatch(r"(?:([A-Za-z_]\w*)=)?([1-9][0-9]{0,8}(?:[x×,][1-9][0-9]{0,8})*)(?::(\w+))?", text)
        if match is None or (match[3] is not None and match[3] not in (*DTYPES, "float32")):
            raise UsageError(f"--input takes sizes per sample such as 3x224x224, 128:int64 or ids=128:int64 "
                             f"({listed(DTYPES)}), found {describe(text)}")
        sizes = tuple(int(n) for n in re.split("[x×,]", match[2]))
        found.append(Input(match[1], sizes, None if match[3] == "float32" else match[3]))
    return found


def imported(reference: str, inputs: Sequence[str] = ()) -> Imported:
    """The spec of a network elsewhere. ``reference`` may end with its inputs: ``torch:net:make@3x32x32``."""
    stem, at, given = reference.partition("@")
    texts = [*(given.split(";") if at else []), *inputs]
    scheme, colon, rest = stem.partition(":")
    if colon and scheme in SCHEMES:
        return _reader(scheme)(rest, texts)
    return _reader(os.path.splitext(stem)[1].lower())(stem, texts)


def _reader(what: str) -> Callable[[str, Sequence[str]], Imported]:
    return {"torch": _torch, "torchvision": _torchvision, "hf": _hugging_face, ".onnx": _onnx, ".json": _json}[what]


def _torch(rest: str, inputs: Sequence[str]) -> Imported:
    from archcalc.importing.torch_reference import factory

    return factory(rest, inputs_of(inputs))


def _torchvision(rest: str, inputs: Sequence[str]) -> Imported:
    from archcalc.importing.torch_reference import torchvision

    return torchvision(rest, inputs_of(inputs))


def _hugging_face(rest: str, inputs: Sequence[str]) -> Imported:
    from archcalc.importing.hugging_face import read

    return read(rest, inputs_of(inputs))


def _onnx(path: str, inputs: Sequence[str]) -> Imported:
    from archcalc.importing.onnx_import import read

    return read(path, inputs_of(inputs))


def _json(path: str, inputs: Sequence[str]) -> Imported:
    from archcalc.importing.keras import read

    return read(path, inputs_of(inputs))


def written(sketch: Sketch, comments: Sequence[str] = (), notes: Sequence[str] = ()) -> Imported:
    """The spec of a sketch, folded where that gives the same network, and notes on what is opaque."""
    from archcalc.importing.emit import emit

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
        if draft.kind != "parameter" and sorted(draft.inputs) != sorted(node.inputs):
            return False
        if set(draft.share) != set(node.share):
            return False
        if i >= net.n_inputs and sketch.params(i) != {name: w.shape for name, w in call.params.items()}:
            return False
    return True


def _opaque(sketch: Sketch) -> list[str]:
    """What totals leave out."""
    found = [d for d in sketch.drafts if d.kind == "opaque"]
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
