"""A drawing as Mermaid text: a flowchart that Markdown on the web shows without an engine of ours.

Mermaid takes any text between double quotes, with characters as ``#code;`` (its documentation, "Entity codes to
escape characters"); all that is neither letter, digit nor known to be harmless is written so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from archcalc.diagrams import theme
from archcalc.diagrams.drawing import Arrow, Box, Drawing
from archcalc.diagrams.text import clip

HARMLESS = " ,.+/-_()×·…→−–\u00a0"
"Characters beside letters and digits that labels have as they are."
MARKUP = re.compile(r"(?<=:)(?=fa-)|(?<=\$)(?=\$)|(?<=\\)(?=n)|(?<=ﬂ)(?=°)|(?<=¶)(?=ß)")
"Inside icons, formulas, line ends and its own marks, which Mermaid sees in escaped text: a word joiner parts them."
LENGTH = 120
"Characters of a line."
EDGES = 500
"Edges that are too many for Mermaid as it comes."
LINKS = {"data": "-->", "shortcut": "==>", "projection": "-.->", "cross": "==>", "aux": "-.->"}
STROKES = {"shortcut": "special", "projection": "special", "cross": "special", "aux": "aux"}
"Kinds of arrows whose colour is not that of all; roles."


def mermaid(drawing: Drawing) -> str:
    """The drawing as a ``flowchart TB``, in the light colours."""
    names = _names(drawing)
    title = MARKUP.sub("\u2060", clip(drawing.title, LENGTH)).replace("<", "‹")  # no escape there: it would be a tag
    lines = ["---", f"title: {json.dumps(title)}", "---", "flowchart TB",
             f"accTitle: {escaped(drawing.title)}", f"accDescr: {escaped(drawing.desc, 1000)}"]
    if len(drawing.arrows) >= EDGES:
        lines.append(f"%% {len(drawing.arrows)} edges: Mermaid draws {EDGES} or more only where maxEdges is set")
    grouped = {name for group in drawing.groups for name in group.boxes}
    for k, group in enumerate(drawing.groups):
        lines.append(f'subgraph g{k}["{escaped(group.label)}"]')
        lines += [f"  {_node(names[box.id], box)}" for box in drawing.boxes if box.id in group.boxes]
        lines.append("end")
    lines += [_node(names[box.id], box) for box in drawing.boxes if box.id not in grouped]
    lines += [_link(names, arrow) for arrow in drawing.arrows]
    return "\n".join([*lines, *_styles(drawing, names)]) + "\n"


def _names(drawing: Drawing) -> dict[str, str]:
    """Node names by id: no word of Mermaid begins with ``L_``, and each is given once."""
    found: dict[str, str] = {}
    given: set[str] = set()
    for box in drawing.boxes:
        name = "L_" + re.sub(r"[^A-Za-z0-9]+", "_", box.id.removeprefix(f"{drawing.id}-"))
        while name in given:
            name += "_"
        given.add(name)
        found[box.id] = name
    return found


def escaped(text: str, length: int = LENGTH) -> str:
    """A text that Mermaid shows as it is, whatever it holds.

    >>> escaped('3×3 "end" <b>')
    '3×3 #34;end#34; #60;b#62;'
    """
    apart = MARKUP.sub("\u2060", clip(text, length))
    return "".join(c if c.isalnum() or c in HARMLESS else f"#{ord(c)};" for c in apart)


def _node(name: str, box: Box) -> str:
    left, right = ("((", "))") if box.circle else ("[[", "]]") if box.double else ("(", ")")
    words = "<br/>".join(escaped("".join(run.text for run in line)) for line in box.lines)
    return f'{name}{left}"{words}"{right}'


def _link(names: dict[str, str], arrow: Arrow) -> str:
    label = f'|"{escaped(arrow.label)}"|' if arrow.label else ""
    return f"{names[arrow.tail]} {LINKS[arrow.style]}{label} {names[arrow.head]}"


def _styles(drawing: Drawing, names: dict[str, str]) -> Iterator[str]:
    """A class for each role, with the boxes that have it; further ones for dashed and special borders; links."""
    for role in theme.PAINTS:
        yield from _class(role, [names[box.id] for box in drawing.boxes if box.role == role], _paint(role))
    yield from _class("dashed", [names[box.id] for box in drawing.boxes if box.dashed], "stroke-dasharray:4 3")
    yield from _class("special", [names[box.id] for box in drawing.boxes if box.special],
                      f"stroke:{theme.PAINTS['special'].stroke}")
    for role in theme.PAINTS:
        yield from _class(role, [f"g{k}" for k, group in enumerate(drawing.groups) if group.role == role], _paint(role))
    for stroke in dict.fromkeys(STROKES.values()):
        places = [str(k) for k, arrow in enumerate(drawing.arrows) if STROKES.get(arrow.style) == stroke]
        if places:
            yield f"linkStyle {','.join(places)} stroke:{theme.PAINTS[stroke].stroke}"


def _paint(role: str) -> str:
    fill, stroke = theme.PAINTS[role].of(False)
    return f"fill:{fill},stroke:{stroke},color:{theme.PAINTS[theme.text_on(role)].fill}"


def _class(name: str, members: Sequence[str], style: str) -> Iterator[str]:
    if members:
        yield f"classDef {name} {style}"
        yield f"class {','.join(members)} {name}"
