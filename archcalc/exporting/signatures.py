"""torch's signatures, so that arguments are named and defaults left out without torch. A test holds them against it."""

from __future__ import annotations

import ast
from functools import cache
from typing import Any, NamedTuple

_WINDOW = "kernel_size~, *, stride~=None, padding~=0"
_CONV = "in_channels, out_channels, kernel_size~, *, stride~=1, padding~=0"
_RECURRENT = "input_size, hidden_size, num_layers=1, *, bias=True, batch_first=False, dropout=0.0, bidirectional=False"
_SIGNATURES = {
    "nn.Linear": "in_features, out_features, *, bias=True",
    "nn.Embedding": "num_embeddings, embedding_dim",
    "nn.Conv?d": f"{_CONV}, dilation~=1, groups=1, bias=True",
    "nn.ConvTranspose?d": f"{_CONV}, output_padding~=0, groups=1, bias=True, dilation~=1",
    "nn.MaxPool?d": f"{_WINDOW}, dilation~=1, return_indices=False, ceil_mode=False",
    "nn.AvgPool?d": f"{_WINDOW}, ceil_mode=False, count_include_pad=True",
    "nn.AdaptiveAvgPool?d": "output_size~",
    "nn.AdaptiveMaxPool?d": "output_size~",
    "nn.BatchNorm?d": "num_features, *, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True",
    "nn.InstanceNorm?d": "num_features, *, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False",
    "nn.GroupNorm": "num_groups, num_channels, *, eps=1e-05, affine=True",
    "nn.LayerNorm": "normalized_shape, *, eps=1e-05, elementwise_affine=True, bias=True",
    "nn.RMSNorm": "normalized_shape, *, eps=None, elementwise_affine=True",
    "nn.LocalResponseNorm": "size, *, alpha=0.0001, beta=0.75, k=1.0",
    "nn.MultiheadAttention": "embed_dim, num_heads, *, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, "
                             "kdim=None, vdim=None, batch_first=False",
    "nn.LSTM": _RECURRENT,
    "nn.GRU": _RECURRENT,
    "nn.Dropout": "p, *",
    "nn.Dropout1d": "p, *",
    "nn.Flatten": "start_dim=1, end_dim=-1",
    "nn.Softmax": "*, dim",
    "nn.LogSoftmax": "*, dim",
    "nn.GELU": "*, approximate='none'",
    "nn.LeakyReLU": "negative_slope=0.01",
    "nn.ELU": "alpha=1.0",
    "nn.PReLU": "num_parameters=1",
    "nn.Upsample": "*, size=None, scale_factor=None, mode='nearest', align_corners=None",
    "nn.PixelShuffle": "upscale_factor",
    "nn.ChannelShuffle": "groups",
    "F.scaled_dot_product_attention": "query, key, value, *, attn_mask=None, dropout_p=0.0, is_causal=False, "
                                      "scale=None, enable_gqa=False",
    "F.pad": "input, pad, mode='constant', value=None",
    "torch.mean": "input, dim, *, keepdim=False",
    "torch.sum": "input, dim, *, keepdim=False",
    "torch.amax": "input, dim, *, keepdim=False",
    "torch.amin": "input, dim, *, keepdim=False",
    "torch.cat": "tensors, *, dim=0",
    ".mean": "dim, *, keepdim=False",
    ".sum": "dim, *, keepdim=False",
    ".amax": "dim, *, keepdim=False",
    ".unflatten": "dim, sizes",
    ".chunk": "chunks, *, dim=0",
    ".narrow": "dim, start, length",
    ".split": "split_size, *, dim=0",
    "ShiftedWindowAttention": "features, window, shift, heads, *, bias=True",
    "ShiftedWindowAttentionV2": "features, window, shift, heads, *, bias=True",
    "nn.ReLU": "*, inplace=False",
    "nn.Identity": "",
}


class Argument(NamedTuple):
    """One argument: its name, whether it is written by position, whether equal numbers may be one, its default."""

    name: str
    positional: bool
    folded: bool
    default: Any


REQUIRED = object()
"""The default of an argument that has none."""


@cache
def signature(of: str) -> dict[str, Argument] | None:
    """The arguments of a torch function (``F.pad``), module (``nn.Conv2d``) or method (``.mean``), in order."""
    if of.endswith(("1d", "2d", "3d")) and of not in _SIGNATURES:
        of = f"{of[:-2]}?d"
    text = _SIGNATURES.get(of)
    if text is None:
        return None
    found, positional = {}, True
    for part in filter(None, (p.strip() for p in text.split(","))):
        if part == "*":
            positional = False
            continue
        word, equals, default = part.partition("=")
        plain = word.rstrip("~")
        found[plain] = Argument(plain, positional, word != plain, ast.literal_eval(default) if equals else REQUIRED)
    return found


def bound(of: str, args: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any] | None:
    """Arguments by name, in the signature's order; None where it is not known or does not fit."""
    known = signature(of)
    if known is None or len(args) > len(known) or not set(named) <= set(known):
        return None
    given = dict(zip(known, args, strict=False)) | named
    return {word: _folded(given[word], known[word].folded) for word in known if word in given}


def _folded(value: Any, equal: bool) -> Any:
    """One number for a list of one or, where it may be, of equal numbers."""
    one = isinstance(value, (tuple, list)) and (len(value) == 1 or (equal and len(set(value)) == 1))
    return value[0] if one else value
