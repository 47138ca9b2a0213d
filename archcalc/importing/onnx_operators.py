"""What ONNX operators are in the language: one small rule each, by name (opset 9 to the latest)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archcalc.importing.batched import Value
from archcalc.importing.onnx_constants import numbers, rounded
from archcalc.importing.onnx_join import JOINS
from archcalc.importing.onnx_shapes import SHAPES
from archcalc.importing.sketch import Refused

Rule = Callable[..., Any]
RULES: dict[str, Rule] = {**SHAPES, **JOINS}


def _of(*names: str) -> Callable[[Rule], Rule]:
    def note(rule: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, rule))
        return rule
    return note


def _numbered(kind: str, rank: int) -> str:
    return kind if rank == 2 else f"{kind}{rank}d"


def _window(c: Any, rank: int) -> dict[str, Any]:
    """Stride, padding and dilation of a node with a kernel."""
    pads = c.attribute("pads") or (0,) * (2 * rank)
    pairs = tuple((pads[i], pads[i + rank]) for i in range(rank))
    same = all(a == b for a, b in pairs)
    padding: Any = tuple(a for a, _ in pairs) if same else pairs
    auto = c.attribute("auto_pad", "NOTSET")
    if auto == "SAME_UPPER":
        padding = "same"
    elif auto == "SAME_LOWER":
        raise Refused("pads at the beginning")
    return {"stride": c.attribute("strides") or (1,) * rank, "padding": padding}


@_of("Conv")
def _conv(c: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    rank = len(weight.dims) - 2
    return c.layer(_numbered("conv", rank), [c.views.channels_first(c.named("roles"), x)],
                   tensors={"weight": weight, "bias": bias}, filters=weight.dims[0], kernel=weight.dims[2:],
                   dilation=c.attribute("dilations") or 1, groups=c.attribute("group", 1), bias=bias is not None,
                   **_window(c, rank))


@_of("ConvTranspose")
def _conv_transpose(c: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    rank = len(weight.dims) - 2
    if c.attribute("output_shape") or c.attribute("auto_pad", "NOTSET") != "NOTSET":
        raise Refused("has an output shape of its own")
    groups = c.attribute("group", 1)
    return c.layer(_numbered("conv_transpose", rank), [x], tensors={"weight": weight, "bias": bias},
                   filters=weight.dims[1] * groups, kernel=weight.dims[2:], groups=groups, bias=bias is not None,
                   dilation=c.attribute("dilations") or 1, output_padding=c.attribute("output_padding") or 0,
                   **_window(c, rank))


@_of("Gemm")
def _gemm(c: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    if c.attribute("transA", 0) or c.attribute("alpha", 1.0) != 1 or c.attribute("beta", 1.0) != 1:
        raise Refused("scales or turns its operands")
    features = weight.dims[0 if c.attribute("transB", 0) else 1]
    return c.layer("linear", [c.views.channels_last(c.named("roles"), x)], tensors={"weight": weight, "bias": bias},
                   features=features, bias=bias is not None)


@_of("MatMul")
def _matmul(c: Any, x: Any, y: Any) -> Any:
    if isinstance(x, Value) and not isinstance(y, Value):
        if len(y.dims) != 2:
            raise Refused("multiplies by weights of more axes")
        return c.layer("linear", [c.views.channels_last(c.named("roles"), x)], tensors={"weight": y},
                       features=y.dims[1], bias=False)
    if not isinstance(x, Value) or x.batch != y.batch or len(x.shape) != len(y.shape):
        raise Refused("multiplies weights, or matrices of different batches")
    return c.layer("matmul", [x, y])


@_of("BatchNormalization")
def _batchnorm(c: Any, x: Any, weight: Any, bias: Any, mean: Any, variance: Any) -> Any:
    tensors = {"weight": weight, "bias": bias, "running_mean": mean, "running_var": variance}
    return c.layer("batchnorm", [c.views.channels_first(c.named("roles"), x)], tensors=tensors,
                   eps=rounded(c.attribute("epsilon", 1e-5)), momentum=rounded(1 - c.attribute("momentum", 0.9)))


@_of("LayerNormalization")
def _layernorm(c: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    count = len(weight.dims)
    plain = count == 1 and c.views.roles(x)[-1:] == ("channel",)
    return c.layer("layernorm", [x], tensors={"weight": weight, "bias": bias}, axes=None if plain else count,
                   bias=bias is not None, eps=rounded(c.attribute("epsilon", 1e-5)))


@_of("RMSNormalization", "SimplifiedLayerNormalization")
def _rmsnorm(c: Any, x: Any, weight: Any) -> Any:
    return c.layer("rmsnorm", [c.views.channels_last(c.named("roles"), x)], tensors={"weight": weight},
                   eps=rounded(c.attribute("epsilon", 1e-5)))


@_of("GroupNormalization")
def _groupnorm(c: Any, x: Any, weight: Any, bias: Any) -> Any:
    return c.layer("groupnorm", [x], tensors={"weight": weight, "bias": bias}, groups=c.attribute("num_groups"),
                   eps=rounded(c.attribute("epsilon", 1e-5)))


@_of("InstanceNormalization")
def _instancenorm(c: Any, x: Any, weight: Any, bias: Any) -> Any:
    return c.layer("instancenorm", [x], tensors={"weight": weight, "bias": bias}, affine=True,
                   eps=rounded(c.attribute("epsilon", 1e-5)))


@_of("LRN")
def _lrn(c: Any, x: Any) -> Any:
    size = c.attribute("size")
    return c.layer("lrn", [x], size=size, alpha=rounded(c.attribute("alpha", 1e-4)) / size,
                   beta=rounded(c.attribute("beta", 0.75)), k=rounded(c.attribute("bias", 1.0)))


def _plain(kind: str, **attributes: tuple[str, float]) -> Rule:
    def rule(c: Any, x: Any, *_: Any) -> Any:
        fields = {field: rounded(c.attribute(name, default)) for field, (name, default) in attributes.items()}
        return c.layer(kind, [x], **fields)
    return rule


RULES |= {"Relu": _plain("relu"), "Sigmoid": _plain("sigmoid"), "Tanh": _plain("tanh"), "Silu": _plain("silu"),
          "Swish": _plain("silu"), "HardSwish": _plain("hard_swish"),
          "LeakyRelu": _plain("leaky_relu", slope=("alpha", 0.01)), "Elu": _plain("elu", alpha=("alpha", 1.0))}


@_of("Gelu")
def _gelu(c: Any, x: Any) -> Any:
    return c.layer("gelu", [x], approximate=c.attribute("approximate", "none"))


@_of("HardSigmoid")
def _hard_sigmoid(c: Any, x: Any) -> Any:
    if abs(c.attribute("alpha", 0.2) - 1 / 6) > 1e-4:
        raise Refused("has another slope")
    return c.layer("hard_sigmoid", [x])


@_of("PRelu")
def _prelu(c: Any, x: Any, slope: Any) -> Any:
    shared = all(n == 1 for n in slope.dims)
    return c.layer("prelu", [x], tensors={"weight": slope}, slopes="shared" if shared else "channel")


@_of("Clip")
def _clip(c: Any, x: Any, low: Any = None, high: Any = None) -> Any:
    first = numbers(low)[0] if low is not None else c.attribute("min")
    last = numbers(high)[0] if high is not None else c.attribute("max")
    if (first, last) == (0, 6):
        return c.layer("relu6", [x])
    raise Refused(f"clips to {first} … {last}")


@_of("Softmax", "LogSoftmax")
def _softmax(c: Any, x: Any) -> Any:
    axis = c.attribute("axis", -1 if c.opset >= 13 else 1)
    if c.opset < 13 and axis % len(x.shape) != len(x.shape) - 1:
        raise Refused("joins axes")
    kind = "softmax" if c.operation.kind == "Softmax" else "log_softmax"
    return c.layer(kind, [x], axis=c.views.axis_name(x, x.axis(axis)))


@_of("MaxPool", "AveragePool")
def _pool(c: Any, x: Any) -> Any:
    kernel = c.attribute("kernel_shape")
    fields = {"kernel": kernel, "ceil": bool(c.attribute("ceil_mode", 0)), **_window(c, len(kernel))}
    if c.operation.kind == "MaxPool":
        return c.layer(_numbered("maxpool", len(kernel)), [x], dilation=c.attribute("dilations") or 1, **fields)
    return c.layer(_numbered("avgpool", len(kernel)), [x], **fields,
                   count_include_pad=bool(c.attribute("count_include_pad", 0)) or not _pads(fields["padding"]))


def _pads(padding: Any) -> bool:
    return isinstance(padding, str) or any(p != 0 if isinstance(p, int) else any(p) for p in padding)


@_of("GlobalAveragePool")
def _global_average(c: Any, x: Any) -> Any:
    return c.layer("global_avgpool", [x])


@_of("GlobalMaxPool")
def _global_max(c: Any, x: Any) -> Any:
    return c.layer("global_maxpool", [x])
