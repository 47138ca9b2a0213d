"""Ways there and back, and when two networks are the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import archcalc
from archcalc import zoo
from archcalc.analysis.shapes import calls
from archcalc.api import loads
from archcalc.net import Net

MORE = ["resnet34-a", "resnet50", "torchvision/regnet_x_400mf", "torchvision/resnext50_32x4d",
        "torchvision/efficientnet_v2_s", "torchvision/mobilenet_v3_small", "torchvision/swin_v2_t"]
"""Networks that are not the first of their file, and unlike it."""

Label = tuple[Any, ...]


def families() -> list[str]:
    """The first network of each file of the zoo, and some more."""
    first: dict[str, str] = {}
    for name in zoo.names():
        first.setdefault(str(zoo.find(name)[0]), name)
    return [*first.values(), *MORE]


def by_torch(net: Net) -> Net:
    """By way of PyTorch source, as `archcalc import` reads it."""
    import torch

    from archcalc.importing.imported import written
    from archcalc.importing.torch.reading import sketched_and_noted
    from archcalc.importing.torch.reference import _built
    from tests.exporting.agreement import module

    given = {node.name: torch.zeros(2, *node.layer.out().dims, device="meta",
                                    dtype=getattr(torch, node.layer.out().dtype or "float32")) for node in net.inputs}
    made, numbers = _built(lambda: module(net, "meta"), "the exported source")
    title = type(made).__name__
    sketch, notes = sketched_and_noted(made, given, title, numbers=numbers)
    return loads(written(sketch, [f"Imported from {title}."], notes).text, name=title)


def by_onnx(net: Net, folder: Path, weights: bool = False) -> Net:
    """By way of an ONNX model."""
    from archcalc.exporting.onnx.model import onnx_model
    from archcalc.importing.onnx.reading import read

    path = folder / "net.onnx"
    path.write_bytes(onnx_model(net, random=weights))
    return loads(read(str(path)).text)


def same(a: Net, b: Net) -> None:
    """The same layers with the same numbers, joined in the same way, but for layers that do nothing."""
    import networkx

    one, other = labelled(a), labelled(b)
    ours, theirs = (sorted(str(g.nodes[i]["label"]) for i in g) for g in (one, other))
    assert ours == theirs
    assert networkx.is_isomorphic(one, other, node_match=lambda m, n: m["label"] == n["label"])
    same_totals(a, b)


def same_totals(a: Net, b: Net) -> None:
    """The same parameters, MACs and FLOPs."""
    first, second = archcalc.report(a).totals, archcalc.report(b).totals
    assert (first.params, first.macs, first.flops) == (second.params, second.macs, second.flops)


def labelled(net: Net) -> Any:
    """The graph of layers, each with what it computes: kind, shapes, parameters, MACs, FLOPs.

    Layers that leave all as it is are left out, and what a parameter reads, which is nothing but the batch.
    """
    import networkx

    graph = networkx.DiGraph()
    stands = list(range(len(net.nodes)))
    for i, (node, call) in enumerate(zip(net.nodes, calls(net), strict=True)):
        if _nothing(node.layer.kind, call):
            stands[i] = stands[node.inputs[0]]
            continue
        given = () if node.layer.batch_only else tuple(x.dims for x in call.inputs)
        graph.add_node(i, label=(node.layer.kind, given, call.out.dims, call.n_params, call.macs, call.flops))
        graph.add_edges_from((stands[k], i) for k in node.inputs if not node.layer.batch_only)
    return graph


def _nothing(kind: str, call: Any) -> bool:
    """The identity, and slices of all there is."""
    return kind in ("identity", "slice") and [x.dims for x in call.inputs] == [call.out.dims]
