"""torch's modules as operators of ONNX, under torch's names and with its arguments."""

from __future__ import annotations

from collections.abc import Callable
from math import prod, sqrt
from typing import Any, cast

from archcalc.errors import RuleError
from archcalc.exporting.onnx import normalization, pooling
from archcalc.exporting.onnx.graph import FLOAT, Graph
from archcalc.exporting.onnx.recurrent import recurrent
from archcalc.exporting.onnx.value import Value


class Module:
    """A module: a function of values, which reaches its tensors through its first argument."""

    def __init__(self, graph: Graph, run: Callable[..., Any]) -> None:
        self.graph, self.run, self.word, self.left_out = graph, run, "", set[str]()

    def __call__(self, *x: Any, **named: Any) -> Any:
        return self.run(self, *x, **named)

    def tensor(self, word: str, *shape: Any) -> Value:
        """A tensor of the module."""
        full = f"{self.word}.{word}" if self.word and self.word != "inner" else word
        return Value(self.graph, self.graph.tensor(full, shape), shape)

    def bias(self, there: bool, size: int) -> list[Value]:
        """The bias, if there is one."""
        return [self.tensor("bias", size)] if there else []

    def norm(self, word: str, there: bool, *shape: Any) -> Value:
        """A tensor of a normalization, or the constants that it would begin with."""
        if there and word not in self.left_out:
            return self.tensor(word, *shape)
        return Value(self.graph, self.graph.constant([float(word == "weight")] * prod(shape), shape, FLOAT), shape)

    def register_parameter(self, word: str, value: None) -> None:
        """Leave a parameter out."""
        self.left_out.add(word)


