"""What tests look for in a picture."""

import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree

from archcalc.diagrams.scene import Circle, Item, Rect, Scene, Text

SVG = "{http://www.w3.org/2000/svg}"
FAMILIES = ("alexnet", "vgg16", "resnet18", "resnet50", "googlenet")
"The five pictures of the style's prototypes."


class Area(NamedTuple):
    """A rectangle by its sides."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, other: "Area", slack: float = 0.5) -> bool:
        return (self.left - slack <= other.left and other.right <= self.right + slack
                and self.top - slack <= other.top and other.bottom <= self.bottom + slack)

    def meets(self, other: "Area") -> bool:
        return (self.left < other.right and other.left < self.right
                and self.top < other.bottom and other.top < self.bottom)


def parsed(svg: str) -> ElementTree.Element:
    """The SVG as a tree: it must be well-formed, with ids that occur once."""
    root = ElementTree.fromstring(svg)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    return root


def nodes(scene: Scene) -> Iterator[tuple[Item, Area]]:
    """Nodes with their outlines."""
    for item in scene.items:
        if item.layer:
            shape = item.shapes[0]
            if isinstance(shape, Circle):
                yield item, Area(shape.x - shape.radius, shape.y - shape.radius, shape.x + shape.radius,
                                 shape.y + shape.radius)
            elif isinstance(shape, Rect):
                yield item, Area(shape.x, shape.y, shape.x + shape.width, shape.y + shape.height)


def text_area(text: Text) -> Area:
    """Where a line of text is, by the widths of the project's own table."""
    from archcalc.diagrams.drawing import line_width

    wide, size = line_width(text.line), max(run.size for run in text.line)
    left = text.x - {"start": 0.0, "middle": wide / 2, "end": wide}[text.anchor]
    return Area(left, text.y - 0.75 * size, left + wide, text.y + 0.22 * size)


def check_layout(scene: Scene) -> None:
    """Everything lies inside the picture, no nodes or texts overlap, and a node's text lies inside it."""
    page = Area(0, 0, scene.width, scene.height)
    found = list(nodes(scene))
    assert found
    for i, (item, area) in enumerate(found):
        assert page.holds(area), item.id
        for other, there in found[i + 1:]:
            assert not area.meets(there), (item.id, other.id)
        for shape in item.shapes:
            if isinstance(shape, Text):
                assert area.holds(text_area(shape)), (item.id, shape)
    texts = [(item.id, text_area(shape), shape) for item in scene.items for shape in item.shapes
             if isinstance(shape, Text)]
    for i, (name, area, text) in enumerate(texts):
        assert page.holds(area, 1), (name, text)
        for other, there, _ in texts[i + 1:]:
            assert not area.meets(there), (name, other)
        for node, there in found:
            assert node.id == name or not area.meets(there), (name, node.id)


def tooltips(svg: str) -> dict[str, str]:
    """Tooltips by the id of their group."""
    return {g.get("id", ""): title.text or "" for g in parsed(svg).iter(f"{SVG}g")
            for title in g.findall(f"{SVG}title")}


def words(svg: str) -> str:
    """All text in the picture, with spaces between."""
    root = parsed(svg)
    return re.sub(r"\s+", " ", " ".join("".join(text.itertext()) for text in root.iter(f"{SVG}text")))
