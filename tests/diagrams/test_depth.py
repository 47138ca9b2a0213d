"""The chart along depth: letters, bands and ticks."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from archcalc.diagrams.compose import Ids
from archcalc.diagrams.depth import Series, apart, depth_chart
from archcalc.diagrams.scene import Circle, Item, Path, Polygon, Scene, Text


def chart(*depths: int) -> Scene:
    """Lines of several depths, the k-th falling k decades from end to end."""
    series = [Series(f"net {k}", [(d, (10 ** (-k * d / n), 10 ** (-k * (n - d) / n))) for d in range(1, n + 1)], "")
              for k, n in enumerate(depths, 1)]
    return depth_chart(series, "title", "subtitle", Ids("x"))


def texts(item: Item) -> list[str]:
    return ["".join(run.text for run in shape.line) for shape in item.shapes if isinstance(shape, Text)]


def items(scene: Scene, role: str) -> list[Item]:
    return [item for item in scene.items if item.role == role]


def test_letters_name_the_lines() -> None:
    scene = chart(5, 5, 9)
    assert [texts(item)[0] for item in items(scene, "legend")] == ["A  net 1", "B  net 2", "C  net 3"]
    signal, gradient = items(scene, "letters")
    assert sorted(texts(signal)) == sorted(texts(gradient)) == ["A", "B", "C"]
    lines = items(scene, "line")
    for item, head, end in ((signal, "signal", -1), (gradient, "gradient", 0)):
        for text in (shape for shape in item.shapes if isinstance(shape, Text)):
            line = next(x for x in lines if x.id.endswith(f"{head}-{'ABC'.index(text.line[0].text)}"))
            way = next(shape for shape in line.shapes if isinstance(shape, Path)).points
            assert abs(text.x - way[end][0]) < 10
            assert abs(text.y - way[end][1]) < 20


def test_a_short_line_is_over_a_long_one() -> None:
    scene = chart(5, 9, 7)
    assert [item.id.rpartition("-")[2] for item in items(scene, "line")] == ["1", "2", "0", "1", "2", "0"]


def test_one_line_needs_no_letter() -> None:
    scene = chart(5)
    assert not items(scene, "letters")
    assert texts(items(scene, "legend")[0])[0] == "net 1"


@given(st.lists(st.floats(0, 150), max_size=8))
def test_letters_do_not_overlap(heights: list[float]) -> None:
    ends = sorted((y, k) for k, y in enumerate(heights))
    found = apart(ends, 9.0, 8.0, 186.0)
    assert [k for _, k in found] == [k for _, k in ends]
    assert all(b - a >= 9 - 1e-9 for (a, _), (b, _) in pairwise(found))
    assert all(8 - 1e-9 <= y <= 186 for y, _ in found)


def test_very_many_layers_are_a_band() -> None:
    few, many = items(chart(60, 100), "line"), items(chart(60, 1200), "line")
    assert all(isinstance(shape, (Path, Circle)) for item in few for shape in item.shapes)
    assert sum(isinstance(shape, Circle) for item in few for shape in item.shapes) == 2 * (60 + 100)
    assert [len(item.shapes) for item in many] == [1] * 4
    for item in many:
        (band,) = item.shapes
        assert isinstance(band, Polygon)
        n = len(band.points)
        for (x, high), (other, low) in zip(band.points[:n // 2], reversed(band.points[n // 2:]), strict=True):
            assert high <= low  # y grows downwards
            assert abs(x - other) < 5


def test_depths_have_round_ticks() -> None:
    def ticks(depth: int) -> list[int]:
        heads = items(chart(depth), "scale")[0].shapes
        return [int(text.line[0].text) for text in heads if isinstance(text, Text) and text.anchor == "middle"]

    assert ticks(1200) == [1, *range(100, 1300, 100)]
    assert ticks(1202) == [1, *range(200, 1300, 200)]
    assert ticks(34) == [1, 5, 10, 15, 20, 25, 30]
    assert ticks(8) == [*range(1, 9)]
