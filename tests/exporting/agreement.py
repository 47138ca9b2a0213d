"""What an exported network and the module built of the same network must agree on."""

from __future__ import annotations

from typing import Any

from archcalc.api import loads
from archcalc.exporting.torch_source import torch_source
from archcalc.layers.input import Input
from archcalc.net import Net, Node
from tests.kinds.case import Case


def of_case(case: Case, mode: str = "eval") -> Net:
    """A network of one layer."""
    bare = loads("input: [1]\nlayers: [identity]\n")
    origin = bare.nodes[0].origin
    nodes = [Node(f"in{i}", Input(shape=x.dims, axes=x.axes, dtype=x.dtype or "float32"), (), origin)
             for i, x in enumerate(case.inputs)]
    nodes.append(Node("layer", case.layer, tuple(range(len(nodes))), origin))
    return Net(nodes, len(case.inputs), [len(nodes) - 1], spec="case", document=bare.document, parameters={}, mode=mode)


def module(net: Net, device: str = "cpu") -> Any:
    """The exported source, run: its last class, made."""
    import torch

    text = torch_source(net)
    space: dict[str, Any] = {}
    exec(compile(text, "exported.py", "exec"), space)
    with torch.device(device):
        return space[text.rpartition("\nclass ")[2].partition("(")[0]]().train(net.mode == "train")


def tensors(model: Any) -> tuple[list[Any], list[Any]]:
    """A module's parameters, and its buffers, in order, without counters of batches."""
    return [*model.parameters()], [b for n, b in model.named_buffers() if not n.endswith("num_batches_tracked")]


def randomize(model: Any) -> None:
    """Numbers that keep a deep network's outputs near 1; buffers are positive, as a variance is."""
    import torch

    generator = torch.Generator().manual_seed(0)
    params, buffers = tensors(model)
    with torch.no_grad():
        for p in params:
            spread = max(p[0].numel(), 1) ** -0.5 if p.ndim > 1 else 0.5
            p.copy_(torch.randn(p.shape, generator=generator, dtype=p.dtype) * spread + (p.ndim == 1))
        for b in buffers:
            if b.is_floating_point():
                b.copy_(torch.rand(b.shape, generator=generator, dtype=b.dtype) + 0.5)


def inputs(net: Net, built: Any, batch: int = 2) -> list[Any]:
    """Random inputs; integers are 0 and 1, which every table has."""
    import torch

    generator = torch.Generator().manual_seed(1)
    return [torch.rand(x.shape, generator=generator, dtype=x.dtype) if x.is_floating_point() else
            torch.randint(0, 2, x.shape, generator=generator).to(x.dtype) for x in built.example(batch).values()]


def outputs(found: Any) -> list[Any]:
    """Outputs in order, however many."""
    return list(found.values()) if isinstance(found, dict) else list(found) if isinstance(found, tuple) else [found]


def same_source(net: Net) -> None:
    """The exported source's tensors are the network's in order and shape; with the same numbers so are its outputs."""
    import torch

    from archcalc.crosscheck import build

    built, made = build(net, dtype=torch.float64), module(net).to(torch.float64)
    randomize(built)
    for ours, theirs in zip(tensors(made), tensors(built), strict=True):
        assert [tuple(a.shape) for a in ours] == [tuple(b.shape) for b in theirs]
        with torch.no_grad():
            for a, b in zip(ours, theirs, strict=True):
                a.copy_(b)
    given = inputs(net, built)
    with torch.no_grad():
        torch.manual_seed(2)
        expected = outputs(built(*given))
        torch.manual_seed(2)
        found = outputs(made(*given))
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)


def same_onnx(net: Net) -> None:
    """The ONNX model's outputs in onnxruntime are those of the module built of the network, with the same weights."""
    import numpy
    import onnx
    import onnxruntime
    import torch

    from archcalc.crosscheck import build
    from archcalc.exporting.onnx.model import onnx_model

    data = onnx_model(net, random=True)
    values = {i.name: onnx.numpy_helper.to_array(i) for i in onnx.load_from_string(data).graph.initializer}
    built = build(net).eval()
    with torch.no_grad():
        for node in net.layers:
            for word, tensor in built.tensors(node.name).items():
                if f"{node.name}.{word}" in values:
                    tensor.copy_(torch.from_numpy(values[f"{node.name}.{word}"].copy()))
    given = inputs(net, built)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(data, options)
    found = session.run(None, {i.name: x.numpy() for i, x in zip(session.get_inputs(), given, strict=True)})
    with torch.no_grad():
        expected = outputs(built(*given))
    for a, b in zip(found, expected, strict=True):
        numpy.testing.assert_allclose(a, b.numpy(), rtol=1e-3, atol=1e-4)
