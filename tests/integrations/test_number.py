"""Numbers in sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from archcalc.errors import ArchcalcError
from archcalc.integrations.number import number, reference_of
from archcalc.integrations.request import Place

CONV1 = 96 * (3 * 11 * 11 + 1)
CONV1_MACS = 55 * 55 * 96 * 3 * 11 * 11


@pytest.mark.parametrize(("text", "shown"), [
    ("alexnet conv1 params", f"{CONV1:,}"),
    ("alexnet conv1 macs", f"{CONV1_MACS:,}"),
    ("alexnet conv1 MACs batch=2", f"{2 * CONV1_MACS:,}"),
    ("alexnet conv1 ~macs", "105 M"),
    ("alexnet conv1 output", "96×55×55"),
    ("alexnet conv1 output layout=hwc", "55×55×96"),
    ("alexnet conv1 output image=224", "96×54×54"),
    ("alexnet input", "3×227×227"),
    ("alexnet output", "1000"),
    ("alexnet ~params", "61.0 M"),
    ("alexnet fc8 params classes=10", f"{10 * (4096 + 1):,}"),
    ("vgg16 params", "138,357,544"),
    ("alexnet conv2 field", "51"),
    ("alexnet layers mode=train", "23"),
    ("specs/net.yaml params", "224"),
    ("net.yaml#wide params", "448"),
    ("/specs/net.yaml params", "224"),
])
def test_number(text: str, shown: str, tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    spec = "parameters: {n: 8}\ninput: [3, 32, 32]\nlayers: [{conv: n, kernel: 3}]\n"
    (tmp_path / "specs" / "net.yaml").write_text(spec, "utf-8")
    (tmp_path / "net.yaml").write_text(spec + "variants: {wide: {n: 16}}\n", "utf-8")
    assert number(text, Place(tmp_path / "page.rst", root=tmp_path)) == shown


@pytest.mark.parametrize(("text", "message"), [
    ("alexnet parms", "unknown quantity 'parms'; did you mean 'params'?"),
    ("alexnet conv9 params", "has no layer or block 'conv9'"),
    ("alexnet input params", "'input' is an input of alexnet"),
    ("alexnet", "a number is SPEC [LAYER] QUANTITY, such as 'alexnet params', found 'alexnet'"),
    ("", "a number is SPEC [LAYER] QUANTITY"),
    ("alexnt params", "did you mean 'alexnet'?"),
    ("alexnet conv1 ~output", "is no count that could be shortened"),
    ("alexnet params batch=0", "'batch' takes a positive whole number, found '0'"),
    ("alexnet params layout=whc", "'layout' takes chw or hwc, found 'whc'"),
    ("alexnet params dtype=float8", "unknown dtype 'float8'"),
    ("alexnet params imgae=224", "has no parameter 'imgae'; did you mean 'image'?"),
    ("resnet params", "'resnet' is a family; choose"),
])
def test_mistakes(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ArchcalcError) as caught:
        number(text, Place(tmp_path / "page.rst"))
    assert message in str(caught.value)


def test_reference() -> None:
    assert [reference_of(text) for text in ("a.yaml params", "", " alexnet ")] == ["a.yaml", "", "alexnet"]
