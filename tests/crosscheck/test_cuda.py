"""The lines of a CUDA device, on a stand-in whose memory is that of the CPU: figures by hand, verdicts, messages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import cli
from archcalc.errors import UsageError

pytestmark = pytest.mark.torch

SPEC = """
input: [3, 8, 8]
layers:
- conv: {conv: 4, kernel: 3, padding: 1, then: relu}
- flatten
- fc: {linear: 10}
"""
X, Y, OUT = 2 * 4 * 3 * 64, 2 * 4 * 4 * 64, 2 * 4 * 10           # bytes of a batch of 2: input, conv's output, fc's
PARAMS = 4 * (4 * (3 * 9 + 1) + 10 * (256 + 1))
INFERENCE, TRAINING, TIME, OUTPUTS = ("peak of inference on the card, bytes", "a training step on the card, bytes",
                                      "time on the card", "outputs on the card, ")


def module(**changes: Any) -> Any:
    """The network of `SPEC` in torch, or another one."""
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.fc = nn.Conv2d(3, 4, 3, padding=1), nn.Linear(256, 10)

        def forward(self, x: Any) -> Any:
            between = changes.get("between", lambda y: y)
            return changes.get("after", lambda y: y)(self.fc(between(self.conv(x).relu_()).flatten(1)))

    return Net()


def run(other: Any = None, busy: float | None = 0.0005, text: str = SPEC, **options: Any) -> dict[str, Any]:
    from archcalc.crosscheck.cuda import on_card
    from archcalc.crosscheck.subject import Subject
    from tests.crosscheck.fake_card import FakeCard, FakeCuda

    with FakeCuda(**options) as api:
        card = FakeCard(api)
        card.busy = busy
        return {line.check: line for line in on_card(Subject(archcalc.loads(text), other), card)}


@pytest.fixture(scope="module")
def lines() -> Iterator[dict[str, Any]]:
    return run(module(), scratch={"aten.convolution.": 1000})


def test_the_peak_of_inference(lines: dict[str, Any]) -> None:
    """Tensors have most while fc runs, kernels and all while conv runs: 1,000 bytes of scratch, in blocks of 512."""
    tensors, most = X + Y + OUT, X + Y + 1000
    line = lines[INFERENCE]
    assert (line.verdict, line.ours, line.theirs) == ("equal", f"{tensors:,}", f"{tensors:,}")
    allocated = 3 * 512 + Y + 1024
    assert line.remark == (
        f"live tensors under fx, batch 2; max_memory_allocated is {allocated:,}: {most - tensors:,} more in kernels "
        f"while they run (convolution the most), {allocated - most:,} more by rounding")


def test_a_training_step(lines: dict[str, Any]) -> None:
    """Adam keeps two copies of the parameters and a step count for each of four tensors."""
    fixed = PARAMS + 2 * PARAMS + 4 * 4
    saved, working = X + Y, OUT + Y
    line = lines[TRAINING]
    low, high = fixed + max(saved, PARAMS), fixed + PARAMS + saved + working
    assert (line.verdict, line.ours) == ("within", f"{low:,}…{high:,}")
    # While relu goes back: the input, relu's output, two gradients of its size, those of fc, and the loss and its own.
    theirs = fixed + X + 3 * Y + 4 * 10 * (256 + 1) + 2 * 4
    assert line.theirs == f"{theirs:,}"
    assert line.remark.startswith(
        f"live tensors, Adam, batch 2; the upper bound is an estimate, of which this is {theirs / high:.0%}; ")


def test_time(lines: dict[str, Any]) -> None:
    """Memory bounds every layer of the H100's: bytes of 16 samples and the parameters, at 3,352 GB/s."""
    line = lines[TIME]
    moved = 8 * (X + Y) + 8 * 2 * Y + 8 * (Y + OUT) + PARAMS
    seconds = moved / (2 * 2_619_000_000 * 640)
    assert (line.verdict, line.theirs) == ("within", "0.5 ms")
    assert float(line.ours.removesuffix(" ms")) == pytest.approx(1000 * seconds, rel=0.005)
    assert f"{0.0005 / seconds:.1f} times the roofline of 66.9 TFLOP/s and 3,352 GB/s, an estimate" in line.remark
    assert line.remark.endswith("; float32, batch 16; 1 ms with the gaps between kernels")


