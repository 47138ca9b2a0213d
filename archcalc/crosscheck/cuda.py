"""Checks on a CUDA device: memory of inference and of a training step, time, and outputs in its types."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import zip_longest
from typing import Any

import torch

from archcalc.analysis.roofline import roofline
from archcalc.crosscheck.card import Card, GiB
from archcalc.crosscheck.lines import Line, reason
from archcalc.crosscheck.measure import Step, Steps, Untraceable, interpreted, rise, size, training_step
from archcalc.crosscheck.outputs import Pair, largest
from archcalc.crosscheck.subject import BATCH, Subject

TIMED = 16
"""Samples in the check of time."""

SLACK = 0.1
"""By how much of itself the estimate of a training step may be exceeded."""

TOLERANCES = {torch.float32: 1e-4, torch.float16: 2e-2, torch.bfloat16: 1e-1}
"""The largest difference of outputs on a card, as a share of the largest output."""

OTHERS = ("attention", "lstm", "gru", "rnn", "dropout")
"""Words in the names of operations that make other tensors on a card than on the CPU, whose tensors are counted."""

INFERENCE, TRAINING, TIME, OUTPUTS = ("peak of inference on the card, bytes", "a training step on the card, bytes",
                                      "time on the card", "outputs on the card")


def on_card(subject: Subject, card: Card) -> Iterator[Line]:
    """The lines of a card; what it has no room for is not run."""
    checks = _OnCard(subject, card)
    memory, batch = subject.report.memory, TIMED / BATCH
    with card.ready():
        yield checks.room(INFERENCE, memory.params + memory.peak.bytes, checks.inference)
        yield checks.room(TRAINING, memory.training.total, checks.training)
        yield checks.room(TIME, int(memory.params + batch * memory.peak.bytes), checks.time)
        yield from checks.outputs(memory.params + memory.peak.bytes)


class _OnCard:
    def __init__(self, subject: Subject, card: Card) -> None:
        self.subject, self.card, self.where = subject, card, f"does not run on {card.device}"

    def room(self, check: str, needed: int, make: Callable[[], Line]) -> Line:
        """A check, or that the card has no room for it, or that it does not apply."""
        try:
            return make()
        except Untraceable as error:
            return Line(check, "not run", "", "", str(error))
        except torch.OutOfMemoryError:
            pass  # with the error go the frames that hold tensors
        self.card.api.empty_cache()
        return Line(check, "not run", "", "", f"the card has {self.card.total / GiB:.3g} GiB, of which "
                    f"{self.card.free / GiB:.3g} GiB are free; this takes {needed / GiB:.3g} GiB and more")

    def placed(self, training: bool = False) -> Any:
        """The reference, or what was built from the spec, on the card."""
        module = self.subject.module(training)
        return self.subject.measured(lambda: module.to(self.card.device), f"cannot be moved to {self.card.device}")

    def inference(self) -> Line:
        """What tensors take at the peak, by the allocator's count after each operation, against the prediction."""
        if self.subject.other is None:
            return Line(INFERENCE, "not run", "", "", "not applicable: the kinds' torch equivalents overwrite nothing")
        if self.card.counts is not None:
            return Line(INFERENCE, "not run", "", "", self.card.counts)
        ours = self.subject.report.memory.peak.bytes
        run, x = self._inference(self.placed()), self.subject.inputs(BATCH, self.card.device)
        found, there = self.subject.measured(lambda: rise(self.card, lambda: run(*x), x), self.where)
        verdict, remark = ("equal", "") if found.tensors == ours else self._judged(there)
        return Line(INFERENCE, verdict, f"{ours:,}", f"{found.tensors:,}",
                    f"{remark}live tensors under fx, batch {BATCH}; {found.above(0)}")

    def _inference(self, module: Any) -> Callable[..., Any]:
        run = self.subject.measured(lambda: interpreted(module))
        return torch.no_grad()(run)  # type: ignore[no-any-return]

    def _judged(self, there: list[Step]) -> tuple[str, str]:
        """The verdict on other bytes than predicted, and where they begin: the first operation of other tensors."""
        run, x = self._inference(self.subject.module()), self.subject.inputs(BATCH)
        with Steps(torch.device("cpu")) as here:
            run(*x)
        made = ([step for step in steps if step.made] for steps in (here.steps, there))
        for a, b in zip_longest(*made, fillvalue=Step("nothing", ())):
            if a.made != b.made:
                known = _other(a) or _other(b)
                return "not run" if known else "differs", (
                    f"{'not applicable: ' * known}on the card {b.operation} makes {_sum(b)}, where on the CPU "
                    f"{a.operation} makes {_sum(a)} bytes; ")
        return "differs", "by the same tensors as on the CPU; "

    def training(self) -> Line:
        """What a step with Adam takes at its peak, against what it cannot go below and the estimate."""
        if self.card.counts is not None:
            return Line(TRAINING, "not run", "", "", self.card.counts)
        memory = self.subject.report.memory
        step = memory.training
        module, x = self.placed(True), self.subject.inputs(BATCH, self.card.device)
        if not any(p.requires_grad for p in module.parameters()):
            return Line(TRAINING, "not run", "", "", "not applicable: nothing to train")
        run, optimizer = training_step(module, x)
        found, steps = self.subject.measured(lambda: rise(self.card, run, x), self.where)
        states = [t for state in optimizer.state.values() for t in state.values()]
        fixed = size((*module.parameters(), *module.buffers(), *states), self.card.device)
        theirs = fixed + found.tensors
        low = step.params + step.optimizer + memory.buffers + max(memory.saved.minimum, step.gradients)
        high = step.total + memory.buffers
        verdict, remark = "within", ""
        if not low <= theirs <= (1 + SLACK) * high:
            other = next((step.operation for step in steps if _other(step)), None)
            verdict, remark = ("not run", f"not applicable: {other} on the card; ") if other else ("differs", "")
        return Line(TRAINING, verdict, f"{low:,}…{high:,}", f"{theirs:,}", f"{remark}live tensors, Adam, batch "
                    f"{BATCH}; the upper bound is an estimate, of which this is {theirs / high:.0%}; "
                    f"{found.above(fixed)}")

    def time(self) -> Line:
        """A forward pass against the roofline."""
        peaks = self.card.peaks()
        if isinstance(peaks, str):
            return Line(TIME, "not run", "", "", peaks)
        bound = roofline(self.subject.net, peaks, "float32", TIMED)
        module, x = self.placed(), self.subject.inputs(TIMED, self.card.device)
        with torch.no_grad():
            whole = self.subject.measured(lambda: self.card.seconds(lambda: module(*x)), self.where)
            kernels = self.card.kernels(lambda: module(*x))
        took = kernels or whole
        gaps = f"; {_ms(whole)} with the gaps between kernels" if kernels else ", gaps between kernels included"
        return Line(TIME, "within" if took >= bound.floor else "differs", _ms(bound.seconds), _ms(took),
                    f"{took / bound.seconds:.1f} times the roofline of {peaks.flops / 1e12:.3g} TFLOP/s and "
                    f"{peaks.bandwidth / 1e9:,.0f} GB/s, an estimate; nothing takes less than {_ms(bound.floor)}; "
                    f"float32, batch {TIMED}{gaps}")

    def outputs(self, needed: int) -> Iterator[Line]:
        """Ours and the reference's in each type of the card, against each other and float64 on the CPU."""
        pair = self.subject.measured(lambda: Pair(self.subject), "does not run in float64")
        if not pair.fits:
            return
        exact = self.subject.measured(pair.run, "does not run in float64")[0]
        for dtype, tolerance in TOLERANCES.items():
            name = f"{OUTPUTS}, {str(dtype).removeprefix('torch.')}"
            if dtype != torch.bfloat16 or self.card.api.is_bf16_supported(including_emulation=False):
                yield self.room(name, needed, partial(self._outputs, pair, exact, dtype, tolerance, name))
            else:
                yield Line(name, "not run", "", "", "not applicable: the card has no such type")

    def _outputs(self, pair: Pair, exact: torch.Tensor, dtype: torch.dtype, tolerance: float, name: str) -> Line:
        try:
            found = pair.run(self.card.device, dtype)
        except torch.OutOfMemoryError:
            raise
        except Exception as error:      # a user's module may ask for another type
            return Line(name, "not run", "", "", f"does not run in this type: {reason(error)}")
        scale = largest(exact)
        if any(out.shape != exact.shape for out in found):
            return Line(name, "differs", "", "", "of other shapes")
        if not all(bool(out.isfinite().all()) for out in found) and dtype == torch.float16:
            return Line(name, "not run", "", "", f"leaves the range of this type; largest {scale:.3g} in float64")
        errors = [largest(out - exact) / (scale or 1) for out in found]
        if dtype != torch.float32 and errors[-1] > tolerance:
            return Line(name, "not run", "", "", f"rounding to this type alone changes {errors[-1]:.2g} of the largest "
                        f"output; {tolerance:.2g} would be allowed")
        apart = max(largest(out - found[0]) / (scale or 1) for out in found)
        right = all(error <= tolerance for error in (*errors, apart))      # not so with a NaN
        other = found[1] if len(found) > 1 else exact
        return Line(name, "equal" if right else "differs", f"largest {largest(found[0]):.6g}",
                    f"largest {largest(other):.6g}", f"of the largest output they differ by {apart:.2g}, and from "
                    f"float64 on the CPU by {max(errors):.2g}; {tolerance:.2g} is allowed")


def _other(step: Step) -> bool:
    return any(word in step.operation for word in OTHERS)


def _sum(step: Step) -> str:
    return " + ".join(f"{n:,}" for n in step.made) or "0"


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.3g} ms"
