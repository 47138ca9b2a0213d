"""What torch itself keeps on the CPU: bytes saved for the backward pass, and the peak of inference."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


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


def peak_bytes(module: Any, *inputs: torch.Tensor, eager: bool = False) -> int:
    """The most bytes of storages alive at once when `torch.fx.Interpreter` runs the module under no_grad.

    The inputs count throughout; parameters and buffers do not. ``eager`` runs the module as it is, whose
    Python scopes may hold values for longer.
    """
    run = module if eager else torch.fx.Interpreter(torch.fx.symbolic_trace(module)).run
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
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
            module(*inputs)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    flops: int = counter.get_total_flops()
    return flops // 2
