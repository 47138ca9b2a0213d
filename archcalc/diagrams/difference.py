"""What one network has that another has not: both in one drawing, with what was added, removed and changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from archcalc.comparison.pairs import Differences, Pair, differences
from archcalc.diagrams import theme
from archcalc.diagrams.compose import Ids, input_box, layer_lines, part_box, tensors
from archcalc.diagrams.drawing import Arrow, Box, Drawing, Line, Run
from archcalc.diagrams.figures import Figures, Style
from archcalc.diagrams.parts import Part, links, owners
from archcalc.diagrams.text import clip, short
from archcalc.diagrams.view import MOST, folded_view, layers
from archcalc.net import Net

ALL_LAYERS = 30
"Layers up to which each has its box; above, blocks are folded."
WORDS = 2
"Changes of a layer that its box names; its tooltip has all."
_MARKS = {"added": "+", "removed": "−", "changed": "~"}


def difference(figures: Figures, before: Net, ids: Ids, most: int | None = None) -> Drawing:
    """The drawing of a network with what differs from the one before."""
    net = figures.net
    found = differences(before, net)
    parts, old = _parts(net, most), _parts(before, most)
    by_b = {pair.b: pair for pair in found.pairs if pair.b is not None}
    by_a = {pair.a: pair for pair in found.pairs if pair.a is not None}
    gone = [part for part in old if all(by_a[i].status == "removed" for i in part.nodes)]
    lost = _lost(found, before, net, parts, gone)
    names = [ids(part.name) for part in parts]
    gone_names = [ids(f"{part.name}-removed") for part in gone]
    boxes = [input_box(figures, i, ids(node.name)) for i, node in enumerate(net.inputs)]
    inputs = [box.id for box in boxes]
    for k, (part, name) in enumerate(zip(parts, names, strict=True)):
        boxes.append(_box(figures, part, name, [by_b[i] for i in part.nodes], lost.get(k, [])))
    then = Figures(before, Style(figures.style.layout))
    boxes += [_box(then, part, name, [by_a[i] for i in part.nodes], [])
              for part, name in zip(gone, gone_names, strict=True)]
    arrows = [*_arrows(figures, parts, names, inputs, "data"),
              *_former(then, old, gone, gone_names, _homes(found, net, parts, names, inputs))]
    marks = {box.role for box in boxes}
    return Drawing(ids.prefix, f"{clip(before.name, 60)} → {clip(net.name, 60)}", _subtitle(figures, before, found),
                   f"What differs from {clip(before.name, 80)} to {clip(net.name, 80)}: {_counted(found)}.",
                   tuple(boxes), tuple(arrows),
                   legend=tuple(mark for mark in _MARKS if mark in marks and figures.style.legend))


def _parts(net: Net, most: int | None) -> list[Part]:
    found = layers(net, MOST).parts
    return list(found if len(found) <= (most or ALL_LAYERS) else folded_view(net, most or MOST).parts)


def _lost(found: Differences, before: Net, net: Net, parts: Sequence[Part],
          gone: Sequence[Part]) -> dict[int, list[str]]:
    """Names of layers that were removed from inside a part that stays, by part."""
    drawn = {i for part in gone for i in part.nodes}
    home = owners(net, parts)
    twin = {pair.a: pair.b for pair in found.pairs if pair.a is not None and pair.b is not None}
    lost: dict[int, list[str]] = {}
    for pair in found.pairs:
        if pair.status == "removed" and pair.a not in drawn and pair.a is not None:
            at: int | None = pair.a
            while at is not None and at not in twin:
                at = before.nodes[at].inputs[0] if before.nodes[at].inputs else None
            if at is not None and twin[at] in home:
                lost.setdefault(home[twin[at]], []).append(before.nodes[pair.a].name)
    return lost


def _box(figures: Figures, part: Part, name: str, pairs: Sequence[Pair], lost: Sequence[str]) -> Box:
    """A part with its mark, what changed in words, and the cost of the change."""
    box = part_box(figures, part, name, False, False, False)
    statuses = {"same" if pair.status == "renamed" else pair.status for pair in pairs}
    status = statuses.pop() if len(statuses) == 1 and not lost else "changed"
    if status == "same":
        return box._replace(role="io")
    words = [word.replace(" -> ", " → ") for pair in pairs for word in pair.changes]
    if status == "changed":
        words += _changed("with", [figures.net.nodes[i].layer.kind for pair, i in zip(pairs, part.nodes, strict=True)
                                   if pair.status == "added"])
        words += _changed("without", [each.rpartition(".")[2] for each in lost])
    cost = _cost(sum(pair.params for pair in pairs), sum(pair.macs for pair in pairs))
    lines = [_marked(figures, part, box, status), *(
        (Run(clip(word, 44), theme.COUNTS + 1),) for word in dict.fromkeys(words[:WORDS])),
        *([(Run(cost, theme.COUNTS, False, "muted"),)] if cost else [])]
    tooltip = "; ".join([f"{status}: {box.tooltip}", *words])
    return box._replace(role=status, lines=tuple(lines), tooltip=tooltip, circle=False,
                        dashed=status == "removed")


def _changed(word: str, names: Sequence[str]) -> list[str]:
    """``with 3 add, 1 conv``; nothing where there is nothing."""
    many = Counter(names)
    return [f"{word} {', '.join(f'{n} {name}' if n > 1 else name for name, n in many.items())}"] if many else []


def _marked(figures: Figures, part: Part, box: Box, status: str) -> Line:
    head = layer_lines(figures, part)[0] if box.circle else box.lines[0]
    return (Run(_MARKS[status], theme.NAME, True), head[0]._replace(text=f"\u00a0{head[0].text}"), *head[1:])


def _cost(params: int, macs: int) -> str:
    """A change's cost: ``+12.3 K params · −5.00 M MACs``."""
    said = [f"{'+' if n > 0 else '−'}{short(abs(n))} {word}" for n, word in ((params, "params"), (macs, "MACs")) if n]
    return " · ".join(said)


