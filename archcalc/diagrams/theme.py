"""Colours and sizes of pictures. Contrast (WCAG 2.1): ink on every fill at least 9.5, muted at least 5."""

from __future__ import annotations

from typing import NamedTuple

FONT = "Arial"
"The font of DOT and of PNG and PDF; one bare name, since layout engines know the metrics of few."
FONT_STACK = "Arial,'Helvetica Neue',Helvetica,'Liberation Sans',Arimo,sans-serif"
"Fonts of one width, for SVG."

TITLE, SUBTITLE, LEGEND, NAME, SPEC, COUNTS, EDGE, GROUP = 14, 9, 8, 11, 10, 8, 8, 10
"Sizes of text."
NARROW = 340
"The least width of a title block."
WIDTH, HEIGHT = 760, 1200
"The most that a picture may measure, unless all layers are asked for."


class Paint(NamedTuple):
    """Fill and stroke, in light and in dark."""

    fill: str
    stroke: str
    dark_fill: str
    dark_stroke: str

    def of(self, dark: bool) -> tuple[str, str]:
        """Fill and stroke of one theme."""
        return (self.dark_fill, self.dark_stroke) if dark else (self.fill, self.stroke)


PAINTS = {
    "io": Paint("#f1f5f9", "#64748b", "#273140", "#94a3b8"),
    "conv": Paint("#dbeafe", "#1d5fa8", "#163a5f", "#6fb1f0"),
    "dwconv": Paint("#cff1f9", "#0b7a99", "#0d3f4e", "#56c8e3"),
    "pool": Paint("#ffe8d6", "#c2500a", "#52290f", "#f59e5b"),
    "norm": Paint("#f3e3f5", "#8a4b9c", "#40234a", "#cf97de"),
    "act": Paint("#fef6cf", "#94780a", "#453a0c", "#e6cc55"),
    "fc": Paint("#d5f3e5", "#0a7a5a", "#0e4234", "#4fd0a5"),
    "merge": Paint("#fffffe", "#334155", "#1b2430", "#cbd5e1"),
    "shape": Paint("#e9edf2", "#52606d", "#202a36", "#a9b6c4"),
    "block": Paint("#e3e6fb", "#4a4fb5", "#272a5c", "#a3a8f7"),
    "head": Paint("#fde4ea", "#b0305c", "#4d1a2c", "#f08bab"),
    "group": Paint("#f8fafc", "#b6c2cf", "#161e29", "#4b5a6b"),
    "panel": Paint("#f9fafd", "#4a4fb5", "#161d2b", "#a3a8f7"),
    "added": Paint("#dcf5e0", "#1a7f37", "#12381f", "#56d37a"),
    "removed": Paint("#ffe3e3", "#b42318", "#4a1714", "#ff8f85"),
    "changed": Paint("#fff1cc", "#8f6400", "#46360a", "#ecc04c"),
    "paper": Paint("#ffffff", "none", "#0d1117", "none"),
    "ink": Paint("#1f2933", "none", "#e6edf3", "none"),
    "muted": Paint("#52606d", "none", "#a9b6c4", "none"),
    "blockname": Paint("#3a3f9e", "none", "#b9bdfa", "none"),
    "line": Paint("none", "#64748b", "none", "#94a3b8"),
    "special": Paint("none", "#b5179e", "none", "#f58ae2"),
    "aux": Paint("none", "#6b7785", "none", "#8c9aab"),
    "curve": Paint("#fbe4f7", "#b5179e", "#4a1443", "#f58ae2"),
}
"Every role in a picture. A family of layers is the role of its nodes."

ARROWS = {
    "data": ("line", 1.1, False), "shortcut": ("special", 1.7, False), "projection": ("special", 1.7, True),
    "cross": ("special", 1.5, False), "aux": ("aux", 1.1, True), "switch": ("special", 1.3, True),
    "note": ("aux", 1.1, True),
}
"Every style of arrow: the role of its stroke, its width, and whether it is dashed."

RAMP = ((1, "#fff8ef"), (3, "#fde3bf"), (6, "#fbc27f"), (10, "#f39a4a"), (20, "#dd6f1e"), (101, "#a84508"))
"Heat: upper bound of a share in percent, and its fill, in both themes."
for _step, (_, _fill) in enumerate(RAMP):
    PAINTS[f"heat{_step}"] = Paint(_fill, "#c9a27a", _fill, "#c9a27a")
PAINTS["products"] = PAINTS["fc"]
PAINTS["hot"] = Paint("#1a1209", "none", "#1a1209", "none")
PAINTS["hottest"] = Paint("#fffffd", "none", "#fffffd", "none")

FAMILY_WORDS = {
    "io": "input, output", "conv": "convolution", "dwconv": "grouped convolution", "pool": "pooling",
    "norm": "normalization", "act": "activation", "fc": "fully connected",
    "products": "dense, attention, embedding", "merge": "merge",
    "shape": "reshaping", "block": "folded block", "head": "auxiliary head", "added": "added",
    "removed": "removed", "changed": "changed",
}
"What a legend says of a role."


def heat(share: float) -> str:
    """The role of a share in percent."""
    return f"heat{next(i for i, (bound, _) in enumerate(RAMP) if share < bound or bound > 100)}"


def text_on(role: str, muted: bool = False) -> str:
    """The role of text on a fill."""
    if role.startswith("heat"):
        return "hottest" if role == f"heat{len(RAMP) - 1}" else "hot"
    return "muted" if muted else "ink"
