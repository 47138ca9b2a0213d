"""Which form a network gets, and that every picture keeps to its page."""

import pytest

import archcalc
from archcalc import zoo
from archcalc.diagrams.scene import Item, Text
from archcalc.diagrams.theme import HEIGHT, WIDTH
from archcalc.errors import UsageError
from tests.diagrams.pictures import check_layout, parsed

FORMS = {
    "alexnet": "layers", "zfnet": "cards", "vgg16": "cards", "plain34": "cards", "resnet18": "snake",
    "resnet50": "folded", "resnet1202": "folded", "googlenet": "blocks", "inception-reduced": "blocks",
    "torchvision/vit_b_16": "folded", "torchvision/densenet121": "blocks", "unet": "blocks",
}


@pytest.mark.parametrize(("spec", "form"), FORMS.items(), ids=list(FORMS))
def test_form_and_page(spec: str, form: str) -> None:
    made = archcalc.diagram(spec)
    assert made.form == form
    assert made.scene.width <= WIDTH
    assert made.scene.height <= HEIGHT
    check_layout(made.scene)
    parsed(made.svg)


SHAPES = {"alexnet": ("pool1", "48×27×27"), "vgg16": ("stage3.pool", "256×28×28"), "resnet18": ("pool1", "64×56×56"),
          "resnet50": ("conv2_x", "256×56×56"), "inception-reduced": ("3a.out.b5.conv5", "32×28×28")}
"""A box of each form and its output, by the papers' tables; half of AlexNet's 96 maps on each GPU."""


@pytest.mark.parametrize(("spec", "box", "shape"), [(spec, *said) for spec, said in SHAPES.items()], ids=list(SHAPES))
def test_shapes_in_boxes(spec: str, box: str, shape: str) -> None:
    made = archcalc.diagram(spec, shapes="nodes", layout="chw")
    check_layout(made.scene)
    said = {item.layer: words_of(item) for item in made.scene.items if item.layer}
    assert said[box][-1] == shape


def words_of(item: Item) -> list[str]:
    return ["".join(run.text for run in text.line) for text in item.shapes if isinstance(text, Text)]


@pytest.mark.zoo
@pytest.mark.parametrize("spec", zoo.names())
def test_every_network_in_every_form_that_applies(spec: str) -> None:
    applies = []
    for form in ("auto", "folded", "blocks", "layers", "cards", "snake", "volume", "field", "bars"):
        made = archcalc.diagram(spec, form=form)
        try:
            scene = made.scene
        except UsageError:
            continue
        applies.append(form)
        parsed(made.svg)
        if form in ("auto", "folded", "blocks", "cards", "snake"):
            check_layout(scene)
        if form in ("auto", "folded", "blocks", "volume", "field"):
            assert scene.width <= WIDTH, form
            assert scene.height <= HEIGHT, form
    # the others need a chain, stages with shortcuts, or a spatial input
    assert {"auto", "folded", "blocks", "layers", "bars"} <= set(applies)


def test_googlenet_is_no_taller_than_its_aim() -> None:
    assert archcalc.diagram("googlenet").scene.height <= 950


def test_all_layers_where_asked_for() -> None:
    made = archcalc.diagram("resnet50", fold=False)
    # 1 + 16 blocks of 3 + 4 projections + 1 weighted layers, 2 pools, 16 sums; and the input
    assert sum(bool(item.layer) for item in made.scene.items) == 1 + (1 + 48 + 4 + 1) + 2 + 16
    assert made.note == ""


def test_too_many_boxes_are_left_together_and_said() -> None:
    made = archcalc.diagram("torchvision/densenet201", fold=False, max_nodes=20)
    assert sum(bool(item.layer) for item in made.scene.items) <= 21
    assert "--max-nodes" in made.note
    made = archcalc.diagram("resnet1202", form="layers")
    assert "drawn as" in made.note


def test_depth() -> None:
    made = archcalc.diagram("googlenet", depth=1)
    # table 1: 5 rows before the first inception, 9 inceptions, 3 pools between and behind, the classifier
    boxes = [item.layer for item in made.scene.items if item.layer]
    assert [b for b in boxes if b in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")] == \
        ["3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"]
    assert all("." not in box for box in boxes)


def test_expand_draws_a_block_beside() -> None:
    made = archcalc.diagram("googlenet", expand=("3a",))
    inside = {item.layer for item in made.scene.items if item.layer.startswith("3a.")}
    assert inside == {"3a.out", *(f"3a.out.{name}" for name in (
        "b1.conv1", "b3.reduce", "b3.conv3", "b5.reduce", "b5.conv5", "pool.max", "pool.proj"))}
    check_layout(made.scene)


@pytest.mark.parametrize(("given", "message"), [
    ({"form": "card"}, "did you mean 'cards'?"),
    ({"heat": "flops"}, "'heat' takes params, macs, memory or field"),
    ({"depth": 0}, "'depth' takes a positive whole number, found 0"),
    ({"max_nodes": True}, "'max_nodes' takes a positive whole number"),
    ({"colour": "red"}, "unknown option 'colour' of a diagram"),
    ({"expand": ("conv9",)}, "no block is called 'conv9'"),
    ({"form": "snake"}, "'alexnet' is not"),
    ({"columns": ("params", "time")}, "'columns' takes"),
])
def test_refusals(given: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=None) as error:
        assert archcalc.diagram("alexnet", **given).svg
    assert message in str(error.value)


def test_cards_need_a_chain() -> None:
    with pytest.raises(UsageError, match="is no chain"):
        assert archcalc.diagram("googlenet", form="cards").svg