def test_outputs(lines: dict[str, Any]) -> None:
    assert [lines[OUTPUTS + name].verdict for name in ("float32", "float16", "bfloat16")] == ["equal"] * 3
    assert lines[OUTPUTS + "float32"].remark.endswith("; 0.0001 is allowed")


def test_the_page_reads_these_lines(lines: dict[str, Any]) -> None:
    from docs._pages import verification

    row = verification._on_card({"spec": "small", "lines": [line._asdict() for line in lines.values()]})
    assert row.startswith(f"| small | {X + Y + OUT:,} = | {3 * 512 + Y + 1024:,} | {lines[TRAINING].theirs} | 10")
    assert row.endswith(f"% | 0.5 ms | {lines[TIME].ours} | = | = | = |\n")


def test_a_time_without_a_profiler() -> None:
    line = run(module(), busy=None)[TIME]
    assert (line.verdict, line.theirs) == ("within", "1 ms")
    assert line.remark.endswith("batch 16, gaps between kernels included")


def test_a_time_that_nothing_takes() -> None:
    """On a card of one slow multiprocessor, half a millisecond is too short for the products."""
    line = run(module(), multi_processor_count=1, clock_rate=100)[TIME]
    products = 16 * (4 * 64 * 3 + 256 * 10)              # of conv a ninth of its MACs
    assert line.verdict == "differs"
    assert f"nothing takes less than {1000 * products / (128 * 1e5):.3g} ms" in line.remark


def test_unknown_peaks_and_types() -> None:
    found = run(module(), clock_rate=0, bf16=False)
    assert (found[TIME].verdict, found[TIME].remark) == (
        "not run", "this version of torch does not tell the card's clock rates")
    assert found[OUTPUTS + "bfloat16"].remark == "not applicable: the card has no such type"


def test_another_allocator() -> None:
    found = run(module(), backend="cudaMallocAsync")
    assert {found[check].verdict for check in (INFERENCE, TRAINING)} == {"not run"}
    assert found[INFERENCE].remark == "torch counts memory with its native allocator; in use is cudaMallocAsync"


def test_a_card_that_is_too_small() -> None:
    found = run(module(), full="convolution")
    assert {line.verdict for line in found.values()} == {"not run"}
    assert found[TRAINING].remark == ("the card has 80 GiB, of which 1.5 GiB are free; this takes "
                                      f"{(4 * PARAMS + 16 + X + Y + OUT + Y) / 2**30:.3g} GiB and more")


def test_more_memory_than_predicted_differs() -> None:
    """An activation that is not in the spec, and keeps its input: as much again as conv's output."""
    found = run(module(between=lambda y: y + y.tanh()))
    line = found[INFERENCE]
    assert (line.verdict, line.ours, line.theirs) == ("differs", f"{X + Y + OUT:,}", f"{X + 3 * Y:,}")
    assert line.remark.startswith("by the same tensors as on the CPU; live tensors under fx")


def test_other_tensors_on_the_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first operation that makes other tensors than on the CPU is named; kernels that are known to may."""
    from archcalc.crosscheck.measure import Step

    found = _judged([Step("convolution", (2048,)), Step("view", ()), Step("addmm", (80, 16))])
    assert found == ("differs", "on the card addmm makes 80 + 16, where on the CPU addmm makes 80 bytes; ")
    found = _judged([Step("convolution", (2048,)), Step("_scaled_dot_product_efficient_attention", (8, 8, 80))])
    assert found == ("not run", "not applicable: on the card _scaled_dot_product_efficient_attention makes 8 + 8 + 80, "
                     "where on the CPU addmm makes 80 bytes; ")
    assert _judged([Step("convolution", (2048,))])[1].startswith("on the card nothing makes 0, where")


def _judged(there: list[Any]) -> Any:
    from archcalc.crosscheck.cuda import _OnCard
    from archcalc.crosscheck.subject import Subject
    from tests.crosscheck.fake_card import FakeCard, FakeCuda

    return _OnCard(Subject(archcalc.loads(SPEC), module()), FakeCard(FakeCuda()))._judged(there)


def test_a_step_beyond_the_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept tensors of more than the estimate differ, but for kernels that are known to keep other ones."""
    from archcalc.crosscheck import cuda

    found = run(module(between=lambda y: y + y.tanh().sigmoid().tanh().sigmoid().tanh().sigmoid().tanh()))
    assert found[TRAINING].verdict == "differs"
    monkeypatch.setattr(cuda, "SLACK", -1.0)
    lstm = "input: {shape: [40, 4], axes: [sequence, channel]}\nlayers: [{lstm: 8}, {fc: {linear: 1}}]"
    line = run(text=lstm)[TRAINING]
    assert line.verdict == "not run"
    assert re.match(r"not applicable: \S*(rnn|lstm)\S* on the card; live tensors", line.remark)


