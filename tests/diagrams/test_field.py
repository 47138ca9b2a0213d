"""Nested windows: their places by the formula of receptive fields, their bars, and what has none."""

import pytest

import archcalc
from archcalc import zoo
from archcalc.diagrams.scene import Rect, Scene
from archcalc.diagrams.svg import svg
from archcalc.errors import UsageError
from tests.diagrams.charts import check_page, item, rect, shown
from tests.diagrams.hostile import hostile
from tests.diagrams.pictures import parsed

ALEXNET = (("conv1", 11, 4, 0, 55), ("pool1", 3, 2, 0, 27), ("conv2", 5, 1, 2, 27), ("pool2", 3, 2, 0, 13),
           ("conv3", 3, 1, 1, 13), ("conv4", 3, 1, 1, 13), ("conv5", 3, 1, 1, 13), ("pool5", 3, 2, 0, 6))
"Kernel, stride, padding, and units along an axis."


def field(spec: object, **options: object) -> Scene:
    return archcalc.diagram(spec, form="field", **options).scene


def windows() -> dict[str, tuple[int, int]]:
    """First pixel and size for the middle unit: size += (k − 1)·stride; start −= padding·stride; stride *= s."""
    found = {}
    size, stride, start = 1, 1, 0
    for name, k, s, padding, units in ALEXNET:
        size, start, stride = size + (k - 1) * stride, start - padding * stride, stride * s
        found[name] = start + units // 2 * stride, size
    return found


def test_windows_are_where_the_middle_unit_sees() -> None:
    scene = field("alexnet")
    grid = rect(scene, "grid")
    assert grid.width == grid.height
    scale = grid.width / 227
    assert windows()["conv5"] == (32, 163)  # −64 + 6·16, and 11 + 2·4 + 4·8 + 2·8 + 3 · 2·16
    for name, (start, size) in windows().items():
        window = rect(scene, f"{name}.window")
        assert window.width == window.height == pytest.approx(size * scale)
        assert (window.x - grid.x, window.y - grid.y) == pytest.approx((start * scale, start * scale))
        assert not window.dashed
        assert window.opacity == 0.75


def test_what_reaches_beyond_the_input_is_clipped_and_dashed() -> None:
    scene = field("alexnet")
    grid, window = rect(scene, "grid"), rect(scene, "fc6.window")  # 195 + 5·32 = 355 pixels
    assert (window.x, window.y, window.width, window.height) == pytest.approx(
        (grid.x, grid.y, grid.width, grid.height))
    assert window.dashed
    assert "355×355 · covers the input" in shown(scene)
    assert "Fields as large as the input: fc6, fc7, fc8." in shown(scene)


def test_the_largest_is_drawn_first() -> None:
    names = [one.id.removesuffix(".window") for one in field("alexnet").items if one.id.endswith(".window")]
    assert names == [f"ac-alexnet-{name}" for name in ("fc6", *(name for name, *_ in reversed(ALEXNET)))]


def test_bars_are_proportional() -> None:
    scene = field("alexnet")
    full = rect(scene, "conv5").width / 163
    for name, (_, size) in windows().items():
        assert rect(scene, name).width == pytest.approx(size * full)
    assert {"11×11 · /4 · 4.8%", "163×163 · /16 · 72%", "195×195 · /32 · 86%"} <= set(shown(scene))  # 195 / 227 = 0.859


def test_layers_by_name() -> None:
    scene = field("vgg16", layers=("pool1", "stage2.conv.1"))
    assert [one.layer for one in scene.items if one.id.endswith(".window")] == ["stage2.conv.1", "pool1"]
    assert {"6×6 · /2 · 2.7%", "10×10 · /2 · 4.5%"} <= set(shown(scene))  # 1 + 2 + 2 + 1, and 2·2 more


def test_unknown_layer() -> None:
    with pytest.raises(UsageError, match="no layer is called 'conv9'; did you mean 'conv"):
        field("alexnet", layers=("conv9",))
    with pytest.raises(UsageError, match="no layer is called 'input'"):
        field("alexnet", layers=("input",))


