"""Functions and classes that exported source may need, as text: those of `helpers.py.txt`, never imported."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path


@cache
def _known() -> dict[str, str]:
    """Each definition by name, in order."""
    text = Path(__file__).with_suffix(".py.txt").read_text("utf-8")
    return {re.split(r"[ (:]", part, maxsplit=2)[1]: part.strip() for part in re.split(r"\n\n\n", text)}


def helpers(text: str) -> list[str]:
    """The definitions that a text uses, and those that they use, in order."""
    needed: set[str] = set()
    texts = [text]
    while texts:
        words = set(re.findall(r"(?<![.\w])\w+(?=\(|\):)", texts.pop())) & _known().keys() - needed
        needed |= words
        texts += [_known()[word] for word in words]
    return [part for word, part in _known().items() if word in needed]
