"""Does the cost per layer stay the same, and how does it compare with torch's own counter?

    python tests/benchmarks/growth.py [--torch]

Each size is expanded, analyzed and summed in a process of its own, after a warm-up on a small
network. Time is the best of five (three at 100,000 layers), per layer; memory is the peak of the
whole process. With --torch, FlopCounterMode counts the same network on the meta device, the
module already built, and the ratios are printed.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from network import LAYERS_PER_BLOCK, SPEC, module

SIZES = (1_000, 10_000, 100_000)


def best(repeats: int, run: Callable[[], Any]) -> float:
    """Least seconds of some runs."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return min(times)


def archcalc_seconds(blocks: int) -> tuple[float, int]:
    from archcalc import loads, report

    def run() -> int:
        return report(loads(SPEC, blocks=blocks)).totals.macs

    loads(SPEC, blocks=2)
    return best(3 if blocks > 10_000 else 5, run), run()


def torch_seconds(blocks: int) -> tuple[float, int]:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    def count(net: Any) -> int:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            net(torch.empty(1, 64, 56, 56, device="meta"))
        return counter.get_total_flops() // 2

    count(module(2))
    net = module(blocks)
    return best(1 if blocks > 10_000 else 3, lambda: count(net)), count(net) if blocks <= 10_000 else 0


def measure(which: str, blocks: int) -> dict[str, Any]:
    """One measurement in a process of its own."""
    done = subprocess.run([sys.executable, __file__, which, str(blocks)], check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def main() -> None:
    tools = ["archcalc", "torch"] if "--torch" in sys.argv else ["archcalc"]
    figures: dict[tuple[str, int], dict[str, Any]] = {}
    for layers in SIZES:
        for tool in tools:
            figures[tool, layers] = f = measure(tool, layers // LAYERS_PER_BLOCK)
            print(f"{tool:<9} {layers:>7,} layers  {f['micro']:8.2f} µs/layer  {f['peak']:7.0f} MB peak", flush=True)
        if len(tools) == 2:
            ours, theirs = figures["archcalc", layers], figures["torch", layers]
            assert theirs["macs"] in (0, ours["macs"]), "both count the same network"
            print(f"{'ratio':<9} {layers:>7,} layers  1/{theirs['micro'] / ours['micro']:.1f} of the time, "
                  f"1/{theirs['peak'] / ours['peak']:.1f} of the memory", flush=True)
    costs = [figures["archcalc", layers]["micro"] for layers in SIZES]
    print(f"spread    {100 * (max(costs) / min(costs) - 1):.0f} % between the cheapest and the dearest size")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in ("archcalc", "torch"):
        blocks = int(sys.argv[2])
        seconds, macs = (archcalc_seconds if sys.argv[1] == "archcalc" else torch_seconds)(blocks)
        print(json.dumps({"micro": 1e6 * seconds / (LAYERS_PER_BLOCK * blocks), "macs": macs,
                          "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
    else:
        main()
