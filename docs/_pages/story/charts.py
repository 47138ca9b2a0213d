"""What the story draws, and its numbers by arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from math import pi, sqrt
from typing import NamedTuple


class Chart(NamedTuple):
    """What one command draws: specs, initialisations, and what the picture shows."""

    specs: tuple[str, ...]
    inits: tuple[str, ...]
    shows: str

    def command(self, name: str) -> str:
        """The command that draws it, in a folder with the page's files."""
        inits = "" if self.inits == ("he",) else f" --init {','.join(self.inits)}"
        return f"archcalc signal {' '.join(self.specs)}{inits} -o {name}.svg"

    @property
    def keys(self) -> list[str]:
        """The keys of its lines' numbers."""
        return [f"{spec} {init}" for spec in self.specs for init in self.inits]


CHARTS: Mapping[str, Chart] = {
    "functions": Chart(tuple(f"chain.yaml#{name}" for name in ("relu", "tanh", "sigmoid", "sigmoid-bn")), ("xavier",),
                       "30 hidden layers with ReLU, tanh and sigmoid"),
    "functions-alexnet": Chart(("alexnet", "tanh.yaml", "sigmoid.yaml"), ("normal:0.01", "xavier"),
                               "AlexNet with ReLU, tanh and sigmoid"),
    "functions-inception": Chart(("googlenet", "inception.yaml#sigmoid", "inception.yaml#sigmoid-bn"), ("xavier",),
                                 "GoogLeNet, and with sigmoid with and without batch normalization"),
    "weights-alexnet": Chart(("alexnet",), ("normal:0.01", "xavier", "he"), "AlexNet under three initialisations"),
    "weights-vgg": Chart(("vgg11", "vgg16"), ("normal:0.01", "normal:0.1", "xavier", "he"),
                         "VGG A and D under four initialisations"),
    "weights-he": Chart(("he2015.yaml#layers14", "he2015.yaml#layers30"), ("lecun", "he"),
                        "14 and 30 layers under two initialisations"),
    "normalization": Chart(("unnormalized.yaml#plain34", "plain34", "unnormalized.yaml#resnet34", "resnet34"),
                           ("he",), "plain-34 and ResNet-34 with and without batch normalization"),
    "normalization-vgg": Chart(("vgg16", "vgg-bn.yaml"), ("normal:0.01", "xavier", "he"),
                               "VGG D with and without batch normalization under three initialisations"),
    "residual": Chart(("plain18", "plain34", "resnet18", "resnet34"), ("he",),
                      "plain and residual networks of 18 and 34 layers"),
    "hundred": Chart(("plain56", "plain110.yaml", "resnet56", "resnet110"), ("he",),
                     "plain and residual networks of 56 and 110 layers"),
    "thousand": Chart(("resnet110", "resnet1202"), ("he",), "ResNet-110 and ResNet-1202"),
}
FORMULAS: Mapping[str, float] = {
    "bn": sqrt(pi / (pi - 1)), "bn33": sqrt(pi / (pi - 1)) ** 33, "biases": sqrt(2) ** 5,
    "xavier22": sqrt(0.5) ** 22, "xavier30": sqrt(0.5) ** 30,
}
"""Factors of the gradient's norm: of a layer with batch normalization and of 33, of five layers that lose no half to
ReLU, and of 22 and 30 layers that do."""
