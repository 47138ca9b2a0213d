"""Net → a flat spec: every layer written out, which reads back as the same network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archcalc.layers.registry import is_reference
from archcalc.net import Net, Node


def flat(net: Net) -> str:
    """The expanded layers as a spec of its own: one line a layer, in order, each with its inputs."""
    lines = [f"name: {_text(net.name)}", "inputs:"]
    lines += [f"  {_text(node.name)}: {_flow(_fields(node))}" for node in net.inputs]
    lines += ["layers:"]
    lines += [f"  - {_text(node.name)}: {_flow(dict(_layer(net, node)))}" for node in net.layers]
    lines += [f"outputs: {_flow([net.nodes[i].name for i in net.outputs])}"]
    return "\n".join(lines) + "\n"


def _layer(net: Net, node: Node) -> Iterator[tuple[str, Any]]:
    kind = type(node.layer)
    fields = _fields(node)
    yield kind.kind, fields.pop(kind.main, None) if kind.main else None
    names = [net.nodes[i].name for i in node.inputs]
    for field in [f for f in fields if is_reference(kind, f)]:
        fields[field] = names.pop()
    yield "from", names[0] if len(names) == 1 else names
    yield from fields.items()
    if node.share:
        yield "share", {tensor: f"{net.nodes[i].name}.{name}" for tensor, (i, name) in node.share.items()}


def _fields(node: Node) -> dict[str, Any]:
    return node.layer.model_dump(exclude_defaults=True)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        return _text(value)
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)


def _text(text: str) -> str:
    plain = text.replace("_", "a").replace(".", "a").isalnum() and text[:1].isalpha() and text.isascii()
    if plain and text.lower() not in ("null", "true", "false"):
        return text
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text) + '"'
