"""Memory by hand on small networks; against torch itself for torchvision's."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.analysis.memory import checkpointed, peak, saved

VGG_LIKE = """
input: [3, 8, 8]
then: {conv: relu}
layers: [{c1: {conv: 4, kernel: 3, padding: 1}}, {c2: {conv: 4, kernel: 3, padding: 1}}, \
{p: {maxpool: 2, stride: 2}}, flatten, {drop: {dropout: 0.5}}, {fc: {linear: 10}}]
"""
INPUT, MAP, POOLED, FC = 3 * 8 * 8 * 4, 4 * 8 * 8 * 4, 4 * 4 * 4 * 4, 10 * 4


def test_peak_by_hand() -> None:
    """c2 reads c1's map while it writes its own; the input is held by the caller; ReLU works in place."""
    found = peak(archcalc.loads(VGG_LIKE))
    assert (found.bytes, found.layer) == (INPUT + MAP + MAP, "c2")
    assert dict(found.alive) == {"input": INPUT, "c1": MAP, "c2": MAP}
    assert peak(archcalc.loads(VGG_LIKE), "float64", batch=3).bytes == 2 * 3 * (INPUT + 2 * MAP)


def test_pooling_indices_are_torchs_not_mathematics() -> None:
    net = archcalc.loads("input: [1, 8, 8]\nlayers: [{p: {maxpool: 2, stride: 2}}]")
    found = peak(net)
    assert found.bytes == 64 * 4 + 16 * 4 + 16 * 8
    assert found.minimum == 64 * 4 + 16 * 4


def test_saved_by_hand() -> None:
    """The input for c1, each ReLU's result (which the next layer reads too), indices, mask, fc's input."""
    found = saved(archcalc.loads(VGG_LIKE, mode="train"))
    indices, mask, dropped = 4 * 4 * 4 * 8, 64 * 4, 64 * 4
    assert found.bytes == INPUT + 2 * MAP + indices + mask + dropped
    assert found.minimum == INPUT + 2 * MAP + 64 * 1 + dropped
    assert found.surplus == {"indices": indices, "mask": mask - 64}


def test_batch_normalization_keeps_its_input_and_statistics() -> None:
    spec = "input: [2, 4, 4]\nlayers: [{c: {conv: 3, bias: false}}, {n: batchnorm}, {r: relu}]"
    net = archcalc.loads(spec, mode="train")
    mapped = 3 * 16 * 4
    for batch in (1, 5):
        assert saved(net, batch=batch).bytes == batch * (2 * 16 * 4 + mapped + mapped) + 2 * 3 * 4


def test_nothing_is_saved_before_the_first_parameter() -> None:
    net = archcalc.loads("input: [2, 4, 4]\nlayers: [{r: relu}, {p: {maxpool: 2, stride: 2}}]", mode="train")
    assert saved(net).bytes == 0


def test_in_place_only_where_nothing_reads_later() -> None:
    """The branch's ReLU may not overwrite what the shortcut reads: a storage of its own."""
    spec = """
input: [4, 8, 8]
layers:
  - c: {conv: 4}
  - sum: {add: {branch: [relu], shortcut: []}}
"""
    assert peak(archcalc.loads(spec)).bytes == 4 * 64 * 4 * 4  # input, c, relu, sum
    overwritten = spec.replace("{branch: [relu], shortcut: []}}", "{branch: [], shortcut: []}, inplace: true}")
    assert peak(archcalc.loads(overwritten)).bytes == 4 * 64 * 4 * 2


def test_training_is_the_sum_of_its_lines() -> None:
    report = archcalc.report(archcalc.loads(VGG_LIKE), optimizer="adam")
    params = (3 * 9 * 4 + 4) + (4 * 9 * 4 + 4) + (64 * 10 + 10)
    step = report.memory.training
    assert (step.params, step.gradients) == (4 * params, 4 * params)
    assert step.optimizer == 2 * 4 * params + 4 * 6  # two moments, and a step count for each of six tensors
    assert step.total == step.params + step.gradients + step.optimizer + step.saved + step.working
    sgd, momentum = (archcalc.report(archcalc.loads(VGG_LIKE), optimizer=o) for o in ("sgd", "momentum"))
    assert (sgd.memory.training.optimizer, momentum.memory.training.optimizer) == (0, 4 * params)


def test_states_have_their_own_type() -> None:
    report = archcalc.report(archcalc.loads(VGG_LIKE), optimizer="momentum", dtype="float16")
    params = report.totals.params
    assert (report.memory.training.params, report.memory.training.optimizer) == (2 * params, 4 * params)


def test_checkpoints_keep_what_passes_between_blocks() -> None:
    spec = """
input: [4, 8, 8]
blocks: {unit: [{a: {conv: 4, then: relu}}, {b: {conv: 4, then: relu}}]}
layers: [{u: {unit: }}, {v: {unit: }}]
"""
    net = archcalc.loads(spec, mode="train")
    one = 4 * 64 * 4
    assert saved(net).bytes == 5 * one  # the input and four results
    # input and u's result pass on; running v again holds its two results (u's inside: one, v's: two)
    assert checkpointed(net, "float32", 1) == 2 * one + 2 * one


