"""Images as a network takes them, and the contact sheet."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.backwards.derive import derive
from archcalc.cli import cli
from archcalc.errors import UsageError
from archcalc.tensor import Tensor

pytestmark = pytest.mark.torch

NET = """
input: [3, 32, 32]
then: {conv: relu}
layers:
- conv1: {conv: 8, kernel: 3}
- pool: {maxpool: 2, stride: 2}
- conv2: {conv: 6, kernel: 3}
"""
TILE, GAP, MARGIN, HEAD, LABEL = 190, 12, 20, 20 + 22 + 2 * 14 + 26, 14 + 10


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(NET, "utf-8")
    image = Image.new("RGB", (96, 64), (20, 40, 60))
    image.paste((250, 200, 10), (48, 20, 70, 40))
    image.save(tmp_path / "shapes.png")
    Image.new("RGB", (40, 40), (0, 0, 0)).save(tmp_path / "dark.png")
    return tmp_path


def sheet(content: bytes) -> Any:
    from PIL import Image

    return Image.open(io.BytesIO(content)).convert("RGB")


def made(unit: tuple[int, ...] | None = None, images: tuple[str, ...] = ("shapes.png",), suffix: str = ".png",
         at: str = "conv2.relu", **options: Any) -> tuple[bytes, list[str]]:
    from archcalc.crosscheck.contact import contact_sheet

    return contact_sheet(derive(archcalc.load("net.yaml"), at), unit, images, suffix, **options)


def test_an_image_is_resized_and_cropped(here: Path) -> None:
    import torch

    from archcalc.crosscheck.picture import read_picture

    found = read_picture("shapes.png", Tensor.of(3, 32, 32))
    # The height of 64 becomes 32, the width 48, of which 8 columns go at both sides.
    assert found.remark == ("shapes.png: 96×64 pixels, width by height; resized to 48×32, cropped to 32×32 from "
                            "(8, 0) on; pixels from 0 to 1, less 0.485, 0.456, 0.406, over 0.229, 0.224, 0.225")
    pixel = torch.tensor([20, 40, 60]) / 255
    expected = (pixel - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor([0.229, 0.224, 0.225])
    torch.testing.assert_close(found.tensor[0, :, 31, 0], expected)
    assert found.crop.getpixel((20, 15)) == (250, 200, 10)      # (48 … 69)/2 − 8 = 16 … 26


def test_channels_stand_where_the_input_has_them(here: Path) -> None:
    from archcalc.crosscheck.picture import read_picture

    last = Tensor.of(16, 24, 3, axes=("space", "space", "channel"))
    found = read_picture("shapes.png", last, "unit")
    assert tuple(found.tensor.shape) == (1, 16, 24, 3)
    assert found.tensor[0, 15, 0].tolist() == pytest.approx([20 / 255, 40 / 255, 60 / 255])
    grey = read_picture("shapes.png", Tensor.of(1, 8, 8))
    assert tuple(grey.tensor.shape) == (1, 1, 8, 8)
    assert grey.remark.endswith("; pixels from 0 to 1")


@pytest.mark.parametrize(("shape", "normalize", "message"), [
    ((4, 8, 8), None, "an image has 1 or 3 channels and two spatial axes; the input takes 4×8×8"),
    ((3, 8), None, "the input takes 3×8, channel×space"),
    ((1, 8, 8), "imagenet", "ImageNet's mean is of three channels; the input takes 1×8×8"),
])
def test_inputs_that_take_no_image(here: Path, shape: tuple[int, ...], normalize: str | None, message: str) -> None:
    from archcalc.crosscheck.picture import read_picture

    with pytest.raises(UsageError) as error:
        read_picture("shapes.png", Tensor.of(*shape), normalize)
    assert message in str(error.value)


@pytest.mark.parametrize(("path", "message"), [
    ("nowhere.png", "nowhere.png: cannot be read as an image: No such file or directory"),
    ("net.yaml", "net.yaml: cannot be read as an image: cannot identify image file"),
    (".", ".: cannot be read as an image: Is a directory"),
])
def test_files_that_are_no_image(here: Path, path: str, message: str) -> None:
    from archcalc.crosscheck.picture import read_picture

    with pytest.raises(UsageError) as error:
        read_picture(path, Tensor.of(3, 8, 8))
    assert str(error.value).startswith(message)


def test_sheet_has_a_row_for_each_unit(here: Path) -> None:
    content, remarks = made(top=3)
    assert sheet(content).size == (2 * MARGIN + 5 * TILE + 4 * GAP, HEAD + 3 * (TILE + 14 + 24) + MARGIN - 12)
    assert [remark.partition(":")[0] for remark in remarks] == ["shapes.png", "random weights, seed 0"]
    assert made(top=3)[0] == content
    assert made(top=3, seed=1)[0] != content


def test_patch_and_projections_are_of_the_same_place(here: Path) -> None:
    image = sheet(made((2, 3, 4))[0])
    # Unit 3 of conv2 sees 3 … 5 of pool, 6 … 11 of conv1, 6 … 13 of the image; unit 4 sees 8 … 15.
    top = HEAD + LABEL
    tiles = [image.crop((left := MARGIN + k * (TILE + GAP), top, left + TILE, top + TILE)) for k in range(5)]
    from archcalc.crosscheck.picture import read_picture

    crop = read_picture("shapes.png", Tensor.of(3, 32, 32)).crop
    for i, j in ((0, 0), (3, 5), (7, 7)):
        place = int((j + 0.5) * TILE / 8), int((i + 0.5) * TILE / 8)
        assert tiles[1].getpixel(place) == crop.getpixel((8 + j, 6 + i))
    assert tiles[0].getpixel((round(8 * TILE / 32), round(10 * TILE / 32))) == (181, 23, 158)    # the frame


def test_projections_are_what_the_derived_network_gives(here: Path) -> None:
    import torch

    from archcalc.crosscheck import build
    from archcalc.crosscheck.deconvnet import Projector
    from archcalc.crosscheck.picture import read_picture

    torch.manual_seed(0)
    look = Projector(build(archcalc.load("net.yaml")), "conv2.relu").look(
        read_picture("shapes.png", Tensor.of(3, 32, 32)).tensor)
    unit = look.strongest(1)[0].place
    image = sheet(made(unit)[0])
    rows, columns = (range(2 * i, 2 * i + 8) for i in unit[1:])
    for k, method in enumerate(("deconvnet", "guided", "gradient"), 2):
        values = look.project(method, unit)[:, rows.start:rows.stop, columns.start:columns.stop]
        shown = (values / values.abs().flatten().quantile(0.995)).clamp(-1, 1)
        for i, j in ((0, 0), (4, 2), (7, 7)):
            place = (MARGIN + k * (TILE + GAP) + int((j + 0.5) * TILE / 8), HEAD + LABEL + int((i + 0.5) * TILE / 8))
            expected = [(float(v) + 1) * 127.5 for v in shown[:, i, j]]
            assert image.getpixel(place) == pytest.approx(expected, abs=1)
        assert values.any()


def test_the_strongest_of_several_images(here: Path) -> None:
    import torch

    from archcalc.crosscheck.contact import _units
    from archcalc.crosscheck.deconvnet import Projector
    from tests.crosscheck.test_deconvnet import model_of

    net = archcalc.load("net.yaml")
    projector = Projector(model_of(net), "conv2.relu")
    looks = [projector.look(torch.rand(1, 3, 32, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(k)))
             for k in range(3)]
    back = projector.first
    activations = torch.cat([look.activations for look in looks])
    best = _units(back, looks, None, 4)
    assert [unit.activation for unit in best] == activations.amax((0, 2, 3)).sort(descending=True)[0][:4].tolist()
    of_map = _units(back, looks, (5,), 7)
    assert [unit.activation for unit in of_map] == activations[:, 5].flatten().sort(descending=True)[0][:7].tolist()
    assert [unit.image for unit in _units(back, looks, (5, 1, 2), None)] == \
        activations[:, 5, 1, 2].argsort(descending=True).tolist()
    with pytest.raises(UsageError, match="takes 3 indices, or a channel from 0 to 5; found 6"):
        _units(back, looks, (6,), None)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_formats(here: Path, suffix: str) -> None:
    from PIL import Image

    content, _ = made((0, 0, 0), suffix=suffix)
    assert Image.open(io.BytesIO(content)).format == {".png": "PNG", ".jpg": "JPEG", ".webp": "WEBP"}[suffix]


def test_command(here: Path) -> None:
    result = CliRunner().invoke(cli, ["deconvnet", "net.yaml", "--at", "pool", "--image", "shapes.png", "--image",
                                      "dark.png", "--unit", "1", "--top", "2", "--normalize", "unit", "-o", "s.png"])
    assert result.exit_code == 0, result.output
    assert result.stderr.splitlines() == [
        "shapes.png: 96×64 pixels, width by height; resized to 48×32, cropped to 32×32 from (8, 0) on; "
        "pixels from 0 to 1",
        "dark.png: 40×40 pixels, width by height; resized to 32×32, cropped to 32×32 from (0, 0) on; "
        "pixels from 0 to 1", "random weights, seed 0"]
    assert sheet((here / "s.png").read_bytes()).width == 2 * MARGIN + 5 * TILE + 4 * GAP


@pytest.mark.parametrize(("options", "message"), [
    ({"suffix": ".gif"}, "a contact sheet is .png, .jpg, .jpeg, .webp, found '.gif'"),
    ({"unit": (1, 2)}, "'conv2.relu' is 6×13×13: --unit takes 3 indices, or a channel from 0 to 5; found 1,2"),
    ({"unit": (1, 2, 13)}, "it has no unit 13 along axis 2"),
])
def test_what_a_sheet_refuses(here: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as error:
        made(**options)
    assert message in str(error.value)


def test_a_source_inside_the_network_is_no_picture(here: Path) -> None:
    from archcalc.crosscheck.contact import contact_sheet

    with pytest.raises(UsageError, match="a projection onto 'pool' is no picture"):
        contact_sheet(derive(archcalc.load("net.yaml"), "conv2", source="pool"), None, ["shapes.png"])


def test_without_pillow_it_says_what_to_install(here: Path) -> None:
    code = ("import sys; sys.modules['PIL'] = None\n"
            "sys.argv = ['archcalc', 'deconvnet', 'net.yaml', '--at', 'pool', '--image', 'shapes.png', '-o', 'o.png']\n"
            "from archcalc.__main__ import main; main()")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr.startswith("Error: images need Pillow: pip install pillow")


def test_without_safetensors_it_says_what_to_install(here: Path) -> None:
    code = ("import sys; sys.modules['safetensors'] = None\n"
            "sys.argv = ['archcalc', 'deconvnet', 'net.yaml', '--at', 'pool', '--image', 'shapes.png', '--weights', "
            "'w.safetensors', '-o', 'o.png']\nfrom archcalc.__main__ import main; main()")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr.startswith("Error: .safetensors files need safetensors: pip install safetensors")
