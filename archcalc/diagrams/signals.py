"""The chart of propagations: what `archcalc signal` draws."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.diagrams.compose import Ids, slug
from archcalc.diagrams.depth import Series, depth_chart
from archcalc.diagrams.scene import Scene
from archcalc.diagrams.svg import Look, svg
from archcalc.propagation.propagate import Propagation
from archcalc.propagation.verdict import depths, verdict


def signal_scene(found: Sequence[Propagation], title: str = "") -> Scene:
    """Signals and gradients of one or more networks along depth, a line for each.

    Raises `UsageError` where there are more than a chart can tell apart, or no layers with weights.
    """
    nets, inits = (dict.fromkeys(names) for names in (
        (one.net.name for one in found), (one.scheme.name for one in found)))
    several = len(nets) > 1
    series = []
    for one in found:
        label = " · ".join([*([one.net.name] if several else []), *([one.scheme.name] if len(inits) > 1 or not several
                                                                   else [])])
        points = [(depth, (row.second_moment, row.gradient))
                  for row, depth in zip(one.rows, depths(one), strict=True) if row.weighted and depth]
        series.append(Series(label, points, str(verdict(one))))
    subtitle = " · ".join([*([f"init {found[0].scheme.name}"] if len(inits) == 1 else []),
                           "estimates at initialisation, for wide layers and large batches", "mean squares per element",
                           "logarithmic scales"])
    name = ", ".join(list(nets)[:4]) + (f" and {len(nets) - 4} more" if len(nets) > 4 else "")
    return depth_chart(series, title or name, subtitle, Ids(f"ac-signal-{slug(name)}"[:40]))


def signal_picture(found: Sequence[Propagation], form: str = "svg", look: Look | None = None) -> str | bytes:
    """The chart as svg (a text), png or pdf."""
    scene, look = signal_scene(found), look or Look()
    if form == "svg":
        return svg(scene, look)
    from archcalc.diagrams.raster import pdf, png

    return (png if form == "png" else pdf)(scene, look)