def test_no_space() -> None:
    with pytest.raises(UsageError, match="'BERT base' has no receptive fields: its input 512 and 512 has no space"):
        field("bert-base")


def test_local() -> None:
    scene = field("torchvision/efficientnet_b0")
    assert next(one.layer for one in scene.items if one.id.endswith(".window")).endswith("avgpool")
    assert any("--local" in text for text in shown(scene))
    local = field("torchvision/efficientnet_b0", local=True)
    assert sum(one.id.endswith(".window") for one in local.items) > 6
    assert any("through windows alone" in text for text in shown(local))
    attention = archcalc.loads("input: [3, 32, 32]\nlayers:\n- {global_avgpool: , keep: false}\n- {linear: 4}\n")
    with pytest.raises(UsageError, match="no local receptive fields: every layer sees the input through attention"):
        field(attention, local=True)


def test_twelve_rows_spread_over_the_depth() -> None:
    scene = field("resnet152")
    layers = [one.layer for one in scene.items if one.id.endswith(".window")]
    assert len(layers) == 12
    assert layers[-1] == "conv1"
    sizes = [rect(scene, one.id.removeprefix(f"{scene.id}-").removesuffix(".window")).width
             for one in scene.items if one.id.endswith(".window")]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 12


def test_one_and_three_axes() -> None:
    scene = field("wavenet")
    grid, window = rect(scene, "grid"), rect(scene, "causal.window")
    assert window.height == grid.height
    assert window.width == pytest.approx(2 * grid.width / 16000)  # §2.1: kernels of 2
    assert "of three axes the last two are drawn" in " ".join(shown(field("c3d")))
    assert "3×3×3 · /1 · 19%×2.7%×2.7%" in shown(field("c3d"))  # of 16×112×112


def test_an_oblong_input() -> None:
    scene = field(archcalc.loads("input: [3, 60, 120]\nlayers:\n- c: {conv: 8, kernel: [3, 5], stride: 2}\n"))
    grid, window = rect(scene, "grid"), rect(scene, "c.window")
    assert grid.height == grid.width / 2
    assert window.width / window.height == pytest.approx(5 / 3)
    assert (window.y - grid.y) / grid.height == pytest.approx(2 * 14 / 60)  # 29 units: the middle one is 14
    assert (window.x - grid.x) / grid.width == pytest.approx(2 * 29 / 120)  # of 58


def test_small_inputs_have_a_cell_for_each_pixel() -> None:
    scene = field(archcalc.loads("input: [1, 8, 8]\nlayers:\n- {conv: 2, kernel: 3}\n"))
    assert len(item(scene, "grid").shapes) == 1 + 7 + 7


@pytest.mark.parametrize("spec", ["alexnet", "vgg16", "resnet18", "googlenet", "unet", "torchvision/vit_b_16", "lenet5",
                                  "wavenet"])
def test_page(spec: str) -> None:
    scene = field(spec)
    check_page(scene)
    grid = rect(scene, "grid")
    for one in scene.items:
        for shape in one.shapes:
            if one.id.endswith(".window") and isinstance(shape, Rect):
                assert grid.x - 0.01 <= shape.x
                assert shape.x + shape.width <= grid.x + grid.width + 0.01


def test_hostile_names() -> None:
    scene = field(hostile())
    check_page(scene)
    parsed(svg(scene))


def test_bytes_are_the_same_each_time() -> None:
    assert archcalc.diagram("resnet50", form="field").svg == archcalc.diagram("resnet50", form="field").svg


@pytest.mark.zoo
@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize("spec", zoo.names())
def test_every_network(spec: str, local: bool) -> None:
    made = archcalc.diagram(spec, form="field", local=local)
    if any(tensor.spatial for tensor in made.figures.numbers.inputs.values()):
        check_page(made.scene)
        parsed(made.svg)
    else:
        with pytest.raises(UsageError, match="no receptive fields"):
            made.scene  # noqa: B018
