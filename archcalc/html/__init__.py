"""Reports as HTML: one file with the diagram, the layers, their arithmetic, charts, claims and findings."""

from archcalc.html.page import page

__all__ = ["page"]
