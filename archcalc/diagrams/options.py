"""What a reader can ask of a diagram."""

from __future__ import annotations

from typing import Any, NamedTuple

from archcalc.diagrams.engine import ENGINES
from archcalc.diagrams.figures import HEATS
from archcalc.errors import UsageError
from archcalc.words import listed, suggest

FORMS = ("auto", "layers", "cards", "snake", "folded", "blocks", "volume", "field", "bars")
CHOICES: dict[str, tuple[str, ...]] = {
    "form": FORMS, "engine": ENGINES, "theme": ("auto", "light", "dark"), "layout": ("hwc", "chw"),
    "counts": ("both", "params", "macs", "off"), "shapes": ("edges", "nodes", "off"), "rankdir": ("TB", "LR"),
}
"""Options that take one of some words."""


class Options(NamedTuple):
    """How a network is drawn; each has the name of its command-line option."""

    form: str = "auto"
    fold: bool = True
    depth: int | None = None
    max_nodes: int | None = None
    expand: tuple[str, ...] = ()
    heads: bool = True
    heat: str | None = None
    shapes: str = "edges"
    counts: str = "both"
    layout: str = "hwc"
    rankdir: str = "TB"
    theme: str = "auto"
    paper: bool = True
    legend: bool = True
    link: str = ""
    id: str | None = None
    engine: str = "auto"
    local: bool = False
    columns: tuple[str, ...] = ("params", "macs")
    layers: tuple[str, ...] = ()


def options(**given: Any) -> Options:
    """Options from keywords. Raises `UsageError` for an unknown one, or a value that it does not take."""
    for name in given:
        if name not in Options._fields:
            raise UsageError(f"unknown option '{name[:40]}' of a diagram{suggest(name, Options._fields)}")
    found = Options(**given)
    for name, words in CHOICES.items():
        _one_of(name, getattr(found, name), words)
    if found.heat is not None:
        _one_of("heat", found.heat, HEATS)
    for column in found.columns:
        _one_of("columns", column, HEATS)
    for name in ("depth", "max_nodes"):
        value = getattr(found, name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise UsageError(f"'{name}' takes a positive whole number, found {value!r}")
    return found


def _one_of(name: str, value: Any, words: tuple[str, ...]) -> None:
    if value not in words:
        hint = suggest(value, words) if isinstance(value, str) else ""
        raise UsageError(f"'{name}' takes {listed(words)}, found {str(value)[:40]!r}{hint}")