def test_without_a_reference() -> None:
    """Ours on the card against ours in float64; the equivalents of kinds do not overwrite, so peaks do not compare."""
    found = run()
    assert (found[INFERENCE].verdict, found[TRAINING].verdict) == ("not run", "within")
    assert found[INFERENCE].remark == "not applicable: the kinds' torch equivalents overwrite nothing"
    assert found[OUTPUTS + "float32"].verdict == "equal"


def test_texts_and_several_outputs() -> None:
    """Integers stay integers in every type."""
    found = run(text="""
inputs: {ids: {shape: [5], axes: [sequence], dtype: int64}, other: [3]}
layers:
- words: {embedding: 100, features: 8, from: ids}
- a: {linear: 4}
- b: {linear: 2, from: other}
outputs: [a, b]
""")
    assert {check: line.verdict for check, line in found.items()} == {
        INFERENCE: "not run", TRAINING: "within", TIME: "within",
        **{OUTPUTS + name: "equal" for name in ("float32", "float16", "bfloat16")}}


def test_nothing_to_train() -> None:
    found = run(text="input: [3, 8, 8]\nlayers: [{maxpool: 2, stride: 2}]")
    assert (found[TRAINING].verdict, found[TRAINING].remark) == ("not run", "not applicable: nothing to train")


def test_a_module_that_cannot_be_traced() -> None:
    """Its tensors are not told apart by fx; all other lines are run."""
    found = run(module(between=lambda y: y[:len(y)]))
    assert {check for check, line in found.items() if line.verdict == "not run"} == {INFERENCE}
    assert found[INFERENCE].remark.startswith("not applicable: torch.fx cannot trace the reference: RuntimeError: ")


def test_tensors_that_do_not_fit() -> None:
    """Outputs cannot be compared then, which the line of outputs on the CPU says."""
    found = run(module(), text=SPEC.replace("linear: 10", "linear: 9"))
    assert [check for check in found if check.startswith(OUTPUTS)] == []


@pytest.mark.parametrize(("single", "remark"), [
    (lambda y: y * 1.01, "of the largest output they differ by 0.01, and from float64 on the CPU by 0.01; 0.0001 is"),
    (lambda y: y * float("nan"), "of the largest output they differ by "),
    (lambda y: y[:, :3], "of other shapes"),
])
def test_outputs_that_differ(single: Any, remark: str) -> None:
    """In float32 alone, the reference says something else."""
    line = run(module(after=lambda y: single(y) if str(y.dtype) == "torch.float32" else y))[OUTPUTS + "float32"]
    assert line.verdict == "differs"
    assert line.remark.startswith(remark)


def test_a_network_that_rounding_changes() -> None:
    """Where the reference is itself far from what it says in float64, nothing follows."""
    found = run(module(after=lambda y: y * 1.5 if str(y.dtype) == "torch.float16" else y))
    assert [found[OUTPUTS + name].verdict for name in ("float32", "float16", "bfloat16")] == [
        "equal", "not run", "equal"]
    assert found[OUTPUTS + "float16"].remark.startswith("rounding to this type alone changes 0.5 of the largest")


