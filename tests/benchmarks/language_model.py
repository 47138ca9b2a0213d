"""Does a report of Llama 3 8B need much more than one of AlexNet?

    python tests/benchmarks/language_model.py [RUNS]

Each report is made in a process of its own, as `archcalc report` makes it: its peak memory, and the best time per
layer of some runs, loading the spec included. Printed are the medians over pairs of processes, the difference in
memory, and the ratio of times per layer. The aim is at most 20 MB more, and at most twice the time.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from typing import Any

NETWORKS = ("alexnet", "llama3-8b")
REPEATS = 20


def measure(name: str) -> dict[str, Any]:
    """Memory of the process behind one report, then the best time per layer of some more."""
    from archcalc import load, report

    def run() -> int:
        net = load(name)
        report(net).to_table()
        return len(net) - net.n_inputs

    layers = run()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return {"layers": layers, "peak": peak, "micro": 1e6 * min(times) / layers}


def main(runs: int) -> None:
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in NETWORKS}
    for _ in range(runs):
        for name in NETWORKS:
            done = subprocess.run([sys.executable, __file__, name], check=True, capture_output=True, text=True)
            found[name].append(json.loads(done.stdout))
    median = {name: {key: statistics.median(one[key] for one in found[name]) for key in found[name][0]}
              for name in NETWORKS}
    for name, figures in median.items():
        print(f"{name:<10} {figures['layers']:>4.0f} layers  {figures['micro']:7.1f} µs/layer  "
              f"{figures['peak']:6.1f} MB peak")
    small, large = (median[name] for name in NETWORKS)
    print(f"llama3-8b needs {large['peak'] - small['peak']:.1f} MB more, and {large['micro'] / small['micro']:.2f} of "
          f"the time per layer (median of {runs} pairs)")


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in NETWORKS:
        print(json.dumps(measure(sys.argv[1])))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
