"""The funnel of boxes: sizes by arithmetic, order along the axis, labels apart."""

import itertools
import math

import pytest

import archcalc
from archcalc import zoo
from archcalc.diagrams.scene import Polygon, Scene
from archcalc.diagrams.svg import svg
from archcalc.errors import UsageError
from tests.diagrams.charts import check_page, item, shown
from tests.diagrams.hostile import hostile
from tests.diagrams.pictures import parsed

ALEXNET = {"input": (227, 3), "conv1": (55, 96), "pool1": (27, 96), "conv2": (27, 256), "pool2": (13, 256),
           "conv3": (13, 384), "conv4": (13, 384), "conv5": (13, 256), "pool5": (6, 256)}
"Side and channels of each tensor: Krizhevsky, Sutskever, Hinton 2012, figure 2, with 227 for the input's side."


def volume(spec: object, **options: object) -> Scene:
    return archcalc.diagram(spec, form="volume", **options).scene


def box(scene: Scene, name: str) -> tuple[float, float, float]:
    """Thickness, height, and the length of the receding edge, measured off the three faces."""
    front, top, side = [shape.points for shape in item(scene, name).shapes if isinstance(shape, Polygon)]
    (x, y), (right, _), (_, bottom), _ = front
    assert top[:2] == ((x, y), top[1])
    assert side[0] == (right, y)
    (dx, dy) = side[1][0] - side[0][0], side[0][1] - side[1][1]
    assert dx == pytest.approx(dy)  # 45°
    assert (top[1][0] - x, y - top[1][1]) == pytest.approx((dx, dy))
    return right - x, bottom - y, math.hypot(dx, dy)


def test_faces_are_to_scale() -> None:
    scene = volume("alexnet")
    boxes = {name: box(scene, name) for name in ALEXNET}
    for name, (side, channels) in ALEXNET.items():
        thick, high, deep = boxes[name]
        assert high / boxes["input"][1] == pytest.approx(side / 227)
        assert deep == pytest.approx(high / 2)  # a square; cabinet projection halves what recedes
        assert thick / boxes["conv3"][0] == pytest.approx(math.sqrt(channels / 384))


def test_vectors_are_bars_as_long_as_roots_of_their_units() -> None:
    scene = volume("alexnet")
    high = {name: box(scene, name)[1] for name in ("fc6", "fc7", "fc8")}
    assert high["fc6"] == high["fc7"]
    assert high["fc8"] / high["fc6"] == pytest.approx(math.sqrt(1000 / 4096))


def test_an_oblong_input() -> None:
    scene = volume(archcalc.loads("input: [3, 60, 120]\nlayers:\n- c: {conv: 12, kernel: 3, padding: 1, stride: 2}\n"))
    _, high, deep = box(scene, "input")
    assert deep / high == pytest.approx(0.5 * 120 / 60)
    assert box(scene, "c")[1] == pytest.approx(high / 2)
    assert box(scene, "c")[0] / box(scene, "input")[0] == pytest.approx(2)  # √(12 / 3)


@pytest.mark.parametrize("spec", ["alexnet", "vgg16", "resnet152", "unet"])
def test_boxes_stand_behind_one_another_on_one_axis(spec: str) -> None:
    scene = volume(spec)
    ends = []
    for one in scene.items:
        if one.layer:
            front, _, side = [shape.points for shape in one.shapes if isinstance(shape, Polygon)]
            receding = side[1][0] - side[0][0]
            ends.append((front[0][0] + receding / 2, front[1][0] + receding / 2,
                         (front[0][1] + front[2][1] - receding) / 2))
    for (_, end, height), (start, _, other) in itertools.pairwise(ends):
        assert start > end
        assert other == pytest.approx(height)


def test_a_chain_shows_every_layer() -> None:
    scene = volume("vgg16")
    assert sum(bool(one.layer) for one in scene.items) == 1 + 13 + 5 + 3
    assert [text for text in shown(scene) if text in ("64", "128", "256", "512")] == (
        ["64"] * 3 + ["128"] * 3 + ["256"] * 4 + ["512"] * 8)  # each pool has the channels of the stage before it
    assert {"224×224", "112×112", "56×56", "28×28", "14×14", "7×7"} <= set(shown(scene))


