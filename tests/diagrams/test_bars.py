"""Bars: lengths by arithmetic, totals, rows."""

import pytest

import archcalc
from archcalc import zoo
from archcalc.diagrams.bars import ROWS, bars
from archcalc.diagrams.compose import Ids
from archcalc.diagrams.figures import HEATS, Figures, Style
from archcalc.diagrams.scene import Rect, Scene
from archcalc.diagrams.svg import svg
from archcalc.errors import UsageError
from tests.diagrams.charts import check_page, item, rect, shown
from tests.diagrams.hostile import hostile
from tests.diagrams.pictures import parsed

LETTERS = """
input: [1, 8, 8]
layers:
- a: {conv: 4, kernel: 3}
- act: relu
- b: {conv: 2, kernel: 3, bias: false}
- flatten
- c: {linear: 10}
"""
PARAMS = {"a": 4 * 9 + 4, "b": 2 * 4 * 9, "c": 10 * (2 * 4 * 4) + 10}
MACS = {"a": 36 * 4 * 9, "b": 16 * 2 * 4 * 9, "c": 10 * 32}
BYTES = {"a": 4 * (2 * 4 * 36), "b": 4 * (2 * 2 * 16), "c": 4 * 10}
"Of ``a`` with its ReLU, and of ``b`` with its view: each output in float32."


def of(spec: object, *columns: str) -> Scene:
    return archcalc.diagram(spec, form="bars", columns=columns).scene


@pytest.mark.parametrize(("column", "values", "total"), [
    ("params", PARAMS, "442 params"), ("macs", MACS, "2,768 MACs"), ("memory", BYTES, "1,448 bytes"),
    ("field", {"a": 3, "b": 5, "c": 8}, "receptive field")])
def test_lengths_and_totals(column: str, values: dict[str, int], total: str) -> None:
    scene = of(archcalc.loads(LETTERS), column)
    unit = rect(scene, "a").width / values["a"]
    for name, n in values.items():
        assert rect(scene, name).width == pytest.approx(n * unit)
    assert total in shown(scene)


def test_texts_are_at_the_ends() -> None:
    scene = of(archcalc.loads(LETTERS), "params", "macs")
    assert {"40 · 9.0%", "72 · 16%", "330 · 75%", "1.30 K · 47%", "1.15 K · 42%", "320 · 12%"} <= set(shown(scene))
    label, first, text, *_ = item(scene, "c").shapes
    assert label.line[0].text == "c"
    assert text.x - (first.x + first.width) == pytest.approx(4)


def test_nothing_has_no_bar() -> None:
    scene = of("alexnet", "params")
    assert not any(isinstance(shape, Rect) for shape in item(scene, "pool1").shapes)
    assert rect(scene, "fc6").width / rect(scene, "fc7").width == pytest.approx(
        (9216 * 4096 + 4096) / (4096 * 4096 + 4096))


def test_tooltips_are_exact() -> None:
    assert f"{9216 * 4096 + 4096:,} params, {9216 * 4096:,} MACs" in item(of("alexnet", "params"), "fc6").tooltip


def test_rows_are_layers_or_blocks() -> None:
    assert len([one for one in of("vgg16", "macs").items if one.layer]) == 13 + 5 + 3
    blocks = [one.layer for one in of("resnet50", "macs").items if one.layer]
    assert blocks == ["conv1", "pool1", *(f"conv{k}_x.{i + 1}" for k, n in ((2, 3), (3, 4), (4, 6), (5, 3))
                                          for i in range(n)), "pool5", "fc"]
    assert len([one for one in of("torchvision/densenet201", "macs").items if one.layer]) <= ROWS


@pytest.mark.parametrize("spec", ["alexnet", "googlenet", "resnet152", "gpt2", "torchvision/swin_t", "resnet1202"])
def test_page(spec: str) -> None:
    for columns in (("params", "macs"), HEATS):
        check_page(of(spec, *columns))


def test_rows_add_up_to_the_report() -> None:
    """GoogLeNet in training has heads that totals leave out; so do rows."""
    totals = archcalc.report("googlenet").totals
    assert {f"{totals.params:,} params", f"{totals.macs:,} MACs"} <= set(shown(of("googlenet", "params", "macs")))


def test_unknown_quantities() -> None:
    figures = Figures(archcalc.load("lenet5"), Style())
    with pytest.raises(UsageError, match=r"params, macs, memory or field, found 'parms'; did you mean 'params'"):
        bars(figures, Ids("ac"), ["parms"])
    with pytest.raises(UsageError, match="bars need something to show"):
        bars(figures, Ids("ac"), [])


def test_numbers_too_long_for_their_column() -> None:
    text = "input: [3, 1000000, 1000000]\nlayers:\n- {conv: 1000000000, kernel: 3}\n- {conv: 1000000000, kernel: 3}\n"
    check_page(of(archcalc.loads(text), *HEATS))


def test_hostile_names() -> None:
    scene = of(hostile(), *HEATS)
    check_page(scene)
    parsed(svg(scene))


def test_bytes_are_the_same_each_time() -> None:
    assert archcalc.diagram("resnet50", form="bars").svg == archcalc.diagram("resnet50", form="bars").svg


@pytest.mark.zoo
@pytest.mark.parametrize("spec", zoo.names())
def test_every_network(spec: str) -> None:
    made = archcalc.diagram(spec, form="bars", columns=HEATS)
    check_page(made.scene)
    parsed(made.svg)
