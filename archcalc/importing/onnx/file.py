"""ONNX files, read without their weights: protocol buffers by the tables of onnx.proto, and nothing is executed.

The file is mapped, not loaded. Numbers of fields are those of onnx/onnx.proto.
"""

from __future__ import annotations

import mmap
import os
import re
import struct
from typing import Any, NamedTuple

from archcalc.errors import UsageError
from archcalc.importing.onnx.protobuf import Broken, Bytes, fields, packed
from archcalc.importing.onnx.tensors import BUFFER, Array, Tensors, array, tensors

MAX_NODES = 50_000
PARAMETER = "parameter"
"""The description of inputs that are weights, in files without numbers that archcalc writes."""


class Operation(NamedTuple):
    """A node: its name, operator and domain, names of inputs and outputs, and attributes.

    ``scope`` are the modules that it is of, from the outermost: path and class.
    """

    name: str
    kind: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]
    scope: tuple[tuple[str, str], ...] = ()


class Graph(NamedTuple):
    """What is in a file, or in a branch of a node."""

    name: str
    opset: int
    operations: list[Operation]
    arrays: dict[str, Array]
    inputs: list[Tensors]
    outputs: list[Tensors]
    shapes: dict[str, tuple[int | str, ...]]
    "Sizes that the file notes of tensors between."


def read_graph(path: str) -> Graph:
    """The graph of a file. Raises `UsageError` for what is no ONNX, truncated or out of bounds."""
    try:
        with open(path, "rb") as file:
            if not os.fstat(file.fileno()).st_size:
                raise UsageError(f"{path}: is empty")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _model(Bytes(data, 0, len(data)), path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
    except (Broken, RecursionError) as error:
        raise UsageError(f"{path}: is not a whole ONNX file: {error}") from None


def _model(part: Bytes, path: str) -> Graph:
    graph, opset = None, 0
    for number, wire, value in fields(part):
        if number == 7 and wire == 2:
            graph = value
        elif number == 8 and wire == 2:
            found = {n: v.text() if isinstance(v, Bytes) else v for n, _, v in fields(value)}
            version = found.get(2)
            if found.get(1, "") in ("", "ai.onnx") and isinstance(version, int):
                opset = version
    if graph is None:
        raise UsageError(f"{path}: has no graph; it is not an ONNX model")
    return _graph(graph, opset)


def _graph(part: Bytes, opset: int) -> Graph:
    operations: list[Operation] = []
    arrays: dict[str, Array] = {}
    shapes: dict[str, tuple[int | str, ...]] = {}
    inputs: list[Tensors] = []
    outputs: list[Tensors] = []
    name = ""
    for number, wire, value in fields(part):
        if wire != 2:
            continue
        if number == 1:
            operations.append(_operation(value, opset))
            if len(operations) > MAX_NODES:
                raise Broken(f"it has more than {MAX_NODES:,} nodes")
        elif number == 2:
            name = value.text()
        elif number == 5:
            made = array(value)
            arrays[made.name] = made
        elif number in (11, 12):
            (inputs if number == 11 else outputs).append(tensors(value))
        elif number == 13:
            noted = tensors(value)
            shapes |= {noted.name: noted.dims} if noted.dims else {}
    arrays |= {i.name: _unfilled(i) for i in inputs if i.about in (PARAMETER, BUFFER) and i.name not in arrays}
    return Graph(name, opset, operations, arrays, [i for i in inputs if i.name not in arrays], outputs, shapes)


def _unfilled(given: Tensors) -> Array:
    """A weight of a file without numbers, which is an input there."""
    dims = given.dims or ()
    if not all(isinstance(n, int) and n > 0 for n in dims):
        raise Broken(f"parameter '{given.name[:80]}' has no sizes")
    return Array(given.name, tuple(int(n) for n in dims), given.type, None, kept=given.about == BUFFER)


def _operation(part: Bytes, opset: int) -> Operation:
    texts: dict[int, list[str]] = {}
    attributes: dict[str, Any] = {}
    about: dict[str, str] = {}
    for number, wire, value in fields(part):
        if wire != 2:
            continue
        if number == 5:
            name, attribute = _attribute(value, opset)
            attributes[name] = attribute
        elif number == 9:
            about |= _pair(value)
        else:
            texts.setdefault(number, []).append(value.text())
    one = {n: found[-1] for n, found in texts.items()}
    return Operation(one.get(3, ""), one.get(4, ""), one.get(7, ""), tuple(texts.get(1, ())), tuple(texts.get(2, ())),
                     attributes, _scope(about) if about else ())


SCOPES, CLASSES = "pkg.torch.onnx.name_scopes", "pkg.torch.onnx.class_hierarchy"


def _pair(part: Bytes) -> dict[str, str]:
    """A property of a node, if it is one that is read."""
    key = ""
    for number, wire, value in fields(part):
        if number == 1 and wire == 2:
            key = value.text()
        elif number == 2 and wire == 2 and key in (SCOPES, CLASSES):
            return {key: value.text()}
    return {}


def _scope(about: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """The modules of a node as torch's exporter notes them: lists of paths and classes, the operator at the end.

    >>> _scope({SCOPES: "['', 'a', 'a.0', 'conv2d']", CLASSES: "['Net', 'Sequential', 'nn.Conv2d', 'aten.conv2d']"})
    (('a', 'Sequential'), ('a.0', 'Conv2d'))
    """
    paths, classes = (re.findall(r"'([^']*)'", about.get(key, "")) for key in (SCOPES, CLASSES))
    if len(classes) != len(paths):
        classes = [""] * len(paths)
    pairs = [(path, name.rpartition(".")[2]) for path, name in zip(paths, classes, strict=True)]
    return tuple(pair for pair in pairs[:-1] if pair[0])


def _attribute(part: Bytes, opset: int) -> tuple[str, Any]:
    name, value = "", None
    many: list[Any] = []
    for number, wire, found in fields(part):
        if number == 1 and wire == 2:
            name = found.text()
        elif number == 2 and wire == 5:
            value = struct.unpack("<f", found.raw())[0]
        elif number == 3 and wire == 0:
            value = found
        elif number == 4 and wire == 2:
            value = found.text()
        elif number == 5 and wire == 2:
            value = array(found)
        elif number == 6 and wire == 2:
            value = _graph(found, opset)
        elif number in (7, 8):
            many += packed(number, wire, found)
        elif number == 9 and wire == 2:
            many.append(found.text())
    return name, value if value is not None or not many else tuple(many)
