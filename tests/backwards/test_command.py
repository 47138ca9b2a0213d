"""`archcalc deconvnet`: its table, JSON, spec and drawing, and what it refuses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.backwards.derive import derive
from archcalc.backwards.text import seen
from archcalc.cli import cli
from archcalc.diagrams.backwards import picture
from archcalc.diagrams.scene import Path as Curve
from archcalc.diagrams.scene import Rect, Scene

NET = """
input: [3, 12, 12]
layers:
- conv1: {conv: 4, kernel: 3, then: relu}
- pool: {maxpool: 2, stride: 2}
- join: {add: {left: [{conv2: {conv: 4, kernel: 3, padding: 1}}], right: []}}
"""
TABLE = """\
net, back from join to input · deconvnet · 4×5×5 → 3×12×12 · 5 layers

layer            kind            fields   output   reads beside the signal
join.left.conv2  conv_transpose  3×3, 4   4×5×5
pool.sum         add                      4×5×5    sum of signal, join.left.conv2
pool             max_unpool      2×2, /2  4×10×10  pool.switches
conv1.relu       relu                     4×10×10
conv1            conv_transpose  3×3, 3   3×12×12

join at (0, 2, 2) sees 2…9 × 2…9 (8×8) of input, 3×12×12.
At rectifiers the signal is rectified.
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(NET, "utf-8")
    return tmp_path


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["deconvnet", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_table(here: Path) -> None:
    # The 3 units of pool around the middle are the pixels 2·1 … 2·3 + 1, and conv1 adds 2: 2 … 9.
    assert run("net.yaml", "--at", "join") == TABLE


def test_json(here: Path) -> None:
    found = json.loads(run("net.yaml", "--at", "join", "--unit", "3,0,4", "--format", "json", "--method", "guided"))
    assert found["unit"] == [3, 0, 4]
    assert found["patch"] == [[0, 5], [6, 11]]
    assert [note["name"] for note in found["notes"]] == ["pool.switches", "conv1.relu.slopes"]
    assert found["layers"][-1] == {"name": "conv1", "kind": "conv_transpose", "undoes": "conv1", "inputs": [
        "conv1.relu.relu"], "output_shape": [3, 12, 12], "params": 3 * 4 * 9}


@pytest.mark.parametrize("name", ["back.yaml", "-"])
def test_spec_is_a_network_of_its_own(here: Path, name: str) -> None:
    if name == "-":
        net = archcalc.loads(run("net.yaml", "--at", "join", "--format", "spec"))
    else:
        assert run("net.yaml", "--at", "join", "-o", name) == ""
        net = archcalc.load(name)
    assert archcalc.report(net).rows[-1].shape == (3, 12, 12)
    assert archcalc.report(net).totals.params == 3 * 4 * 9 + 4 * 4 * 9       # no biases


def test_a_channel_alone_is_its_middle(here: Path) -> None:
    assert "join at (3, 2, 2) sees 2…9" in run("net.yaml", "--at", "join", "--unit", "3")


@pytest.mark.parametrize(("arguments", "message"), [
    (["--at", "joint"], "'joint' is no layer of net; did you mean 'join'?"),
    (["--at", "join", "--unit", "1,2"], "a unit takes 3 indices, found 2"),
    (["--at", "join", "--unit", "9"], "it has no unit 9 along axis 0 (channel); they are 0 to 3"),
    (["--at", "join", "--unit", "a,b"], "--unit takes indices with commas between"),
    (["--at", "join", "--mode", "train"], "leave --mode out"),
    (["--at", "join", "--weights", "w.pt"], "--weights without --image"),
    (["--at", "join", "--image", "cat.jpg"], "name a picture with -o"),
    (["--at", "join", "-o", "x.doc"], "x.doc: the format cannot be told from the suffix '.doc'"),
    (["--at", "join", "--format", "png"], "png is no text; name a file with -o"),
    ([], "Missing option '--at'"),
])
def test_what_it_refuses(here: Path, arguments: list[str], message: str) -> None:
    done = subprocess.run([sys.executable, "-m", "archcalc", "deconvnet", "net.yaml", *arguments],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_an_image_needs_torch(here: Path) -> None:
    message = "Error: the cross-check needs torch: pip install 'archcalc[torch]'"
    code = ("import sys; sys.modules['torch'] = None\n"
            "sys.argv = ['archcalc', 'deconvnet', 'net.yaml', '--at', 'join', '--image', 'x.png', '-o', 'o.png']\n"
            "from archcalc.__main__ import main; main()")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.startswith(message)) == (3, True), done.stderr
    assert not (here / "o.png").exists()


# ── the drawing ──


def drawn(spec: str, at: str, method: str = "deconvnet") -> Scene:
    back = derive(archcalc.load(spec), at, method)
    return picture(back, seen(back, None))


def test_switches_are_dashed_between_pools_and_their_unpooling() -> None:
    scene = drawn("zfnet", "conv5")
    frames = {item.id.rpartition("net-back-")[2]: next(s for s in item.shapes if isinstance(s, Rect))
              for item in scene.items if item.shapes and isinstance(item.shapes[0], Rect)}
    found = {item.id: item for item in scene.items if item.tooltip.endswith(("pool1", "pool2")) and item.role == "edge"}
    for name in ("pool1", "pool2"):
        item = found[f"ac-zfnet-back-{name}--note"]
        curve = next(s for s in item.shapes if isinstance(s, Curve))
        left, right = frames[name], frames[f"{name}-back"]
        assert curve.dashed
        assert item.tooltip == f"value and switches of {name}" or item.tooltip == f"switches and value of {name}"
        assert curve.points[0] == pytest.approx((left.x + left.width, left.y + left.height / 2), abs=0.2)
        assert curve.points[1] == pytest.approx((right.x, right.y + right.height / 2), abs=0.2)


@pytest.mark.parametrize(("spec", "at", "method"), [
    ("zfnet", "conv5", "guided"), ("googlenet", "3b", "deconvnet"), ("resnet18", "fc", "gradient"),
    ("resnet18", "conv2_x.1", "deconvnet"), ("vgg-d", "fc8", "deconvnet"), ("unet", "segmentation", "guided")])
def test_layers_stand_at_the_height_of_what_they_undo(spec: str, at: str, method: str) -> None:
    net = archcalc.load(spec)
    scene = drawn(spec, at if at in net.parts else net.layers[-1].name, method)
    boxes = {item.id: item.shapes[0] for item in scene.items if item.role != "edge" and item.layer}
    pairs = [(box, boxes[f"{name}-back"]) for name, box in boxes.items() if f"{name}-back" in boxes]
    assert len(pairs) >= 5
    middle = {round(a.x + getattr(a, "width", 0) / 2 + b.x + getattr(b, "width", 0) / 2) for a, b in pairs}  # type: ignore[union-attr]
    assert all(a.y == b.y for a, b in pairs)  # type: ignore[union-attr]
    assert max(middle) - min(middle) <= 1
    for item in scene.items:
        for shape in item.shapes:
            if isinstance(shape, Rect):
                assert 0 <= shape.x <= shape.x + shape.width <= scene.width
                assert 0 <= shape.y <= shape.y + shape.height <= scene.height


def test_svg(here: Path) -> None:
    run("net.yaml", "--at", "join", "-o", "back.svg")
    text = (here / "back.svg").read_text("utf-8")
    root = ElementTree.fromstring(text)
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    assert re.search(r"unit 0, 2, 2 of join sees 2…9 × 2…9 \(8×8\) of input", text)
    assert "switches of the forward pass" in text
    assert "net up to join, and beside it the network of 5 layers that goes back to input" in text
