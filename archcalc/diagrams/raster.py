"""A scene as PNG or PDF: drawn by a layout engine as the background of an empty graph (xdot)."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

from archcalc.diagrams import theme
from archcalc.diagrams.drawing import line_width
from archcalc.diagrams.engine import found, run
from archcalc.diagrams.scene import Circle, Path, Point, Polygon, Rect, Scene, Text
from archcalc.diagrams.svg import Look, svg
from archcalc.diagrams.text import clean, width
from archcalc.errors import Unavailable

DPI = 192
"""Two pixels of a PNG for one of the scene, which counts 96 to the inch as SVG does."""
_POINTS = 0.75
_ROUND = 0.5523
"Control points of a quarter circle: 4/3·(√2 − 1)."


def png(scene: Scene, look: Look, engine: str = "auto") -> bytes:
    """The picture as PNG."""
    return run(engine, "neato", "png", background(scene, look, DPI, _drop(engine, "png")), placed=True)


def pdf(scene: Scene, look: Look, engine: str = "auto") -> bytes:
    """The picture as PDF: by cairosvg or rsvg-convert where they are, else by Graphviz's own dot."""
    if engine == "auto":
        text = svg(scene, look._replace(theme="dark" if look.dark else "light"))
        for convert in (_cairosvg, _rsvg):
            made = convert(text)
            if made is not None:
                return made
    return run(engine, "neato", "pdf", background(scene, look, drop=_drop(engine, "pdf")), placed=True)


def _cairosvg(text: str) -> bytes | None:
    try:
        import cairosvg  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except (ImportError, OSError):
        return None
    made: bytes = cairosvg.svg2pdf(bytestring=text.encode())
    return made


def _rsvg(text: str) -> bytes | None:
    path = shutil.which("rsvg-convert")
    if path is None:
        return None
    done = subprocess.run([path, "--format", "pdf"], input=text.encode(), capture_output=True, check=False)
    if done.returncode:
        raise Unavailable(f"rsvg-convert failed: {done.stderr.decode('utf-8', 'replace').strip()[:200]}")
    return done.stdout


def _drop(engine: str, form: str) -> float:
    """What text must be lowered by, in sizes: Graphviz's own dot lifts text of a background by 0.1 to 0.2."""
    return 0.15 if found(engine, form)[0] == "dot" else 0.0


def background(scene: Scene, look: Look, dpi: int = 0, drop: float = 0.0) -> str:
    """A graph of two corners with the scene behind them."""
    paper = [Rect(0, 0, scene.width, scene.height, "paper")] if look.paper else []
    words = [word for shape in [*paper, *(shape for item in scene.items for shape in item.shapes)]
             for word in _xdot(_lowered(shape, drop), scene.height, look)]
    drawn = " ".join(words).replace("\\", "\\\\").replace('"', '\\"')
    parts = '" + "'.join(_pieces(drawn))        # Graphviz's scanner takes 16 KB a string
    right, top = scene.width * _POINTS, scene.height * _POINTS
    density = f"dpi={dpi}, " if dpi else ""
    return (f'graph {{ graph [_background="{parts}", {density}pad=0, margin=0, bgcolor=transparent, '
            f'bb="0,0,{right},{top}"]; node [shape=point, style=invis, width=0, height=0, label=""]; '
            f'a [pos="0,0"]; b [pos="{right},{top}"] }}')


def _lowered(shape: Any, drop: float) -> Any:
    return shape._replace(y=shape.y + drop * shape.line[0].size) if isinstance(shape, Text) else shape


def _pieces(text: str, size: int = 8000) -> Iterator[str]:
    """A text in pieces that end at spaces, so that no escape is cut."""
    while len(text) > size:
        at = text.rfind(" ", 0, size) + 1 or size
        yield text[:at]
        text = text[at:]
    yield text


def _xdot(shape: Any, height: float, look: Look) -> Iterator[str]:
    yield from _WRITERS[type(shape)](shape, lambda x, y: f"{x * _POINTS:.2f} {(height - y) * _POINTS:.2f}", look)


def _pens(fill: str, stroke: str, pen: float, dashed: bool, look: Look, opacity: float = 1) -> Iterator[str]:
    if fill:
        colour = theme.PAINTS[fill].of(look.dark)[0] + (f"{round(opacity * 255):02x}" if opacity != 1 else "")
        yield f"C {len(colour)} -{colour}"
        if not stroke:
            yield f"c {len(colour)} -{colour}"
    if stroke:
        colour = theme.PAINTS[stroke].of(look.dark)[1]
        yield f"c {len(colour)} -{colour}"
    yield from _style(f"setlinewidth({pen * _POINTS:.2f})", "dashed" if dashed else "solid")


def _style(*styles: str) -> Iterator[str]:
    for style in styles:
        yield f"S {len(style)} -{style}"


