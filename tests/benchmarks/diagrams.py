"""Time of drawing every network of the zoo: ``python tests/benchmarks/diagrams.py``.

Prints the slowest, each as a multiple of the same run's `report` of the network, and the largest SVG.
"""

import time

import archcalc
from archcalc import zoo


def main() -> None:
    archcalc.diagram("alexnet").svg  # noqa: B018  (imports)
    found = []
    for name in zoo.names():
        begin = time.perf_counter()
        net = archcalc.load(name)
        archcalc.report(net).to_table()
        report = time.perf_counter() - begin
        begin = time.perf_counter()
        made = archcalc.diagram(archcalc.load(name))
        size = len(made.svg)
        found.append((time.perf_counter() - begin, report, size, name, made.form))
    found.sort(reverse=True)
    print(f"{len(found)} networks, {sum(f[0] for f in found):.1f} s in all")
    for drawn, report, size, name, form in found[:8]:
        print(f"{name:32} {form:8} {drawn:6.2f} s  {drawn / report:5.1f} × its report  {size / 1024:5.1f} KiB")
    print(f"largest: {max(f[2] for f in found) / 1024:.1f} KiB")


if __name__ == "__main__":
    main()
