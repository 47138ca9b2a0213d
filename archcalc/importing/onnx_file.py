"""ONNX files, read without their weights: protocol buffers by the tables of onnx.proto, and nothing is executed.

The file is mapped, not loaded; of a tensor its name, type and sizes are taken, and its numbers only where they are few
enough to be a shape. Numbers of fields are those of onnx/onnx.proto.
"""

from __future__ import annotations

import mmap
import os
import struct
from typing import Any, NamedTuple

from archcalc.errors import UsageError
from archcalc.importing.protobuf import Broken, Bytes, fields, packed, varints

MAX_NODES = 200_000
MAX_NUMBERS = 4096
"""Numbers of a tensor that are read: shapes, axes, pads and scales have few."""


class Array(NamedTuple):
    """A tensor of the file: its name, sizes and type, and its numbers where they were read."""

    name: str
    dims: tuple[int, ...]
    type: int
    numbers: tuple[Any, ...] | None


class Tensors(NamedTuple):
    """An input or output: its name, type, and sizes, which are numbers or names."""

    name: str
    type: int
    dims: tuple[int | str, ...] | None


class Operation(NamedTuple):
    """A node: its name, operator and domain, names of inputs and outputs, and attributes."""

    name: str
    kind: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]
    scope: str = ""


class Graph(NamedTuple):
    """What is in a file."""

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
            if found.get(1, "") in ("", "ai.onnx"):
                opset = int(found.get(2, 0))
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
            operations.append(_operation(value))
            if len(operations) > MAX_NODES:
                raise Broken(f"it has more than {MAX_NODES:,} nodes")
        elif number == 2:
            name = value.text()
        elif number == 5:
            array = _array(value)
            arrays[array.name] = array
        elif number in (11, 12):
            (inputs if number == 11 else outputs).append(_tensors(value))
        elif number == 13:
            noted = _tensors(value)
            shapes |= {noted.name: noted.dims} if noted.dims else {}
    return Graph(name, opset, operations, arrays, [i for i in inputs if i.name not in arrays], outputs,
                 shapes)


def _operation(part: Bytes) -> Operation:
    texts: dict[int, list[str]] = {}
    attributes: dict[str, Any] = {}
    scope = ""
    for number, wire, value in fields(part):
        if number == 5 and wire == 2:
            name, attribute = _attribute(value)
            attributes[name] = attribute
        elif number == 9 and wire == 2:
            pair = {n: v.text() for n, w, v in fields(value) if w == 2}
            scope = pair.get(2, "") if pair.get(1) == "pkg.torch.onnx.name_scopes" else scope
        elif wire == 2:
            texts.setdefault(number, []).append(value.text())
    one = {n: found[-1] for n, found in texts.items()}
    return Operation(one.get(3, ""), one.get(4, ""), one.get(7, ""), tuple(texts.get(1, ())), tuple(texts.get(2, ())),
                     attributes, scope)


def _attribute(part: Bytes) -> tuple[str, Any]:
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
            value = _array(found)
        elif number in (7, 8):
            many += packed(number, wire, found)
        elif number == 9 and wire == 2:
            many.append(found.text())
    return name, value if value is not None or not many else tuple(many)


_FORMATS = {1: "<f", 6: "<i", 7: "<q", 9: "<?", 11: "<d", 3: "<b", 2: "<B"}
"""struct's format of a data type of onnx.proto."""


def _array(part: Bytes) -> Array:
    name, kind, dims = "", 0, list[int]()
    raw: Bytes | None = None
    typed: list[Any] = []
    for number, wire, value in fields(part):
        if number == 1:
            dims += [value] if wire == 0 else varints(value)
        elif number == 2 and wire == 0:
            kind = value
        elif number == 8 and wire == 2:
            name = value.text()
        elif number == 9 and wire == 2:
            raw = value
        elif number in (4, 5, 7, 10) and len(typed) <= MAX_NUMBERS and (
                wire != 2 or value.end - value.start <= 8 * MAX_NUMBERS):
            typed += _typed(number, wire, value)
    if any(n < 0 for n in dims):
        raise Broken(f"tensor '{name[:80]}' has a negative size")
    return Array(name, tuple(dims), kind, _numbers(kind, dims, raw, typed))


def _typed(number: int, wire: int, value: Any) -> list[Any]:
    if number in (5, 7):
        return [value] if wire == 0 else varints(value)
    form, size = ("<f", 4) if number == 4 else ("<d", 8)
    raw = value.raw()
    return [n for (n,) in struct.iter_unpack(form, raw[:len(raw) // size * size])]


def _numbers(kind: int, dims: list[int], raw: Bytes | None, typed: list[Any]) -> tuple[Any, ...] | None:
    """A tensor's numbers, if they are few and in the file."""
    size = 1
    for n in dims:
        size *= n
    if size > MAX_NUMBERS:
        return None
    if raw is not None and kind in _FORMATS:
        data, step = raw.raw(), struct.calcsize(_FORMATS[kind])
        found = tuple(n for (n,) in struct.iter_unpack(_FORMATS[kind], data[:len(data) // step * step]))
        return found if len(found) == size else None
    return tuple(typed) if len(typed) == size else None


def _tensors(part: Bytes) -> Tensors:
    name, kind, dims = "", 0, None
    for number, wire, value in fields(part):
        if number == 1 and wire == 2:
            name = value.text()
        elif number == 2 and wire == 2:
            for inner, way, tensor in fields(value):
                if inner == 1 and way == 2:
                    kind, dims = _type(tensor)
    return Tensors(name, kind, dims)


def _type(part: Bytes) -> tuple[int, tuple[int | str, ...] | None]:
    kind, dims = 0, None
    for number, wire, value in fields(part):
        if number == 1 and wire == 0:
            kind = value
        elif number == 2 and wire == 2:
            dims = tuple(_dim(d) for n, w, d in fields(value) if n == 1 and w == 2)
    return kind, dims


def _dim(part: Bytes) -> int | str:
    for number, wire, value in fields(part):
        if number == 1 and wire == 0:
            return int(value)
        if number == 2 and wire == 2:
            return str(value.text())
    return ""
