"""Predictions against torch at initialisation: every layer, forward and backward.

A prediction may differ from torch's mean over seeds by the case's tolerance (10 %) and three standard errors of that
mean.  The error is what the seeds' spread says, and no less than √(2 / (seeds · width)) per layer of weights would
give for a chain: a layer's mean square is itself random with relative variance of about 2 / width.  Layers that the
analysis marks are held to `MARKED`; docs/signal.md says what was measured.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import archcalc
from archcalc.net import Net
from archcalc.propagation.propagate import signal
from tests.signal.cases import INCEPTION, KINDS, TRANSFORMER, convolutional, plain
from tests.signal.measure import measure

pytestmark = pytest.mark.torch

SPECS = Path(__file__).parents[2] / "specs"

MARKED = 0.5
"How far marked layers may be off: maxima of windows that overlap."
STANDARD_ERRORS = 3


def compare(net: Net, init: str, batch: int, seeds: int, tolerance: float = 0.10, marked: float | None = None) -> None:
    predicted, wrong = signal(net, init), []
    for name, (forward, backward) in measure(net, init, batch, range(seeds)).items():
        row = predicted[name]
        allowed = marked if marked is not None and (row.note or _reads_marked(net, predicted, name)) else tolerance
        for what, mine, torchs in (("E x²", row.second_moment, forward), ("gradient", row.gradient, backward)):
            off = mine / torchs.mean - 1 if torchs.mean else 0.0
            if abs(off) > allowed + STANDARD_ERRORS * torchs.error:
                wrong.append(f"{name}: {what} {mine:.4g} against {torchs.mean:.4g} ± {100 * torchs.error:.1f}%")
    assert not wrong


def _reads_marked(net: Net, predicted, name: str) -> bool:  # type: ignore[no-untyped-def]
    """Whether a marked layer reads this one: its gradient then comes through the mark."""
    i = net.index[name]
    return any(i in net.nodes[k].inputs and row.note for k, row in enumerate(predicted.rows))


@pytest.mark.parametrize(("activation", "init"), [
    ("relu", "he"), ("relu", "xavier"), ("tanh", "xavier"), ("tanh", "lecun"), ("tanh", "normal:0.05"),
    ("tanh", "orthogonal"), ("sigmoid", "xavier"), ("elu", "he"), ("gelu", "he"), ("leaky_relu", "he"),
])
def test_chain_of_thirty_dense_layers(activation: str, init: str) -> None:
    compare(archcalc.loads(plain(activation), mode="train"), init, batch=64, seeds=12)


@pytest.mark.parametrize(("activation", "init", "norm"), [
    ("tanh", "lecun", ""), ("tanh", "xavier", "batchnorm, "), ("relu", "he", "batchnorm, "),
])
def test_chain_of_padded_convolutions(activation: str, init: str, norm: str) -> None:
    net = archcalc.loads(convolutional(activation, 20, 128, 6, norm), mode="train")
    compare(net, init, batch=64, seeds=5)


@pytest.mark.parametrize("name", ["plain34", "resnet34"])
def test_plain_and_residual_networks(name: str) -> None:
    """With batch normalization; at 64 pixels the last maps are 2×2, almost all border. `test_facts` has more."""
    compare(archcalc.load(name, mode="train", image=64, classes=100), "he", batch=48, seeds=3)


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "residual"])
def test_tanh_in_place_of_relu(plain: bool) -> None:
    text = (SPECS / "resnet.yaml").read_text("utf-8").replace("relu", "tanh")
    net = archcalc.loads(text, mode="train", plain=plain, image=64, classes=100)
    compare(net, "lecun", batch=48, seeds=3)


@pytest.mark.parametrize("init", ["he", "xavier", "orthogonal"])
def test_vgg_d(init: str) -> None:
    """Max pooling is marked; here its windows do not overlap, and the same 10 % hold.

    With narrower dense layers, of which orthogonal matrices are sooner drawn: without normalization the draws differ
    by tens of percent from each other, and many are needed.
    """
    text = (SPECS / "vgg.yaml").read_text("utf-8").replace("4096", "512")
    compare(archcalc.loads(text, mode="train", image=32, classes=100), init, batch=8, seeds=20)


def test_vgg_d_with_batch_normalization() -> None:
    compare(archcalc.load("torchvision/vgg16_bn", mode="train", image=96, classes=100), "he", batch=32, seeds=3)


@pytest.mark.parametrize("name", ["lstm", "gru", "softmax", "window_attention", "reduce: min"])
def test_single_kinds(name: str) -> None:
    compare(archcalc.loads(KINDS[name], mode="train"), "he", batch=64, seeds=6)


def test_unpooling_by_switches() -> None:
    """Each of 4 × 4 windows gives its value to one of 4 places; a value gets the gradient of its place."""
    import torch

    net = archcalc.loads("inputs:\n  x: [64, 4, 4]\n"
                         "  s: {shape: [64, 4, 4], axes: [channel, space, space], dtype: int64}\n"
                         "layers:\n"
                         "- a: {conv: 64, from: x}\n- b: {max_unpool: 2, stride: 2, size: 8, from: [a, s]}\n"
                         "- c: {conv: 64, kernel: 3, padding: 1}\n")
    torch.manual_seed(0)
    found = signal(net, "he")
    _, switches = torch.nn.functional.max_pool2d(torch.randn(32, 64, 8, 8), 2, return_indices=True)
    weight = torch.nn.init.kaiming_normal_(torch.empty(64, 64, 1, 1))
    x = torch.nn.functional.conv2d(torch.randn(32, 64, 4, 4), weight).requires_grad_()
    y = torch.nn.functional.max_unpool2d(x, switches, 2)
    y.backward(torch.randn_like(y) * found["b"].gradient ** 0.5)
    assert found["b"].second_moment == pytest.approx(float(y.detach().square().mean()), rel=0.1)
    assert found["a"].gradient == pytest.approx(float(x.grad.square().mean()), rel=0.1)


def test_inception_modules() -> None:
    """Two modules whose pooling branches overlap with stride 1: gradients below them are off by up to 40 %."""
    net = archcalc.loads(INCEPTION, mode="train")
    compare(net, "he", batch=16, seeds=8, tolerance=0.40, marked=MARKED)


def test_transformer() -> None:
    """Pre-norm blocks, attention included."""
    compare(archcalc.loads(TRANSFORMER, mode="train"), "xavier", batch=16, seeds=6)
