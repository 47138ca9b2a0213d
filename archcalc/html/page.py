"""The page: one file that holds everything, needs no network and runs no other script than its own."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from archcalc.comparison.side_by_side import Comparison
from archcalc.comparison.totals import compared
from archcalc.comparison.totals_text import ratio_text
from archcalc.diagrams import theme
from archcalc.diagrams.diagram import Diagram
from archcalc.diagrams.options import options
from archcalc.diagrams.text import clean, clip
from archcalc.html import sections
from archcalc.html.data import as_script, network_data
from archcalc.reports.columns import shape_text
from archcalc.reports.model import CONVENTION, Numbers, count_note

if TYPE_CHECKING:
    import jinja2

SCRIPTS = ("copy.js", "tree.js", "table.js", "diagram.js", "profile.js", "details.js", "page.js")
LIVE = "live.js"
EARLY = "theme.js"
"""What runs before anything is drawn."""


def page(reports: Sequence[Numbers], *, columns: Sequence[str] = (), layout: str = "chw", depth: int | None = None,
         live: str = "") -> str:
    """The page of one network, or of several side by side.

    ``columns`` chooses those of the table, ``depth`` is how many levels of blocks are unfolded at first; ``live``
    is for `archcalc serve`: the page's version, with which it listens to its server.  The same reports give the
    same bytes.  Raises `UsageError` for an unknown column, `SpecError` at a claim that makes no sense.
    """
    scripts = [_static(name) for name in (*SCRIPTS, *((LIVE,) if live else ()))]
    script = "\n".join(["'use strict';", "(() => {", *scripts, "start();", *(["listen();"] if live else []), "})();"])
    networks = [_network(k, report, columns, layout) for k, report in enumerate(reports)]
    comparison = Comparison(*compared(*reports)) if len(reports) > 1 else None
    data = {"schema": "page/1", "depth": depth, "networks": [network.pop("data") for network in networks],
            "comparison": None if comparison is None else {"csv": comparison.to_csv(), "json": comparison.to_json(),
                                                           "markdown": comparison.to_markdown()}}
    style, early = _style(), _static(EARLY)
    return _environment().get_template("page.html.j2").render(
        title=", ".join(network["name"] for network in networks) or "archcalc", networks=networks,
        comparison=None if comparison is None else _comparison(comparison, layout), convention=CONVENTION,
        policy=_policy(style, early, script, live), style=_markup(style), early=_markup(early),
        script=_markup(script), data=_markup(as_script(data)), live=live)


def _environment() -> jinja2.Environment:
    import jinja2

    made = jinja2.Environment(loader=jinja2.PackageLoader("archcalc.html"), autoescape=True, trim_blocks=True,
                              lstrip_blocks=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    made.filters["shown"] = clean
    return made


def _markup(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)


def _static(name: str) -> str:
    return (files("archcalc.html") / "static" / name).read_text("utf-8")


def _policy(style: str, early: str, script: str, live: str) -> str:
    """The content security policy: nothing but the styles and scripts that are meant."""
    parts = ["default-src 'none'", f"style-src '{_hash(style)}'", f"script-src '{_hash(early)}' '{_hash(script)}'",
             *(["connect-src 'self'"] if live else []), "base-uri 'none'", "form-action 'none'"]
    return "; ".join(parts)


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _style() -> str:
    """The style sheet, with the colours of diagrams in both themes."""
    inside, bars = [f"fill:light-dark({theme.PAINTS['ink'].fill},{theme.PAINTS['ink'].dark_fill});"], []
    for role, paint in theme.PAINTS.items():
        fill, stroke = (f"light-dark({light},{dark})"
                        for light, dark in zip(paint.of(False), paint.of(True), strict=True))
        if paint.fill != "none":
            inside.append(f".{role}{{fill:{fill}}}")
        if paint.stroke != "none":
            inside.append(f".{role}-s{{stroke:{stroke}}}.{role}-h{{fill:{stroke}}}")
            bars.append(f".bar-{role}{{fill:{stroke}}}")
    return f"{_static('page.css')}svg.archcalc{{{''.join(inside)}}}\n{''.join(bars)}\n"


def _network(k: int, report: Numbers, columns: Sequence[str], layout: str) -> dict[str, Any]:
    """What the template shows of a network, and its data for the script."""
    diagram = Diagram(report.net, options(id=f"d{k}", theme="light", paper=False, layout=layout, local=report.local))
    charts, stretches = sections.profile(report)
    alive, more = sections.alive_rows(report)
    return {
        "data": network_data(report, diagram, columns, layout),
        "name": clean(report.net.name), "spec": clean(report.net.spec), "paper": sections.paper(report),
        "subtitle": sections.subtitle(report, layout), "figures": sections.figures(report),
        "diagram": _markup(diagram.svg), "note": clean(diagram.note), "layers": len(report),
        "charts": charts, "stretches": stretches,
        "memory": sections.memory_rows(report), "training": sections.training(report), "alive": alive, "more": more,
        "peak": clip(report.memory.peak.layer), "bytes": sections.conditions(report),
        "claims": sections.claims(report), "findings": sections.findings(report), "count": count_note(report),
    }


def _comparison(found: Comparison, layout: str) -> list[tuple[str, list[tuple[str, str, bool, float]]]]:
    """Rows of the comparison: a heading; for each network a value, what stands below it, whether it is least, a share.

    The share is that of the largest value in the row.
    """
    rows = [("input", [(", ".join(shape_text(x, layout) for x in r.inputs.values()), "", False, 0.0)
                       for r in found.reports])]
    for quantity in found.quantities:
        figures = found.totals[quantity.key]
        shares = _shares([f.value for f in figures])
        rows.append((quantity.head, [(f"{f.value:,}", ratio_text(f.ratio) if k else "", f.best, share)
                                     for k, (f, share) in enumerate(zip(figures, shares, strict=True))]))
    for scale, stages in found.stages.items():
        shares = _shares([s.totals.macs if s is not None else 0 for s in stages])
        rows.append((scale, [("–", "", False, 0.0) if s is None else
                             (shape_text(s.last, layout), f"{s.totals.macs:,} MACs", False, share)
                             for s, share in zip(stages, shares, strict=True)]))
    return rows


def _shares(values: Sequence[int]) -> list[float]:
    most = max(values, default=0) or 1
    return [value / most for value in values]
