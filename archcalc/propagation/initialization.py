"""How weights are drawn: the variance of each element, from a tensor's fans.

The fans are those of `torch.nn.init`: of a weight's axes the first is out, the second in, and the others, the
kernel's, multiply both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from archcalc.errors import UsageError
from archcalc.net import Net
from archcalc.tensor import Weight
from archcalc.words import listed, suggest


class Scheme(NamedTuple):
    """A way to draw weights: its name, the source, the variance from fan-in, fan-out and outputs, and of tables."""

    name: str
    source: str
    variance_of: Callable[[int, int, int], float]
    table: float = 1.0
    "Of an embedding's rows and of learned positions, which have no fans."

    def variance(self, weight: Weight) -> float:
        """Variance of a weight tensor's elements."""
        return self.variance_of(*fans(weight), weight.shape[0])


def fans(weight: Weight) -> tuple[int, int]:
    """Fan-in and fan-out.

    >>> from archcalc.tensor import weight
    >>> fans(weight(filters=64, channels=3, kernel_height=7, kernel_width=7))
    (147, 3136)
    """
    shape = weight.shape
    field = math.prod(shape[2:])
    return (shape[1] if len(shape) > 1 else shape[0]) * field, shape[0] * field


SCHEMES: Mapping[str, Scheme] = {scheme.name: scheme for scheme in (
    Scheme("he", "He et al. 2015, Delving Deep into Rectifiers, equation 10", lambda n, m, rows: 2 / n),
    Scheme("xavier", "Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural "
           "networks, equation 12", lambda n, m, rows: 2 / (n + m)),
    Scheme("lecun", "LeCun et al. 1998, Efficient BackProp, equation 16", lambda n, m, rows: 1 / n),
    Scheme("orthogonal", "Saxe, McClelland, Ganguli 2014, Exact solutions to the nonlinear dynamics of learning, §3; "
           "the rows or columns, whichever are fewer, are orthonormal", lambda n, m, rows: 1 / max(n, rows)),
)}
"""Schemes by name, besides ``normal:STD`` and ``paper``."""

NAMES = (*SCHEMES, "normal:0.01", "paper")

PAPERS: Mapping[str, tuple[str, str]] = {
    "alexnet": ("normal:0.01", "Krizhevsky et al. 2012, §5"),
    "zfnet": ("normal:0.01", "Zeiler and Fergus 2014, §3: 10⁻²"),
    "vgg": ("normal:0.1", "Simonyan and Zisserman 2014, §3.1: a variance of 10⁻², as printed"),
    "resnet": ("he", "He et al. 2015, Deep Residual Learning, §3.4"),
    "resnet-cifar": ("he", "He et al. 2015, Deep Residual Learning, §4.2"),
    "bert": ("normal:0.02", "Devlin et al. 2018, the released code"),
    "gpt2": ("normal:0.02", "Radford et al. 2019, the released code; without its 1/√N for residual layers"),
    "dcgan-generator": ("normal:0.02", "Radford et al. 2015, §4"),
    "dcgan-discriminator": ("normal:0.02", "Radford et al. 2015, §4"),
    "unet": ("he", "Ronneberger et al. 2015, §3"),
}
"""What the papers of the zoo say, by the spec's file."""


def scheme(name: str, net: Net) -> Scheme:
    """The scheme of a name; ``paper`` is what the network's paper says.

    Raises `UsageError` for an unknown name, a standard deviation that is none, and a paper that says nothing.
    """
    if name == "paper":
        stem = net.document.root.source.name.rsplit("/", 1)[-1].removesuffix(".yaml")
        if stem not in PAPERS:
            raise UsageError(f"--init paper: no initialisation is known of the paper behind '{net.spec[:80]}'; "
                             f"there are those of {listed(PAPERS, 12)}")
        return scheme(PAPERS[stem][0], net)._replace(source=PAPERS[stem][1])
    if name.startswith("normal:"):
        return _normal(name)
    if name not in SCHEMES:
        hint = suggest(name, NAMES) or f"; there are {listed(NAMES)}"
        raise UsageError(f"unknown initialisation '{name[:40]}'{hint}")
    return SCHEMES[name]


def _normal(name: str) -> Scheme:
    text = name.partition(":")[2]
    try:
        std = float(text)
    except ValueError:
        std = math.nan
    if not 0 < std < 1e6:
        raise UsageError(f"'{name[:40]}': the standard deviation must be a positive number such as normal:0.01, "
                         f"found '{text[:20]}'")
    return Scheme(name, "a normal distribution of that standard deviation", lambda n, m, rows: std * std, std * std)
