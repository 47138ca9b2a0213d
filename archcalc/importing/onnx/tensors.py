"""Tensors of ONNX files: names, types and sizes, and numbers only where they are few enough to be a shape."""

from __future__ import annotations

import struct
import sys
from array import array as packed
from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

from archcalc.importing.onnx.protobuf import Broken, Bytes, fields, varints

MAX_NUMBERS = 4096
"""Numbers of a tensor that are read: shapes, axes, pads and scales have few."""

BUFFER = "buffer"
"""The description of a tensor that is a buffer, in files of archcalc."""

LARGEST_MASK = 1 << 22
"""Numbers of a mask or an index that are kept."""

MOST = 1 << 62
"""Elements from which on a tensor is none."""


class Array(NamedTuple):
    """A tensor of the file: its name, sizes and type, and its numbers where they were read.

    ``few`` says that it holds no more than two different numbers, as a mask does. ``more`` are the numbers of one
    that has too many to compute with.
    """

    name: str
    dims: tuple[int, ...]
    type: int
    numbers: tuple[Any, ...] | None
    few: bool = False
    more: Sequence[Any] | None = None
    kept: bool = False
    "Whether the file says that it is a buffer, which nothing learns."


class Tensors(NamedTuple):
    """An input or output: its name, type, sizes, which are numbers or names, and its description."""

    name: str
    type: int
    dims: tuple[int | str, ...] | None
    about: str = ""


_FORMATS = {1: "<f", 2: "<B", 3: "<b", 4: "<H", 5: "<h", 6: "<i", 7: "<q", 9: "<?", 10: "<e", 11: "<d", 12: "<I",
            13: "<Q"}
"""struct's format of a data type of onnx.proto."""

FLOATS = (1, 10, 11, 16)
"""Data types of numbers that can be learned: of 32, 16 and 64 bits, and bfloat16."""


def array(part: Bytes) -> Array:
    """A TensorProto."""
    name, kind, dims, kept = "", 0, list[int](), False
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
        elif number == 12 and wire == 2:
            kept = value.text() == BUFFER
        elif number == 4 and wire == 2:
            raw = raw or value      # floats one after another, as they are in raw data
        elif number in (4, 5, 7, 10) and len(typed) <= MAX_NUMBERS and (
                wire != 2 or value.end - value.start <= 8 * MAX_NUMBERS):
            typed += _typed(number, wire, value)
    if any(n < 0 for n in dims):
        raise Broken(f"tensor '{name[:80]}' has a negative size")
    size = prod(dims)
    if size > MOST:
        raise Broken(f"tensor '{name[:80]}' has {size:.1e} elements")
    numbers = _numbers(kind, size, raw, typed)
    few = len(set(numbers)) < 3 if numbers is not None else raw is not None and _few(raw, kind)
    more = _more(kind, size, raw) if numbers is None and raw is not None and (
        few or kind in (6, 7) or _of_angles(kind, raw)) else None
    return Array(name, tuple(dims), kind, numbers, few, more, kept)


def _more(kind: int, size: int, raw: Bytes) -> Sequence[Any] | None:
    """All numbers of a mask, an index or a table of angles, if they are not more than one has."""
    if size > LARGEST_MASK or raw.end - raw.start != size * struct.calcsize(_FORMATS[kind]):
        return None
    found = packed(_FORMATS[kind][1:], raw.raw())
    if sys.byteorder == "big":
        found.byteswap()
    return found


def _of_angles(kind: int, raw: Bytes) -> bool:
    """Whether floats may be a table of cosines or sines, which begins with that of 0."""
    return kind == 1 and raw.end - raw.start > 3 and struct.unpack_from("<f", raw.data, raw.start)[0] in (0.0, 1.0)


def _few(raw: Bytes, kind: int) -> bool:
    """Whether floats are of no more than two values; weights are told from the first."""
    if kind != 1:
        return False
    found: set[int] = set()
    before = b""
    for start in range(raw.start, raw.end, 1 << 14):
        data = bytes(raw.data[start:min(start + (1 << 14), raw.end)])
        if data == before:      # most of a mask repeats itself, and so does a constant
            continue
        found.update(memoryview(data[:len(data) // 4 * 4]).cast("I"))
        before = data
        if len(found) > 2:
            return False
    return True


def _typed(number: int, wire: int, value: Any) -> list[Any]:
    if number in (5, 7):
        return [value] if wire == 0 else varints(value)
    form, size = ("<f", 4) if number == 4 else ("<d", 8)
    raw = value.raw()
    return [n for (n,) in struct.iter_unpack(form, raw[:len(raw) // size * size])]


def _numbers(kind: int, size: int, raw: Bytes | None, typed: list[Any]) -> tuple[Any, ...] | None:
    """A tensor's numbers, if they are few and in the file."""
    if size > MAX_NUMBERS:
        return None
    if raw is not None and kind in _FORMATS:
        data, step = raw.raw(), struct.calcsize(_FORMATS[kind])
        found = tuple(n for (n,) in struct.iter_unpack(_FORMATS[kind], data[:len(data) // step * step]))
        return found if len(found) == size else None
    return tuple(typed) if len(typed) == size and kind in _FORMATS and kind != 10 else None


def tensors(part: Bytes) -> Tensors:
    """A ValueInfoProto."""
    name, kind, dims, about = "", 0, None, ""
    for number, wire, value in fields(part):
        if number == 1 and wire == 2:
            name = value.text()
        elif number == 2 and wire == 2:
            for inner, way, tensor in fields(value):
                if inner == 1 and way == 2:
                    kind, dims = _type(tensor)
        elif number == 3 and wire == 2:
            about = value.text()
    return Tensors(name, kind, dims, about)


def _type(part: Bytes) -> tuple[int, tuple[int | str, ...] | None]:
    kind, dims = 0, None
    for number, wire, value in fields(part):
        if number == 1 and wire == 0:
            kind = value
        elif number == 2 and wire == 2:
            dims = tuple(_size(d) for n, w, d in fields(value) if n == 1 and w == 2)
    return kind, dims


def _size(part: Bytes) -> int | str:
    for number, wire, value in fields(part):
        if number == 1 and wire == 0:
            return int(value)
        if number == 2 and wire == 2:
            return str(value.text())
    return ""
