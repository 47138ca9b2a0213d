"""Fences of Markdown for MkDocs, Material and Zensical: ``archcalc-report``, ``-diagram``, ``-explain``, ``-audit``,
``-compare``, as custom fences of ``pymdownx.superfences``; no plugin.

    markdown_extensions:
      - pymdownx.superfences:
          custom_fences:
            - name: archcalc-diagram
              class: archcalc
              format: !!python/name:archcalc.integrations.superfences.fence
              validator: !!python/name:archcalc.integrations.superfences.options
"""

from __future__ import annotations

import html
import logging
from pathlib import Path
from typing import Any

from archcalc.diagrams.inline import inline_svg
from archcalc.errors import ArchcalcError, UsageError
from archcalc.integrations import content
from archcalc.integrations.request import OPTIONS, Place, Request, identified, one_of, request, said
from archcalc.reports.html_tables import blocks, to_html
from archcalc.words import listed

logger = logging.getLogger("mkdocs.plugins.archcalc")
"""MkDocs counts what is logged below ``mkdocs``: with ``--strict`` a warning fails the build."""

FIGURE = ("alt", "align", "caption", "name", "class")
"""Options of a figure, as Sphinx's directives have them; the others are of what is shown."""
ALIGN = {"left": "", "center": ";text-align:center", "right": ";text-align:right"}
PREFIX = "archcalc-"


def options(language: str, inputs: dict[str, str], given: dict[str, Any], attrs: dict[str, str], md: Any) -> bool:
    """Take all options of a fence; what is wrong with them is said when it is made. A validator of superfences."""
    given |= inputs
    return True


def fence(source: str, language: str, css_class: str, given: dict[str, Any], md: Any, *,
          classes: list[str] | None = None, id_value: str = "", attrs: dict[str, str] | None = None,
          stop: bool = False, **rest: Any) -> str:
    """The HTML of a fence. A format function of superfences."""
    given = {**(attrs or {}), **given}
    figure = {key: given.pop(key) for key in FIGURE if key in given}
    kinds = " ".join(filter(None, [css_class, language, *(classes or ()), figure.get("class", "")]))
    name = id_value or figure.get("name", "")
    place = _place(md, language, source)
    try:
        inner = _made(_asked(language.removeprefix(PREFIX), source, given, place), figure, md)
    except ArchcalcError as error:
        message, line = said(error, place, place.line - 1)
        if stop:
            from pymdownx.superfences import SuperFencesException  # type: ignore[import-not-found,import-untyped,unused-ignore]

            raise SuperFencesException(f"{place.file}:{line}: {message}") from None
        logger.warning("%s:%d: %s", place.file, line, message)
        inner = f"<pre><code>{html.escape(message)}</code></pre>"
        kinds += " archcalc-error"
    anchor = f' id="{html.escape(name)}"' if name else ""
    return f'<div class="{html.escape(kinds)}"{anchor}>{inner}</div>'


def strict(source: str, language: str, css_class: str, given: dict[str, Any], md: Any, **rest: Any) -> str:
    """As `fence`, but a mistake stops the build, with the file and line."""
    return fence(source, language, css_class, given, md, **rest, stop=True)


def _asked(what: str, source: str, given: dict[str, Any], place: Place) -> Request:
    """The request: a body with a colon is a spec, else it names some, as do ``spec`` and words alone."""
    if what not in OPTIONS:
        raise UsageError(f"a fence is called {listed(PREFIX + name for name in OPTIONS)}, found '{what}'")
    is_spec = any(": " in line or line.rstrip().endswith(":") for line in source.splitlines())
    named = [] if is_spec else source.split()
    named += str(given.pop("spec", "")).split()
    alone = [key for key, value in given.items() if value == key and key not in OPTIONS[what]
             and key.replace("_", "-") not in OPTIONS[what]]
    return request(what, (*alone, *named), source if is_spec else "",
                   {key: str(value) for key, value in given.items() if key not in alone}, place)


def _made(asked: Request, figure: dict[str, str], md: Any) -> str:
    caption = figure.get("caption", "")
    align = one_of(*ALIGN)("align", figure.get("align", "left"))
    if asked.what != "diagram":
        return to_html(blocks(content.markdown(asked)), caption=caption)
    md.archcalc_serial = getattr(md, "archcalc_serial", 0) + 1
    asked = identified(asked, asked.place.file.stem, md.archcalc_serial)
    svg = inline_svg(content.diagram(asked), figure.get("alt", ""))
    said_below = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
    return f'<figure style="overflow-x:auto;margin:1em 0;width:auto{ALIGN[align]}">{svg}{said_below}</figure>'


# ── where a fence stands ──


def _place(md: Any, language: str, source: str) -> Place:
    """The page's file, as MkDocs or Zensical tell it, and the line at which the body begins, found by its text."""
    file, root = _file(md)
    try:
        text = file.read_text("utf-8") if file.is_file() else ""
    except (OSError, ValueError):
        text = ""
    return Place(file, _line(text, language, source), root)


def _file(md: Any) -> tuple[Path, Path | None]:
    page = getattr(next((p for p in getattr(md, "treeprocessors", ()) if hasattr(p, "files")), None), "file", None)
    if page is not None and getattr(page, "abs_src_path", None):
        path = Path(page.abs_src_path)
        return path, path.parents[len(Path(page.src_uri).parts) - 1]
    context = next((p for p in getattr(md, "preprocessors", ()) if hasattr(p, "page") and hasattr(p, "config")), None)
    if context is not None:
        root = Path(context.config.get("docs_dir") or "docs")
        return root / context.page.path, root
    return Path.cwd() / "page.md", Path.cwd()


def _line(text: str, language: str, source: str) -> int:
    """The line after the opening of the fence that holds a text."""
    lines = text.splitlines()
    body = [line.strip() for line in source.splitlines()]
    for i, line in enumerate(lines):
        if line.lstrip("> \t").startswith(("```", "~~~")) and language in line:
            inside = [other.lstrip("> \t").strip() for other in lines[i + 1:i + 1 + len(body)]]
            if inside == body:
                return i + 2
    return 1
