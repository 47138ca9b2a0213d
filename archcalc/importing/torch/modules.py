"""Torch modules that are one kind as a whole, by class: what they do inside is not looked at."""

from __future__ import annotations

import struct
from typing import Any

from archcalc.importing.rules import Rule, Rules
from archcalc.importing.sketch import Refused
from archcalc.importing.torch.state import Final
from archcalc.importing.views.batched import BATCH

MODULES = Rules()


def module_rule(module: Any) -> Rule | None:
    """The rule for a module's class, by its full name or its name in the families of timm."""
    kind = type(module)
    rule = MODULES.get(f"{kind.__module__}.{kind.__name__}")
    return rule or (MODULES.get(f"timm.{kind.__name__}") if kind.__module__.startswith("timm.") else None)


@MODULES.of("torchvision.ops.stochastic_depth.StochasticDepth")
def _stochastic_depth(c: Any, m: Any, x: Any) -> Any:
    return c.layer("stochastic_depth", [x], p=float(m.p), mode=m.mode)


@MODULES.of("timm.DropPath")
def _drop_path(c: Any, m: Any, x: Any) -> Any:
    return c.layer("stochastic_depth", [x], p=_short(float(m.drop_prob or 0.0)))


def _short(value: float) -> float:
    """A number in float32 by as few digits as tell it from others: drop rates are often steps of a `linspace`."""
    single = struct.pack("f", value)
    return next((v for digits in range(1, 10) if struct.pack("f", v := float(f"{value:.{digits}g}")) == single), value)


@MODULES.of("torchvision.models.convnext.LayerNorm2d", "timm.LayerNorm2d")
def _layer_norm_2d(c: Any, m: Any, x: Any) -> Any:
    return c.layer("layernorm", [x], tensors=c.held, eps=m.eps, bias=m.bias is not None, affine=m.weight is not None)


@MODULES.of("timm.BlurPool2d")
def _blur_pool(c: Any, m: Any, x: Any) -> Any:
    return c.layer("blurpool", [x], tensors=c.held, kernel=m.filt_size, stride=m.stride, padding=m.padding[0],
                   mode=m.pad_mode)


@MODULES.of("timm.CondConv2d")
def _cond_conv(c: Any, m: Any, x: Any, shares: Any) -> Any:
    padding = "same" if m.dynamic_padding else m.padding
    return c.layer("cond_conv", [x, shares], tensors=c.held, filters=m.out_channels, kernel=m.kernel_size,
                   stride=m.stride, padding=padding, dilation=m.dilation, groups=m.groups, bias=m.bias is not None)


@MODULES.of("timm.GlobalResponseNorm")
def _response_norm(c: Any, m: Any, x: Any) -> Any:
    roles = ("space", "space", "channel") if m.channel_dim == -1 else ("channel", "space", "space")
    return c.layer("grn", [c.views.relabelled(c.named("roles"), x, roles)], tensors=c.held, eps=m.eps)


@MODULES.of("timm.RmsNorm2d")
def _rms_norm_2d(c: Any, m: Any, x: Any) -> Any:
    return c.layer("rmsnorm", [x], tensors=c.held, eps=m.eps, affine=m.weight is not None)


@MODULES.of("timm.EvoNorm2dS0", "timm.EvoNorm2dS0a")
def _evonorm(c: Any, m: Any, x: Any) -> Any:
    if m.v is None:     # without the activation nothing is normalized either
        return c.layer("scale", [x], tensors=c.held, bias=True)
    return c.layer("evonorm_s0", [x], tensors=c.held, groups=m.groups, eps=m.eps)


@MODULES.of("torchvision.models.swin_transformer.ShiftedWindowAttention",
     "torchvision.models.swin_transformer.ShiftedWindowAttentionV2")
def _window_attention(c: Any, m: Any, x: Any) -> Any:
    if m.qkv.bias is None or m.proj.bias is None:
        raise Refused("has projections with and without bias")
    version = 2 if type(m).__name__.endswith("V2") else 1
    return c.layer("window_attention", [x], tensors=c.held, window=tuple(m.window_size), heads=m.num_heads,
                   shift=tuple(m.shift_size), version=version)


@MODULES.of("torch.nn.modules.rnn.LSTM", "torch.nn.modules.rnn.GRU")
def _recurrent(c: Any, m: Any, x: Any, state: Any = None) -> Any:
    projected = getattr(m, "proj_size", 0)
    if state is not None or projected:
        raise Refused("has an initial state or a projection")
    kind = type(m).__name__.lower()
    x = c.views.channels_last(c.named("roles"), x)
    batch = 0 if m.batch_first else 1
    if x.batch != batch:
        raise Refused("runs over the batch")
    out = c.layer(kind, [x], tensors=c.held, features=m.hidden_size, layers=m.num_layers,
                  bidirectional=m.bidirectional, bias=m.bias)
    directions = 1 + m.bidirectional
    return [out, Final(out, (m.num_layers * directions, BATCH, m.hidden_size), directions, c.sketch.drafts[out.node])]
