"""`archcalc verify`: equal where it should be, differing where it should, and clear about what cannot be had."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import archcalc
from archcalc import zoo
from archcalc.cli import cli
from archcalc.errors import ArchcalcError, Unavailable, UsageError

pytestmark = pytest.mark.torch

DOZEN = ["torchvision/alexnet", "torchvision/vgg11_bn", "torchvision/googlenet", "torchvision/resnet18",
         "torchvision/squeezenet1_1", "torchvision/densenet121", "torchvision/mobilenet_v3_small",
         "torchvision/shufflenet_v2_x0_5", "torchvision/efficientnet_b0", "torchvision/regnet_y_400mf",
         "alexnet", "resnet34-a"]
"""A representative dozen: each family of convolutional networks, and two without a reference."""

CUDA = "memory, time and outputs on a CUDA device"


def lines(name: str, against: str | None = None, device: str = "auto", **parameters: Any) -> dict[str, Any]:
    from archcalc.crosscheck.verify import verify

    return {line.check: line for line in verify(archcalc.load(name, **parameters), against, device).lines}


@pytest.mark.parametrize("name", DOZEN)
def test_everything_is_equal(name: str) -> None:
    found = lines(name, image=96) if name.startswith("torchvision/") else lines(name)
    assert {check: line for check, line in found.items() if line.verdict == "differs"} == {}
    ran = {check for check, line in found.items() if line.verdict == "equal"}
    assert {"parameters", "buffers", "output shapes", "MACs", "receptive field", "saved for backward, bytes"} <= ran
    assert ("outputs" in ran) == ("peak of inference, bytes" in ran) == name.startswith("torchvision/")


@pytest.mark.zoo
@pytest.mark.parametrize("name", [n for n in zoo.names() if n.startswith("torchvision/")])
def test_tensors_shapes_and_macs_of_the_whole_zoo(name: str) -> None:
    assert [line for line in lines(name, device="meta").values() if line.verdict == "differs"] == []


def test_another_network_differs() -> None:
    found = lines("torchvision/resnet18", "torchvision:resnet34", image=224)
    assert found["parameters"].verdict == "differs"
    assert found["parameters"].remark == ("layer2.1.sum.branch.conv.weight 128×64×3×3 against "
                                          "layer1.2.conv1.weight 64×64×3×3")
    assert (found["MACs"].ours, found["MACs"].verdict) == ("1,814,073,344", "differs")
    assert found["outputs"].remark == "the reference's tensors do not fit"


def test_the_papers_resnet50_is_not_torchvisions() -> None:
    """Its stride is in the first 1×1: the same tensors, other shapes between; the peak is in a stage before."""
    found = lines("resnet50", "torchvision:resnet50", image=96)
    assert [check for check, line in found.items() if line.verdict == "differs"] == [
        "shapes in the reference", "MACs", "saved for backward, bytes", "outputs"]
    assert found["shapes in the reference"].remark.startswith("conv3_x.1.sum.branch.conv1 128×12×12 against ")


def test_attention_sees_the_whole_input() -> None:
    text = lines("torchvision/vit_b_32", image=64)["receptive field"]
    assert text.verdict == "equal"  # of the patches, before attention


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["verify", *arguments])


def test_command(tmp_path: Path) -> None:
    done = run("torchvision/squeezenet1_1", "resnet20", "--device", "meta")
    assert (done.exit_code, done.exception) == (0, None)
    assert "equal    parameters: 1,235,496 in 52 = 1,235,496 in 52" in done.output
    assert done.output.splitlines()[-1].split() == ["resnet20", "all", "equal"]
    target = tmp_path / "found.json"
    assert run("resnet20", "--device", "meta", "--format", "json", "-o", str(target)).exit_code == 0
    data = json.loads(target.read_text())
    assert data["specs"][0]["agrees"] is True
    assert [line["check"] for line in data["specs"][0]["lines"]] == [
        "parameters", "buffers", "output shapes", "MACs", CUDA]


def test_a_difference_exits_with_1() -> None:
    done = run("torchvision/resnet18", "--against", "torchvision:resnet34", "--device", "meta")
    assert isinstance(done.exception, ArchcalcError)
    assert (done.exception.exit_code, str(done.exception)) == (1, "1 of 1 differ: torchvision/resnet18")


REFERENCES = """
from torch import nn
def raises(): raise ValueError("no weights here")
def number(): return 3
def narrow(): return nn.Linear(4, 2)
value = 1
"""

WRONG = {
    "resnet50": "--against takes torchvision:NAME or package.module:factory, found 'resnet50'",
    "torchvision:resnt50": "torchvision has no classification model 'resnt50'; did you mean 'resnet50'?",
    "no_such_module:f": "--against no_such_module:f: no_such_module cannot be imported: "
                        "ModuleNotFoundError: No module named 'no_such_module'",
    "references:rases": "--against references:rases: references has no function 'rases'; did you mean 'raises'?",
    "references:value": "--against references:value: references has no function 'value'",
    "references:raises": "--against references:raises: the factory raised ValueError: no weights here",
    "references:number": "--against references:number: gave int, not a torch.nn.Module",
}


@pytest.mark.parametrize("against", WRONG)
def test_a_reference_that_cannot_be_had(against: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "references.py").write_text(REFERENCES)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UsageError) as error:
        lines("resnet20", against)
    assert str(error.value) == WRONG[against]


def test_a_reference_that_does_not_take_the_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "references.py").write_text(REFERENCES)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UsageError, match="resnet20: the reference does not run: RuntimeError"):
        lines("resnet20", "references:narrow")


def test_cuda_that_is_not_there() -> None:
    import torch

    if not torch.cuda.is_available():
        with pytest.raises(Unavailable, match="no CUDA device here"):
            lines("resnet20", device="cuda")
    line = lines("resnet20", device="meta")[CUDA]
    assert (line.verdict, line.remark) == ("not run", "left out by --device meta")


def test_a_reference_that_cannot_be_traced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The peak is not run, and all else is: a module may look at its input."""
    (tmp_path / "branching.py").write_text(HIDDEN.replace("return ", "assert len(x)\n        return "))
    monkeypatch.syspath_prepend(tmp_path)
    net = archcalc.loads("input: [6]\nlayers:\n- body: {linear: 6, then: tanh}\n- head: {linear: 3}\n")
    from archcalc.crosscheck.verify import verify

    found = {line.check: line for line in verify(net, "branching:Hidden", "cpu").lines}
    line = found["peak of inference, bytes"]
    assert line.verdict == "not run"
    assert line.remark.startswith("not applicable: torch.fx cannot trace the reference: RuntimeError: 'len' is not")
    assert found["outputs"].verdict == "equal"


