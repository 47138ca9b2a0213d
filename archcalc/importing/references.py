"""References to networks written elsewhere, and the specs that they become."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence

from archcalc.errors import UsageError
from archcalc.importing.imported import Imported, Input, bounded_json, faithful, written
from archcalc.words import describe, listed

__all__ = ["Imported", "Input", "bounded_json", "faithful", "imported", "inputs_of", "is_reference", "written"]

FORMS = {"torch": "torch:package.module:factory", "torchvision": "torchvision:resnet50", "hf": "hf:path/config.json"}
SUFFIXES = (".onnx", ".json")
DTYPES = ("int64", "int32", "int8", "uint8")


def is_reference(text: str) -> bool:
    """Whether a text names a network that is to be imported.

    >>> is_reference("torch:models:small"), is_reference("model.onnx"), is_reference("torchvision/resnet50")
    (True, True, False)
    """
    stem = text.partition("@")[0]
    scheme, colon, rest = stem.partition(":")
    named = bool(colon) and scheme in FORMS and not rest.partition("#")[0].endswith((".yaml", ".yml"))
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
    if colon and scheme in FORMS:
        if not rest:
            raise UsageError(f"{describe(reference)} names no network: {FORMS[scheme]}")
        return _reader(scheme)(rest, texts)
    return _reader(os.path.splitext(stem)[1].lower())(stem, texts)


def _reader(what: str) -> Callable[[str, Sequence[str]], Imported]:
    return {"torch": _torch, "torchvision": _torchvision, "hf": _hugging_face, ".onnx": _onnx, ".json": _json}[what]


def _torch(rest: str, inputs: Sequence[str]) -> Imported:
    from archcalc.importing.torch.reference import factory

    return factory(rest, inputs_of(inputs))


def _torchvision(rest: str, inputs: Sequence[str]) -> Imported:
    from archcalc.importing.torch.reference import torchvision

    return torchvision(rest, inputs_of(inputs))


def _hugging_face(rest: str, inputs: Sequence[str]) -> Imported:
    from archcalc.importing.hugging_face import read

    return read(rest, inputs_of(inputs))


def _onnx(path: str, inputs: Sequence[str]) -> Imported:
    from archcalc.importing.onnx.reading import read

    return read(path, inputs_of(inputs))


def _json(path: str, inputs: Sequence[str]) -> Imported:
    from archcalc.importing.keras import read

    return read(path, inputs_of(inputs))
