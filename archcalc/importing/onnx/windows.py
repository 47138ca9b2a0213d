"""Rules for ONNX operators that slide windows: convolutions and pooling."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from archcalc.importing.onnx.constants import numbers
from archcalc.importing.onnx.rules import of, ranked
from archcalc.importing.onnx.state import Constant, Sized
from archcalc.importing.rules import Rule
from archcalc.importing.sketch import Refused
from archcalc.importing.views.batched import Value

Pairs = Sequence[tuple[int, int]]


def _padding(pairs: Pairs) -> Any:
    """Padding as the language says it: one number per axis where both sides are the same."""
    return tuple(a for a, _ in pairs) if all(a == b for a, b in pairs) else tuple(pairs)


def _window(c: Any, x: Value, kernel: Sequence[int]) -> dict[str, Any]:
    """Stride and padding of a node with a kernel."""
    rank = len(kernel)
    strides, dilations = c.attribute("strides") or (1,) * rank, c.attribute("dilations") or (1,) * rank
    pads, auto = c.attribute("pads") or (0,) * (2 * rank), c.attribute("auto_pad", "NOTSET")
    pairs = [(pads[i], pads[i + rank]) for i in range(rank)]
    if auto == "VALID":
        pairs = [(0, 0)] * rank
    if auto not in ("SAME_UPPER", "SAME_LOWER"):
        return {"stride": strides, "padding": _padding(pairs)}
    total = [max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
             for n, s, k, d in zip(x.shape[2:], strides, kernel, dilations, strict=True)]
    if auto == "SAME_UPPER" or not any(t % 2 for t in total):
        return {"stride": strides, "padding": "same"}
    return {"stride": strides, "padding": _padding([(t - t // 2, t // 2) for t in total])}


@of("Conv", "FusedConv")
def conv(c: Any, x: Any, weight: Any, bias: Any = None, *more: Any) -> Any:
    """A convolution with weights of the file."""
    if isinstance(weight, Value) or more or (c.operation.kind == "FusedConv" and c.attribute("activation")):
        raise Refused("convolves with what is computed, or does more than that")
    rank = len(weight.dims) - 2
    if isinstance(bias, Constant) and not bias.learned and bias.uniform == 0:
        bias = None     # torch's exporter fills it in
    return c.layer(ranked("conv", rank), [c.views.channels_first(c.named("roles"), x)],
                   tensors={"weight": weight, "bias": bias}, filters=weight.dims[0], kernel=weight.dims[2:],
                   dilation=c.attribute("dilations") or 1, groups=c.attribute("group", 1), bias=bias is not None,
                   **_window(c, x, weight.dims[2:]))


@of("ConvTranspose")
def _conv_transpose(c: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    rank, groups = len(weight.dims) - 2, c.attribute("group", 1)
    strides, dilations = c.attribute("strides") or (1,) * rank, c.attribute("dilations") or (1,) * rank
    extra = tuple(c.attribute("output_padding") or (0,) * rank)
    pads = c.attribute("pads") or (0,) * (2 * rank)
    pairs = [(pads[i], pads[i + rank]) for i in range(rank)]
    full = [(n - 1) * s + (k - 1) * d + 1 + e
            for n, s, k, d, e in zip(x.shape[2:], strides, weight.dims[2:], dilations, extra, strict=True)]
    auto, wanted = c.attribute("auto_pad", "NOTSET"), c.attribute("output_shape")
    if wanted or auto.startswith("SAME"):
        sizes = wanted[-rank:] if wanted else [n * s for n, s in zip(x.shape[2:], strides, strict=True)]
        total = [a - b for a, b in zip(full, sizes, strict=True)]
        pairs = [(t // 2, t - t // 2) if auto == "SAME_UPPER" else (t - t // 2, t // 2) for t in total]
    if any(b > a + e or b > a for (a, b), e in zip(pairs, extra, strict=True)):
        raise Sized("pads more behind than before", (x.shape[0], weight.dims[1] * groups, *(
            n - a - b for n, (a, b) in zip(full, pairs, strict=True))))
    extra = tuple(e + a - b for e, (a, b) in zip(extra, pairs, strict=True))    # less padding behind gives more
    x = c.views.channels_first(c.named("roles"), x, True)
    return c.layer(ranked("conv_transpose", rank), [x], tensors={"weight": weight, "bias": bias},
                   filters=weight.dims[1] * groups, kernel=weight.dims[2:], groups=groups, bias=bias is not None,
                   dilation=dilations, output_padding=extra, stride=strides, padding=tuple(a for a, _ in pairs))


@of("MaxPool", "AveragePool")
def _pool(c: Any, x: Any) -> Any:
    kernel = c.attribute("kernel_shape")
    fields = {"kernel": kernel, "ceil": bool(c.attribute("ceil_mode", 0)), **_window(c, x, kernel)}
    dilations = c.attribute("dilations") or (1,) * len(kernel)
    if c.operation.kind == "MaxPool":
        return c.layer(ranked("maxpool", len(kernel)), [x], dilation=dilations, **fields)
    if prod(dilations) != 1:
        raise Refused("averages over a dilated window")
    if {*kernel, *fields["stride"]} == {1} and not _pads(fields["padding"]):
        return c.layer("adaptive_avgpool", [x], size=x.shape[2:])    # which exporters write so
    return c.layer(ranked("avgpool", len(kernel)), [x], **fields,
                   count_include_pad=bool(c.attribute("count_include_pad", 0)) or not _pads(fields["padding"]))


def _pads(padding: Any) -> bool:
    return isinstance(padding, str) or any(p != 0 if isinstance(p, int) else any(p) for p in padding)


def _global(kind: str) -> Rule:
    return lambda c, x, *_: c.layer(kind, [c.views.channels_first(c.named("roles"), x)])


of("GlobalAveragePool", "QLinearGlobalAveragePool")(_global("global_avgpool"))
of("GlobalMaxPool")(_global("global_maxpool"))


@of("GlobalLpPool")
def _global_lp(c: Any, x: Any) -> Any:
    raise Sized("pools by another norm", (*x.shape[:2], *[1] * (len(x.shape) - 2)))


@of("LpPool")
def _lp(c: Any, x: Any) -> Any:
    fields = _window(c, x, c.attribute("kernel_shape"))
    mark = len(c.sketch.drafts)
    like = c.layer(ranked("maxpool", len(x.shape) - 2), [x], kernel=c.attribute("kernel_shape"), **fields)
    c.sketch.undo(mark)
    raise Sized("pools by another norm", like.shape)


@of("MaxUnpool")
def _unpool(c: Any, x: Any, indices: Any, shape: Any = None) -> Any:
    if shape is not None:
        raise Sized("puts elements back by indices", (*x.shape[:2], *(int(n) for n in numbers(shape)[2:])))
    raise Refused("puts elements back by indices")
