"""Does every pass cost the same per layer on small and large networks?

    python tests/benchmarks/passes.py

Each pass over the network of `network.py` at three sizes: microseconds per layer, best of three, and
the spread between the sizes. The last lines are ResNet-1202 of the zoo and the time of the order search.
"""

from __future__ import annotations

import sys
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


def main() -> None:
    costs: dict[str, list[float]] = {name: [] for name in PASSES}
    for layers in SIZES:
        blocks = layers // LAYERS_PER_BLOCK
        nets = [archcalc.loads(SPEC, mode=mode, blocks=blocks) for mode in ("eval", "train")]
        calls(nets[0])
        for name, run in PASSES.items():
            costs[name].append(1e6 * best(3, lambda run=run, nets=nets: run(*nets)) / (LAYERS_PER_BLOCK * blocks))
    print(f"{'µs/layer':<9}" + "".join(f"{layers:>10,}" for layers in SIZES) + "    spread")
    for name, found in costs.items():
        print(f"{name:<9}" + "".join(f"{cost:>10.2f}" for cost in found)
              + f"{100 * (max(found) / min(found) - 1):>8.0f} %")
    net = archcalc.load("resnet1202")
    for name, run in PASSES.items():
        seconds = best(3, lambda run=run: run(net, net.in_mode("train")))
        print(f"resnet1202 {name:<8} {1e6 * seconds / len(net):8.2f} µs/layer, {seconds:.3f} s")


if __name__ == "__main__":
    main()
