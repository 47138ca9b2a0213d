"""YAML's flow style, as specs are written."""

from __future__ import annotations

from typing import Any


def flow(value: Any) -> str:
    """A value in YAML's flow style; nothing for None, as in ``{maxpool: }``."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """A number, word or expression; the latter quoted where YAML asks for it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return quoted(value) if isinstance(value, str) else str(value)


def quoted(text: str) -> str:
    """A text as a plain scalar where it can be one."""
    plain = (text and not set(text) & set(",[]{}\\\"") and text[0] not in "-? #&*!|>'%@`" and text[-1] not in " :"
             and ": " not in text and " #" not in text and text.isprintable())
    if plain and text.lower() not in ("null", "true", "false", "~") and not text.replace(".", "").isdigit():
        return text
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text) + '"'
