"""What Keras layers are in the language: one small rule each, from a configuration to kinds with fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from archcalc.importing.sketch import Refused
from archcalc.tensor import Tensor


class Step(NamedTuple):
    """A layer of the language."""

    kind: str
    fields: dict[str, Any]


Rule = Callable[[dict[str, Any], Sequence[Tensor]], list[Step]]
LAYERS: dict[str, Rule] = {}
ACTIVATIONS = {"relu": Step("relu", {}), "relu6": Step("relu6", {}), "gelu": Step("gelu", {}),
               "sigmoid": Step("sigmoid", {}), "tanh": Step("tanh", {}), "softmax": Step("softmax", {"axis": -1}),
               "log_softmax": Step("log_softmax", {"axis": -1}), "silu": Step("silu", {}), "swish": Step("silu", {}),
               "elu": Step("elu", {}), "hard_sigmoid": Step("hard_sigmoid", {}),
               "leaky_relu": Step("leaky_relu", {"slope": 0.2}),
               "hard_swish": Step("hard_swish", {}), "hard_silu": Step("hard_swish", {})}


def _of(*names: str) -> Callable[[Rule], Rule]:
    def note(rule: Rule) -> Rule:
        LAYERS.update(dict.fromkeys(names, rule))
        return rule
    return note


def activation(config: dict[str, Any], kind: str) -> list[Step]:
    """The activation that a layer has of its own."""
    name = config.get("activation")
    if isinstance(name, dict):
        name = name.get("class_name") or name.get("config")
    if name in (None, "linear") or kind in ("LSTM", "GRU"):
        return []
    if name not in ACTIVATIONS:
        raise Refused(f"its activation {str(name)[:40]!r} has no kind")
    return [ACTIVATIONS[name]]


def _window(config: dict[str, Any], size: str) -> dict[str, Any]:
    padding = config.get("padding", "valid")
    if padding not in ("same", "valid"):
        raise Refused(f"its padding is {str(padding)[:40]!r}")
    return {"kernel": config[size], "stride": config.get("strides") or config[size],
            "padding": "same" if padding == "same" else 0}


def _conv(rank: int) -> Rule:
    kind = "conv" if rank == 2 else f"conv{rank}d"

    def rule(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
        return [Step(kind, {"filters": c["filters"], "dilation": c.get("dilation_rate", 1),
                            "groups": c.get("groups", 1), "bias": c.get("use_bias", True),
                            **_window(c, "kernel_size")})]
    return rule


def _pool(kind: str) -> Rule:
    def rule(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
        extra = {"count_include_pad": False} if kind.startswith("avg") and c.get("padding") == "same" else {}
        return [Step(kind, {**_window(c, "pool_size"), **extra})]
    return rule


def _global(kind: str) -> Rule:
    return lambda c, x: [Step(kind, {"keep": bool(c.get("keepdims", False))})]


for _rank, _suffix in ((1, "1d"), (2, ""), (3, "3d")):
    LAYERS[f"Conv{_rank}D"] = _conv(_rank)
    LAYERS[f"MaxPooling{_rank}D"] = _pool(f"maxpool{_suffix}")
    LAYERS[f"AveragePooling{_rank}D"] = _pool(f"avgpool{_suffix}")
    LAYERS[f"GlobalAveragePooling{_rank}D"] = _global("global_avgpool")
    LAYERS[f"GlobalMaxPooling{_rank}D"] = _global("global_maxpool")
    LAYERS[f"SpatialDropout{_rank}D"] = lambda c, x: [Step("dropout", {"p": float(c["rate"])})]


@_of("DepthwiseConv2D")
def _depthwise(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    channels = x[0].channels
    return [Step("conv", {"filters": channels * c.get("depth_multiplier", 1), "groups": channels,
                          "dilation": c.get("dilation_rate", 1), "bias": c.get("use_bias", True),
                          **_window(c, "kernel_size")})]


@_of("SeparableConv2D")
def _separable(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    (depthwise,) = _depthwise({**c, "use_bias": False}, x)
    return [depthwise, Step("conv", {"filters": c["filters"], "bias": c.get("use_bias", True)})]


@_of("Dense")
def _dense(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    return [Step("linear", {"features": c["units"], "bias": c.get("use_bias", True)})]


@_of("BatchNormalization")
def _batchnorm(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    if not c.get("center", True):
        raise Refused("has no offset")
    return [Step("batchnorm", {"eps": float(c.get("epsilon", 1e-3)), "scale": c.get("scale", True),
                               "momentum": round(1 - float(c.get("momentum", 0.99)), 10)})]


@_of("LayerNormalization")
def _layernorm(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    axis = c.get("axis", -1)
    if (axis[0] if isinstance(axis, list) and len(axis) == 1 else axis) not in (-1, len(x[0].dims)):
        raise Refused("normalizes other axes than the last")
    if not c.get("scale", True):
        raise Refused("has no weight")
    return [Step("layernorm", {"eps": float(c.get("epsilon", 1e-3)), "bias": c.get("center", True)})]


@_of("Activation")
def _activation(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    return [] if activation(c, "") else [Step("identity", {})]


@_of("ReLU")
def _relu(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    highest, slope = c.get("max_value"), c.get("negative_slope") or 0
    if slope or highest not in (None, 6, 6.0):
        raise Refused("has a slope or a bound that no kind has")
    return [Step("relu" if highest is None else "relu6", {})]


@_of("LeakyReLU")
def _leaky(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    return [Step("leaky_relu", {"slope": float(c.get("negative_slope", c.get("alpha", 0.3)))})]


@_of("ELU")
def _elu(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    return [Step("elu", {"alpha": float(c.get("alpha", 1.0))})]


@_of("Softmax")
def _softmax(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    axis = c.get("axis", -1)
    return [Step("softmax", {"axis": axis if axis < 0 else axis - 1})]


@_of("Flatten")
def _flatten(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    return [Step("flatten", {})]


@_of("Reshape")
def _reshape(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    shape = tuple(c["target_shape"])
    axes = {1: ("channel",), 2: ("sequence", "channel"), 3: ("space", "space", "channel")}.get(len(shape))
    return [Step("reshape", {"shape": shape, "axes": axes})]


@_of("Permute")
def _permute(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    return [Step("permute", {"order": tuple(i - 1 for i in c["dims"])})]


@_of("Dropout", "GaussianDropout", "AlphaDropout")
def _dropout(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    return [Step("dropout", {"p": float(c["rate"])})]


@_of("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D")
def _padding(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    pads = c["padding"]
    pads = [pads] * len(x[0].space) if isinstance(pads, int) else pads
    pads = [pads] if len(x[0].space) == 1 and isinstance(pads[0], int) else pads
    return [Step("pad", {"padding": tuple(tuple(p) if isinstance(p, list) else (p, p) for p in pads)})]


@_of("UpSampling2D", "UpSampling1D")
def _upsampling(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    return [Step("upsample", {"scale": c["size"], "mode": c.get("interpolation", "nearest")})]


@_of("Add")
def _add(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    return [Step("add", {})]


@_of("Multiply")
def _multiply(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    return [Step("multiply", {})]


@_of("Concatenate")
def _concatenate(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    axis = c.get("axis", -1)
    axis = axis % (len(x[0].dims) + 1) - 1
    return [Step("concat", {"axis": x[0].axes[axis] if x[0].axes.count(x[0].axes[axis]) == 1 else axis})]


@_of("Embedding")
def _embedding(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    return [Step("embedding", {"entries": c["input_dim"], "features": c["output_dim"]})]


@_of("Rescaling")
def _rescaling(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    if c.get("offset"):
        raise Refused("has an offset")
    return [Step("rescale", {"factor": float(c["scale"])})]


@_of("GRU")
def _gru(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    if not c.get("reset_after", True):
        raise Refused("resets before the product, as torch's does not")
    return [Step("gru", {"features": c["units"], "bias": c.get("use_bias", True),
                         "output": "sequence" if c.get("return_sequences") else "last"})]


@_of("LSTM")
def _lstm(c: dict[str, Any], x: Sequence[Tensor]) -> list[Step]:
    if c.get("use_bias", True):
        raise Refused("has one bias, where the kind has torch's two")
    return [Step("lstm", {"features": c["units"], "bias": False,
                          "output": "sequence" if c.get("return_sequences") else "last"})]
