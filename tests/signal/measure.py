"""What torch measures at initialisation: second moments of every layer's output and of its gradient, over seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import archcalc

INITS = {
    "he": lambda init, w: init.kaiming_normal_(w, nonlinearity="relu"),
    "lecun": lambda init, w: init.kaiming_normal_(w, nonlinearity="linear"),
    "xavier": lambda init, w: init.xavier_normal_(w),
    "orthogonal": lambda init, w: init.orthogonal_(w),
}


class Measured(NamedTuple):
    """Mean over seeds, and its standard error relative to it."""

    mean: float
    error: float


def initialise(model: Any, net: archcalc.Net, name: str) -> None:
    """Draw all weights with torch's own functions, biases 0; tables from N(0, 1)."""
    import torch

    from archcalc.analysis.shapes import calls

    with torch.no_grad():
        for node, call in zip(net.layers, calls(net)[net.n_inputs:], strict=True):
            tensors = model.tensors(node.name)
            for key, weight in call.params.items():
                w = tensors[key]
                if weight.role == "bias":
                    w.zero_()
                elif weight.role == "weight" and (call.inputs[0].dtype or w.ndim == 1 or key.endswith("table")):
                    w.normal_()
                elif weight.role == "weight" and name.startswith("normal:"):
                    w.normal_(std=float(name[7:]))
                elif weight.role == "weight":
                    INITS[name](torch.nn.init, w)


class Bench:
    """A network in torch, drawn anew for each seed."""

    def __init__(self, net: archcalc.Net, init: str, batch: int) -> None:
        from archcalc.crosscheck import build

        self.net, self.init, self.model = net, init, build(net)
        self.example = self.model.example(batch).values()
        self.outputs = {net.nodes[i].name for i in net.outputs}
        self.names = [node.name for node in net.layers]
        if all(x.is_floating_point() for x in self.example):  # gradients by weights are not wanted
            self.model.requires_grad_(False)

    def run(self, seed: int) -> tuple[list[float], list[float]]:
        """E x² and E (∂L/∂x)² of each layer; the loss puts independent N(0, 1) on every output."""
        import torch

        torch.manual_seed(seed)
        initialise(self.model, self.net, self.init)
        inputs = [torch.randn_like(x).requires_grad_() if x.is_floating_point() else torch.randint(0, 50, x.shape)
                  for x in self.example]
        kept = []
        for name, value in self.model.steps(*inputs):
            if value.requires_grad:
                value.retain_grad()
            kept.append((name, value))
        sum((value * torch.randn_like(value)).sum() for name, value in kept if name in self.outputs).backward()
        return ([float(value.detach().double().square().mean()) for _, value in kept],
                [0.0 if value.grad is None else float(value.grad.double().square().mean()) for _, value in kept])


def measure(net: archcalc.Net, init: str, batch: int, seeds: Iterable[int]) -> dict[str, tuple[Measured, Measured]]:
    """For each layer, E x² and E (∂L/∂x)² over seeds."""
    import torch

    torch.set_num_threads(2)
    bench = Bench(net, init, batch)
    forward, backward = zip(*map(bench.run, seeds), strict=True)
    return {name: (over(f), over(b)) for name, f, b in
            zip(bench.names, zip(*forward, strict=True), zip(*backward, strict=True), strict=True)}


def over(values: Sequence[float]) -> Measured:
    """The mean over seeds, and its error."""
    mean = math.fsum(values) / len(values)
    spread = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / max(1, len(values) - 1) / len(values))
    return Measured(mean, spread / mean if mean else 0.0)
