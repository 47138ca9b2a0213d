"""A CUDA device, through the little of `torch.cuda` that the cross-check needs."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any, NamedTuple

import torch

from archcalc.analysis.roofline import Peaks
from archcalc.crosscheck.lines import reason
from archcalc.errors import Unavailable, UsageError
from archcalc.words import describe

CORES = {(5, 0): 128, (5, 2): 128, (5, 3): 128, (6, 0): 64, (6, 1): 128, (6, 2): 128, (7, 0): 64, (7, 2): 64,
         (7, 5): 64, (8, 0): 64, (8, 6): 128, (8, 7): 128, (8, 9): 128, (9, 0): 128, (10, 0): 128, (10, 3): 128,
         (11, 0): 128, (12, 0): 128, (12, 1): 128}
"""Multiply-adds in float32 per cycle and multiprocessor by compute capability (CUDA C++ Programming Guide, throughput
of native arithmetic instructions)."""

WARM, RUNS = 3, 20
"""Passes before the clock runs, and passes whose median is the time."""

GiB = 2**30


class Held(NamedTuple):
    """Bytes of a card that are in use: as they were asked for, and as the allocator rounds them, each with its peak.

    ``allocated_peak`` is `torch.cuda.max_memory_allocated`.
    """

    requested: int
    requested_peak: int
    allocated: int
    allocated_peak: int


class Card:
    """A CUDA device; ``api`` is `torch.cuda`, or what does as much of it as is called here."""

    def __init__(self, device: torch.device, api: Any = torch.cuda) -> None:
        self.device, self.api = device, api
        self.properties = api.get_device_properties(device)
        self.total: int = self.properties.total_memory

    def __str__(self) -> str:
        return f"{self.properties.name}, {self.total / GiB:.3g} GiB"

    @property
    def free(self) -> int:
        """Bytes that are not in use, by this process or any other."""
        return int(self.api.mem_get_info(self.device)[0])

    @property
    def counts(self) -> str | None:
        """Why the card's memory cannot be counted here; None if it can."""
        if os.environ.get("PYTORCH_NO_CUDA_MEMORY_CACHING"):
            return "torch counts memory with its native allocator; PYTORCH_NO_CUDA_MEMORY_CACHING turns it off"
        backend = self.api.get_allocator_backend()
        return None if backend == "native" else f"torch counts memory with its native allocator; in use is {backend}"

    def peaks(self) -> Peaks | str:
        """What the card does at most in float32 without tensor cores, or in words why that is not known."""
        p = self.properties
        if torch.version.hip is not None:
            return "peaks are known of NVIDIA's cards only"
        clocks = [getattr(p, name, 0) for name in ("clock_rate", "memory_clock_rate", "memory_bus_width")]
        if not all(clocks):
            return "this version of torch does not tell the card's clock rates"
        if (p.major, p.minor) not in CORES:
            return f"float32 units of compute capability {p.major}.{p.minor} are not known"
        clock, memory, width = clocks                      # kHz, kHz and bits; memory moves twice a cycle
        flops = 2 * CORES[p.major, p.minor] * p.multi_processor_count * clock * 1000
        return Peaks(flops, 2 * memory * 1000 * width / 8, getattr(p, "L2_cache_size", 0))

    def held(self) -> Held:
        """Bytes in use now and at most since `forget`."""
        stats = self.api.memory_stats(self.device)
        return Held(*(int(stats.get(f"{what}_bytes.all.{when}", 0))
                      for what in ("requested", "allocated") for when in ("current", "peak")))

    def forget(self) -> None:
        """Let peaks begin at what is in use now."""
        self.api.reset_peak_memory_stats(self.device)

    @contextmanager
    def ready(self) -> Iterator[None]:
        """The card as the current one, in full float32, without a search for algorithms; its cache is emptied after."""
        before = torch.get_float32_matmul_precision()
        torch.set_float32_matmul_precision("highest")
        try:
            with self.api.device(self.device), torch.backends.cudnn.flags(
                    enabled=True, benchmark=False, allow_tf32=False):
                yield
        finally:
            torch.set_float32_matmul_precision(before)
            self.api.empty_cache()

    def seconds(self, run: Callable[[], Any]) -> float:
        """The median time of a call by the card's own clock, gaps between its kernels included."""
        times: list[float] = []
        for _ in range(WARM + RUNS):
            begin, end = (self.api.Event(enable_timing=True) for _ in range(2))
            begin.record()
            run()
            end.record()
            self.api.synchronize(self.device)
            times.append(begin.elapsed_time(end) / 1000)
        return median(times[WARM:])

    def kernels(self, run: Callable[[], Any]) -> float | None:
        """The time of a call's kernels alone, from torch's profiler; None where it sees none."""
        from torch.profiler import ProfilerActivity, profile

        with warnings.catch_warnings(action="ignore"):      # of what it cannot see, and of its own interface
            try:
                with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as found:
                    for _ in range(RUNS):
                        run()
                    self.api.synchronize(self.device)
                return busy(found.key_averages()) / RUNS or None
            except torch.OutOfMemoryError:
                raise
            except RuntimeError:    # a profiler that may not be used, or is in use
                return None


def busy(averages: Iterable[Any]) -> float:
    """Seconds of kernels in a profiler's averages, whose times are in microseconds."""
    return sum(float(each.self_device_time_total) for each in averages
               if each.device_type.name == "CUDA" and not getattr(each, "is_user_annotation", False)) / 1e6


def chosen(device: str, api: Any = torch.cuda) -> tuple[Card | None, str]:
    """The card that a ``--device`` asks for, or None and why there is none.

    auto takes the current card where there is one that works. Raises `UsageError` for another word, `Unavailable`
    for a card that was asked for by name and cannot be had.
    """
    if device in ("meta", "cpu"):
        return None, f"left out by --device {device}"
    match = re.fullmatch(r"auto|cuda(?::(\d{1,3}))?", device)
    if match is None:
        raise UsageError("--device takes auto, meta, cpu, cuda, or cuda:1 for the second card; "
                         f"found {describe(device)}")
    why = _missing(int(match[1] or 0), api)
    if why is None:
        index = int(match[1]) if match[1] else api.current_device()
        return Card(_device(index), api), ""
    if device == "auto":
        return None, why
    raise Unavailable(f"{why}: use --device cpu, or a machine and a torch build with CUDA")


def _missing(index: int, api: Any) -> str | None:
    """Why there is no such card; None if it is there and adds."""
    if not api.is_available():
        return "no CUDA device here"
    if index >= api.device_count():
        last = api.device_count() - 1
        return f"no CUDA device {index} here, only " + ("0" if last == 0 else f"0 to {last}")
    try:
        torch.ones(1, device=_device(index)).add_(1).item()
    except (RuntimeError, AssertionError) as error:     # no kernels for its architecture, a torch without CUDA
        return f"CUDA device {index} does not work with this torch ({reason(error)})"
    return None


def _device(index: int) -> torch.device:
    return torch.device("cuda", index)
