"""The numbers behind the story's charts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from math import log10
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docs._pages.story.charts import CHARTS

if TYPE_CHECKING:
    from archcalc.propagation.propagate import Propagation
    from archcalc.reports.paths import Told

FOLDER = Path(__file__).resolve().parents[2] / "story"


@cache
def propagation(key: str) -> Propagation:
    """The propagation of a spec under an initialisation."""
    import archcalc

    spec, init = key.split(" ")
    return archcalc.signal(str(FOLDER / spec) if ".yaml" in spec else spec, init)


def numbers() -> dict[str, Any]:
    """What the page says of each line of each chart, worked out now."""
    keys = dict.fromkeys(key for chart in CHARTS.values() for key in chart.keys)
    return {key: _line(propagation(key)) | _paths(propagation(key)) for key in keys}


def _line(found: Propagation) -> dict[str, Any]:
    """Changes from end to end as log₁₀, the gradient's for a layer between the ends, and what inputs have in common."""
    from archcalc.propagation.verdict import depths, verdict

    said = verdict(found)
    inner = [i for i, depth in enumerate(depths(found)) if found.rows[i].weighted and depth][1:-1]
    first, last = (log10(found.rows[i].gradient_norm) for i in (inner[0], inner[-1]))
    end = found.signals[_normalized(found, inner[-1])]
    common = end.grid.mean([end.cross[k] for k in end.grid.diagonal]) / end.second_moment
    return {"name": found.net.name, "layers": said.gradient.layers, "signal": _digits(said.signal.exponent),
            "gradient": _digits(said.gradient.exponent), "scale": _digits(min(said.gradient.scale, 1e9)),
            "step": _digits((first - last) / (len(inner) - 1)), "common": round(common, 6)}


def _normalized(found: Propagation, i: int) -> int:
    """The normalization that reads a layer, or the layer itself."""
    return next((k for k, node in enumerate(found.net.nodes) if node.inputs == (i,) and
                 found.calls[k].layer.family == "norm"), i)


def _paths(found: Propagation) -> dict[str, Any]:
    """Number and lengths of paths, exact, and the lengths that carry the gradient."""
    from fractions import Fraction

    from archcalc.analysis.paths import middle
    from archcalc.reports.paths import count_text

    paths, shares, _ = told(found)
    return {"paths": count_text(paths.count), "mean": _digits(float(paths.lengths.mean)),
            "middle": paths.lengths.within(), "carrying": middle(shares or {}, Fraction(95, 100)),
            "carried": _digits(sum(n * share for n, share in (shares or {}).items()))}


def told(found: Propagation) -> Told:
    """A network's paths, with the share of the gradient that each length carries."""
    from archcalc.analysis.paths import paths
    from archcalc.propagation.shares import carried
    from archcalc.reports.paths import Told

    ends = {i: float(found.calls[i].out.size) for i in found.net.outputs}
    return Told(paths(found.net), carried(paths(found.net), found.gains, ends), found.scheme.name)


def listing() -> str:
    """The paths of ResNet-110 as ``archcalc paths resnet110 --init he`` prints them."""
    from archcalc.reports.paths import table

    return table(told(propagation("resnet110 he")))


def _digits(value: float) -> float:
    return float(f"{value:.6g}")


def as_json(found: Mapping[str, Any]) -> str:
    """The numbers as the file has them."""
    lines = (f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in found.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def known() -> dict[str, Any]:
    """The numbers of the file, none where there is no file yet."""
    path = FOLDER / "numbers.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}
