"""ONNX files written by hand, byte by byte, by the numbers of onnx.proto."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any


def varint(n: int) -> bytes:
    n &= (1 << 64) - 1
    out = bytearray()
    while True:
        out.append((n & 127) | (128 if n > 127 else 0))
        n >>= 7
        if not n:
            return bytes(out)


def field(number: int, value: Any) -> bytes:
    """A field: integers as varints, texts and bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor(name: str, dims: Sequence[int], numbers: Sequence[int] | None = None) -> bytes:
    """An initializer: integers with their numbers, or floats that are all 0."""
    body = b"".join(field(1, n) for n in dims) + field(2, 7 if numbers is not None else 1) + field(8, name)
    size = 1
    for n in dims:
        size *= n
    return body + field(9, struct.pack(f"<{len(numbers)}q", *numbers) if numbers is not None else bytes(4 * size))


class Graph(bytes):
    """A graph, as an attribute."""


def attribute(name: str, value: Any) -> bytes:
    kind = {int: 3, float: 2, str: 4, bytes: 5, Graph: 6}.get(type(value))
    if kind is not None:
        return field(1, name) + field(kind, value)
    return field(1, name) + b"".join(field(8, n) for n in value)


def node(kind: str, inputs: Sequence[str], outputs: Sequence[str], name: str = "", **attributes: Any) -> bytes:
    body = b"".join(field(1, i) for i in inputs) + b"".join(field(2, o) for o in outputs)
    return body + field(3, name) + field(4, kind) + b"".join(field(5, attribute(k, v)) for k, v in attributes.items())


def tensors(name: str, dims: Sequence[int | str], kind: int = 1, about: str = "") -> bytes:
    shape = b"".join(field(1, field(2, d) if isinstance(d, str) else field(1, d)) for d in dims)
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, shape))) + (field(3, about) if about else b"")


def floats(name: str, dims: Sequence[int], numbers: Sequence[float]) -> bytes:
    """An initializer of floats with their numbers."""
    body = b"".join(field(1, n) for n in dims) + field(2, 1) + field(8, name)
    return body + field(9, struct.pack(f"<{len(numbers)}f", *numbers))


def graph(nodes: Sequence[bytes], outputs: Sequence[bytes]) -> Graph:
    """A branch of a node."""
    return Graph(b"".join(field(1, n) for n in nodes) + b"".join(field(12, o) for o in outputs))


def model(nodes: Sequence[bytes], inputs: Sequence[bytes], outputs: Sequence[bytes], arrays: Sequence[bytes] = (),
          opset: int = 17, noted: Sequence[bytes] = ()) -> bytes:
    graph = b"".join(field(1, n) for n in nodes) + field(2, "g") + b"".join(field(5, a) for a in arrays)
    graph += b"".join(field(11, i) for i in inputs) + b"".join(field(12, o) for o in outputs)
    graph += b"".join(field(13, n) for n in noted)
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, opset))
