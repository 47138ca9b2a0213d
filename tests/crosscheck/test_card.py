"""A CUDA device behind its interface: peaks as data sheets print them, memory, clocks, and which card is taken."""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any

import pytest

from archcalc.errors import Unavailable, UsageError

pytestmark = pytest.mark.torch

SHEETS = {  # compute capability, multiprocessors, boost and memory clock in kHz, bus in bits; TFLOP/s of FP32, GB/s
    "V100 SXM2": ((7, 0), 80, 1_530_000, 877_000, 4096, 15.7, 898),
    "T4": ((7, 5), 40, 1_590_000, 5_001_000, 256, 8.1, 320),
    "A100 SXM4 40 GB": ((8, 0), 108, 1_410_000, 1_215_000, 5120, 19.5, 1555),
    "GeForce RTX 3090": ((8, 6), 82, 1_695_000, 9_751_000, 384, 35.6, 936),
    "GeForce RTX 4090": ((8, 9), 128, 2_520_000, 10_501_000, 384, 82.6, 1008),
    "H100 SXM5 80 GB": ((9, 0), 132, 1_980_000, 2_619_000, 5120, 67, 3350),
}
"""From NVIDIA's data sheets and architecture white papers."""


def fake(**options: Any) -> Any:
    from tests.crosscheck.fake_card import FakeCard, FakeCuda

    return FakeCard(FakeCuda(**options))


@pytest.mark.parametrize("name", SHEETS)
def test_peaks_are_those_of_data_sheets(name: str) -> None:
    (major, minor), count, clock, memory, width, tflops, gigabytes = SHEETS[name]
    found = fake(major=major, minor=minor, multi_processor_count=count, clock_rate=clock, memory_clock_rate=memory,
                 memory_bus_width=width).peaks()
    assert (found.flops / 1e12, found.bandwidth / 1e9) == pytest.approx((tflops, gigabytes), rel=0.006)
    assert found.cache == 50 * 2**20


@pytest.mark.parametrize(("properties", "why"), [
    ({"clock_rate": 0}, "this version of torch does not tell the card's clock rates"),
    ({"major": 99}, "float32 units of compute capability 99.0 are not known"),
])
def test_peaks_that_are_not_known(properties: dict[str, int], why: str) -> None:
    assert fake(**properties).peaks() == why


def test_peaks_of_other_makers(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.version, "hip", "6.4")
    assert fake().peaks() == "peaks are known of NVIDIA's cards only"


def test_in_words() -> None:
    assert str(fake()) == "Fake H100, 80 GiB"
    assert fake().free == 3 * 2**29


def test_memory_is_counted() -> None:
    """100 floats take 400 bytes, and 512 of the allocator's; three such are there at most."""
    import torch

    card = fake()
    with card.api:
        one = torch.zeros(100)
        card.forget()
        two = one + one
        del two
        three = [one * n for n in range(2)]
        assert card.held() == (1200, 1200, 1536, 1536)
        three.pop()
        assert card.held() == (800, 1200, 1024, 1536)
    assert card.counts is None
    assert fake(backend="cudaMallocAsync").counts == (
        "torch counts memory with its native allocator; in use is cudaMallocAsync")


def test_memory_without_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTORCH_NO_CUDA_MEMORY_CACHING", "1")
    assert fake().counts.endswith("PYTORCH_NO_CUDA_MEMORY_CACHING turns it off")


def test_time_is_the_median_by_events() -> None:
    card, calls = fake(), []

    def run() -> None:
        calls.append(1)
        card.api.now += 40 if len(calls) == 5 else 2     # one outlier

    assert card.seconds(run) == pytest.approx(0.003)
    assert len(calls) == 23


def test_kernels_of_a_profile() -> None:
    """Times are in microseconds; what ran on the CPU and marks of users are none."""
    from archcalc.crosscheck.card import busy

    def average(device: str, time: float, mark: bool = False) -> Any:
        return SimpleNamespace(device_type=SimpleNamespace(name=device), self_device_time_total=time,
                               is_user_annotation=mark)

    assert busy([average("CUDA", 300), average("CPU", 7), average("CUDA", 200), average("CUDA", 500, True)]) == 5e-4


def test_a_profile_without_a_device_sees_no_kernels() -> None:
    import torch

    from archcalc.crosscheck.card import Card

    card = fake()
    assert Card.kernels(card, lambda: torch.ones(3) + 1) is None or torch.cuda.is_available()


