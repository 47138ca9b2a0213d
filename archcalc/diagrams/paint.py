"""A placed drawing as shapes; a title block over it; scenes side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from archcalc.diagrams import theme
from archcalc.diagrams.drawing import DOUBLE, LEADING, Box, Drawing, Group, Line, Run, line_height, line_width, wrapped
from archcalc.diagrams.layout import Placed
from archcalc.diagrams.scene import Circle, Item, Path, Point, Rect, Scene, Text, moved

MARGIN = 10.0
GAP = 24.0
"Between pictures side by side."
BASELINE = 0.93
"From the top of a line to its baseline, in sizes of the text."
ARROW_WORDS = {"shortcut": "identity shortcut", "projection": "projection shortcut", "cross": "crosses devices",
               "aux": "training only", "switch": "switches of the forward pass",
               "note": "values of the forward pass"}


def body(placed: Placed) -> list[Item]:
    """The items of a placed drawing: groups, edges, then nodes."""
    drawing = placed.drawing
    items = [group_item(group, *placed.frames[group.id]) for group in drawing.groups]
    for k, arrow in enumerate(drawing.arrows):
        at = placed.labels[k]
        items.append(edge_item(f"{arrow.tail}--{arrow.head.removeprefix(drawing.id + '-')}", arrow.style,
                               placed.curves[k], arrow.label, at, arrow.tooltip))
    return unique([*items, *(box_item(box, *placed.boxes[box.id]) for box in drawing.boxes)])


def unique(items: Iterable[Item]) -> list[Item]:
    """Items with ids that occur once: repeated ones get ``_`` behind."""
    seen: set[str] = set()
    found = []
    for item in items:
        name = item.id
        while name in seen:
            name += "_"
        seen.add(name)
        found.append(item._replace(id=name))
    return found


def box_item(box: Box, x: float, y: float) -> Item:
    """A node around its centre."""
    width, height = box.size
    stroke = "special" if box.special else box.role
    if box.circle:
        line = box.lines[0]
        return Item(box.id, box.role, (Circle(x, y, width / 2, box.role, stroke),
                                       Text(x, y + 0.36 * line[0].size, line)), box.tooltip, box.layer)
    left, top = x - width / 2, y - height / 2
    frame: list[Rect | Text] = [Rect(left, top, width, height, box.role, stroke, 7, box.dashed)]
    if box.double:
        frame.append(Rect(left + DOUBLE, top + DOUBLE, width - 2 * DOUBLE, height - 2 * DOUBLE, "", stroke, 5,
                          box.dashed))
    return Item(box.id, box.role, (*frame, *lines_at(box.lines, x, y)), box.tooltip, box.layer)


def lines_at(lines: Sequence[Line], x: float, y: float, anchor: str = "middle") -> Iterator[Text]:
    """Lines of text around a centre."""
    top = y - sum(map(line_height, lines)) / 2
    for line in lines:
        size = max(run.size for run in line)
        yield Text(x, top + BASELINE * size, line, anchor)
        top += LEADING * size


def group_item(group: Group, x: float, y: float, width: float, height: float) -> Item:
    """A frame with its label in an upper corner."""
    label = Text(x + (width - 8 if group.right else 8), y + 14, (Run(group.label, theme.GROUP, True, "muted"),),
                 "end" if group.right else "start")
    return Item(group.id, "group", (Rect(x, y, width, height, group.role, group.role, 10), label), group.tooltip)


def edge_item(name: str, style: str, curve: Sequence[Point], label: str, at: Point | None, tooltip: str) -> Item:
    """An edge with its label."""
    stroke, pen, dashed = theme.ARROWS[style]
    shapes: list[Path | Text] = [Path(tuple(curve), stroke, True, pen, dashed, True)]
    if label and at:
        shapes.append(Text(at[0] + 2, at[1] + 0.35 * theme.EDGE, (Run(label, theme.EDGE, False, "muted"),)))
    return Item(name, "edge", tuple(shapes), tooltip)


def finished(drawing: Drawing, items: Sequence[Item], width: float, height: float) -> Scene:
    """A scene with the title block over its items, which start at the origin."""
    full = min(theme.WIDTH - 2 * MARGIN, max(width, theme.NARROW))
    head, top = header(drawing, full)
    total = max(full, width)
    shift = MARGIN + max(0.0, (total - width) / 2 if width < theme.NARROW else 0)
    return Scene(drawing.id, drawing.title, drawing.desc, total + 2 * MARGIN, top + height + MARGIN,
                 (*head, *(moved(item, shift, top) for item in items)))


def header(drawing: Drawing, width: float) -> tuple[list[Item], float]:
    """Title, subtitle and legend, and where the picture below may begin."""
    y = MARGIN
    shapes: list[Text | Rect | Path] = []
    for words in wrapped(drawing.title, theme.TITLE, width):
        shapes.append(Text(MARGIN, y + BASELINE * theme.TITLE, (Run(words, theme.TITLE, True),), "start"))
        y += 1.3 * theme.TITLE
    for words in wrapped(drawing.subtitle, theme.SUBTITLE, width):
        shapes.append(Text(MARGIN, y + BASELINE * theme.SUBTITLE, (Run(words, theme.SUBTITLE, False, "muted"),),
                           "start"))
        y += 1.3 * theme.SUBTITLE
    marks, y = legend_shapes(drawing.legend, y + 3, width)
    return [Item(f"{drawing.id}-head", "head", (*shapes, *marks))], y + 8


def legend_shapes(roles: Sequence[str], y: float, width: float) -> tuple[list[Text | Rect | Path], float]:
    """A line of marks and words for each role, and where it ends."""
    shapes: list[Text | Rect | Path] = []
    x = MARGIN
    for role in roles:
        words = _words(role)
        line = (Run(words, theme.LEGEND, False, "muted"),)
        wide = 12 + line_width(line) + 14
        if x > MARGIN and x + wide > MARGIN + width + 14:
            x, y = MARGIN, y + 1.5 * theme.LEGEND
        if role in ARROW_WORDS:
            stroke, pen, dashed = theme.ARROWS[role]
            shapes.append(Path(((x, y + 5), (x + 9, y + 5)), stroke, False, pen, dashed))
        else:
            shapes.append(Rect(x, y + 1.5, 7, 7, role, role, 1.5, role == "head"))
        shapes.append(Text(x + 12, y + 8, line, "start"))
        x += wide
    return shapes, y + (1.5 * theme.LEGEND if roles else 0)


def _words(role: str) -> str:
    if role.startswith("heat"):
        step = int(role[4:])
        low, high = theme.RAMP[step - 1][0] if step else 0, theme.RAMP[step][0]
        return f"<{high}%" if not step else f"≥{low}%" if step == len(theme.RAMP) - 1 else f"{low}–{high}%"
    return ARROW_WORDS.get(role) or theme.FAMILY_WORDS[role]
