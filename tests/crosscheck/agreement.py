"""What a network and the torch module built of it must agree on."""

from __future__ import annotations

import re
from typing import Any

import archcalc
from archcalc.analysis.parameters import owned
from archcalc.analysis.shapes import calls
from archcalc.net import Net

Tensors = list[tuple[str, tuple[int, ...]]]


def tensors(net: Net, model: Any) -> tuple[tuple[Tensors, Tensors], tuple[Tensors, Tensors]]:
    """Names and shapes of the parameters in order, ours and torch's, and of the buffers."""
    rows = list(zip(net.nodes, owned(net), calls(net), strict=True))[net.n_inputs:]
    params = [(f"{model.module_names[node.name]}.{name}", w.shape) for node, own, _ in rows for name, w in own.items()]
    buffers = [(f"{model.module_names[node.name]}.{name}", w.shape)
               for node, _, call in rows for name, w in call.buffers.items()]
    return (params, _named(model.named_parameters())), (buffers, _named(model.named_buffers()))


def _named(found: Any) -> Tensors:
    return [(re.sub(r"\.(inner\.)+", ".", name), tuple(tensor.shape)) for name, tensor in found
            if not name.endswith("num_batches_tracked")]


def check(net: Net, device: str = "meta", batch: int = 1) -> Any:
    """Build the network, run it, and compare tensors, shapes and (on the meta device) MACs. The module, for more."""
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    from archcalc.crosscheck import build

    model = build(net, device)
    for ours, theirs in tensors(net, model):
        assert theirs == ours
    # Without fused attention, every matrix product is one that the counter sees.
    with torch.no_grad(), FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        shapes = {name: tuple(value.shape) for name, value in model.steps(model.example(batch))}
    report = archcalc.report(net, batch=batch)
    assert shapes == {row.name: (batch, *row.shape) for row in report.rows}
    if device == "meta":  # elsewhere torch may run kernels of its own, whole LSTMs at once, that it does not count
        assert counter.get_total_flops() == 2 * report.totals.macs
    return model