def _rect(shape: Rect, at: Any, look: Look) -> Iterator[str]:
    yield from _pens(shape.fill, shape.stroke, shape.pen, shape.dashed, look, shape.opacity)
    x0, y0, x1, y1 = shape.x, shape.y, shape.x + shape.width, shape.y + shape.height
    r = min(shape.radius, shape.width / 2, shape.height / 2)
    k = r * (1 - _ROUND)
    corners = (((x1 - r, y0), (x1 - k, y0), (x1, y0 + k), (x1, y0 + r)),
               ((x1, y1 - r), (x1, y1 - k), (x1 - k, y1), (x1 - r, y1)),
               ((x0 + r, y1), (x0 + k, y1), (x0, y1 - k), (x0, y1 - r)),
               ((x0, y0 + r), (x0, y0 + k), (x0 + k, y0), (x0 + r, y0)))
    curve = [(x0 + r, y0)]
    for begin, *rest in corners:
        curve += [curve[-1], begin, begin, *rest]
    yield _points("b" if shape.fill else "B", curve, at)


def _circle(shape: Circle, at: Any, look: Look) -> Iterator[str]:
    yield from _pens(shape.fill, shape.stroke, shape.pen, False, look)
    radius = f"{shape.radius * _POINTS:.2f}"
    yield f"{'E' if shape.fill else 'e'} {at(shape.x, shape.y)} {radius} {radius}"


def _polygon(shape: Polygon, at: Any, look: Look) -> Iterator[str]:
    yield from _pens(shape.fill, shape.stroke, shape.pen, False, look)
    yield _points("P" if shape.fill else "p", shape.points, at)
    if shape.shade:
        tone = ("#000000" if shape.shade < 0 else "#ffffff") + f"{round(abs(shape.shade) * 255):02x}"
        yield f"C {len(tone)} -{tone} c {len(tone)} -{tone}"
        yield _points("P", shape.points, at)


def _path(shape: Path, at: Any, look: Look) -> Iterator[str]:
    yield from _pens("", shape.stroke, shape.pen, shape.dashed, look)
    points = list(shape.points)
    end = _shortened(points) if shape.arrow else points
    bends = len(end[1:]) // 3 * 3 if shape.curved else 0
    if bends:
        yield _points("B", end[:1 + bends], at)
    if len(end) - 1 > bends:
        yield _points("L", end[bends:], at)
    if shape.arrow:
        colour = theme.PAINTS[shape.stroke].of(look.dark)[1]
        yield f"C {len(colour)} -{colour}"
        yield from _style("solid")
        yield _points("P", _head(points), at)


def _shortened(points: list[Point]) -> list[Point]:
    (x0, y0), (x1, y1) = _direction(points)
    return [*points[:-1], (x1 - x0 * 5, y1 - y0 * 5)]


def _head(points: list[Point]) -> list[Point]:
    (dx, dy), (x, y) = _direction(points)
    bx, by = x - dx * 6.6, y - dy * 6.6
    return [(x, y), (bx - dy * 2.6, by + dx * 2.6), (bx + dy * 2.6, by - dx * 2.6)]


def _direction(points: list[Point]) -> tuple[Point, Point]:
    """Unit vector at the end of a path, and the end."""
    x1, y1 = points[-1]
    x0, y0 = next((p for p in reversed(points) if abs(p[0] - x1) + abs(p[1] - y1) > 1e-6), (x1, y1 - 1))
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    return ((x1 - x0) / length, (y1 - y0) / length), (x1, y1)


def _text(shape: Text, at: Any, look: Look) -> Iterator[str]:
    total = line_width(shape.line)
    x = shape.x - {"start": 0.0, "middle": total / 2, "end": total}[shape.anchor]
    for run_ in shape.line:
        words, colour = clean(run_.text), theme.PAINTS[run_.role].of(look.dark)[0]
        wide, blank = width(words, run_.size, run_.bold), len(words) - len(words.lstrip("\u00a0"))
        x += blank * width("\u00a0", run_.size)
        words = words.lstrip("\u00a0").replace("\u00a0", " ")
        wide -= blank * width("\u00a0", run_.size)
        if not words:               # an empty text would end the drawing
            continue
        data = words.encode()
        yield f"c {len(colour)} -{colour} t {int(run_.bold)}"
        yield f"F {run_.size * _POINTS:.2f} {len(theme.FONT)} -{theme.FONT}"
        yield f"T {at(x, shape.y)} -1 {wide * _POINTS:.2f} {len(data)} -{words}"
        x += wide


def _points(letter: str, points: Any, at: Any) -> str:
    return f"{letter} {len(points)} {' '.join(at(x, y) for x, y in points)}"


_WRITERS: dict[type, Any] = {Rect: _rect, Circle: _circle, Polygon: _polygon, Path: _path, Text: _text}
