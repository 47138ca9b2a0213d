"""What the zoo's networks keep for the backward pass, made small, is what torch keeps of them on the CPU."""

from __future__ import annotations

from typing import Any

import pytest

import archcalc
from archcalc.analysis.memory import saved

pytestmark = pytest.mark.torch

TOKENS = {"tokens": 12, "width": 32, "layers": 2, "heads": 4, "vocabulary": 50}
SMALL: dict[str, dict[str, Any]] = {
    "lenet5": {}, "nin": {}, "unet": {"image": 188, "width": 4}, "yolov3": {"image": 64},
    "dcgan-generator": {"width": 8}, "dcgan-discriminator": {"width": 8},
    "wavenet": {"samples": 50, "stacks": 2, "layers": 4}, "c3d": {"image": 32, "classes": 7},
    "bert-base": {**TOKENS, "positions": 16}, "gpt2": {**TOKENS, "positions": 16},
    "llama2-7b": {**TOKENS, "hidden": 40}, "llama3-8b": {**TOKENS, "hidden": 40, "kv_heads": 2},
    "t5-small": {**TOKENS, "targets": 9, "hidden": 40, "head": 16},
    "slim/mobilenet_v1": {"image": 64}, "slim/inception_v2": {"image": 64},  # TensorFlow's padding is uneven
}


NORMALIZED = ("yolov3", "dcgan-generator", "slim/inception_v2", "slim/mobilenet_v1")
"""Batch normalization refuses a batch of one sample with one value per channel."""


@pytest.mark.parametrize(("name", "batch"), [(name, n) for name in SMALL for n in (1, 2) if name not in NORMALIZED
                                             or n > 1])
def test_saved_bytes(name: str, batch: int) -> None:
    from archcalc.crosscheck import build
    from archcalc.crosscheck.measure import saved_bytes

    net = archcalc.load(name, mode="train", **SMALL[name])
    model = build(net)
    assert saved(net, batch=batch).bytes == saved_bytes(model, *model.example(batch).values())
