"""The gallery: a page of every network's diagram. The SVGs are written by ``python docs/generate.py --gallery``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import archcalc
from archcalc import zoo

INTRO = """\
<!-- Written by docs/generate.py. -->
# Gallery

Every network of the zoo as `archcalc diagram NAME` draws it. Each picture follows the reader's light or dark theme;
opened by itself, its nodes and edges have tooltips with exact numbers. `python docs/generate.py --gallery` draws
them anew. [Diagrams](diagrams.md) says what the options do.
"""
SHOWN: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "heat": ("Where the MACs are: `archcalc diagram vgg16 --heat macs`", "vgg16", {"heat": "macs"}),
    "heat-params": ("Where the parameters are: `archcalc diagram vgg16 --heat params`", "vgg16", {"heat": "params"}),
    "volume": ("The funnel: `archcalc diagram vgg16 --form volume`", "vgg16", {"form": "volume"}),
    "difference": ("From AlexNet to ZFNet: `archcalc diagram zfnet --against alexnet`", "zfnet",
                   {"against": "alexnet"}),
    "inception": ("From the naive Inception module to the reduced: `archcalc diagram inception-reduced --against "
                  "inception-naive`", "inception-reduced", {"against": "inception-naive"}),
    "field": ("What a unit sees: `archcalc diagram alexnet --form field`", "alexnet", {"form": "field"}),
    "bars": ("Costs by layer: `archcalc diagram alexnet --form bars`", "alexnet", {"form": "bars"}),
    "expand": ("A block beside its network: `archcalc diagram googlenet --expand 3a`", "googlenet",
               {"expand": ("3a",)}),
}
"Pictures of options: the caption, the network, the options."
SECTIONS = {"": "The papers' networks", "slim/": "TF-Slim's", "torchvision/": "torchvision's"}


def pages(root: Path) -> dict[Path, str]:
    """The page."""
    return {root / "docs" / "gallery.md": "\n".join(_lines())}


def pictures(root: Path) -> Iterator[tuple[Path, str]]:
    """Every SVG of the page, drawn now."""
    folder = root / "docs" / "gallery"
    for name, (_, spec, given) in SHOWN.items():
        yield folder / f"option-{name}.svg", archcalc.diagram(spec, id=f"ac-option-{name}", **given).svg
    for name in zoo.names():
        yield folder / f"{name}.svg", archcalc.diagram(name).svg


def _lines() -> Iterator[str]:
    yield INTRO
    yield "## Options\n"
    for name, (caption, _, _) in SHOWN.items():
        yield f"{caption}\n\n![{caption.partition(':')[0]}](gallery/option-{name}.svg)\n"
    names = list(zoo.names())
    for prefix, title in SECTIONS.items():
        yield f"## {title}\n"
        for name in names:
            if name.startswith(prefix) and (prefix or "/" not in name):
                net = archcalc.load(name)
                yield f"### {name}\n\n![The layer graph of {net.name}](gallery/{name}.svg)\n"