def test_other_networks_show_stages() -> None:
    scene = volume("resnet152")
    assert [one.layer for one in scene.items if one.layer] == [
        "input", "conv1", "pool1", "conv2_x", "conv3_x", "conv4_x", "conv5_x", "pool5", "fc"]
    assert [text for text in shown(scene) if text.endswith("blocks")] == ["3 blocks", "8 blocks", "36 blocks",
                                                                           "3 blocks"]
    assert "7×7×2048" in shown(scene)
    assert "main path only" in " ".join(shown(scene))


def test_neighbours_of_one_shape_are_one_box() -> None:
    scene = volume("googlenet")
    assert "4a … 4c" in shown(scene)  # table 1 of Szegedy et al.: 14×14×512 three times
    assert shown(scene).count("14×14×512") == 1


def test_tokens_and_signals_are_slabs() -> None:
    scene = volume("torchvision/vit_b_16")
    assert "197×768" in shown(scene)
    assert box(scene, "encoder_layer")[1] / box(scene, "input")[1] == pytest.approx(197 / 224)
    assert "slabs" in " ".join(shown(scene))
    assert "16000×256" in shown(volume("wavenet"))
    assert "2×7×7" in shown(volume("c3d"))


def test_layout() -> None:
    assert "55×55×96" in shown(volume("alexnet"))
    assert "96×55×55" in shown(volume("alexnet", layout="chw"))


def test_no_space() -> None:
    with pytest.raises(UsageError, match=r"needs an input with space .* 'GPT-2' has 1024; draw it in another form"):
        volume("gpt2")


def test_two_hundred_layers_fit() -> None:
    lines = "".join(f"- layer_{i}: {{conv: {i + 1}, kernel: 3}}\n" for i in range(200))
    net = archcalc.loads(f"input: [3, 500, 500]\nlayers:\n{lines}")
    scene = volume(net)
    check_page(scene)
    counts = [int(text[1:]) for text in shown(scene) if text.startswith("×")]
    assert sum(counts) == 200
    assert "100×100" in shown(scene)  # 500 − 200 · 2


@pytest.mark.parametrize("spec", ["alexnet", "vgg-e", "resnet1202", "googlenet", "unet", "slim/mobilenet_v1",
                                  "torchvision/swin_t", "lenet5"])
def test_page(spec: str) -> None:
    check_page(volume(spec))


@pytest.mark.parametrize("text", [
    "input: [3, 1, 1]\nlayers:\n- {conv: 8, kernel: 1}\n- flatten\n- {linear: 10}\n",
    "input: [3, 32, 32]\nlayers:\n- relu\n",
    "input: [3, 100000, 7]\nlayers:\n- {conv: 1000000000, kernel: 3}\n",
    "inputs: {ids: {shape: [4], dtype: int64}, image: [3, 64, 64]}\nlayers:\n"
    "- e: {embedding: 5, features: 4, from: ids}\n- c: {conv: 8, kernel: 3, from: image}\n",
])
def test_odd_networks(text: str) -> None:
    scene = volume(archcalc.loads(text))
    check_page(scene)
    parsed(svg(scene))


def test_hostile_names() -> None:
    scene = volume(hostile())
    check_page(scene)
    parsed(svg(scene))


def test_bytes_are_the_same_each_time() -> None:
    assert archcalc.diagram("googlenet", form="volume").svg == archcalc.diagram("googlenet", form="volume").svg


@pytest.mark.zoo
@pytest.mark.parametrize("spec", zoo.names())
def test_every_network(spec: str) -> None:
    made = archcalc.diagram(spec, form="volume")
    if any(tensor.spatial for tensor in made.figures.numbers.inputs.values()):
        check_page(made.scene)
        parsed(made.svg)
    else:
        with pytest.raises(UsageError, match="needs an input with space"):
            made.scene  # noqa: B018