@pytest.mark.torch
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("name", ["alexnet", "vgg16", "googlenet", "resnet18", "resnet50"])
def test_memory_is_torchs(name: str, batch: int) -> None:
    """torchvision's own models: hooks on saved tensors in training, live storages under fx in inference."""
    import torch
    import torchvision

    from archcalc.crosscheck.measure import peak_bytes, saved_bytes

    options = {"init_weights": False} if name == "googlenet" else {}
    model = getattr(torchvision.models, name)(**options)
    x = torch.zeros(batch, 3, 224, 224)
    report = archcalc.report(f"torchvision/{name}", batch=batch)
    assert report.memory.peak.bytes == peak_bytes(model.eval(), x)
    # Batch normalization refuses one value per channel in training; torchvision's nets have none.
    assert report.memory.saved.bytes == saved_bytes(model.train(), x)


# Windows: in a batch of one, none of the stages may be a single window, where torch takes views for copies.
TRANSFORMERS = [("convnext_tiny", 64, 1), ("convnext_tiny", 64, 2), ("vit_b_32", 64, 1), ("vit_b_32", 64, 2),
                ("swin_t", 256, 1), ("swin_t", 64, 2), ("swin_v2_t", 288, 1), ("swin_v2_t", 64, 2),
                ("maxvit_t", 224, 2)]


@pytest.mark.torch
@pytest.mark.parametrize(("name", "image", "batch"), TRANSFORMERS)
def test_memory_of_transformers_is_torchs(name: str, image: int, batch: int) -> None:
    """Attention's copies and results, layer scale, stochastic depth, masks of shifted windows."""
    import torch
    import torchvision

    from archcalc.crosscheck.measure import peak_bytes, saved_bytes

    model = getattr(torchvision.models, name)(**({"image_size": image} if name.startswith("vit") else {}))
    x = torch.zeros(batch, 3, image, image)
    report = archcalc.report(f"torchvision/{name}", batch=batch, image=image)
    assert report.memory.peak.bytes == peak_bytes(model.eval(), x)
    assert report.memory.saved.bytes == saved_bytes(model.train(), x)


@pytest.mark.torch
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("attention", [
    "{attention: 4}", "{attention: 4, causal: true}", "{attention: 4, rotary: true, kv_heads: 2}",
    "{attention: 4, cosine: true}", "{attention: 4, packed: false}"])
def test_saved_bytes_of_attention(attention: str, batch: int) -> None:
    """The kinds' own equivalents, where torch's fused kernel serves."""
    import torch

    from archcalc.crosscheck import build
    from archcalc.crosscheck.measure import saved_bytes

    net = archcalc.loads(f"input: {{shape: [6, 16], axes: [sequence, channel]}}\n"
                         f"layers: [{{a: {{linear: 16}}}}, {{n: layernorm}}, {{m: {attention}}}]", mode="train")
    assert saved(net, batch=batch).bytes == saved_bytes(build(net), torch.zeros(batch, 6, 16))


def test_a_parameter_is_no_activation() -> None:
    """Layer scale keeps what it multiplies; the factor itself is a parameter, there once and not counted."""
    spec = """
input: [4, 8, 8]
layers:
  - g: {parameter: [4, 1, 1], axes: [channel, space, space]}
  - c: {conv: 4, from: input}
  - s: {multiply: [g, c]}
"""
    one = 4 * 64 * 4
    for batch in (1, 3):
        assert peak(archcalc.loads(spec), batch=batch).bytes == batch * 3 * one  # input, c, s
        assert saved(archcalc.loads(spec, mode="train"), batch=batch).bytes == batch * 2 * one


def test_a_score_bias_is_there_once() -> None:
    """Gathered from its table, for all samples of a batch."""
    spec = "input: {shape: [4, 6], axes: [sequence, channel]}\nlayers: [{b: {relative_bias: 2, heads: 3}}]"
    net = archcalc.loads(spec)
    assert [peak(net, batch=n).bytes for n in (1, 5)] == [4 * n * 4 * 6 + 4 * 3 * 4 * 4 for n in (1, 5)]


@pytest.mark.torch
@pytest.mark.parametrize("name", ["alexnet", "zfnet", "vgg-a-lrn", "googlenet", "resnet34-a", "resnet20"])
def test_saved_bytes_of_the_papers_networks(name: str) -> None:
    """Built by the kinds' own torch equivalents; local response normalization and zero-padded shortcuts among them."""
    import torch

    from archcalc.crosscheck import build
    from archcalc.crosscheck.measure import saved_bytes

    net = archcalc.load(name, mode="train")
    report = archcalc.report(net, batch=2)
    x = torch.zeros(2, *report.inputs["input"].dims)
    assert report.memory.saved.bytes == saved_bytes(build(net), x)
