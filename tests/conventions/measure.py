"""Runs the real tools: what each prints for a network, one sample, in eval mode under no_grad on the CPU.

``python -m tests.conventions.measure`` measures torchvision's classifiers and the layers of `LAYERS` with every tool
and writes the figures, with the versions of the tools, to tests/facts/peers.json. ``... TOOL MODE NAME...`` prints
those of one tool as JSON, in a process of its own, since the tools patch torch; NAME is ``resnet50:224`` or a layer's.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from tests.conventions.layers import LAYERS

ROOT = Path(__file__).resolve().parents[2]
FACTS = ROOT / "tests" / "facts" / "peers.json"
PACKAGES = ("torch", "torchvision", "fvcore", "ptflops", "thop", "torchinfo", "calflops", "numpy")
TOO_LARGE = {"regnet_y_128gf", "vit_h_14"}
"""375 and 1,017 GMACs: minutes for each tool."""
NO_HEADS = {"init_weights": False, "aux_logits": False}
"""GoogLeNet and Inception v3 without auxiliary heads, which eval mode leaves out."""

Tool = Callable[[Any, list[Any]], int]
"""What a tool prints for a module and its inputs."""


def _fvcore(m: Any, x: list[Any]) -> int:
    from fvcore.nn import FlopCountAnalysis

    found = FlopCountAnalysis(m, tuple(x)).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return int(found.total())


def _ptflops(backend: str) -> Tool:
    def run(m: Any, x: list[Any]) -> int:
        from ptflops import get_model_complexity_info

        one = len(x) == 1 and x[0].is_floating_point()
        m, size = (m, tuple(x[0].shape[1:])) if one else (_given(m, x), (1,))
        return int(get_model_complexity_info(m, size, as_strings=False, print_per_layer_stat=False,
                                             backend=backend)[0])
    return run


def _given(m: Any, x: list[Any]) -> Any:
    """A module around another that gives it its inputs: ptflops itself gives one image."""
    import torch

    class Given(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = m

        def forward(self, _: Any) -> Any:
            return self.inner(*x)

    return Given()


def _thop(m: Any, x: list[Any]) -> int:
    from thop import profile

    return int(profile(m, tuple(x), verbose=False)[0])


def _torchinfo(m: Any, x: list[Any]) -> int:
    from torchinfo import summary

    return int(summary(m, input_data=x, verbose=0).total_mult_adds)


def _calflops(which: int) -> Tool:
    def run(m: Any, x: list[Any]) -> int:
        import torch
        from calflops import calculate_flops

        if not list(m.parameters()):  # without which it does not know its device
            m.register_parameter("none", torch.nn.Parameter(torch.zeros(1)))
        return int(calculate_flops(m, args=x, output_as_string=False, print_results=False)[which])
    return run


def _torch(m: Any, x: list[Any]) -> int:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        m(*x)
    return counter.get_total_flops()


TOOLS: dict[str, Tool] = {
    "fvcore": _fvcore, "ptflops": _ptflops("pytorch"), "ptflops-aten": _ptflops("aten"), "thop": _thop,
    "torchinfo": _torchinfo, "calflops": _calflops(0), "calflops-macs": _calflops(1), "torch": _torch,
}
MODES = {"no_grad": (False, "cpu"), "with gradients": (True, "cpu"), "on the meta device": (False, "meta")}
"""Whether gradients are on, and the device."""
CHANGES = [*((tool, "with gradients") for tool in TOOLS), ("torch", "on the meta device")]
"""Tools and modes that are measured besides, on `CHANGING`."""
CHANGING = ("resnet50", "vit_b_16", "vit_b_32", "swin_t", "maxvit_t")


def run(tool: str, mode: str, names: Sequence[str]) -> dict[str, int]:
    """What a tool prints for networks, measured in a process of its own."""
    done = subprocess.run([sys.executable, "-W", "ignore", "-m", "tests.conventions.measure", tool, mode, *names],
                          cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{tool}: {done.stderr[-2000:]}")
    found: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return found


def _measured(tool: str, mode: str, names: Sequence[str]) -> dict[str, int]:
    import torch

    logging.disable(logging.WARNING)
    gradients, device = MODES[mode]
    found = {}
    for name in names:
        with torch.device(device):  # not around the tool: it disables fused attention, and calls functions twice
            given = _module(name)
        with torch.set_grad_enabled(gradients), contextlib.redirect_stdout(io.StringIO()):
            found[name.partition(":")[0]] = TOOLS[tool](*given)
    return found


def _module(name: str) -> tuple[Any, list[Any]]:
    """A module in eval mode with random weights, and inputs of zeros."""
    import torch
    from torchvision import models

    if name in LAYERS:
        import archcalc
        from archcalc.crosscheck import build

        built = build(archcalc.loads(LAYERS[name]))
        return built.eval(), [torch.zeros_like(x) for x in built.example(1).values()]
    name, _, size = name.partition(":")
    options = NO_HEADS if name in ("googlenet", "inception_v3") else {}
    return models.get_model(name, weights=None, **options).eval(), [torch.zeros(1, 3, int(size), int(size))]


def networks() -> list[str]:
    """torchvision's classifiers with their image sizes, without those that are too large."""
    import archcalc
    from archcalc import zoo

    found = [name.removeprefix("torchvision/") for name in zoo.names() if name.startswith("torchvision/")]
    return [f"{name}:{archcalc.load(f'torchvision/{name}').nodes[0].layer.out().dims[-1]}"
            for name in found if name not in TOO_LARGE]


def main() -> None:
    """Measure everything and write it."""
    every = networks()
    some = [name for name in every if name.partition(":")[0] in CHANGING]
    data = {
        "how": "python -m tests.conventions.measure: each tool on torchvision's networks, and on single layers that "
               "archcalc builds, with random weights, one sample of zeros, eval mode, torch.no_grad(), CPU",
        "versions": {package: metadata.version(package) for package in PACKAGES},
        "networks": {tool: run(tool, "no_grad", every) for tool in TOOLS},
        "layers": {tool: run(tool, "no_grad", list(LAYERS)) for tool in TOOLS},
        "modes": [{"tool": tool, "mode": mode, "networks": run(tool, mode, some)} for tool, mode in CHANGES],
    }
    FACTS.write_text(json.dumps(data, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        print(json.dumps(_measured(sys.argv[1], sys.argv[2], sys.argv[3:])))
