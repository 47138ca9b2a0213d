"""Sphinx extension: reports, diagrams, explanations, audits and comparisons in pages, and numbers in sentences.

    extensions = ["archcalc.integrations.sphinx"]

A page is built anew when a file changes that its specs are made of.  Mistakes are warnings (of type
``archcalc``) at their line of the document.
"""

# mypy: disable-error-code="import-not-found, import-untyped, misc"

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from archcalc import __version__
from archcalc.errors import ArchcalcError
from archcalc.integrations import content, docnodes
from archcalc.integrations.number import number, reference_of
from archcalc.integrations.request import OPTIONS, Place, Request, identified, request, said
from archcalc.integrations.sources import sources

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)


class Content(SphinxDirective):
    """What all directives share: a spec that is named or stands in the body, and the options of figures."""

    what: ClassVar[str]
    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    own: ClassVar[dict[str, Any]] = {"align": lambda text: directives.choice(text, ("left", "center", "right")),
                                     "caption": directives.unchanged, "name": directives.unchanged,
                                     "class": directives.class_option, "alt": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """The nodes, or the message of a mistake."""
        place = self.place()
        try:
            asked = self.request(place)
            _note(self.env, sources(asked))
            found = self.made(asked)
        except ArchcalcError as error:
            file, start = self.get_source_info()
            message, line = said(error, place, start)
            logger.warning("%s", message, location=f"{file}:{line}", type="archcalc", subtype=self.what)
            return [nodes.literal_block(message, message, classes=["archcalc-error"], language="none")]
        for node in found:
            self.set_source_info(node)
        return found

    def place(self) -> Place:
        """Where the body begins; where there is none, where the directive does."""
        file, line = self.get_source_info()
        offset = self.content.items[0][1] if self.content else None
        if offset is not None:      # MyST counts from the directive, docutils from the beginning of the file
            line = offset + 1 if offset >= line else line + self.content_offset + 1
        return Place(Path(file), line, Path(self.env.srcdir))

    def request(self, place: Place) -> Request:
        """What is asked for. Raises `ArchcalcError`."""
        named = tuple(self.arguments[0].split()) if self.arguments else ()
        text = "\n".join(self.content)
        options = {name: value or "" for name, value in self.options.items() if name not in self.own}
        return request(self.what, named, text, options, place)

    def made(self, asked: Request) -> list[nodes.Node]:
        """The nodes of a request. Raises `ArchcalcError`."""
        caption = self.options.get("caption", "")
        inline, messages = self.parse_inline(caption) if caption else ([], [])
        found = docnodes.of_markdown(content.markdown(asked), inline)
        box = nodes.container("", *found, classes=["archcalc", f"archcalc-{self.what}", *self.options.get("class", ())])
        tables = list(box.findall(nodes.table))
        for table in tables:
            if "align" in self.options:
                table["align"] = self.options["align"]
        self.add_name(tables[0] if tables else box)
        return [box, *messages]


class Figure(Content):
    """`archcalc-diagram`: the picture of a network."""

    what = "diagram"

    def made(self, asked: Request) -> list[nodes.Node]:
        """A picture, in a figure if it has a caption."""
        asked = identified(asked, self.env.docname, self.env.new_serialno("archcalc"))
        content.diagram(asked)
        node = docnodes.archcalc_diagram("", asked=asked, alt=self.options.get("alt", ""),
                                         classes=self.options.get("class", []))
        if "align" in self.options:
            node["align"] = self.options["align"]
        caption = self.options.get("caption")
        if caption is None:
            self.add_name(node)
            return [node]
        inline, messages = self.parse_inline(caption)
        figure = nodes.figure("", node, nodes.caption(caption, "", *inline, *messages))
        if "align" in self.options:
            figure["align"] = node.attributes.pop("align")
        self.add_name(figure)
        return [figure]


class Number(SphinxRole):
    """`archcalc`: a number in a sentence."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The number as text."""
        file, line = self.get_source_info()
        place = Place(Path(file), line, Path(self.env.srcdir))
        try:
            _note(self.env, sources(Request("report", (reference_of(self.text),), "", {}, place)))
            return [nodes.inline(self.text, number(self.text, place), classes=["archcalc-number"])], []
        except ArchcalcError as error:
            logger.warning("%s", error, location=(self.env.docname, line), type="archcalc", subtype="number")
            return [nodes.problematic(self.rawtext, self.rawtext)], []


def _note(env: BuildEnvironment, files: set[Path]) -> None:
    for path in sorted(files):
        env.note_dependency(str(path))


def _directives() -> Iterator[type[Content]]:
    for what, options in OPTIONS.items():
        base = Figure if what == "diagram" else Content
        known = {**base.own, **dict.fromkeys(options, directives.unchanged)}
        yield type(f"Archcalc{what.capitalize()}", (base,), {"what": what, "option_spec": known})


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directives, the role, and the node of pictures. A page's numbers are those of one version."""
    for directive in _directives():
        app.add_directive(f"archcalc-{directive.what}", directive)
    app.add_role("archcalc", Number())
    docnodes.setup(app)
    return {"version": __version__, "env_version": zlib.crc32(__version__.encode()),
            "parallel_read_safe": True, "parallel_write_safe": True}
