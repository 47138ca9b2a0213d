"""What torch measures at initialisation: second moments of every layer's output and of its gradient, over seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable
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
                elif weight.role == "weight" and (call.inputs[0].dtype or w.ndim == 1):
                    w.normal_()
                elif weight.role == "weight" and name.startswith("normal:"):
                    w.normal_(std=float(name[7:]))
                elif weight.role == "weight":
                    INITS[name](torch.nn.init, w)


def measure(net: archcalc.Net, init: str, batch: int, seeds: Iterable[int]) -> dict[str, tuple[Measured, Measured]]:
    """For each layer, E x² and E (∂L/∂x)²; the loss puts independent N(0, 1) on every output."""
    import torch

    from archcalc.crosscheck import build

    torch.set_num_threads(2)
    forward: dict[str, list[float]] = {}
    backward: dict[str, list[float]] = {}
    for seed in seeds:
        torch.manual_seed(seed)
        model = build(net)
        initialise(model, net, init)
        inputs = [torch.randint(0, 50, x.shape) if x.dtype == torch.int64 else torch.randn_like(x)
                  for x in model.example(batch).values()]
        kept = []
        for name, value in model.steps(*inputs):
            if value.requires_grad:
                value.retain_grad()
            kept.append((name, value))
        outputs = {net.nodes[i].name for i in net.outputs}
        sum((value * torch.randn_like(value)).sum() for name, value in kept if name in outputs).backward()
        for name, value in kept:
            forward.setdefault(name, []).append(float(value.detach().double().square().mean()))
            if value.grad is not None:
                backward.setdefault(name, []).append(float(value.grad.double().square().mean()))
    return {name: (_over(values), _over(backward.get(name, [0.0]))) for name, values in forward.items()}


def _over(values: list[float]) -> Measured:
    mean = math.fsum(values) / len(values)
    spread = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / max(1, len(values) - 1) / len(values))
    return Measured(mean, spread / mean if mean else 0.0)
