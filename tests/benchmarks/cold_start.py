"""How long does `archcalc report alexnet` take as a whole process, against only importing its libraries?

    python tests/benchmarks/cold_start.py [RUNS]

Two commands run in turn: the report, and a process that imports click, yaml, rich's table and
pydantic with one model built. Printed are the medians and the median of the ratios, pair by pair.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

LIBRARIES = """
import click, yaml, rich.table, pydantic
class Model(pydantic.BaseModel):
    size: int = 1
Model(size=2)
"""


def seconds(*command: str) -> float:
    """Wall time of a process."""
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def main(runs: int) -> None:
    report = (sys.executable, "-m", "archcalc", "report", "alexnet")
    libraries = (sys.executable, "-c", LIBRARIES)
    for command in (report, libraries):
        seconds(*command)
    pairs = [(seconds(*report), seconds(*libraries)) for _ in range(runs)]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"report alexnet {1000 * ours:.0f} ms, libraries alone {1000 * theirs:.0f} ms, ratio {ratio:.2f} "
          f"(median of {runs} pairs)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
