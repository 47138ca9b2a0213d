"""Protocol buffers, field by field: https://protobuf.dev/programming-guides/encoding/."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple


class Bytes(NamedTuple):
    """A part of the file."""

    data: Any
    start: int
    end: int

    def text(self) -> str:
        """As UTF-8."""
        return bytes(self.data[self.start:self.end]).decode("utf-8", "replace")

    def raw(self) -> bytes:
        """As bytes."""
        return bytes(self.data[self.start:self.end])


class Broken(Exception):
    """The file ends early, or is no protocol buffer."""


def fields(part: Bytes) -> Iterator[tuple[int, int, Any]]:
    """Number, wire type and value of each field: an integer, or a part of the file."""
    at = part.start
    while at < part.end:
        key, at = _varint(part, at)
        number, wire = key >> 3, key & 7
        if number == 0:
            raise Broken(f"no field begins at byte {at - 1}")
        if wire == 0:
            value, at = _varint(part, at)
            yield number, wire, value - (1 << 64) if value >> 63 else value
            continue
        if wire not in (1, 2, 5):
            raise Broken(f"no field begins at byte {at}")
        size, at = _varint(part, at) if wire == 2 else ((8, at) if wire == 1 else (4, at))
        if at + size > part.end:
            raise Broken(f"it ends before byte {at + size:,}")
        yield number, wire, Bytes(part.data, at, at + size)
        at += size


def _varint(part: Bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= part.end or shift > 63:
            raise Broken(f"a number is cut off at byte {at}")
        byte = part.data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def packed(number: int, wire: int, found: Any) -> list[Any]:
    """Numbers of a repeated field: floats (7) or integers (8), one by one or packed."""
    if wire == 0:
        return [found]
    if number == 7:
        raw = found.raw()
        return [n for (n,) in struct.iter_unpack("<f", raw[:len(raw) // 4 * 4])]
    return varints(found)


def varints(part: Bytes) -> list[int]:
    """Packed integers."""
    at, found = part.start, []
    while at < part.end:
        value, at = _varint(part, at)
        found.append(value - (1 << 64) if value >> 63 else value)
    return found