def test_remarks_are_wrapped_and_a_bar_is_for_terminals() -> None:
    done = run("torchvision/resnet18", "torchvision/resnet34", "--device", "meta", "--against", "torchvision:resnet34")
    assert max(map(len, done.stdout.splitlines())) <= 80
    words = next(part for part in done.stdout.split("  differs  ") if part.startswith("parameters")).splitlines()[1:]
    assert " ".join(word.strip() for word in words[:2]) == (
        "layer2.1.sum.branch.conv.weight 128×64×3×3 against layer1.2.conv1.weight 64×64×3×3")
    assert done.stderr == ""


def test_a_bar_stays_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    from archcalc.commands import verify

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(verify.sys, "stderr", terminal := Terminal())
    names = ["lenet5", "torchvision/" + "very_long_name_" * 5]
    with verify._progress(names) as bar:
        assert list(bar) == names
    shown = [part for part in terminal.getvalue().split("\r") if part]
    assert max(len(part.removeprefix("\x1b[?25l").rstrip()) for part in shown) <= 60
    assert any(part.rstrip().endswith("]  0/2  lenet5") for part in shown)
    assert any("1/2  …" in part for part in shown)
    assert terminal.getvalue().endswith("\x1b[?25h\n")


@pytest.mark.parametrize(("arguments", "message"), [
    ([], "name the specs to verify, or --all"),
    (["alexnet", "--all"], "name the specs to verify, or --all"),
    (["alexnet", "--mode", "train"], "verify compares both modes where each applies; leave --mode out"),
])
def test_wrong_use(arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert isinstance(done.exception, UsageError)
    assert str(done.exception) == message


HIDDEN = """
import torch

class Hidden(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = torch.nn.Linear(6, 6), torch.nn.Linear(6, 3)
        torch.nn.init.zeros_(self.head.weight)
        torch.nn.init.zeros_(self.head.bias)

    def forward(self, x):
        return self.head(torch.tanh(self.body(x)))
"""


@pytest.mark.parametrize(("activation", "verdict"), [("tanh", "equal"), ("relu", "differs")])
def test_a_head_of_zeros_hides_nothing(activation: str, verdict: str, tmp_path: Path,
                                       monkeypatch: pytest.MonkeyPatch) -> None:
    from archcalc.crosscheck.verify import verify

    (tmp_path / "hidden_head.py").write_text(HIDDEN, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    net = archcalc.loads(f"input: [6]\nlayers:\n- body: {{linear: 6, then: {activation}}}\n- head: {{linear: 3}}\n")
    found = {line.check: line.verdict for line in verify(net, "hidden_head:Hidden", "cpu").lines}
    assert found["outputs"] == verdict


def test_constant_tensors_are_moved_apart() -> None:
    import torch

    from archcalc.crosscheck.reference import varied

    module = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.BatchNorm1d(3))
    before = module[0].weight.clone()
    varied(module)
    assert torch.equal(module[0].weight, before)
    assert module[1].weight.unique().numel() == 3
    assert bool((module[1].running_var > 0).all())
