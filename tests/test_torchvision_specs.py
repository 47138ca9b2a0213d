"""specs/torchvision against the figures that torchvision publishes, and against its modules."""

from __future__ import annotations

import math
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc import zoo
from archcalc.analysis.shapes import calls

# `num_params` and `_ops` (GMACs at the crop of the same weights) in the metadata of the default weights of
# torchvision 0.29: torchvision.models.get_model_weights(name).DEFAULT.meta.
PUBLISHED = {
    "alexnet": (61_100_840, 0.714),
    "vgg11": (132_863_336, 7.609), "vgg13": (133_047_848, 11.308), "vgg16": (138_357_544, 15.47),
    "vgg19": (143_667_240, 19.632), "vgg11_bn": (132_868_840, 7.609), "vgg13_bn": (133_053_736, 11.308),
    "vgg16_bn": (138_365_992, 15.47), "vgg19_bn": (143_678_248, 19.632),
    "googlenet": (6_624_904, 1.498), "inception_v3": (27_161_264, 5.713),
    "resnet18": (11_689_512, 1.814), "resnet34": (21_797_672, 3.664), "resnet50": (25_557_032, 4.089),
    "resnet101": (44_549_160, 7.801), "resnet152": (60_192_808, 11.514),
    "resnext50_32x4d": (25_028_904, 4.23), "resnext101_32x8d": (88_791_336, 16.414),
    "resnext101_64x4d": (83_455_272, 15.46), "wide_resnet50_2": (68_883_240, 11.398),
    "wide_resnet101_2": (126_886_696, 22.753),
    "squeezenet1_0": (1_248_424, 0.819), "squeezenet1_1": (1_235_496, 0.349),
    "densenet121": (7_978_856, 2.834), "densenet161": (28_681_000, 7.728), "densenet169": (14_149_480, 3.36),
    "densenet201": (20_013_928, 4.291),
    "mobilenet_v2": (3_504_872, 0.301), "mobilenet_v3_small": (2_542_856, 0.057),
    "mobilenet_v3_large": (5_483_032, 0.217),
    "shufflenet_v2_x0_5": (1_366_792, 0.04), "shufflenet_v2_x1_0": (2_278_604, 0.145),
    "shufflenet_v2_x1_5": (3_503_624, 0.296), "shufflenet_v2_x2_0": (7_393_996, 0.583),
    "mnasnet0_5": (2_218_512, 0.104), "mnasnet0_75": (3_170_208, 0.215), "mnasnet1_0": (4_383_312, 0.314),
    "mnasnet1_3": (6_282_256, 0.526),
    "efficientnet_b0": (5_288_548, 0.386), "efficientnet_b1": (7_794_184, 0.687),
    "efficientnet_b2": (9_109_994, 1.088), "efficientnet_b3": (12_233_232, 1.827),
    "efficientnet_b4": (19_341_616, 4.394), "efficientnet_b5": (30_389_784, 10.266),
    "efficientnet_b6": (43_040_704, 19.068), "efficientnet_b7": (66_347_960, 37.746),
    "efficientnet_v2_s": (21_458_488, 8.366), "efficientnet_v2_m": (54_139_356, 24.582),
    "efficientnet_v2_l": (118_515_272, 56.08),
    "regnet_x_400mf": (5_495_976, 0.414), "regnet_x_800mf": (7_259_656, 0.8), "regnet_x_1_6gf": (9_190_136, 1.603),
    "regnet_x_3_2gf": (15_296_552, 3.177),
    "regnet_x_8gf": (39_572_648, 7.995), "regnet_x_16gf": (54_278_536, 15.941),
    "regnet_x_32gf": (107_811_560, 31.736),
    "regnet_y_400mf": (4_344_144, 0.402), "regnet_y_800mf": (6_432_512, 0.834), "regnet_y_1_6gf": (11_202_430, 1.612),
    "regnet_y_3_2gf": (19_436_338, 3.176),
    "regnet_y_8gf": (39_381_472, 8.473), "regnet_y_16gf": (83_590_140, 15.912), "regnet_y_32gf": (145_046_770, 32.28),
    "regnet_y_128gf": (644_812_894, 374.57),
    "convnext_tiny": (28_589_128, 4.456), "convnext_small": (50_223_688, 8.684),
    "convnext_base": (88_591_464, 15.355), "convnext_large": (197_767_336, 34.361),
    "vit_b_16": (86_567_656, 17.564), "vit_b_32": (88_224_232, 4.409), "vit_l_16": (304_326_632, 61.555),
    "vit_l_32": (306_535_400, 15.378), "vit_h_14": (633_470_440, 1016.717),
    "swin_t": (28_288_354, 4.491), "swin_s": (49_606_258, 8.741), "swin_b": (87_768_224, 15.431),
    "swin_v2_t": (28_351_570, 5.94), "swin_v2_s": (49_737_442, 11.546), "swin_v2_b": (87_930_848, 20.325),
    "maxvit_t": (30_919_624, 5.558),
}
FILES = sorted(zoo.root().glob("torchvision/*.yaml"))
each = pytest.mark.parametrize("name", PUBLISHED)


