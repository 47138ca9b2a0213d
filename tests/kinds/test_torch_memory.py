"""What kinds keep for the backward pass and have beside them while they run is what torch has on the CPU.

Each layer stands behind a layer with parameters, so that the backward pass reaches it.
"""

from __future__ import annotations

import pytest

import archcalc
from archcalc.analysis.memory import peak, saved

pytestmark = pytest.mark.torch

IMAGE = "input: [6, 9, 9]\nlayers: [{before: {conv: 6}}, {layer: %s}, {after: {conv: 3}}]"
TEXT = ("input: {shape: [6, 32], axes: [sequence, channel]}\n"
        "layers: [{before: {linear: 32}}, {layer: %s}, {after: {linear: 3}}]")
BIASED = ("input: {shape: [6, 32], axes: [sequence, channel]}\nlayers: [{before: {linear: 32}}, "
          "{bias: {bucket_bias: 8, heads: 4, causal: %s}}, {layer: {attention: 4, position: bias, from: before}}]")
CROSSED = ("inputs: {a: {shape: [6, 32], axes: [sequence, channel]}, b: {shape: [9, 32], axes: [sequence, channel]}}\n"
           "layers: [{q: {linear: 32, from: a}}, {kv: {linear: 32, from: b}}, "
           "{layer: {attention: 4, head_dim: 16, scaled: false, from: [q, kv]}}]")

BOTH = {  # of training and of inference
    "rescale": IMAGE % "{rescale: 0.17}",
    "rescale, also the output": "input: [6]\nlayers: [{before: {linear: 8}}, {layer: {rescale: 2}}]",
    "select": IMAGE % "{select: [0, 5, 5, 2]}",
    "crop, which keeps all of what it shows": ("input: [3, 12, 12]\nlayers: [{before: {conv: 8, kernel: 3}}, "
                                               "{layer: {crop: 4}}, {behind: {conv: 2}}, {last: {conv: 2}}]"),
    "rbf": "input: [7]\nlayers: [{before: {linear: 32}}, {layer: {rbf: 10}}]",
    "rmsnorm": TEXT % "rmsnorm",
    "rmsnorm without a weight": TEXT % "{rmsnorm: , affine: false}",
    "rmsnorm of channels first": IMAGE % "rmsnorm",
    "convolution, uneven": IMAGE % "{conv: 4, kernel: 2, padding: [[0, 1], [1, 0]]}",
    "convolution, causal": ("input: [6, 9]\nlayers: [{before: {conv1d: 6}}, "
                            "{layer: {conv1d: 4, kernel: 2, dilation: 3, padding: [[3, 0]]}}]"),
    "convolution, even": IMAGE % "{conv: 4, kernel: 3, padding: same}",
}
TRAINING = {
    "max pooling, uneven": IMAGE % "{maxpool: 2, padding: [[0, 1], [1, 0]]}",
    "max pooling, uneven, with a rest": IMAGE % "{maxpool: 3, stride: 4, padding: [[0, 1], [2, 1]]}",
    "average pooling, uneven": IMAGE % "{avgpool: 2, padding: [[0, 1], [1, 0]]}",
    "average pooling, uneven, without padding": IMAGE % "{avgpool: 2, padding: [[0, 1], [1, 0]], \
count_include_pad: false}",
    "score bias": BIASED % "false", "causal score bias": BIASED % "true", "cross attention": CROSSED,
}
batches = pytest.mark.parametrize("batch", [1, 2])


@batches
@pytest.mark.parametrize("name", [*BOTH, *TRAINING])
def test_saved(name: str, batch: int) -> None:
    from archcalc.crosscheck import build
    from archcalc.crosscheck.measure import saved_bytes

    net = archcalc.loads((BOTH | TRAINING)[name], mode="train")
    model = build(net)
    assert saved(net, batch=batch).bytes == saved_bytes(model, *model.example(batch).values())


@batches
@pytest.mark.parametrize("name", BOTH)
def test_peak(name: str, batch: int) -> None:
    from archcalc.crosscheck import build
    from archcalc.crosscheck.measure import peak_bytes

    net = archcalc.loads(BOTH[name])
    model = build(net)
    assert peak(net, batch=batch).bytes == peak_bytes(model, *model.example(batch).values(), eager=True)
