"""The library's diagrams: from a network to pictures in every format."""

from __future__ import annotations

import os
from functools import cached_property
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from archcalc.api import loaded
from archcalc.diagrams.figures import Figures, Style
from archcalc.diagrams.options import Options, options
from archcalc.errors import ArchcalcError, UsageError
from archcalc.net import Net

if TYPE_CHECKING:
    from archcalc.diagrams.forms import Drawn
    from archcalc.diagrams.scene import Scene
    from archcalc.diagrams.svg import Look

SUFFIXES = {".svg": "svg", ".png": "png", ".pdf": "pdf", ".dot": "dot", ".gv": "dot", ".mmd": "mmd"}
"Formats by the suffix of a file."


class Diagram:
    """A picture of a network: ``svg``, ``dot`` and ``mermaid`` as texts, ``png()`` and ``pdf()`` as bytes.

    Nothing is laid out before it is asked for.  Raises `Unavailable` where a layout engine is needed
    and none is there.
    """

    def __init__(self, net: Net, chosen: Options, against: Net | None = None) -> None:
        self.options = chosen
        drawn = net.in_mode("train") if chosen.heads else net
        self.net, self.against = drawn, against
        self.figures = Figures(drawn, Style(chosen.layout, chosen.counts, chosen.shapes, chosen.heat, chosen.local,
                                           chosen.legend))

    @cached_property
    def _drawn(self) -> Drawn:
        from archcalc.diagrams.forms import draw, draw_difference

        if self.against is not None:
            return draw_difference(self.figures, self.against.in_mode(self.net.mode), self.options)
        return draw(self.figures, self.options)

    @property
    def form(self) -> str:
        """The form it has."""
        return self._drawn.form

    @property
    def note(self) -> str:
        """What was left together because it was too much for one picture; empty if all is there."""
        return self._drawn.note

    @cached_property
    def scene(self) -> Scene:
        """The picture with places, in pixels."""
        return self._drawn.scene()

    @property
    def _look(self) -> Look:
        from archcalc.diagrams.svg import Look

        return Look(self.options.theme, self.options.paper, self.options.link)

    @cached_property
    def svg(self) -> str:
        """An SVG element, which can be a file or stand inside a page."""
        from archcalc.diagrams.svg import svg

        return svg(self.scene, self._look)

    @property
    def dot(self) -> str:
        """The layer graph as DOT, for any Graphviz."""
        from archcalc.diagrams.dot import dot

        return dot(self._graph("DOT"), dark=self.options.theme == "dark", rankdir=self.options.rankdir)

    @property
    def mermaid(self) -> str:
        """The layer graph as a Mermaid flowchart."""
        from archcalc.diagrams.mermaid import mermaid

        return mermaid(self._graph("Mermaid"))

    def _graph(self, what: str) -> Any:
        if self._drawn.drawing is None:
            raise UsageError(f"form '{self.form}' is no graph, so there is no {what} of it; use svg, png or pdf")
        return self._drawn.drawing

    def png(self) -> bytes:
        """The picture as PNG, two pixels for one of the SVG; the automatic theme is light."""
        from archcalc.diagrams.raster import png

        return png(self.scene, self._look, self.options.engine)

    def pdf(self) -> bytes:
        """The picture as PDF; the automatic theme is light."""
        from archcalc.diagrams.raster import pdf

        return pdf(self.scene, self._look, self.options.engine)

    def render(self, form: str) -> str | bytes:
        """The picture in a format: svg, png, pdf, dot or mmd."""
        if form in ("png", "pdf"):
            return self.png() if form == "png" else self.pdf()
        text: str = getattr(self, "mermaid" if form == "mmd" else form)
        return text

    def save(self, path: str | PathLike[str]) -> None:
        """Write the picture in the format of the path's suffix; the file is whole or not there."""
        from archcalc.files import write_file

        write_file(fspath(path), self.render(format_of(fspath(path))))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from zlib import crc32

        from archcalc.diagrams.inline import inline_svg
        from archcalc.reports.html_tables import scrolling

        try:
            prefix = self.options.id or f"{self.scene.id}-{crc32(self.svg.encode()):08x}"
            return {"text/plain": repr(self), "image/svg+xml": self.svg,
                    "text/html": scrolling(inline_svg(self, prefix=prefix))}
        except ArchcalcError as error:
            return {"text/plain": f"<Diagram of {self.net.name}: {error}>"}

    def __repr__(self) -> str:
        return f"<Diagram of {self.net.name}: {self.form}>"


def diagram(net: Net | str | PathLike[str], *, against: Net | str | PathLike[str] | None = None,
            **given: Any) -> Diagram:
    """The diagram of a network, or of the spec of that path or name.

    Options: ``form`` (auto, layers, cards, snake, folded, blocks, volume, field, bars), ``fold``, ``depth``,
    ``max_nodes``, ``expand`` (names of blocks), ``heads``, ``heat`` (params, macs, memory, field), ``shapes``,
    ``counts``, ``layout``, ``rankdir``, ``theme``, ``paper``, ``link``, ``id``, ``engine``, ``local``,
    ``columns`` (of bars) and ``layers`` (of the field picture).  ``against`` marks what differs from another
    network.

    >>> diagram("vgg16").form
    'cards'
    """
    return Diagram(loaded(net), options(**given), None if against is None else loaded(against))


def format_of(path: str) -> str:
    """The format that a file's suffix tells."""
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{path}: the format cannot be told from the suffix '{suffix}'; use {', '.join(SUFFIXES)}")
    return SUFFIXES[suffix]
