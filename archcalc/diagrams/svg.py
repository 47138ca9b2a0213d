"""A scene as SVG: presentation attributes for one theme, and a style sheet that turns it dark."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from archcalc.diagrams import theme
from archcalc.diagrams.drawing import Run
from archcalc.diagrams.scene import Circle, Item, Path, Polygon, Rect, Scene, Text
from archcalc.diagrams.text import clean


class Look(NamedTuple):
    """Theme (light, dark, or auto for what the reader's system has), paper or none, and links of layers.

    ``link`` is a template with ``{layer}`` and ``{net}``.
    """

    theme: str = "auto"
    paper: bool = True
    link: str = ""

    @property
    def dark(self) -> bool:
        """Whether the attributes are those of the dark theme."""
        return self.theme == "dark"


def svg(scene: Scene, look: Look | None = None) -> str:
    """The picture as an SVG element, without a prolog, so that it can stand inside a page."""
    look = look or Look()
    wide, high = number(scene.width), number(scene.height)
    name = scene.id
    body = "".join(line for item in scene.items for line in _item(item, scene, look))
    used = [role for role in theme.PAINTS if f'class="{role}"' in body or f'class="{role} ' in body]
    paper = _tag("rect", {"class": "paper", "width": "100%", "height": "100%",
                          "fill": theme.PAINTS["paper"].of(look.dark)[0]}) if look.paper else ""
    style = _style(name, [*used, "ink", *(["paper"] if paper else [])]) if look.theme == "auto" else ""
    return (f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" class="archcalc" width="{wide}" height="{high}" '
            f'viewBox="0 0 {wide} {high}" role="img" aria-labelledby="{name}-t {name}-d" '
            f'font-family="{theme.FONT_STACK}" text-anchor="middle" fill="{theme.PAINTS["ink"].of(look.dark)[0]}">\n'
            f'<title id="{name}-t">{_text(scene.title)}</title><desc id="{name}-d">{_text(scene.desc)}</desc>\n'
            f"{style}{paper}{_marker(name, body, look)}{body}</svg>\n")


def number(x: float) -> str:
    """A coordinate to a tenth.

    >>> number(3.0), number(2.25), number(-0.01)
    ('3', '2.2', '0')
    """
    return f"{round(x, 1) + 0:g}" if abs(x) < 1e5 else f"{round(x)}"


def _style(name: str, roles: list[str]) -> str:
    rules = []
    for role in dict.fromkeys(roles):
        paint = theme.PAINTS[role]
        if paint.of(False) == paint.of(True):
            continue
        if paint.fill != "none":
            rules.append(f"#{name} .{role}{{fill:{paint.dark_fill}}}")
        if paint.stroke != "none":
            rules.append(f"#{name} .{role}-s{{stroke:{paint.dark_stroke}}}")
            rules.append(f"#{name} .{role}-h{{fill:{paint.dark_stroke}}}")
    rules.append(f"#{name}{{fill:{theme.PAINTS['ink'].dark_fill}}}")
    return f"<style>@media (prefers-color-scheme:dark){{{''.join(rules)}}}</style>\n"


def _marker(name: str, body: str, look: Look) -> str:
    """Arrow heads, one for each stroke that has one."""
    found = ""
    for role in ("line", "special", "aux"):
        if f"url(#{name}-{role})" in body:
            head = _tag("path", {"class": f"{role}-h", "d": "M0 0L7 2.6L0 5.2z",
                                 "fill": theme.PAINTS[role].of(look.dark)[1]})
            found += (f'<marker id="{name}-{role}" viewBox="0 0 7 5.2" refX="6.6" refY="2.6" markerWidth="7" '
                      f'markerHeight="5.2" markerUnits="userSpaceOnUse" orient="auto">{head}</marker>\n')
    return f"<defs>{found}</defs>\n" if found else ""


def _item(item: Item, scene: Scene, look: Look) -> Iterator[str]:
    title = f"<title>{_text(item.tooltip)}</title>" if item.tooltip else ""
    shapes = "".join(_shape(shape, scene.id, look) for shape in item.shapes)
    kind = "node" if item.layer else "edge" if item.role == "edge" else ""
    role = f" {item.role}-g" if item.role != "edge" else ""
    classes = f' class="{kind}{role}"' if kind else ""
    inner = f'<g id="{item.id}"{classes}>{title}{shapes}</g>'
    if item.layer and look.link:
        href = look.link.replace("{layer}", _quoted(item.layer)).replace("{net}", _quoted(scene.title))
        inner = f'<a href="{html.escape(href)}">{inner}</a>'
    yield inner + "\n"


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


def _shape(shape: Rect | Circle | Polygon | Path | Text, name: str, look: Look) -> str:
    write: Callable[[Any, str, Look], str] = _WRITERS[type(shape)]
    return write(shape, name, look)


def _filled(fill: str, stroke: str, pen: float, dashed: bool, look: Look) -> dict[str, str]:
    classes = " ".join(filter(None, [fill, f"{stroke}-s" if stroke else ""]))
    found = {"class": classes, "fill": theme.PAINTS[fill].of(look.dark)[0] if fill else "none"}
    if stroke:
        found |= {"stroke": theme.PAINTS[stroke].of(look.dark)[1], "stroke-width": number(pen)}
    return found | ({"stroke-dasharray": "4 3"} if dashed else {})


def _rect(shape: Rect, name: str, look: Look) -> str:
    more = {"rx": number(shape.radius)} if shape.radius else {}
    more |= {"fill-opacity": f"{shape.opacity:g}"} if shape.opacity != 1 else {}
    return _tag("rect", {"x": number(shape.x), "y": number(shape.y), "width": number(shape.width),
                         "height": number(shape.height), **more,
                         **_filled(shape.fill, shape.stroke, shape.pen, shape.dashed, look)})


def _circle(shape: Circle, name: str, look: Look) -> str:
    return _tag("circle", {"cx": number(shape.x), "cy": number(shape.y), "r": number(shape.radius),
                           **_filled(shape.fill, shape.stroke, shape.pen, False, look)})


def _polygon(shape: Polygon, name: str, look: Look) -> str:
    points = {"points": " ".join(f"{number(x)},{number(y)}" for x, y in shape.points)}
    drawn = _tag("polygon", {**points, **_filled(shape.fill, shape.stroke, shape.pen, False, look)})
    if shape.shade:
        tone = "#000" if shape.shade < 0 else "#fff"
        drawn += _tag("polygon", {**points, "fill": tone, "fill-opacity": f"{abs(shape.shade):g}"})
    return drawn


def _path(shape: Path, name: str, look: Look) -> str:
    (x, y), *rest = shape.points
    d = f"M{number(x)} {number(y)}"
    bends = len(rest) // 3 * 3 if shape.curved else 0
    for i, (px, py) in enumerate(rest):
        letter = ("C" if i % 3 == 0 else " ") if i < bends else "L"
        d += f"{letter}{number(px)} {number(py)}"
    attributes = {"class": f"{shape.stroke}-s", "d": d, "fill": "none",
                  "stroke": theme.PAINTS[shape.stroke].of(look.dark)[1], "stroke-width": number(shape.pen)}
    attributes |= {"stroke-dasharray": "4 3"} if shape.dashed else {}
    attributes |= {"marker-end": f"url(#{name}-{shape.stroke})"} if shape.arrow else {}
    return _tag("path", attributes)


def _line(shape: Text, name: str, look: Look) -> str:
    attributes = {"x": number(shape.x), "y": number(shape.y)}
    attributes |= {"text-anchor": shape.anchor} if shape.anchor != "middle" else {}
    base = shape.line[-1]
    runs = "".join(_run(run, base, look) for run in shape.line)
    return _tag("text", attributes | _font(base, look), runs)


def _run(run: Run, base: Run, look: Look) -> str:
    """A run of text; the space before it is outside its element, where no renderer drops it."""
    text = run.text.lstrip("\u00a0")
    space = " " if len(text) < len(run.text) else ""
    return space + (_text(text) if run._replace(text="") == base._replace(text="") else
                    _tag("tspan", _plain(base) | _font(run, look), _text(text)))


def _plain(base: Run) -> dict[str, str]:
    """What a run must undo that its line has."""
    return ({"font-weight": "normal"} if base.bold else {}) | ({"class": "ink"} if base.role != "ink" else {})


def _font(run: Run, look: Look) -> dict[str, str]:
    found = {"font-size": number(run.size)} | ({"font-weight": "bold"} if run.bold else {})
    return found if run.role == "ink" else found | {"class": run.role,
                                                    "fill": theme.PAINTS[run.role].of(look.dark)[0]}


_WRITERS: dict[type, Callable[[Any, str, Look], str]] = {
    Rect: _rect, Circle: _circle, Polygon: _polygon, Path: _path, Text: _line}


def _tag(name: str, attributes: dict[str, str], inner: str = "") -> str:
    written = "".join(f' {key}="{value}"' for key, value in attributes.items() if value != "")
    return f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>"


def _text(text: str) -> str:
    return html.escape(clean(text), quote=False)
