"""A network as an ONNX model."""

from __future__ import annotations

from collections.abc import Container, Iterator
from math import prod
from typing import Any

from archcalc.analysis.shapes import calls
from archcalc.errors import RuleError, Unavailable, UsageError
from archcalc.exporting.onnx.facade import OnnxTorch
from archcalc.exporting.onnx.graph import FLOAT, Batch, Graph, Operator, Shape
from archcalc.exporting.onnx.value import Value
from archcalc.net import Net

OPSET = 21
IR_VERSION = 10
LARGEST = 2**31 - 2**20
"""Bytes of a model in one file: protobuf ends at 2 GiB."""


def written(net: Net) -> tuple[Graph, list[Value]]:
    """The graph of a network, and its outputs; needs no onnx. Raises the origin's error for kinds without one there."""
    graph, values = Graph(), list[Value]()
    facade = OnnxTorch(graph)
    for node, call in zip(net.nodes, calls(net), strict=True):
        graph.layer = node.name
        if not node.inputs and node in net.inputs:
            shape: Shape = (Batch(), *call.out.dims)
            graph.shapes[node.name] = shape, call.out.dtype or FLOAT
            values.append(Value(graph, node.name, shape, call.out.dtype or FLOAT))
            continue
        graph.shared = {f"{node.name}.{tensor}": f"{net.nodes[owner].name}.{theirs}"
                        for tensor, (owner, theirs) in node.share.items()}
        given = [values[i] for i in node.inputs]
        try:
            out = node.layer.torch(facade, *call.inputs)(*given)
        except (RuleError, TypeError, AttributeError) as error:
            why = error if isinstance(error, RuleError) else "what torch computes for it has no equivalent in ONNX here"
            raise node.origin.error(f"the kind '{node.layer.kind}' cannot be exported: {why}", node.name) from None
        values.append(_named(graph, node.name, out, given))
    return graph, [values[i] for i in net.outputs]


def _named(graph: Graph, name: str, out: Value, given: list[Value]) -> Value:
    """The layer's output under the layer's name."""
    if out.name.startswith(f"{name}/"):
        graph.rename(out.name, name)
    else:  # nothing was computed: the layer gives what it was given
        found, = graph.emit("Identity", [out.name])
        graph.rename(found, name)
    graph.shapes[name] = out.shape, out.dtype
    return Value(graph, name, out.shape, out.dtype)


def onnx_model(net: Net, random: bool = False, seed: int = 0) -> bytes:
    """The network as a serialized ONNX model, checked with shape inference.

    The batch is the dynamic dimension ``batch``; each layer's output has its name and shape. Parameters and buffers
    are inputs of the graph under ``layer.tensor`` or, with ``random``, initializers that ``seed`` decides.
    """
    try:
        import onnx
    except ImportError as error:
        raise Unavailable(f"ONNX models need onnx: pip install 'archcalc[onnx]' ({error})") from None
    graph, outputs = written(net)
    size = sum(prod(stored.shape) * 4 for stored in graph.stored.values())
    if random and size > LARGEST:
        raise UsageError(f"{net.spec}: {size:,} bytes of weights do not fit into one ONNX file of 2 GiB; "
                         "leave --weights random out")
    kept = {f"{node.name}.{word}" for node, call in zip(net.nodes, calls(net), strict=True) for word in call.buffers}
    helper, tensors = onnx.helper, [*_constants(graph)]
    inputs = [_info(node.name, *graph.shapes[node.name]) for node in net.inputs]
    if random:
        tensors += _random(net, graph, seed, kept)
    else:
        inputs += [_info(name, stored.shape, stored.dtype, "buffer" if name in kept else "parameter")
                   for name, stored in graph.stored.items()]
    nodes = [_node(operator) for operator in graph.operators]
    given = {name for operator in graph.operators for name in operator.outputs} - {v.name for v in outputs}
    made = helper.make_graph(nodes, net.name, inputs, [_info(v.name, v.shape, v.dtype) for v in outputs], tensors,
                             value_info=[_info(n, *found) for n, found in graph.shapes.items() if n in given])
    model = helper.make_model(made, producer_name="archcalc", ir_version=IR_VERSION,
                              opset_imports=[helper.make_opsetid("", OPSET)])
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString()
    return data


def _type(dtype: str) -> int:
    from onnx import TensorProto

    number: int = {"float32": TensorProto.FLOAT, "bool": TensorProto.BOOL}.get(dtype) or \
        getattr(TensorProto, dtype.upper())
    return number


def _info(name: str, shape: Shape, dtype: str, about: str = "") -> Any:
    from onnx import helper

    sizes = [str(n) if isinstance(n, Batch) else n for n in shape]
    return helper.make_tensor_value_info(name, _type(dtype), sizes, about)


def _node(operator: Operator) -> Any:
    from onnx import helper

    attributes = dict(operator.attributes)
    if operator.op == "Cast":
        attributes["to"] = _type(attributes["to"])
    if operator.op == "ConstantOfShape":
        attributes["value"] = helper.make_tensor("value", _type(FLOAT), [1], [attributes["value"]])
    attributes = {k: list(v) if isinstance(v, tuple) else v for k, v in attributes.items()}
    return helper.make_node(operator.op, operator.inputs, operator.outputs, name=operator.name, **attributes)


def _constants(graph: Graph) -> Iterator[Any]:
    from onnx import helper

    used = {name for operator in graph.operators for name in operator.inputs}
    for name, (dtype, shape, values) in graph.constants.items():
        if name in used:
            made = helper.make_tensor(name, _type(dtype), shape, values)
            made.doc_string = "buffer"      # nothing learns it
            yield made


def _random(net: Net, graph: Graph, seed: int, kept: Container[str]) -> Iterator[Any]:
    """Weights of a deviation of 1/√n for n inputs, biases 0, the scale and variance of norms 1."""
    import numpy
    from onnx import numpy_helper

    generator = numpy.random.default_rng(seed)
    roles = {f"{node.name}.{word}": w.role for node, call in zip(net.nodes, calls(net), strict=True)
             for word, w in {**call.params, **call.buffers}.items()}
    for name, stored in graph.stored.items():
        one = roles.get(name) == "norm" and name.endswith(("weight", "running_var"))
        if roles.get(name) == "weight":
            values = generator.standard_normal(stored.shape, numpy.float32)
            values /= numpy.float32(max(prod(stored.shape[1:]), 1)) ** 0.5
        else:
            values = numpy.full(stored.shape, one, stored.dtype)
        made = numpy_helper.from_array(values, name)
        made.doc_string = "buffer" if name in kept else ""
        yield made
