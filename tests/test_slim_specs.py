"""specs/slim against the counts that TensorFlow-slim itself states."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc import zoo
from archcalc.analysis.shapes import calls
from tests.test_receptive_fields_published import FEATURES, last_of

TABLE = json.loads(Path(__file__).with_name("facts").joinpath("receptive_fields.json").read_text("utf-8"))["table"]


def features(name: str, layer: str, **parameters: Any) -> list[Any]:
    """A network's layers up to the one before its classifier."""
    net = archcalc.load(name, **parameters)
    return calls(net)[:last_of(net, layer) + 1]


# `testModelHasExpectedNumberOfParameters` of slim/nets/*_test.py: variables of the base, moving statistics included.
VARIABLES = {("slim/inception_v2", "Mixed_5c"): 10_173_112, ("slim/inception_v3", "Mixed_7c"): 21_802_784}


@pytest.mark.parametrize(("name", "layer"), VARIABLES)
def test_variables(name: str, layer: str) -> None:
    assert sum(call.n_params + call.n_buffers for call in features(name, layer)) == VARIABLES[name, layer]


# The head of slim/nets/mobilenet_v1.py: weights and multiply-adds of the base, and of two of its layers.
MOBILENET = {
    ("slim/mobilenet_v1", 224): {"Conv2d_3_depthwise": (1_152, 3_612_672), "": (3_185_088, 567_716_352),
                                 "Conv2d_13_pointwise": (1_048_576, 51_380_224)},
    ("slim/mobilenet_v1_075", 128): {"Conv2d_0": (648, 2_654_208), "Conv2d_12_depthwise": (3_456, 55_296),
                                     "": (1_800_144, 106_002_432)},
}


@pytest.mark.parametrize(("name", "image"), MOBILENET)
def test_mobilenet(name: str, image: int) -> None:
    net = archcalc.load(name, image=image)
    found = calls(net)
    for layer, expected in MOBILENET[name, image].items():
        these = [found[net.index[layer]]] if layer else found[:last_of(net, "Conv2d_13_pointwise") + 1]
        assert (sum(call.n_weights for call in these), sum(call.macs for call in these)) == expected


@pytest.mark.parametrize("row", [row for row in TABLE if row["gflops"]], ids=lambda row: row["model"])
def test_gflops(row: dict[str, Any]) -> None:
    """A multiply-add is two; within half a percent, since a profiler counts biases and additions too."""
    found = features(f"slim/{row['model']}", FEATURES.get(row["model"], "block4"), image=row["input_for_padding"])
    assert 2 * sum(call.macs for call in found) / 1e9 == pytest.approx(row["gflops"], rel=0.005)


def test_the_zoo_has_them() -> None:
    names = {"alexnet_v2", "vgg_16", *(f"resnet_v1_{depth}" for depth in (50, 101, 152, 200)), "mobilenet_v1",
             "mobilenet_v1_075", "inception_v2", "inception_v3", "inception_v4", "inception_resnet_v2"}
    assert {f"slim/{name}" for name in names} == {name for name in zoo.names() if name.startswith("slim/")}


@pytest.mark.parametrize(("name", "shape"), {"slim/inception_v3": (768, 17, 17), "slim/inception_v4": (1024, 17, 17),
                                             "slim/inception_resnet_v2": (1088, 17, 17)}.items())
def test_auxiliary_heads(name: str, shape: tuple[int, ...]) -> None:
    net = archcalc.load(name, mode="train")
    pool = net["AuxLogits.AvgPool_1a_5x5"]
    assert calls(net)[pool.inputs[0]].out.dims == shape
    assert len(net.outputs) == 2
    assert len(archcalc.load(name).outputs) == 1