def test_a_profiler_that_fails() -> None:
    """There are no kernel times then; but a card without room is a reason of its own."""
    import torch

    from archcalc.crosscheck.card import Card

    def fail(error: type[Exception]) -> Any:
        def run() -> None:
            raise error("no")
        return run

    assert Card.kernels(fake(), fail(RuntimeError)) is None
    with pytest.raises(torch.OutOfMemoryError):
        Card.kernels(fake(), fail(torch.OutOfMemoryError))


def test_full_precision_while_it_is_ready() -> None:
    import torch

    card = fake()
    before = torch.backends.cudnn.allow_tf32, torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        with card.ready():
            assert (torch.backends.cudnn.allow_tf32, torch.get_float32_matmul_precision()) == (False, "highest")
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(before[1])
    assert (torch.backends.cudnn.allow_tf32, card.api.emptied) == (before[0], 1)


@pytest.mark.parametrize(("device", "why"), [("meta", "left out by --device meta"), ("cpu", "left out by --device cpu"),
                                             ("auto", "no CUDA device here")])
def test_no_card(device: str, why: str) -> None:
    from archcalc.crosscheck.card import chosen
    from tests.crosscheck.fake_card import FakeCuda

    assert chosen(device, FakeCuda(devices=0)) == (None, why)


@pytest.mark.parametrize(("device", "devices", "message"), [
    ("cuda", 0, "no CUDA device here: use --device cpu, or a machine and a torch build with CUDA"),
    ("cuda:1", 1, "no CUDA device 1 here, only 0: use --device cpu, or a machine and a torch build with CUDA"),
    ("cuda:7", 4, "no CUDA device 7 here, only 0 to 3: use --device cpu, or a machine and a torch build with CUDA"),
])
def test_a_card_that_is_not_there(device: str, devices: int, message: str) -> None:
    from archcalc.crosscheck.card import chosen
    from tests.crosscheck.fake_card import FakeCuda

    with pytest.raises(Unavailable) as error:
        chosen(device, FakeCuda(devices=devices))
    assert str(error.value) == message


def test_a_card_that_does_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as one that is older than torch's kernels: an error where it was asked for, else a reason."""
    from archcalc.crosscheck import card
    from tests.crosscheck.fake_card import FakeCuda

    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("CUDA error: no kernel image is available for execution on the device\nCompile with ...")

    monkeypatch.setattr(card.torch, "ones", refuse)
    why = ("CUDA device 0 does not work with this torch (RuntimeError: CUDA error: no kernel image is available for "
           "execution on the device)")
    assert card.chosen("auto", FakeCuda()) == (None, why)
    with pytest.raises(Unavailable) as error:
        card.chosen("cuda", FakeCuda())
    assert str(error.value).startswith(why)


@pytest.mark.parametrize(("device", "index"), [("auto", 0), ("cuda", 0), ("cuda:0", 0), ("cuda:2", 2)])
def test_the_card_that_is_asked_for(device: str, index: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from archcalc.crosscheck import card
    from tests.crosscheck.fake_card import FakeCuda

    asked: list[int] = []
    monkeypatch.setattr(card, "_device", lambda index: asked.append(index) or torch.device("cpu"))
    found, why = card.chosen(device, FakeCuda(devices=3))
    assert isinstance(found, card.Card)
    assert (set(asked), why) == ({index}, "")


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "cuda:-1", "CUDA", "cuda:1234", ""])
def test_a_device_of_another_name(device: str) -> None:
    from archcalc.crosscheck.card import chosen

    with pytest.raises(UsageError) as error:
        chosen(device)
    assert str(error.value) == (f"--device takes auto, meta, cpu, cuda, or cuda:1 for the second card; "
                                f"found '{device}'")


def test_the_stand_in_has_the_interface_of_torch() -> None:
    """Each function that is called of it is one of `torch.cuda`, and takes what it takes by the same names."""
    import torch

    from tests.crosscheck.fake_card import FakeCuda

    own = [name for name, value in vars(FakeCuda).items() if callable(value) and not name.startswith("_")
           and name != "count"]
    assert len(own) == 13
    for name in own:
        theirs = inspect.signature(getattr(torch.cuda, name)).parameters
        ours = [p for p in inspect.signature(getattr(FakeCuda, name)).parameters if p != "self"]
        assert [p for p in ours if p not in theirs] == [], name
    properties = set(dir(torch._C._CudaDeviceProperties))
    assert set(vars(FakeCuda().properties)) <= properties
