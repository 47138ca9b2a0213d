"""Torch modules: torchvision's models against the modules themselves, random modules, and what goes wrong."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archcalc import ArchcalcError, loads, report

pytestmark = pytest.mark.torch

MODELS = ["alexnet", "vgg11_bn", "googlenet", "inception_v3", "densenet121", "mobilenet_v2", "mobilenet_v3_large",
          "efficientnet_b0", "shufflenet_v2_x1_0", "regnet_y_400mf", "convnext_tiny", "vit_b_16", "swin_t", "swin_v2_t",
          "resnet50", "squeezenet1_0", "mnasnet1_0", "maxvit_t"]


@pytest.mark.parametrize("name", MODELS)
def test_torchvision(name: str) -> None:
    from archcalc.crosscheck.verify import verify
    from archcalc.importing.references import imported

    found = imported(f"torchvision:{name}")
    assert not found.notes
    assert len(found.text.splitlines()) < 120
    lines = verify(loads(found.text, name=name), f"torchvision:{name}", "meta").lines
    equal = {line.check for line in lines if line.verdict == "equal"}
    assert equal >= {"parameters", "buffers", "output shapes", "MACs"}
    assert not [line for line in lines if line.verdict == "differs"]


def test_outputs_are_equal() -> None:
    from archcalc.crosscheck.verify import verify
    from archcalc.importing.references import imported

    name = "torchvision:shufflenet_v2_x0_5"
    lines = verify(loads(imported(name).text), name, "cpu").lines
    assert next(line for line in lines if line.check == "outputs").verdict == "equal"


def nets() -> Any:
    import torch
    from torch import nn

    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Conv2d(3, 8, 3, padding=1)
            self.gain = nn.Parameter(torch.ones(8, 1, 1))
            self.fc = nn.Linear(8, 8)

        def forward(self, x: Any) -> Any:
            y = torch.fft.fft2(self.a(x)).real * self.gain
            y = torch.relu_(y)
            y += x.mean(1, keepdim=True)
            return self.fc(self.fc(y.mean([2, 3])))

    class Branching(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.part = nn.Linear(4, 4)

        def forward(self, x: Any) -> Any:
            y = self.part(x)
            if y.sum() > 0:
                return y
            return -y
    return Odd, Branching


def test_opaque_shared_and_in_place() -> None:
    import torch

    from archcalc import from_torch

    net = from_torch(nets()[0](), torch.zeros(2, 3, 16, 16))
    assert report(net).totals.params == (3 * 8 * 9 + 8) + 8 + (8 * 8 + 8)
    assert "fft2" in net["fft_fft2"].name
    assert net["fft_fft2"].layer.kind == "opaque"
    assert net["fc_2"].share == {"weight": (net.index["fc"], "weight"), "bias": (net.index["fc"], "bias")}
    assert "opaque" in report(net).to_table()


def test_a_branch_on_numbers_names_its_line() -> None:
    import torch

    from archcalc import from_torch

    with pytest.raises(ArchcalcError) as caught:
        from_torch(nets()[1](), torch.zeros(1, 4))
    message = str(caught.value)
    assert "does not run with these inputs on the meta device" in message
    assert "if y.sum() > 0:" in message
    assert "move it out of `forward`" in message


FILE = """
from torch import nn
def make(): return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(2))
def small(): return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
def fails(): raise RuntimeError("no such thing")
def number(): return 3
"""


@pytest.mark.parametrize(("reference", "message"), [
    ("torch:no_such_module_here:make@3x8x8", "no_such_module_here cannot be imported"),
    ("torch:written_here:smal@3x8x8", "has no function 'smal'; did you mean 'small'?"),
    ("torch:written_here:fails@3x8x8", "the factory raised RuntimeError: no such thing"),
    ("torch:written_here:number@3x8x8", "gave int, not a torch.nn.Module"),
    ("torch:written_here:small", "say the shape of its input per sample: --input 3x224x224"),
    ("torch:written_here:small@5x8x8", "0 does not run with these inputs"),
    ("torch:written_here:small@3x8", "does not run with these inputs"),
    ("torch:written_here@3x8x8", "a module of torch is named torch:package.module:factory"),
    ("torch:written_here", "a module of torch is named torch:package.module:factory"),
    ("torchvision:", "'torchvision:' names no network: torchvision:resnet50"),
    ("torchvision:resnet5O", "torchvision has no model 'resnet5O'; did you mean 'resnet50'?"),
    ("torch:written_here:small@3x8x8:int64x", "--input takes sizes per sample"),
])
def test_bad_references(reference: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from archcalc.importing.references import imported

    (tmp_path / "written_here.py").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "written_here", raising=False)
    with pytest.raises(ArchcalcError) as caught:
        imported(reference)
    assert message in str(caught.value)


LAYERS = st.lists(st.sampled_from(["conv", "depthwise", "norm", "relu", "gelu", "pool", "residual", "gate", "concat",
                                   "shuffle", "functional", "upsample", "permuted", "mixed", "clamped", "length",
                                   "mask"]), min_size=1, max_size=7)


def random_module(names: list[str]) -> Any:
    import torch
    from torch import nn
    from torch.nn import functional as F

    class Step(nn.Module):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name
            self.conv = nn.Conv2d(8, 8, 3, padding=1, groups=8 if name == "depthwise" else 1)
            self.norm = nn.BatchNorm2d(8)
            self.fc = nn.Linear(8, 8)
            self.mix = nn.Parameter(torch.rand(8, 8))
            self.register_buffer("mask", torch.rand(8, 1, 12))

        def forward(self, x: Any) -> Any:
            return {
                "mixed": lambda: torch.einsum("bchw,dc->bdhw", x, self.mix), "clamped": lambda: x.clamp(max=0.5),
                "length": lambda: F.normalize(x), "mask": lambda: x + self.mask,
                "conv": lambda: self.conv(x), "depthwise": lambda: F.relu(self.norm(self.conv(x))),
                "norm": lambda: self.norm(x), "relu": lambda: torch.relu(x), "gelu": lambda: F.gelu(x),
                "pool": lambda: F.max_pool2d(x, 3, 1, 1), "residual": lambda: x + self.conv(x),
                "gate": lambda: x * torch.sigmoid(self.conv(F.adaptive_avg_pool2d(x, 1))),
                "concat": lambda: torch.cat([x[:, :4], self.conv(x)[:, 4:]], 1),
                "shuffle": lambda: x.view(x.shape[0], 2, 4, *x.shape[2:]).transpose(1, 2).flatten(1, 2),
                "functional": lambda: F.conv2d(x, self.conv.weight, self.conv.bias, padding=1),
                "upsample": lambda: F.avg_pool2d(F.interpolate(x, scale_factor=2), 2),
                "permuted": lambda: self.fc(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)}[self.name]()

    return nn.Sequential(nn.Conv2d(3, 8, 1), *map(Step, names))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LAYERS)
def test_random_modules(names: list[str]) -> None:
    import torch

    from archcalc import from_torch
    from archcalc.crosscheck import build
    from archcalc.crosscheck.measure import macs

    module = random_module(names).eval()
    x = torch.rand(2, 3, 12, 12, dtype=torch.float64)
    net = from_torch(module, x)
    used: set[int] = set()
    for part, name in zip(list(module)[1:], names, strict=True):
        needs = {"norm": ["norm"], "depthwise": ["conv", "norm"], "permuted": ["fc"]}.get(
            name, [] if name in ("relu", "gelu", "pool", "shuffle", "upsample", "mixed", "clamped", "length", "mask")
            else ["conv"])
        used.update([id(part.mix)] if name == "mixed" else [])
        used.update(id(p) for need in needs for p in getattr(part, need).parameters())
    first = sum(p.numel() for p in module[0].parameters())
    assert report(net).totals.params == first + sum(p.numel() for p in module.parameters() if id(p) in used)
    norms = sum(2 * 8 for name in names if name in ("norm", "depthwise"))       # running statistics
    assert report(net).totals.buffers == norms + 8 * 12 * names.count("mask")
    assert report(net).totals.macs == macs(module.to("meta"), torch.zeros(1, 3, 12, 12, device="meta"))
    assert tuple(build(net, dtype=torch.float64)(x).shape) == (2, 8, 12, 12)
    assert not any(n.layer.unknown for n in net.layers)
