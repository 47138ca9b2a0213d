"""Rules for what torch computes: convolutions, dense layers, normalization, activations, pooling."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archcalc.importing.rules import Rule
from archcalc.importing.sketch import Refused
from archcalc.importing.torch.rules import RULES, of
from archcalc.importing.torch.tape import Held


def _numbered(kind: str, rank: int) -> str:
    return kind if rank == 2 else f"{kind}{rank}d"


def _convolution(rank: int) -> Rule:
    def rule(c: Any, input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
             groups: int = 1) -> Any:
        x = c.views.channels_first(c.named("roles"), input, True)
        return c.layer(_numbered("conv", rank), [x], tensors={"weight": weight, "bias": bias}, filters=weight.shape[0],
                       kernel=weight.shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups,
                       bias=bias is not None)
    return rule


def _transposed(rank: int) -> Rule:
    def rule(c: Any, input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
             output_padding: Any = 0, groups: int = 1, dilation: Any = 1) -> Any:
        x = c.views.channels_first(c.named("roles"), input, True)
        return c.layer(_numbered("conv_transpose", rank), [x], tensors={"weight": weight, "bias": bias},
                       filters=weight.shape[1] * groups, kernel=weight.shape[2:], stride=stride, padding=padding,
                       output_padding=output_padding, groups=groups, dilation=dilation, bias=bias is not None)
    return rule


for _rank in (1, 2, 3):
    RULES[f"conv{_rank}d"] = _convolution(_rank)
    RULES[f"conv_transpose{_rank}d"] = _transposed(_rank)


@of("linear")
def _linear(c: Any, input: Any, weight: Any, bias: Any = None) -> Any:
    x = c.views.channels_last(c.named("roles"), input)
    own = bias is None or bias.exact
    found = c.layer("linear", [x], tensors={"weight": weight, "bias": bias if own else None},
                    features=weight.shape[0], bias=bias is not None and own)
    return found if own else c.layer("add", [found, c.value(bias, like=found)])     # of several tensors, say


@of("addmm")
def _addmm(c: Any, input: Any, mat1: Any, mat2: Any, beta: float = 1, alpha: float = 1) -> Any:
    """A dense layer whose weights are stored as inputs×outputs (`Conv1D` of GPT-2)."""
    if (beta, alpha) != (1, 1) or not isinstance(mat2, Held) or not isinstance(input, Held) or \
            input.shape != mat2.shape[1:]:
        raise Refused("adds a multiple, or multiplies what is computed")
    x = c.views.channels_last(c.named("roles"), c.value(mat1))
    return c.layer("linear", [x], tensors={"weight": mat2, "bias": input}, features=mat2.shape[1])


@of("batch_norm")
def _batch_norm(c: Any, input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None,
                training: bool = False, momentum: float = 0.1, eps: float = 1e-5) -> Any:
    if running_mean is None or (weight is not None and bias is None):
        raise Refused("has no running statistics, or no bias")
    x = c.views.channels_at(c.named("roles"), input, input.axis(1))
    tensors = {"weight": weight, "bias": bias, "running_mean": running_mean, "running_var": running_var}
    return c.layer("batchnorm", [x], tensors=tensors, affine=bias is not None,
                   scale=weight is not None or bias is None, eps=eps, momentum=momentum)


@of("layer_norm")
def _layer_norm(c: Any, input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None,
                eps: float = 1e-5) -> Any:
    plain = len(normalized_shape) == 1 and c.views.roles(input)[-1:] == ("channel",)
    return c.layer("layernorm", [input], tensors={"weight": weight, "bias": bias}, eps=eps, affine=weight is not None,
                   axes=None if plain else len(normalized_shape), bias=bias is not None or weight is None)


@of("rms_norm")
def _rms_norm(c: Any, input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Any:
    if len(normalized_shape) != 1:
        raise Refused("normalizes several axes")
    x = c.views.channels_last(c.named("roles"), input)
    eps = 1.1920928955078125e-07 if eps is None else eps
    return c.layer("rmsnorm", [x], tensors={"weight": weight}, eps=eps, affine=weight is not None)


@of("group_norm")
def _group_norm(c: Any, input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    x = c.views.channels_first(c.named("roles"), input)
    return c.layer("groupnorm", [x], tensors={"weight": weight, "bias": bias}, groups=num_groups, eps=eps,
                   affine=weight is not None)


@of("instance_norm")
def _instance_norm(c: Any, input: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None,
                   bias: Any = None, use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5) -> Any:
    if running_mean is not None:
        raise Refused("has running statistics")
    return c.layer("instancenorm", [input], tensors={"weight": weight, "bias": bias}, eps=eps,
                   affine=weight is not None)


@of("local_response_norm")
def _lrn(c: Any, input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    return c.layer("lrn", [input], size=size, alpha=float(Fraction(str(alpha)) / size), beta=beta, k=k)


def _activation(kind: str, field: str | None = None) -> Rule:
    def rule(c: Any, input: Any, value: Any = None, inplace: bool = False, **named: Any) -> Any:
        fields = {} if field is None or isinstance(value, bool) else {field: value}
        fields |= {k: v for k, v in ((field, named.get(str(field), named.get(_ALIASES.get(str(field), "")))),)
                   if k is not None and v is not None}
        return c.layer(kind, [input], **{k: v for k, v in fields.items() if v is not None})
    return rule


_ALIASES = {"slope": "negative_slope"}
for _name, _kind, _field in (
        ("relu", "relu", None), ("relu6", "relu6", None), ("leaky_relu", "leaky_relu", "slope"),
        ("elu", "elu", "alpha"), ("gelu", "gelu", "approximate"), ("sigmoid", "sigmoid", None), ("silu", "silu", None),
        ("hardsigmoid", "hard_sigmoid", None), ("hardswish", "hard_swish", None), ("tanh", "tanh", None)):
    RULES[_name] = _activation(_kind, _field)


@of("clamp", "clip")
def _clamp(c: Any, input: Any, min: Any = None, max: Any = None) -> Any:
    return _hardtanh(c, input, min, max)


@of("hardtanh")
def _hardtanh(c: Any, input: Any, min_val: Any = -1.0, max_val: Any = 1.0, inplace: bool = False) -> Any:
    low, high = min_val, max_val
    if (low, high) == (0, 6):
        return c.layer("relu6", [input])
    if (low, high) == (0, None):
        return c.layer("relu", [input])
    if not all(v is None or isinstance(v, (int, float)) for v in (low, high)):
        raise Refused("clamps to a tensor")
    bounds = {k: float(v) for k, v in (("low", low), ("high", high)) if v is not None}
    return c.layer("clamp", [input], **bounds)


@of("prelu")
def _prelu(c: Any, input: Any, weight: Any) -> Any:
    return c.layer("prelu", [input], tensors={"weight": weight},
                   slopes="shared" if weight.shape in ((1,), ()) else "channel")


def _softmax(kind: str) -> Rule:
    def rule(c: Any, input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
        if dim is None:
            raise Refused("has no axis")
        return c.layer(kind, [input], axis=c.views.axis_name(input, input.axis(dim)))
    return rule


RULES["softmax"], RULES["log_softmax"] = _softmax("softmax"), _softmax("log_softmax")


def _pool(kind: str, rank: int) -> Rule:
    def most(c: Any, input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
             ceil_mode: bool = False, return_indices: bool = False) -> Any:
        return c.layer(_numbered(kind, rank), [input], kernel=kernel_size, stride=stride or kernel_size,
                       padding=padding, dilation=dilation, ceil=ceil_mode)

    def mean(c: Any, input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
             count_include_pad: bool = True, divisor_override: Any = None) -> Any:
        if divisor_override is not None:
            raise Refused("has a divisor of its own")
        return c.layer(_numbered(kind, rank), [input], kernel=kernel_size, stride=stride or kernel_size,
                       padding=padding, ceil=ceil_mode, count_include_pad=count_include_pad)
    return most if kind == "maxpool" else mean


def _adaptive(what: str) -> Rule:
    def rule(c: Any, input: Any, output_size: Any, return_indices: bool = False) -> Any:
        rank = len(input.dims) - 1
        sizes = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size,) * rank
        sizes = tuple(n if s is None else s for s, n in zip(sizes, input.dims[1:], strict=True))
        if set(sizes) == {1}:
            return c.layer(f"global_{what}", [input])
        return c.layer(f"adaptive_{what}", [input], size=sizes)
    return rule


for _rank in (1, 2, 3):
    for _name, _kind in (("max", "maxpool"), ("avg", "avgpool")):
        RULES[f"{_name}_pool{_rank}d"] = _pool(_kind, _rank)
        RULES[f"adaptive_{_name}_pool{_rank}d"] = _adaptive(_kind)


@of("dropout", "alpha_dropout", "feature_dropout", "dropout1d", "dropout2d", "dropout3d")
def _dropout(c: Any, input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    return c.layer("dropout", [input], p=float(p)) if p else input
