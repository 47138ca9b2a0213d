"""A network over several devices: a tower for each, and what crosses between them."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.analysis.placement import Spread, shares, spread
from archcalc.diagrams import theme
from archcalc.diagrams.captions import description, legend, subtitle
from archcalc.diagrams.compose import Ids, input_box, layer_lines, part_box
from archcalc.diagrams.drawing import Arrow, Box, Drawing, Group, Run
from archcalc.diagrams.figures import Figures
from archcalc.diagrams.parts import Part, owners
from archcalc.diagrams.text import clip
from archcalc.diagrams.wiring import Wiring, wiring
from archcalc.spec.sections import Placement


def towers(figures: Figures, parts: Sequence[Part], ids: Ids, placed: Placement) -> Drawing:
    """The drawing: layers once a device that has a share of them, the inputs and the output once."""
    net = figures.net
    held = shares(net, placed.devices, placed.split is not None, placed.layers)
    crossing = spread(net, placed.devices, placed.split is not None, placed.layers)
    wires = wiring(net, parts)
    names = [{d: ids(f"{part.name}-{d}") for d in range(placed.devices) if held[part.main][d]} for part in parts]
    inputs = [ids(node.name) for node in net.inputs]
    boxes = [input_box(figures, i, name) for i, name in enumerate(inputs)]
    for part, places in zip(parts, names, strict=True):
        boxes += [_box(figures, part, name, d, held[part.main][d].denominator) for d, name in places.items()]
    arrows = _arrows(figures, parts, wires, names, inputs, crossing)
    ends = [k for k, part in enumerate(parts) if not set(part.nodes).isdisjoint(net.outputs)]
    for k in ends:
        name = ids("output")
        boxes.append(Box(name, ((Run("output", theme.NAME, True), Run(f"\u00a0{figures.shape(parts[k].nodes[-1])}",
                                                                      theme.SPEC)),), "io", "output"))
        arrows += [Arrow(tail, name) for tail in names[k].values()]
    groups = [Group(ids(f"device-{d}"), f"GPU {d}", tuple(places[d] for places in names if d in places),
                    f"GPU {d}: {device.params:,} params, {device.macs:,} MACs, {device.peak:,} bytes at the peak",
                    right=0 < d == placed.devices - 1) for d, device in enumerate(crossing.devices)]
    words = f"{subtitle(figures, parts, True, bool(wires.aux))} · numbers in boxes are of one GPU"
    return Drawing(ids.prefix, clip(net.name, 80), words, description(figures, parts), tuple(boxes), tuple(arrows),
                   tuple(groups), legend(boxes, arrows, figures))


def _box(figures: Figures, part: Part, name: str, device: int, share: int) -> Box:
    """A part's box with a device's share of its filters, parameters and MACs."""
    box = part_box(figures, part, name, False, False, True, share)
    counts = figures.counts(figures.params(part) // share, figures.macs(part) // share, True)
    lines = [*_split(figures, part, share), *box.lines[1:]]
    if counts and not figures.style.heat and len(lines) > 1:
        lines[1] = (lines[1][0]._replace(text=counts),)
    tooltip = f"GPU {device}, 1/{share} of {box.tooltip}" if share > 1 else box.tooltip
    return box._replace(lines=tuple(lines), tooltip=tooltip,
                        role="conv" if box.role == "dwconv" else box.role)


def _split(figures: Figures, part: Part, share: int) -> list[tuple[Run, ...]]:
    """The first line, with a share of the filters and without the groups that become devices."""
    layer = figures.net.nodes[part.main].layer
    main = layer.main and getattr(layer, layer.main)
    fields = {}
    if isinstance(main, int) and layer.main in ("filters", "features") and main % share == 0:
        fields[layer.main] = main // share
    if getattr(layer, "groups", 1) % share == 0 and "groups" in type(layer).model_fields:
        fields["groups"] = layer.groups // share  # type: ignore[attr-defined]
    label = layer.model_copy(update=fields).label()
    lines = layer_lines(figures, part)
    return [(lines[0][0], *(run._replace(text=f"\u00a0{clip(label)}") for run in lines[0][1:]))]


def _arrows(figures: Figures, parts: Sequence[Part], wires: Wiring, names: Sequence[dict[int, str]],
            inputs: Sequence[str], crossing: Spread) -> list[Arrow]:
    owner = owners(figures.net, parts)
    index = figures.net.index
    crosses = {(owner.get(index[c.source], -1), owner[index[c.layer]]): c.bytes for c in crossing.crossings}
    crosses |= {(a, b): crosses[b, b] for _, a, b in wires.links if (b, b) in crosses}      # within a part
    found = []
    for node, a, b in wires.links:
        for d, head in names[b].items():
            if a < 0:
                found.append(Arrow(inputs[-1 - a], head, "data", "", figures.shape(node)))
                continue
            for e, tail in names[a].items():
                if d == e:
                    label = figures.share_of(node, len(names[a])) if figures.style.shapes == "edges" else ""
                    found.append(Arrow(tail, head, "data", label, figures.shape(node)))
                elif (a, b) in crosses:
                    found.append(Arrow(tail, head, "cross", "", f"{crosses[a, b]:,} bytes cross in a forward pass"))
    return found