def _arrows(figures: Figures, parts: Sequence[Part], names: Sequence[str], inputs: Sequence[str],
            style: str) -> list[Arrow]:
    ends: dict[tuple[int, int], list[str]] = {}
    for node, a, b in links(figures.net, parts):
        ends.setdefault((a, b), []).append(figures.shape(node))
    return [Arrow(names[a] if a >= 0 else inputs[-1 - a], names[b], style, "", tensors(shapes))
            for (a, b), shapes in ends.items()]


def _homes(found: Differences, net: Net, parts: Sequence[Part], names: Sequence[str],
           inputs: Sequence[str]) -> dict[int, str]:
    """The box in which each node of the former network still is."""
    home = owners(net, parts)
    return {pair.a: names[home[pair.b]] if pair.b in home else inputs[pair.b] for pair in found.pairs
            if pair.a is not None and pair.b is not None}


def _former(then: Figures, old: Sequence[Part], gone: Sequence[Part], names: Sequence[str],
            homes: Mapping[int, str]) -> list[Arrow]:
    """Arrows to and from what was removed."""
    place = {part.main: name for part, name in zip(gone, names, strict=True)}
    found: dict[tuple[str, str], str] = {}
    for node, a, b in links(then.net, old):
        tail = place.get(old[a].main) if a >= 0 else None
        head = place.get(old[b].main)
        if tail or head:
            ends = tail or homes.get(node), head or homes.get(old[b].main)
            if all(ends) and ends[0] != ends[1]:
                found[str(ends[0]), str(ends[1])] = then.shape(node)
    return [Arrow(tail, head, "aux", "", shape) for (tail, head), shape in found.items()]


def _subtitle(figures: Figures, before: Net, found: Differences) -> str:
    then = Figures(before, Style(figures.style.layout))
    was, now = (f.headline.replace(" · ", ", ") for f in (then, figures))
    cost = _cost(found.params, found.macs).replace(" · ", ", ")
    return f"before: {was} · now: {now} · {_counted(found)} · in all {cost or 'the same cost'}"


def _counted(found: Differences) -> str:
    return ", ".join(f"{found.count(mark)} layers {mark}" for mark in ("added", "removed", "changed"))
