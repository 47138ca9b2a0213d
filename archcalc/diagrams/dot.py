"""A drawing as DOT: sizes, colours and labels for any Graphviz."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence
from typing import Any

from archcalc.diagrams import theme
from archcalc.diagrams.drawing import DOUBLE, Arrow, Box, Drawing, Line, Run, wrapped
from archcalc.diagrams.text import clean

RANKSEP = 0.18
"Inches between ranks."


def dot(drawing: Drawing, *, dark: bool = False, rankdir: str = "TB", bare: bool = False,
        ranksep: float = RANKSEP) -> str:
    """The DOT source. Points are pixels: sizes are given in inches of 72.

    ``bare``, for layout, leaves out the title, and the labels of arrows that are alone at both ends.
    """
    import graphviz

    graph = graphviz.Digraph(drawing.id, encoding="utf-8")
    _defaults(graph, drawing, dark, rankdir, bare, ranksep)
    grouped = {name for group in drawing.groups for name in group.boxes}
    for box in drawing.boxes:
        if box.id not in grouped:
            _node(graph, box, dark, bare)
    by_id = {box.id: box for box in drawing.boxes}
    for group in drawing.groups:
        fill, stroke = theme.PAINTS[group.role].of(dark)
        with graph.subgraph(name=f"cluster_{group.id}") as inner:
            inner.attr(label=_html(((Run(group.label, theme.GROUP, True),),)), style="rounded,filled", fillcolor=fill,
                       color=stroke, labeljust="r" if group.right else "l", tooltip=_text(group.tooltip))
            for name in group.boxes:
                _node(inner, by_id[name], dark, bare)
    _edges(graph, drawing, dark, rankdir, lone(drawing.arrows) if bare else set())
    for pair in _level(drawing):
        with graph.subgraph() as inner:
            inner.attr(rank="same")
            for name in pair:
                inner.node(name)
    source: str = graph.source
    return source


def _defaults(graph: Any, drawing: Drawing, dark: bool, rankdir: str, bare: bool, ranksep: float) -> None:
    ink, paper = theme.PAINTS["ink"].of(dark)[0], theme.PAINTS["paper"].of(dark)[0]
    graph.attr("graph", rankdir=rankdir, nodesep="0.3", ranksep=f"{ranksep:g}", pad="0.12", splines="spline",
               newrank="true", bgcolor=paper, fontname=theme.FONT, fontcolor=ink, labelloc="t", labeljust="l",
               **({"label": _html(_title(drawing), '<BR ALIGN="LEFT"/>')} if not bare else {}))
    graph.attr("node", shape="box", style="rounded,filled", fixedsize="true", penwidth="1.2", fontname=theme.FONT,
               fontcolor=ink)
    graph.attr("edge", arrowsize="0.55", penwidth="1.1", color=theme.PAINTS["line"].of(dark)[1],
               fontname=theme.FONT, fontsize=str(theme.EDGE), fontcolor=theme.PAINTS["muted"].of(dark)[0])


def _edges(graph: Any, drawing: Drawing, dark: bool, rankdir: str, unlabelled: set[Arrow]) -> None:
    chain = {arrow.tail for arrow in drawing.arrows} - forks(drawing.arrows)
    for k, arrow in enumerate(drawing.arrows):
        role, pen, dashed = theme.ARROWS[arrow.style]
        look = {"color": theme.PAINTS[role].of(dark)[1], "penwidth": f"{pen:g}"} if arrow.style != "data" else {}
        look |= {"style": "dashed"} if dashed else {}
        weight = "0" if arrow.style in ("shortcut", "cross", "aux") else "8" if arrow.tail in chain else "2"
        label = {"label": f" {_text(arrow.label)}"} if arrow.label and arrow not in unlabelled else {}
        ports = {"tailport": "e", "headport": "e"} if arrow.style == "shortcut" and rankdir == "TB" else {}
        graph.edge(arrow.tail, arrow.head, id=f"{drawing.id}-e{k}", weight=weight, tooltip=_text(arrow.tooltip),
                   **label, **look, **ports)


def _node(graph: Any, box: Box, dark: bool, bare: bool) -> None:
    fill, stroke = theme.PAINTS[box.role].of(dark)
    double = box.double and not bare
    width, height = (side - 2 * DOUBLE * double for side in box.size)     # peripheries come on top
    style = "filled" if box.circle else "rounded,filled" + (",dashed" if box.dashed else "")
    graph.node(
        box.id, label=_html(box.lines), width=f"{width / 72:.4f}", height=f"{height / 72:.4f}", fillcolor=fill,
        color=theme.PAINTS["special"].of(dark)[1] if box.special else stroke, tooltip=_text(box.tooltip),
        style=style, **({"shape": "circle"} if box.circle else {}), **({"peripheries": "2"} if double else {}))


def _level(drawing: Drawing) -> list[tuple[str, str]]:
    """Auxiliary heads, each beside what follows the box that it reads."""
    after = {arrow.tail: arrow.head for arrow in drawing.arrows if arrow.style == "data"}
    aux = {arrow.head: arrow.tail for arrow in drawing.arrows if arrow.style == "aux"}
    return [(after[tail], head) for head, tail in aux.items() if tail in after]


def lone(arrows: Sequence[Arrow]) -> set[Arrow]:
    """Arrows that alone leave their tail and alone reach their head."""
    main = [a for a in arrows if a.style != "aux"]
    tails, heads = Counter(a.tail for a in main), Counter(a.head for a in main)
    return {arrow for arrow in arrows if tails[arrow.tail] == heads[arrow.head] == 1}


def forks(arrows: Sequence[Arrow]) -> set[str]:
    """Boxes that several arrows leave: the layers behind them keep close to the join."""
    tails = Counter(arrow.tail for arrow in arrows)
    return {tail for tail, n in tails.items() if n > 1}


def _title(drawing: Drawing) -> Sequence[Line]:
    return ((Run(drawing.title, theme.TITLE, True),),
            *((Run(words, theme.SUBTITLE, False, "muted"),)
              for words in wrapped(drawing.subtitle, theme.SUBTITLE, theme.NARROW)))


def _html(lines: Sequence[Line], end: str = "") -> str:
    """An HTML-like label; ``end`` closes each line, where lines are not centred."""
    texts = ["".join(map(_run, line)) for line in lines]
    return "<" + ("".join(text + end for text in texts) if end else "<BR/>".join(texts)) + ">"


def _run(run: Run) -> str:
    text = html.escape(clean(run.text)).replace("\u00a0", "&#160;") or "&#160;"
    colour = f' COLOR="{theme.PAINTS[run.role].fill}"' if run.role != "ink" else ""
    return f'<FONT POINT-SIZE="{run.size:g}"{colour}>{f"<B>{text}</B>" if run.bold else text}</FONT>'


def _text(text: str) -> str:
    """A plain label or tooltip: no escape of Graphviz's, no entity, no HTML."""
    import graphviz

    escaped: str = graphviz.escape(html.escape(clean(text), quote=False))
    return escaped
