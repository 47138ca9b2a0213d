"""Diagrams as parts of a page: SVG whose colours follow the page, not only the reader's system."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from archcalc.diagrams import theme

if TYPE_CHECKING:
    from archcalc.diagrams.diagram import Diagram

DARK = ('[data-theme="dark"]', '[data-md-color-scheme="slate"]', '[data-bs-theme="dark"]',
        '[data-jp-theme-light="false"]')
"""Pages that are dark: Furo, pydata and others; Material and Zensical; Bootstrap; Jupyter."""
AUTO = ('[data-theme="auto"]',)
"""Pages that follow the reader's system; any other page is what its own ``color-scheme`` says."""


def inline_svg(diagram: Diagram, alt: str = "", prefix: str | None = None) -> str:
    """The picture as an SVG element for a page; theme ``auto`` has the page's colours.

    ``alt`` replaces what it says of itself; ``prefix`` that of its ids.
    """
    chosen = diagram.options
    wanted = chosen._replace(theme="light" if chosen.theme == "auto" else chosen.theme, id=prefix or chosen.id)
    made = diagram if wanted == chosen else type(diagram)(diagram.net, wanted, diagram.against)
    text = made.svg.replace("<svg ", '<svg style="max-width:100%;height:auto" ', 1).rstrip()
    if alt:
        text = re.sub(r'aria-labelledby="[^"]*"', f'aria-label="{html.escape(alt)}"', text, count=1)
    if chosen.theme != "auto":
        return text
    return text.replace("<title", style(text) + "<title", 1)


def style(svg: str) -> str:
    """The style element that gives a light picture both themes: a colour is ``light-dark()`` of the page's scheme."""
    name = svg.partition(' id="')[2].partition('"')[0]
    used = {word for found in re.findall(r' class="([^"]*)"', svg) for word in found.split()}
    rules = [rule for role, paint in theme.PAINTS.items() for rule in _rules(name, role, paint, used)]
    ink = theme.PAINTS["ink"]
    rules.append(f"#{name}{{fill:light-dark({ink.fill},{ink.dark_fill})}}")
    dark = ",".join(f"{page} #{name}" for page in DARK)
    system = ",".join(f"{page} #{name}" for page in AUTO)
    rules.append(f"{dark}{{color-scheme:dark}}")
    rules.append(f"@media (prefers-color-scheme:dark){{{system}{{color-scheme:dark}}}}")
    return f"<style>{''.join(rules)}</style>"


def _rules(name: str, role: str, paint: theme.Paint, used: set[str]) -> list[str]:
    fill, stroke = ((light, dark) for light, dark in zip(paint.of(False), paint.of(True), strict=True))
    found = []
    for suffix, what, (light, dark) in (("", "fill", fill), ("-s", "stroke", stroke), ("-h", "fill", stroke)):
        if role + suffix in used and light != dark:
            found.append(f"#{name} .{role}{suffix}{{{what}:light-dark({light},{dark})}}")
    return found
