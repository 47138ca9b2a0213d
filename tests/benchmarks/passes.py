"""Does every pass cost the same per layer, in time and in memory, on small and large networks?

    python tests/benchmarks/passes.py

Each pass over the network of `network.py` at three sizes: microseconds per layer (best of three) and
bytes of new objects per layer at their most (tracemalloc, a run of its own), with the spread between
the sizes. The last lines are ResNet-1202 of the zoo.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from growth import SIZES, best
from network import LAYERS_PER_BLOCK, SPEC

import archcalc
from archcalc.analysis.memory import peak, saved
from archcalc.analysis.order import best_order
from archcalc.analysis.receptive_field import fields
from archcalc.analysis.shapes import calls
from archcalc.reports.report import Report

PASSES: dict[str, Callable[[archcalc.Net, archcalc.Net], Any]] = {
    "fields": lambda net, trained: fields(net),
    "peak": lambda net, trained: peak(net),
    "saved": lambda net, trained: saved(trained),
    "order": lambda net, trained: best_order(net),
    "report": lambda net, trained: Report(net).totals,
    "table": lambda net, trained: Report(net).to_table(),
    "json": lambda net, trained: Report(net).to_json(),
}


def allocated(run: Callable[[], Any]) -> int:
    """Most bytes of objects made by a run and alive at once."""
    tracemalloc.start()
    run()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def line(name: str, found: list[float]) -> str:
    """A row: a figure for each size, and the spread."""
    spread = 100 * (max(found) / min(found) - 1)
    return f"{name:<9}" + "".join(f"{figure:>10.2f}" for figure in found) + f"{spread:>8.0f} %"


def main() -> None:
    times: dict[str, list[float]] = {name: [] for name in PASSES}
    sizes: dict[str, list[float]] = {name: [] for name in PASSES}
    for layers in SIZES:
        blocks = layers // LAYERS_PER_BLOCK
        nets = [archcalc.loads(SPEC, mode=mode, blocks=blocks) for mode in ("eval", "train")]
        calls(nets[0]), calls(nets[1])
        for name, run in PASSES.items():
            times[name].append(1e6 * best(3, lambda run=run, nets=nets: run(*nets)) / (LAYERS_PER_BLOCK * blocks))
            sizes[name].append(allocated(lambda run=run, nets=nets: run(*nets)) / (LAYERS_PER_BLOCK * blocks))
    head = "".join(f"{layers:>10,}" for layers in SIZES) + "    spread"
    print(f"{'µs/layer':<9}{head}", *(line(name, found) for name, found in times.items()), sep="\n")
    print(f"\n{'B/layer':<9}{head}", *(line(name, found) for name, found in sizes.items()), sep="\n")
    net = archcalc.load("resnet1202")
    print()
    for name, run in PASSES.items():
        seconds = best(3, lambda run=run: run(net, net.in_mode("train")))
        print(f"resnet1202 {name:<8} {1e6 * seconds / len(net):8.2f} µs/layer, {seconds:.3f} s")


if __name__ == "__main__":
    main()
