"""What torch itself keeps on the CPU: bytes saved for the backward pass, and the peak of inference."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from archcalc.crosscheck.card import Card
from archcalc.crosscheck.lines import reason


def _owned(module: Any) -> set[int]:
    return {t.untyped_storage()._cdata for t in (*module.parameters(), *module.buffers())}


def saved_bytes(module: Any, *inputs: torch.Tensor) -> int:
    """Bytes of the storages that hooks on saved tensors see in a forward pass, each once.

    Parameters and buffers are left out.  The module runs in the mode it is in, with gradients.
    """
    owned, seen = _owned(module), {}

    def pack(x: torch.Tensor) -> torch.Tensor:
        storage = x.untyped_storage()
        if storage._cdata not in owned:
            seen[storage._cdata] = storage      # held, so that no other takes its address
        return x

    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x):
        out = module(*inputs)
    del out
    return sum(storage.nbytes() for storage in seen.values())


class _Live(TorchDispatchMode):
    """Tracks the storages that are alive after each operation."""

    def __init__(self, owned: set[int], inputs: Iterable[torch.Tensor]) -> None:
        super().__init__()
        self.owned, self.most = owned, 0
        self.live: dict[int, tuple[Any, int]] = {}
        for x in inputs:
            self._note(x)

    def _note(self, x: Any) -> None:
        if isinstance(x, torch.Tensor):
            storage = x.untyped_storage()
            if storage._cdata not in self.owned:
                self.live[storage._cdata] = StorageWeakRef(storage), storage.nbytes()

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = function(*args, **(kwargs or {}))
        for x in tree_leaves(out):
            self._note(x)
        self.live = {key: (ref, size) for key, (ref, size) in self.live.items() if not ref.expired()}
        self.most = max(self.most, sum(size for _, size in self.live.values()))
        return out


class Step(NamedTuple):
    """An operation, bytes of the storages that it made, and what a card held after it and at most while it ran."""

    operation: str
    made: tuple[int, ...]
    held: int = 0
    most: int = 0


class Steps(TorchDispatchMode):
    """Notes each operation, the storages of a device type that it makes, and a card's memory around it."""

    def __init__(self, device: torch.device, card: Card | None = None) -> None:
        super().__init__()
        self.device, self.card = device.type, card
        self.steps: list[Step] = []

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = {x.untyped_storage()._cdata for x in tree_leaves((args, kwargs)) if isinstance(x, torch.Tensor)}
        if self.card is not None:
            self.card.forget()
        out = function(*args, **(kwargs or {}))
        made = {storage._cdata: storage.nbytes() for x in tree_leaves(out) if isinstance(x, torch.Tensor)
                and x.device.type == self.device for storage in [x.untyped_storage()] if storage._cdata not in given}
        held = self.card.held()[:2] if self.card is not None else (0, 0)
        name = str(function).removeprefix("aten.").removesuffix(".default")
        self.steps.append(Step(name, tuple(sorted(filter(None, made.values()))), *held))
        return out


class Rise(NamedTuple):
    """Bytes by which a card's peak is above what was there before: of tensors that are alive after an operation, what
    kernels had beside these, what the allocator's rounding adds, and the operation whose kernel had the most."""

    tensors: int
    kernels: int
    rounding: int
    operation: str

    def above(self, fixed: int) -> str:
        """In words, with what was there before."""
        if self.kernels < 0:
            beside = f"{-self.kernels:,} less, as torch adds up gradients in place when nothing watches"
        else:
            most = f" ({self.operation} the most)" if self.kernels else ""
            beside = f"{self.kernels:,} more in kernels while they run{most}"
        return (f"max_memory_allocated is {fixed + self.tensors + self.kernels + self.rounding:,}: {beside}, "
                f"{self.rounding:,} more by rounding")


def rise(card: Card, run: Callable[[], Any], given: list[torch.Tensor]) -> tuple[Rise, list[Step]]:
    """How far a card's memory rises in a call, from where there is neither what it makes nor what it is given.

    The call is made twice before, so that what libraries keep for themselves (cuBLAS its workspaces) is there, and
    cycles of objects are collected, so that no tensor is freed by chance.
    """
    for _ in range(2):
        run()
    gc.collect()
    own, before = size(given, card.device), card.held()
    with Steps(card.device, card) as noted:
        run()
    tensors = max((step.held for step in noted.steps), default=before.requested) - before.requested
    gc.collect()
    card.forget()
    run()
    after = card.held()
    requested, allocated = after.requested_peak - before.requested, after.allocated_peak - before.allocated
    worst = max(noted.steps, key=lambda step: step.most - step.held, default=Step("", ()))
    return Rise(own + tensors, requested - tensors, allocated - requested, worst.operation), noted.steps


def training_step(module: Any, x: list[torch.Tensor]) -> tuple[Callable[[], None], torch.optim.Optimizer]:
    """A step of training: forward, the mean of all outputs, backward, Adam in one kernel; no gradient is left over."""
    optimizer = torch.optim.Adam(module.parameters(), fused=True)

    def run() -> None:
        out = [t for t in tree_leaves(module(*x)) if isinstance(t, torch.Tensor)]
        loss = torch.stack([t.float().mean() for t in out]).sum()
        del out
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return run, optimizer


def size(tensors: Iterable[Any], device: torch.device) -> int:
    """Bytes of the storages of tensors that are on a device, each once."""
    return sum({t.untyped_storage()._cdata: t.untyped_storage().nbytes() for t in tensors
                if isinstance(t, torch.Tensor) and t.device.type == device.type}.values())


class Untraceable(Exception):
    """A module whose operations torch.fx cannot tell, such as one that branches on its input."""


def interpreted(module: Any) -> Callable[..., Any]:
    """A module to be run by `torch.fx.Interpreter`, which drops each value behind its last reader.

    Raises `Untraceable` with the reason.
    """
    try:
        traced = torch.fx.symbolic_trace(module)
    except Exception as error:
        raise Untraceable(f"not applicable: torch.fx cannot trace the reference: {reason(error)}") from None
    return lambda *x: torch.fx.Interpreter(traced).run(*x)      # a new one each time: it holds on to its output


def peak_bytes(module: Any, *inputs: torch.Tensor, eager: bool = False) -> int:
    """The most bytes of storages alive at once when `torch.fx.Interpreter` runs the module under no_grad.

    The inputs count throughout; parameters and buffers do not. ``eager`` runs the module as it is, whose
    Python scopes may hold values for longer.
    """
    run = module if eager else interpreted(module)
    live = _Live(_owned(module), inputs)
    with torch.no_grad(), live:
        run(*inputs)
    return live.most


def macs(module: Any, *inputs: torch.Tensor) -> int:
    """Half of what `FlopCounterMode` counts in evaluation mode without gradients, attention decomposed."""
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    learned = [p for p in module.parameters() if p.requires_grad]
    for p in learned:       # the counter hooks the gradient of a parameter that is a module's input: none under no_grad
        p.requires_grad_(False)
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
            module(*inputs)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
        for p in learned:
            p.requires_grad_()
    flops: int = counter.get_total_flops()
    return flops // 2
