"""The networks whose every layer is measured with torch over 20 seeds, and kept in tests/facts/signal.json."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import NamedTuple

import archcalc
from archcalc.net import Net
from tests.signal.cases import INCEPTION, KINDS, TRANSFORMER

SPECS = Path(__file__).parents[2] / "specs"
FACTS = Path(__file__).parents[1] / "facts" / "signal.json"
SEEDS = 20
INITS = ("he", "xavier", "normal:0.01")
ACTIVATIONS = ("relu", "tanh")
PLAIN = {"plain": True}


class Case(NamedTuple):
    """A network that is measured, on so many samples at once."""

    network: str
    text: str
    parameters: Mapping[str, int]
    init: str
    activation: str = ""
    batch: int = 64
    width: int = 1

    @property
    def title(self) -> str:
        """What tells the case from others."""
        return ", ".join(filter(None, (self.network, self.init, self.activation)))

    def net(self) -> Net:
        """The network, in training."""
        return archcalc.loads(self.text, mode="train", **self.parameters)


class Subject(NamedTuple):
    """A network, with or without batch normalization behind each convolution, and what it is measured on.

    Without normalization a layer's mean square is itself random, by about 5 / width of its square for each layer
    (ReLU); ``width`` is how often each of the paper's numbers of channels is taken.  With it, ``batch`` samples are
    enough for what a finite batch takes out to be small.
    """

    name: str
    spec: str
    options: Mapping[str, bool]
    norm: bool
    width: int
    image: int
    batch: int

    def case(self, init: str, activation: str) -> Case:
        """The network with an initialisation and an activation."""
        title = f"{self.name} {'with' if self.norm else 'without'} batch normalization"
        return Case(title, self._text(activation), {"image": self.image, "classes": 100, **self.options}, init,
                    activation, self.batch, self.width)

    def _text(self, activation: str) -> str:
        """The zoo's spec with another activation, with or without normalization, and so many times as wide."""
        text = (SPECS / f"{self.spec}.yaml").read_text("utf-8").partition("\nclaims:")[0].replace("relu", activation)
        if not self.norm:
            text = text.replace("then: batchnorm", "then: []").replace("batchnorm, ", "")
        elif "batchnorm" not in text:
            text = text.replace(f"{{conv: {activation}", f"{{conv: [batchnorm, {activation}]", 1)
        blocks, layers, rest = text.partition("\nlayers:")
        return blocks + layers + re.sub(r"\b(64|128|256|512)\b", lambda n: str(self.width * int(n[0])), rest)


SUBJECTS = (
    Subject("plain-34", "resnet", PLAIN, True, 1, 64, 128),
    Subject("ResNet-34", "resnet", {}, True, 1, 64, 128),
    Subject("VGG D", "vgg", {}, True, 1, 64, 24),
    Subject("VGG D", "vgg", {}, False, 4, 32, 8),
    Subject("plain-34", "resnet", PLAIN, False, 4, 32, 8),
    Subject("ResNet-34", "resnet", {}, False, 4, 32, 8),
)


def _kinds() -> Iterator[Case]:
    """Small networks of single kinds."""
    yield Case("two Inception modules", INCEPTION, {}, "he", batch=16)
    yield Case("four pre-norm transformer blocks", TRANSFORMER, {}, "xavier", batch=16)
    yield from (Case(name, text, {}, init) for name, text in KINDS.items() for init in ("he", "xavier"))


NETWORKS = tuple(subject.case(*how) for subject, *how in product(SUBJECTS, INITS, ACTIVATIONS))
CASES = (*NETWORKS, *_kinds())
