"""On a real CUDA device (`pytest -m cuda`): what the other tests of the card do on a stand-in."""

from __future__ import annotations

from typing import Any

import pytest

import archcalc
from archcalc.errors import Unavailable

pytestmark = pytest.mark.cuda

CONVOLUTIONS = ["alexnet", "vgg11_bn", "googlenet", "resnet18", "squeezenet1_1", "densenet121", "mobilenet_v3_small",
                "shufflenet_v2_x0_5", "efficientnet_b0", "regnet_y_400mf"]
ATTENTION = ["vit_b_32", "swin_t", "convnext_tiny"]
INFERENCE, TRAINING, TIME = ("peak of inference on the card, bytes", "a training step on the card, bytes",
                             "time on the card")


def card() -> Any:
    from archcalc.crosscheck.card import chosen

    return chosen("cuda")[0]


def lines(name: str, **parameters: Any) -> dict[str, Any]:
    from archcalc.crosscheck.verify import verify

    found = verify(archcalc.load(name, **parameters), device="cuda")
    assert found.card
    return {line.check: line for line in found.lines if "on the card" in line.check}


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutional_networks(name: str) -> None:
    found = lines(f"torchvision/{name}", image=96)
    assert [line for line in found.values() if line.verdict == "differs"] == []
    assert (found[INFERENCE].verdict, found[TRAINING].verdict) == ("equal", "within")
    assert found["outputs on the card, float32"].verdict == "equal"


@pytest.mark.parametrize("name", ATTENTION)
def test_networks_whose_kernels_may_be_others(name: str) -> None:
    assert [line for line in lines(f"torchvision/{name}", image=64).values() if line.verdict == "differs"] == []


@pytest.mark.parametrize("name", ["lenet5", "resnet20", "dcgan-generator"])
def test_networks_of_papers(name: str) -> None:
    found = lines(name)
    assert [line for line in found.values() if line.verdict == "differs"] == []
    assert found[TRAINING].verdict == "within"


def test_the_allocator_counts_what_is_asked_for_in_blocks() -> None:
    """100 floats: 400 bytes, in a block of 512."""
    import torch

    found = card()
    with found.ready():
        before = found.held()
        one = torch.zeros(100, device=found.device)
        found.forget()
        two = one + 1
        after = found.held()
        assert after.requested - before.requested == 800
        assert after.allocated - before.allocated == 1024
        assert after.allocated_peak == torch.cuda.max_memory_allocated(found.device)
        del two
        assert found.held().requested_peak == after.requested_peak


def test_operations_of_the_backward_pass_are_seen() -> None:
    """It runs in a thread of its own, where the watch must be too."""
    import torch

    from archcalc.crosscheck.measure import Steps

    found = card()
    x = torch.rand(4, 4, device=found.device, requires_grad=True)
    with Steps(found.device, found) as steps:
        (x @ x).sigmoid().sum().backward()
    names = [step.operation for step in steps.steps]
    assert "sigmoid_backward" in names
    assert names.count("mm") == 3
    assert all(step.most >= step.held for step in steps.steps)


def test_clocks() -> None:
    """Kernels take some of the time between two events; a product of matrices is not faster than its roofline."""
    import torch

    found = card()
    with found.ready():
        a = torch.rand(2048, 2048, device=found.device)
        whole, kernels = found.seconds(lambda: a @ a), found.kernels(lambda: a @ a)
    assert kernels is None or 0 < kernels < 2 * whole
    peaks = found.peaks()
    assert isinstance(peaks, str) or whole >= 2 * 2048**3 / peaks.flops


def test_a_card_that_is_too_small() -> None:
    import torch

    from archcalc.crosscheck.cuda import on_card
    from archcalc.crosscheck.reference import reference
    from archcalc.crosscheck.subject import Subject

    found, net = card(), archcalc.load("torchvision/alexnet")
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(0.0001, found.device)
    try:
        made = list(on_card(Subject(net, reference("torchvision:alexnet", net)), found))
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, found.device)
    assert {line.verdict for line in made} == {"not run"}
    assert made[0].remark.startswith(f"the card has {found.total / 2**30:.3g} GiB, of which ")


def test_a_card_behind_the_last() -> None:
    import torch

    from archcalc.crosscheck.card import chosen

    with pytest.raises(Unavailable, match=r"^no CUDA device \d+ here, only 0"):
        chosen(f"cuda:{torch.cuda.device_count()}")
