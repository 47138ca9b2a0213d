"""What the cross-check calls of `torch.cuda`, done on the CPU: an allocator that counts the storages that are alive."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from archcalc.crosscheck.card import Card

H100 = {"name": "Fake H100", "major": 9, "minor": 0, "total_memory": 80 * 2**30, "multi_processor_count": 132,
        "clock_rate": 1_980_000, "memory_clock_rate": 2_619_000, "memory_bus_width": 5120, "L2_cache_size": 50 * 2**20}


class FakeCuda(TorchDispatchMode):
    """`torch.cuda`, where tensors of the CPU are those of the card. Entered, it notes what operations make.

    ``scratch`` are bytes that the kernel of an operation has while it runs, by its name; ``full`` is the operation at
    which it is out of memory, but for float64, which is the CPU's; each event is a millisecond after the one before.
    """

    def __init__(self, scratch: dict[str, int] | None = None, full: str | None = None, devices: int = 1,
                 bf16: bool = True, backend: str = "native", **properties: Any) -> None:
        super().__init__()
        self.scratch, self.full, self.devices, self.bf16, self.backend = scratch or {}, full, devices, bf16, backend
        self.properties = SimpleNamespace(**(H100 | properties))
        self.storages: dict[int, tuple[StorageWeakRef, int]] = {}
        self.most = (0, 0)
        self.now = 0.0
        self.emptied = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = function(*args, **(kwargs or {}))
        for x in tree_leaves(out):
            if isinstance(x, torch.Tensor) and x.device.type == "cpu":
                storage = x.untyped_storage()
                self.storages[storage._cdata] = StorageWeakRef(storage), storage.nbytes()
        extra = next((size for name, size in self.scratch.items() if name in str(function)), 0)
        requested, allocated = self.count()
        if self.full and self.full in str(function) and out.device.type == "cpu" and out.dtype != torch.float64:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        self.most = max(self.most[0], requested + extra), max(self.most[1], allocated + -(-extra // 512) * 512)
        return out

    def count(self) -> tuple[int, int]:
        """Bytes alive, and rounded up to 512 each."""
        self.storages = {key: (ref, size) for key, (ref, size) in self.storages.items() if not ref.expired()}
        sizes = [size for _, size in self.storages.values()]
        return sum(sizes), sum(-(-size // 512) * 512 for size in sizes)

    def is_available(self) -> bool:
        return self.devices > 0

    def device_count(self) -> int:
        return self.devices

    def current_device(self) -> int:
        return 0

    def get_device_properties(self, device: Any = None) -> Any:
        return self.properties

    def mem_get_info(self, device: Any = None) -> tuple[int, int]:
        return 3 * 2**29, self.properties.total_memory

    def memory_stats(self, device: Any = None) -> dict[str, Any]:
        current = self.count()
        return {f"{what}_bytes.all.{when}": value for what, pair in
                zip(("requested", "allocated"), zip(current, self.most, strict=True), strict=True)
                for when, value in zip(("current", "peak"), pair, strict=True)}

    def reset_peak_memory_stats(self, device: Any = None) -> None:
        self.most = self.count()

    def empty_cache(self) -> None:
        self.emptied += 1

    def synchronize(self, device: Any = None) -> None:
        pass

    def get_allocator_backend(self) -> str:
        return self.backend

    def is_bf16_supported(self, including_emulation: bool = True) -> bool:
        return self.bf16

    @contextmanager
    def device(self, device: Any) -> Any:
        yield

    def Event(self, enable_timing: bool = False) -> Any:
        def record() -> None:
            self.now += 1
            event.at = self.now

        event = SimpleNamespace(record=record, elapsed_time=lambda other: other.at - event.at)
        return event


class FakeCard(Card):
    """The card of a `FakeCuda`; its profiler sees kernels for half a millisecond, or for as long as it is told."""

    busy: float | None = 0.0005

    def __init__(self, api: FakeCuda) -> None:
        super().__init__(torch.device("cpu"), api)

    def kernels(self, run: Any) -> float | None:
        run()
        return self.busy
