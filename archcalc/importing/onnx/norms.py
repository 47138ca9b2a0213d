"""Rules for ONNX operators that normalize."""

from __future__ import annotations

from typing import Any

from archcalc.importing.onnx.constants import rounded
from archcalc.importing.onnx.rules import of
from archcalc.importing.onnx.state import Constant
from archcalc.importing.sketch import Refused


def _eps(c: Any, default: float = 1e-5) -> float:
    return rounded(c.attribute("epsilon", default))


@of("BatchNormalization")
def _batchnorm(c: Any, x: Any, weight: Any, bias: Any, mean: Any, variance: Any) -> Any:
    scale = not _filled_in(weight, 1)
    affine = scale or not _filled_in(bias, 0)
    tensors = ({"weight": weight} if scale else {}) | ({"bias": bias} if affine else {})
    return c.layer("batchnorm", [c.views.channels_first(c.named("roles"), x)], eps=_eps(c), affine=affine,
                   scale=scale or not affine, momentum=rounded(1 - rounded(c.attribute("momentum", 0.9))),
                   tensors={**tensors, "running_mean": mean, "running_var": variance})


def _filled_in(x: Any, number: int) -> bool:
    """Whether an operand that a node must have is no weight: all of one number, under a name that says nothing."""
    return isinstance(x, Constant) and not x.learned and x.uniform == number


@of("LayerNormalization")
def _layernorm(c: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    count = len(x.shape) - c.attribute("axis", -1) % len(x.shape)
    if len(weight.dims) != count:
        raise Refused("has weights of other axes than it normalizes")
    plain = count == 1 and c.views.roles(x)[-1:] == ("channel",)
    affine = bias is not None or not _filled_in(weight, 1)
    return c.layer("layernorm", [x], tensors={"weight": weight, "bias": bias} if affine else {}, affine=affine,
                   axes=None if plain else count, bias=bias is not None or not affine, eps=_eps(c))


@of("RMSNormalization", "SimplifiedLayerNormalization")
def _rmsnorm(c: Any, x: Any, weight: Any) -> Any:
    if c.attribute("axis", -1) % len(x.shape) != len(x.shape) - 1:
        raise Refused("normalizes other axes than the last")
    return c.layer("rmsnorm", [c.views.channels_last(c.named("roles"), x)], tensors={"weight": weight}, eps=_eps(c))


@of("SkipLayerNormalization", "SkipSimplifiedLayerNormalization")
def _skip(c: Any, x: Any, skip: Any, weight: Any, *rest: Any) -> Any:
    """onnxruntime's sum with a normalization behind it; the sum is its fourth output."""
    plain = c.operation.kind == "SkipLayerNormalization"
    total = c.layer("add", [x, c.value(skip, x)], name=c.named("add"))
    if len(rest) > plain and rest[plain] is not None:
        total = c.layer("add", [total, c.value(rest[plain], total)], name=c.named("add"))
    made = _layernorm(c, total, weight, *rest[:1]) if plain else _rmsnorm(c, total, weight)
    return [made, None, None, total]


@of("GroupNormalization")
def _groupnorm(c: Any, x: Any, weight: Any, bias: Any) -> Any:
    affine = not (_filled_in(weight, 1) and _filled_in(bias, 0))
    return c.layer("groupnorm", [c.views.channels_first(c.named("roles"), x)], groups=c.attribute("num_groups"),
                   tensors={"weight": weight, "bias": bias} if affine else {}, affine=affine, eps=_eps(c))


@of("InstanceNormalization")
def _instancenorm(c: Any, x: Any, weight: Any, bias: Any) -> Any:
    if (weight.uniform, bias.uniform) == (1, 0) and "." not in (weight.name or ""):     # as exporters fill them in
        return c.layer("instancenorm", [x], affine=False, eps=_eps(c))
    return c.layer("instancenorm", [x], tensors={"weight": weight, "bias": bias}, affine=True, eps=_eps(c))


@of("LRN")
def _lrn(c: Any, x: Any) -> Any:
    size = c.attribute("size")
    return c.layer("lrn", [x], size=size, alpha=rounded(c.attribute("alpha", 1e-4)) / size,
                   beta=rounded(c.attribute("beta", 0.75)), k=rounded(c.attribute("bias", 1.0)))


@of("LpNormalization")
def _length(c: Any, x: Any) -> Any:
    if c.attribute("p", 2) != 2:
        raise Refused("divides by another length")
    return c.layer("l2norm", [x], axis=c.views.axis_name(x, x.axis(c.attribute("axis", -1))))
