"""The documentation as a site: ``sphinx-build -W -n -j auto docs build/site`` (pip install '.[docs]').

The pages are Markdown that reads well without Sphinx too.  What a site needs besides, a table of contents, is here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import archcalc

HERE = Path(__file__).resolve().parent

project = "archcalc"
author = copyright = "The archcalc authors"
version = release = archcalc.__version__
extensions = ["myst_parser", "archcalc.integrations.sphinx"]
exclude_patterns = ["_pages", "_build", "README.md"]
myst_heading_anchors = 4
nitpicky = True
html_theme = "furo"
html_title = "archcalc"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_extra_path: list[str] = []
html_copy_source = False
html_theme_options = {"sidebar_hide_name": False}

CONTENTS = {
    "Begin here": ["tutorial", "story"],
    "How to": ["diagrams", "html", "analyses", "signal", "paths", "deconvnet", "comparing", "checks", "importing",
               "exporting", "integrations", "library"],
    "Reference": ["language", "kinds", "conventions", "cli", "lint"],
    "The networks": ["gallery", "audit", "counting", "verification", "signal-measured",
                     "import-coverage"],
    "The project": ["contributing", "decisions/*"],
}
"""Pages by section; those of no section come under the last, so that a new page is never lost."""


def contents() -> str:
    """The tables of contents in MyST."""
    listed = {name for names in CONTENTS.values() for name in names} | {"index"}
    there = {path.relative_to(HERE).with_suffix("").as_posix() for path in HERE.glob("*.md")}
    sections = {caption: [name for name in names if name in there or "*" in name]
                for caption, names in CONTENTS.items()}
    sections["The project"][:0] = sorted(there - listed)
    return "".join(f"\n```{{toctree}}\n:caption: {caption}\n:hidden:\n:glob:\n\n{chr(10).join(names)}\n```\n"
                   for caption, names in sections.items() if names)


def _on_read(app: Any, name: str, source: list[str]) -> None:
    """Add the tables of contents to the first page."""
    if name == "index":
        source[0] += contents()


def setup(app: Any) -> None:
    """Connect what adds the contents."""
    app.connect("source-read", _on_read)