class Modules:
    """``torch.nn``: each attribute makes modules."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def __getattr__(self, word: str) -> Callable[..., Module]:
        rank = int(word[-2]) if word.endswith(("1d", "2d", "3d")) else 0
        maker = _MAKERS.get(f"{word[:-2]}Nd" if rank and word not in _MAKERS else word)
        if maker is None:
            raise RuleError(f"torch's {word} has no equivalent in ONNX here")

        def make(*args: Any, **named: Any) -> Module:
            assert maker is not None
            return Module(self.graph, maker(*((rank,) if rank and word not in _MAKERS else ()), *args, **named))
        return make


Run = Callable[..., Any]


def _simple(op: str, **attributes: Any) -> Run:
    return lambda m, x: x.op(op, **attributes)


def _gelu(approximate: str = "none") -> Run:
    return _simple("Gelu", approximate=approximate)


def _prelu(slopes: int) -> Run:
    def run(m: Module, x: Value) -> Value:
        slope = m.tensor("weight", slopes)
        ones = (1,) * (x.ndim - 2)
        return x.op("PRelu", slope.reshape(slopes, *ones) if ones else slope)
    return run


def _linear(inputs: int, outputs: int, bias: bool = True) -> Run:
    def run(m: Module, x: Value) -> Value:
        weight = m.tensor("weight", outputs, inputs)
        biases = m.bias(bias, outputs)
        if x.ndim == 2:
            return x.op("Gemm", weight, *biases, shape=(x.shape[0], outputs), transB=1)
        return _projected(x, weight, *biases)
    return run


def _embedding(entries: int, features: int) -> Run:
    return lambda m, x: m.tensor("weight", entries, features).op("Gather", x, shape=(*x.shape, features), axis=0)


def _pairs(value: Any, rank: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * rank


def _conv(rank: int, inputs: int, outputs: int, kernel: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
          groups: int = 1, bias: bool = True) -> Run:
    kernel, stride, padding, dilation = (_pairs(v, rank) for v in (kernel, stride, padding, dilation))

    def run(m: Module, x: Value) -> Value:
        tensors = [m.tensor("weight", outputs, inputs // groups, *kernel), *m.bias(bias, outputs)]
        space = [(n + 2 * p - d * (k - 1) - 1) // s + 1
                 for n, p, d, k, s in zip(x.shape[2:], padding, dilation, kernel, stride, strict=True)]
        return x.op("Conv", *tensors, shape=(x.shape[0], outputs, *space), kernel_shape=kernel, strides=stride,
                    pads=padding * 2, dilations=dilation, group=groups)
    return run


def _conv_transpose(rank: int, inputs: int, outputs: int, kernel: Any, stride: Any, padding: Any, extra: Any,
                    groups: int, bias: bool, dilation: Any) -> Run:
    kernel, stride, padding, extra, dilation = (_pairs(v, rank) for v in (kernel, stride, padding, extra, dilation))

    behind = tuple(p - min(p, e) for p, e in zip(padding, extra, strict=True))   # where less padding gives as much
    rest = tuple(e - min(p, e) for p, e in zip(padding, extra, strict=True))

    def run(m: Module, x: Value) -> Value:
        tensors = [m.tensor("weight", inputs, outputs // groups, *kernel), *m.bias(bias, outputs)]
        space = [(n - 1) * s - 2 * p + d * (k - 1) + 1 + e for n, s, p, d, k, e in
                 zip(x.shape[2:], stride, padding, dilation, kernel, extra, strict=True)]
        return x.op("ConvTranspose", *tensors, shape=(x.shape[0], outputs, *space), kernel_shape=kernel, strides=stride,
                    pads=(*padding, *behind), dilations=dilation, group=groups, output_padding=rest)
    return run


def _dropout(p: float) -> Run:
    return lambda m, x: x.op("Dropout", m.graph.constant([p], (), FLOAT))


_MODES: dict[str, tuple[str, dict[str, Any]]] = {
    "nearest": ("nearest", {"nearest_mode": "floor"}), "bicubic": ("cubic", {"cubic_coeff_a": -0.75}),
}


def _upsample(size: Any, mode: str, align_corners: bool | None) -> Run:
    kind, attributes = _MODES.get(mode, ("linear", {}))
    how = "align_corners" if align_corners else "asymmetric" if mode == "nearest" else "half_pixel"

    def run(m: Module, x: Value) -> Value:
        shape = (*x.shape[:2], *size)   # in full: onnxruntime 1.32 loses `axes` behind a transposition
        return x.op("Resize", "", "", x.sizes(shape), shape=shape, mode=kind, coordinate_transformation_mode=how,
                    **attributes)
    return run


def _pixel_shuffle(factor: int) -> Run:
    def run(m: Module, x: Value) -> Value:
        batch, channels, height, width = cast("tuple[Any, ...]", x.shape)
        shape = (batch, channels // factor**2, height * factor, width * factor)
        return x.op("DepthToSpace", shape=shape, blocksize=factor, mode="CRD")
    return run


def _channel_shuffle(groups: int) -> Run:
    return lambda m, x: x.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)


def _attention(width: int, heads: int, bias: bool = True, batch_first: bool = True) -> Run:
    def run(m: Module, x: Value, keys: Value, values: Value, need_weights: bool,
            attn_mask: Value | None) -> list[Value]:
        weight = m.tensor("in_proj_weight", 3 * width, width)
        biases = [m.tensor("in_proj_bias", 3 * width)] if bias else []
        if keys is x:
            whole = _projected(x, weight, *biases)
            found = [whole.narrow(-1, i * width, width) for i in range(3)]
        else:
            found = [_projected(source, *(v.narrow(0, i * width, width) for v in (weight, *biases)))
                     for i, source in enumerate((x, keys, values))]
        q, k, v = (part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in found)
        if attn_mask is not None and attn_mask.ndim == 3:
            attn_mask = attn_mask.unflatten(0, (-1, heads))
        out = attended(q, k, v, attn_mask, 1 / sqrt(width // heads)).transpose(1, 2).flatten(2)
        last = [m.tensor("out_proj.bias", width)] if bias else []
        return [_projected(out, m.tensor("out_proj.weight", width, width), *last)]
    return run


def _projected(x: Value, weight: Value, *bias: Value) -> Value:
    out = x @ weight.transpose(0, 1)
    return out + bias[0] if bias else out


def attended(q: Value, k: Value, v: Value, mask: Value | None, scale: float) -> Value:
    """softmax(q·kᵀ·scale + mask)·v."""
    scores = (q @ k.transpose(-1, -2)) * scale
    return (scores if mask is None else scores + mask).op("Softmax", axis=-1) @ v


_MAKERS: dict[str, Callable[..., Run]] = {
    "ReLU": lambda: _simple("Relu"), "ReLU6": lambda: lambda m, x: x.clamp(0.0, 6.0),
    "LeakyReLU": lambda slope: _simple("LeakyRelu", alpha=slope), "ELU": lambda alpha: _simple("Elu", alpha=alpha),
    "PReLU": _prelu, "GELU": _gelu, "Sigmoid": lambda: _simple("Sigmoid"), "Tanh": lambda: _simple("Tanh"),
    "SiLU": lambda: lambda m, x: x * x.op("Sigmoid"), "Hardswish": lambda: _simple("HardSwish"),
    "Hardsigmoid": lambda: _simple("HardSigmoid", alpha=1 / 6, beta=0.5),
    "Softmax": lambda axis: _simple("Softmax", axis=axis), "LogSoftmax": lambda axis: _simple("LogSoftmax", axis=axis),
    "Identity": lambda: lambda m, x: x, "Flatten": lambda start, end: lambda m, x: x.flatten(start, end),
    "Linear": _linear, "Embedding": _embedding, "ConvNd": _conv, "ConvTransposeNd": _conv_transpose,
    "BatchNormNd": normalization.batch_norm, "LayerNorm": normalization.layer_norm,
    "GroupNorm": normalization.group_norm, "InstanceNormNd": normalization.instance_norm,
    "RMSNorm": normalization.rms_norm, "LocalResponseNorm": normalization.local_response_norm,
    "Dropout": _dropout, "Dropout1d": _dropout,
    "Upsample": _upsample, "PixelShuffle": _pixel_shuffle, "ChannelShuffle": _channel_shuffle,
    "MultiheadAttention": _attention, "MaxPoolNd": pooling.maximum, "AvgPoolNd": pooling.average,
    "AdaptiveAvgPoolNd": pooling.adaptive_average, "AdaptiveMaxPoolNd": pooling.adaptive_maximum,
    "LSTM": lambda *args, **named: recurrent("LSTM", (0, 3, 1, 2), *args, **named),
    "GRU": lambda *args, **named: recurrent("GRU", (1, 0, 2), *args, **named),
}
"""torch's name → what makes the module; Nd takes the rank first."""