@each
def test_published_figures(name: str) -> None:
    params, gmacs = PUBLISHED[name]
    totals = archcalc.report(f"torchvision/{name}").totals
    assert round(totals.macs / 1e9, 3) == gmacs
    if name == "inception_v3":  # published with its auxiliary head; GoogLeNet without its two
        totals = archcalc.report(f"torchvision/{name}", mode="train").totals
    assert totals.params == params


def test_the_zoo_has_all_of_torchvisions_classifiers() -> None:
    assert {f"torchvision/{name}" for name in PUBLISHED} == {n for n in zoo.names() if n.startswith("torchvision/")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 120


HEADS = {"googlenet": 2, "inception_v3": 1}


@pytest.mark.parametrize("name", HEADS)
def test_auxiliary_heads_exist_only_in_training(name: str) -> None:
    assert len(archcalc.load(f"torchvision/{name}").outputs) == 1
    assert len(archcalc.load(f"torchvision/{name}", mode="train").outputs) == 1 + HEADS[name]


# Stochastic depth grows from block to block by a step, to the rate of the last block that has it.
DEPTHS = {"efficientnet_b0": (0.2 / 16, 0.175), "efficientnet_v2_s": (0.2 / 40, 0.195),
          "convnext_tiny": (0.1 / 17, 0.1), "convnext_base": (0.5 / 35, 0.5),
          "swin_t": (0.2 / 11, 0.2), "swin_v2_b": (0.5 / 23, 0.5), "maxvit_t": (0.2 / 10, 0.2)}


@pytest.mark.parametrize("name", DEPTHS)
def test_stochastic_depth_grows_with_depth(name: str) -> None:
    layers = [node.layer for node in archcalc.load(f"torchvision/{name}", mode="train").layers]
    rates = [layer.p for layer in layers if layer.kind == "stochastic_depth"]  # type: ignore[attr-defined]
    step, last = DEPTHS[name]
    assert rates == sorted(rates)
    assert rates[-1] == pytest.approx(last)
    assert all(rate / step == pytest.approx(round(rate / step)) for rate in rates)


def _new(name: str, **options: Any) -> Any:
    """torchvision's module."""
    from torchvision import models

    if name in HEADS:
        options = {"init_weights": False, "aux_logits": False, **options}
    if name == "vit_h_14":
        options = {"image_size": 518}
    return models.get_model(name, **options)


@cache
def _model(name: str, **options: Any) -> Any:
    """The same on the meta device, where it costs neither memory nor time."""
    import torch
    from torchvision.models import regnet

    work_out = regnet.BlockParams.from_init_params

    def on_cpu(*args: Any, **fields: Any) -> Any:  # it reads the numbers of tensors, which meta has none of
        with torch.device("cpu"):
            return work_out(*args, **fields)

    with pytest.MonkeyPatch.context() as patch, torch.device("meta"):
        patch.setattr(regnet.BlockParams, "from_init_params", on_cpu)
        return _new(name, **options)


# Modules that torchvision registers in another order than it runs them.
RUN = {"swin_v2": ["attn", "norm1", "mlp", "norm2"], "swin": ["norm", "reduction"]}


def _in_order(model: str, tensors: Any) -> list[tuple[str, Any]]:
    """Names and tensors in the order of execution, without the counters of batches."""
    order = next((order for start, order in RUN.items() if model.startswith(start)), [])
    blocks: dict[str, int] = {}

    def place(pair: tuple[str, Any]) -> tuple[int, int]:
        block, part = re.match(r"(features\.\d+(?:\.\d+)?|)\.?(\w+)", pair[0]).groups()  # type: ignore[union-attr]
        return (blocks.setdefault(block, len(blocks)), order.index(part) if part in order else 0) if order else (0, 0)

    return sorted([pair for pair in tensors if not pair[0].endswith("num_batches_tracked")], key=place)


def _shapes(model: str, tensors: Any) -> list[tuple[int, ...]]:
    """Shapes in the order of execution, without the axis of a batch; a table of positions is a list."""
    found = []
    for name, tensor in _in_order(model, tensors):
        shape = tuple(tensor.shape)
        shape = shape[1:] if name.endswith(("class_token", "pos_embedding")) else shape
        found.append((math.prod(shape),) if name.endswith("relative_position_index") else shape)
    return found


@pytest.mark.torch
@each
def test_tensors_in_order(name: str) -> None:
    found = calls(archcalc.load(f"torchvision/{name}"))
    model = _model(name)
    assert [w.shape for call in found for w in call.params.values()] == _shapes(name, model.named_parameters())
    assert [w.shape for call in found for w in call.buffers.values()] == _shapes(name, model.named_buffers())


@pytest.mark.torch
@pytest.mark.parametrize("name", HEADS)
def test_tensors_with_auxiliary_heads(name: str) -> None:
    found = calls(archcalc.load(f"torchvision/{name}", mode="train"))
    model = _model(name, aux_logits=True)
    assert [w.shape for call in found for w in call.params.values()] == _shapes(name, model.named_parameters())


def _check_macs_and_output(name: str, **parameters: int) -> None:
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    net = archcalc.load(f"torchvision/{name}", **parameters)  # type: ignore[arg-type]
    found = calls(net)
    model = _model(name).eval()
    image = torch.zeros(1, *found[0].out.dims, device="meta")
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # so that every matrix product is one that the counter sees
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
            out = model(image)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    assert counter.get_total_flops() == 2 * sum(call.macs for call in found)
    assert tuple(out.shape) == (1, *found[net.outputs[0]].out.dims)


@pytest.mark.torch
@each
def test_macs_and_output(name: str) -> None:
    _check_macs_and_output(name)


@pytest.mark.torch
@pytest.mark.parametrize("name", ["alexnet", "googlenet", "inception_v3", "resnet18", "squeezenet1_0", "densenet121",
                                  "efficientnet_b0", "convnext_tiny", "swin_t", "swin_v2_t"])
def test_macs_and_output_of_an_odd_size(name: str) -> None:
    _check_macs_and_output(name, image=237)


def _alike(name: str, mode: str = "eval", **options: Any) -> tuple[Any, Any]:
    """torchvision's module and the spec's with the same random tensors, in double precision."""
    import torch

    from archcalc.crosscheck import build

    torch.manual_seed(1)
    theirs = _new(name, **options).double()
    ours = build(archcalc.load(f"torchvision/{name}", mode=mode), dtype=torch.float64)
    with torch.no_grad():
        for tensor in theirs.parameters():  # so that none is 0 or 1 throughout
            tensor.add_(torch.randn_like(tensor) * 0.02)
        norms = [module for module in theirs.modules() if isinstance(module, torch.nn.BatchNorm2d)]
        for norm in norms:
            norm.momentum = 1.0
        if norms:  # running statistics of an image, without which it would fade in a deep network
            theirs.train()(torch.randn(2, *ours.example(1)["input"].shape[1:], dtype=torch.float64))
        for mine, its in [(ours.named_parameters(), theirs.named_parameters()),
                          (ours.named_buffers(), theirs.named_buffers())]:
            for (_, a), (_, b) in zip(_in_order("", mine), _in_order(name, its), strict=True):
                a.copy_(b.reshape(a.shape))
    return theirs.train(mode == "train"), ours


@pytest.mark.torch
@pytest.mark.parametrize("name", [
    "alexnet", "vgg11_bn", "googlenet", "inception_v3", "resnet18", "resnet50", "resnext50_32x4d",
    "squeezenet1_0", "squeezenet1_1", "densenet121", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large",
    "shufflenet_v2_x0_5", "mnasnet0_5", "efficientnet_b0", "efficientnet_v2_s", "regnet_x_400mf", "regnet_y_400mf",
    "convnext_tiny", "vit_b_32", "swin_t", "swin_v2_t", "maxvit_t",
])
def test_outputs_are_equal(name: str) -> None:
    import torch

    theirs, ours = _alike(name)
    image = torch.randn(ours.example(1)["input"].shape, dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(ours(image), theirs(image), rtol=1e-8, atol=1e-8)


@pytest.mark.torch
@pytest.mark.parametrize("name", HEADS)
def test_auxiliary_outputs_are_equal(name: str) -> None:
    import torch

    pair = _alike(name, "train", aux_logits=True)
    image = torch.randn(2, *pair[1].example(1)["input"].shape[1:], dtype=torch.float64)
    for module in (m for model in pair for m in model.modules() if isinstance(m, torch.nn.Dropout)):
        module.eval()
    with torch.no_grad():
        theirs, ours = (model(image) for model in pair)
    assert list(ours) == archcalc.report(f"torchvision/{name}", mode="train").outputs
    for a, b in zip(ours.values(), theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-8)
