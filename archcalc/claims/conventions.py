"""The conventions that are searched: a fixed list, each one a way of counting or another reading of the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from archcalc.claims.changes import Finder, rounding, stem_padding, stride_in


class Convention(NamedTuple):
    """A change under which a figure may hold.

    ``says`` completes "holds if …". Of those in one ``slot`` only one applies. It changes how things
    are counted (``counting``), the network's ``mode`` or ``image`` size, or fields of layers (``find``).
    """

    name: str
    says: str
    slot: str
    counting: Mapping[str, Any] = {}
    mode: str = ""
    image: int = 0
    find: Finder | None = None


CONVENTIONS = {convention.name: convention for convention in (
    Convention("macs", "only multiply-adds are counted", "flops", {"flops": "macs"}),
    Convention("2-macs", "only multiply-adds are counted, each as two", "flops",
               {"flops": "doubled"}),
    Convention("kibi", "K is 1,024", "kilo", {"kilo": 1024}),
    Convention("no-biases", "biases are left out", "biases", {"biases": False}),
    Convention("no-norm", "the parameters of normalization are left out", "norm", {"norm": False}),
    Convention("statistics", "the running statistics of batch normalization are counted", "statistics",
               {"statistics": True}),
    Convention("convolutions", "only convolutions are counted", "convolutions", {"convolutions": True}),
    Convention("pooling", "pooling layers are counted as layers", "pooling", {"pooling": True}),
    Convention("heads", "auxiliary heads and other layers of training are counted", "mode",
               mode="train"),
    Convention("stride-3x3", "bottlenecks have their stride in the 3×3 convolution", "stride", find=stride_in(False)),
    Convention("stride-1x1", "bottlenecks have their stride in the first 1×1 convolution", "stride",
               find=stride_in(True)),
    Convention("ceil", "sizes behind pooling are rounded up", "ceil", find=rounding(True)),
    Convention("floor", "sizes behind pooling are rounded down", "ceil", find=rounding(False)),
    Convention("image-224", "the input is 224×224", "image", image=224),
    Convention("image-227", "the input is 227×227", "image", image=227),
    *(Convention(f"padding-{n}", f"the first layer has a padding of {n}", "padding", find=stem_padding(n))
      for n in range(4)),
)}
"""By name, in the order in which they are tried."""