def test_numbers_beyond_a_type() -> None:
    """What float32 holds and float16 does not is no difference; infinity in float32 is one."""
    found = run(text=SPEC + "- {large: {rescale: 1e7}}\n")
    assert found[OUTPUTS + "float16"].verdict == "not run"
    assert found[OUTPUTS + "float16"].remark.startswith("leaves the range of this type; largest ")
    assert found[OUTPUTS + "float32"].verdict == "equal"
    assert run(text=SPEC + "- {large: {rescale: 1e14, repeat: 3}}\n")[OUTPUTS + "float32"].verdict == "differs"


def test_a_module_of_one_type_only() -> None:
    def single(y: Any) -> Any:
        if str(y.dtype) == "torch.float16":
            raise TypeError("only single precision")
        return y

    line = run(module(after=single))[OUTPUTS + "float16"]
    assert (line.verdict, line.remark) == ("not run", "does not run in this type: TypeError: only single precision")


def test_a_module_that_cannot_be_moved() -> None:
    other = module()
    other.to = lambda *_: (_ for _ in ()).throw(NotImplementedError("Cannot copy out of meta tensor"))
    other.__deepcopy__ = lambda memo: other
    from archcalc.crosscheck.cuda import _OnCard
    from archcalc.crosscheck.subject import Subject
    from tests.crosscheck.fake_card import FakeCard, FakeCuda

    subject = Subject(archcalc.loads(SPEC), module())
    subject.other = other
    with pytest.raises(UsageError, match=r"^spec: the reference cannot be moved to cpu: NotImplementedError: Cannot"):
        _OnCard(subject, FakeCard(FakeCuda())).inference()


def test_gradients_that_nothing_watches() -> None:
    from archcalc.crosscheck.measure import Rise

    assert Rise(1000, -200, 24, "").above(100) == (
        "max_memory_allocated is 924: 200 less, as torch adds up gradients in place when nothing watches, "
        "24 more by rounding")


def test_verify_on_a_card(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The command prints the card's lines and names it, in the text and in the JSON."""
    from archcalc.crosscheck import verify
    from tests.crosscheck.fake_card import FakeCard, FakeCuda

    path = tmp_path / "small.yaml"
    path.write_text(SPEC)
    with FakeCuda() as api:
        monkeypatch.setattr(verify, "chosen", lambda device: (FakeCard(api), ""))
        done = CliRunner().invoke(cli, ["verify", str(path), "--device", "cuda"])
        data = json.loads(CliRunner().invoke(cli, ["verify", str(path), "--format", "json"]).output)
    assert (done.exit_code, done.exception) == (0, None)
    head, *rest = done.output.splitlines()
    assert head == "small against its kinds' torch equivalents, on Fake H100, 80 GiB"
    assert [line.split(":")[0].strip() for line in rest if line.startswith("  within")] == [
        f"within   {TRAINING}", f"within   {TIME}"]
    assert max(map(len, rest)) <= 80
    assert data["specs"][0]["card"] == "Fake H100, 80 GiB"
    assert [line["check"] for line in data["specs"][0]["lines"]][-6:-3] == [INFERENCE, TRAINING, TIME]
    assert set(data["versions"]) == {"torch", "torchvision"}


def test_a_network_too_large_for_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three copies of the parameters and what is saved: neither the CPU nor a card behind it is tried."""
    from archcalc.crosscheck import subject, verify
    from tests.crosscheck.fake_card import FakeCard, FakeCuda

    monkeypatch.setattr(subject, "available", lambda: 2**20)
    monkeypatch.setattr(verify, "chosen", lambda device: (FakeCard(FakeCuda()), ""))
    net = archcalc.load("resnet20")
    found = {line.check: line for line in verify.verify(net).lines}
    needed = 3 * 4 * 269_722 + archcalc.report(net, batch=2).memory.saved.bytes
    assert {found[check].remark for check in ("fields, memory and outputs", "memory, time and outputs on a CUDA device")
            } == {f"takes about {needed / 2**30:.3g} GiB, and this machine has 0.000977 GiB free"}
    assert found["MACs"].verdict == "equal"


def test_memory_of_this_machine() -> None:
    from archcalc.crosscheck.subject import available

    free = available()
    assert free is None or 2**20 < free < 2**50
