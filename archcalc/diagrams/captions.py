"""The words around a drawing: subtitle, description and legend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from archcalc.analysis.shapes import calls
from archcalc.diagrams import theme
from archcalc.diagrams.drawing import Arrow, Box
from archcalc.diagrams.figures import Figures
from archcalc.diagrams.parts import Part
from archcalc.diagrams.text import clip, short_name
from archcalc.net import Net

NAMED = 2
"Layers that the subtitle names, where something is fused into few of a kind."


def subtitle(figures: Figures, parts: Sequence[Part], roomy: bool, heads: bool = False) -> str:
    """Totals, what is fused, and what the counts are; ``heads``: whether auxiliary heads are drawn."""
    pieces = [figures.headline]
    if figures.style.heat:
        pieces.append(figures.heat_words)
    elif not roomy and figures.style.counts == "both":
        pieces.append("in boxes: params, then MACs")
    if heads:
        pieces.append("totals without auxiliary heads")
    return " · ".join([*pieces, *fused_words([layer for part in parts for layer in part.layers()], figures.net)])


def fused_words(layers: Iterable[Part], net: Net) -> Iterator[str]:
    """What is fused into layers of a kind, each said once: ``relu after every conv and fc6``."""
    hosts: dict[str, int] = Counter()
    after: dict[tuple[str, str], dict[str, list[str]]] = {}
    for layer in layers:
        host = net.nodes[layer.main].layer.kind
        hosts[host] += 1
        for i in layer.nodes:
            if i != layer.main and not net.nodes[i].layer.reuse:
                where = "before" if i < layer.main else "after"
                found = after.setdefault((net.nodes[i].layer.kind, where), {})
                found.setdefault(host, []).append(short_name(layer.name))
    for (kind, where), by_host in after.items():
        said = [_hosts(host, list(dict.fromkeys(names)), len(names), hosts[host]) for host, names in by_host.items()]
        yield clip(f"{kind} {where} {' and '.join(said)}".replace("_", " "), 200)


def _hosts(host: str, names: Sequence[str], n: int, of: int) -> str:
    if n >= of > 1:
        return f"every {host}"
    return " and ".join(names) if n <= NAMED else f"{n} of {of} {host}"


def description(figures: Figures, parts: Sequence[Part]) -> str:
    """One sentence for those who cannot see the picture."""
    totals = figures.totals
    return (f"Layer graph of {clip(figures.net.name, 80)}: {len(parts)} parts from "
            f"{' and '.join(figures.shape(i) for i in range(figures.net.n_inputs))} to "
            f"{' and '.join(figures.shape(i) for i in figures.net.outputs)}, {totals.layers:,} layers, "
            f"{totals.params:,} parameters, {totals.macs:,} MACs.")


def legend(boxes: Sequence[Box], arrows: Sequence[Arrow], figures: Figures) -> tuple[str, ...]:
    """Roles that occur, in the order of the theme; then kinds of arrows."""
    if not figures.style.legend:
        return ()
    if figures.style.heat:
        return tuple(f"heat{i}" for i in range(len(theme.RAMP)))
    roles = {box.role for box in boxes}
    styles = {arrow.style for arrow in arrows}
    if "fc" in roles and any(call.layer.family == "fc" and len(call.products) != 1 for call in calls(figures.net)):
        roles = {*roles, "products"} - {"fc"}
    return tuple([role for role in theme.FAMILY_WORDS if role in roles and role != "io"]
                 + [style for style in ("shortcut", "projection", "cross", "aux") if style in styles])

