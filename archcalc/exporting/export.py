"""Networks as files of other tools."""

from __future__ import annotations

import os
from os import PathLike

from archcalc.errors import UsageError
from archcalc.net import Net
from archcalc.words import listed, suggest

FORMATS = {"torch": ".py", "onnx": ".onnx"}
"""What a network can be exported to, and the suffix of its file."""
WEIGHTS = ("none", "random")
"""What an ONNX model holds in place of trained weights."""


def export(net: Net | str | PathLike[str], to: str = "torch", *, weights: str | None = None,
           seed: int = 0) -> str | bytes:
    """A network in the mode that it is in, as PyTorch source (a str) or as an ONNX model (bytes).

    ``weights``, for ONNX: "none", the default, gives each tensor's shape as an input of the graph; "random" fills
    them with numbers that ``seed`` decides.  Raises `UsageError` for an unknown format, the origin's error, with its
    place, for a layer whose kind has no equivalent there, and `Unavailable` where a package is missing.

    >>> text = export("lenet5")
    >>> text.splitlines()[0]
    '\"\"\"LeNet-5.\"\"\"'
    """
    from archcalc.api import loaded

    if to not in FORMATS:
        raise UsageError(f"cannot export to '{to[:80]}'{suggest(to, FORMATS) or '; there are ' + listed(FORMATS)}")
    if weights is not None and (to != "onnx" or weights not in WEIGHTS):
        raise UsageError(f"weights are {listed(WEIGHTS)}, of an ONNX model; found {weights[:80]!r} for {to}")
    net = loaded(net)
    for node in net.nodes:
        if node.layer.unknown:
            raise node.origin.error(f"the kind '{node.layer.kind}' cannot be exported: it stands for an operation that "
                                    "archcalc does not know", node.name)
    if to == "onnx":
        from archcalc.exporting.onnx.model import onnx_model

        return onnx_model(net, random=weights == "random", seed=seed)
    from archcalc.exporting.torch_source import torch_source

    return torch_source(net)


def format_of(output: str | None) -> str:
    """The format that a file's suffix tells; torch without a file."""
    if output is None:
        return "torch"
    suffix = os.path.splitext(output)[1].lower()
    found = [to for to, ending in FORMATS.items() if ending == suffix]
    if not found:
        raise UsageError(f"{output}: the format cannot be told from the suffix '{suffix}'; "
                         f"use {listed(FORMATS.values())}, or --to")
    return found[0]


