"""What tests look for in the pictures that no engine lays out: volume, field, bars."""

from collections.abc import Iterator

from archcalc.diagrams.scene import Item, Path, Polygon, Rect, Scene, Text
from archcalc.diagrams.theme import HEIGHT, WIDTH
from tests.diagrams.pictures import Area, text_area


def texts(scene: Scene) -> Iterator[tuple[str, Area]]:
    """Every line of text and where it is."""
    for item in scene.items:
        for shape in item.shapes:
            if isinstance(shape, Text):
                yield "".join(run.text for run in shape.line), text_area(shape)


def check_page(scene: Scene) -> None:
    """No two texts overlap, all is inside the picture, and the picture keeps to its page."""
    assert scene.width <= WIDTH
    assert scene.height <= HEIGHT
    page = Area(0, 0, scene.width, scene.height)
    found = list(texts(scene))
    for i, (text, area) in enumerate(found):
        assert page.holds(area, 0.1), text
        for other, there in found[i + 1:]:
            assert not area.meets(there), (text, other)
    for item in scene.items:
        for shape in item.shapes:
            for x, y in _corners(shape):
                assert page.holds(Area(x, y, x, y), 0.1), (item.id, shape)


def _corners(shape: object) -> Iterator[tuple[float, float]]:
    if isinstance(shape, (Polygon, Path)):
        yield from shape.points
    if isinstance(shape, Rect):
        yield from ((shape.x, shape.y), (shape.x + shape.width, shape.y + shape.height))


def item(scene: Scene, name: str) -> Item:
    """The item of an id without the picture's prefix."""
    return next(item for item in scene.items if item.id == f"{scene.id}-{name}")


def rect(scene: Scene, name: str, which: int = 0) -> Rect:
    """A rectangle of an item."""
    return [shape for shape in item(scene, name).shapes if isinstance(shape, Rect)][which]


def shown(scene: Scene) -> list[str]:
    """All lines of text, in order."""
    return [text for text, _ in texts(scene)]
