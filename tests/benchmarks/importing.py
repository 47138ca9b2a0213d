"""How long does an import take: of a ResNet-50 against what torch.export takes, and of an ONNX file of 100 MB?

    python tests/benchmarks/importing.py [RUNS]

The model is built once. Import and export run in turn, each once beforehand; printed are the medians and the median
of the ratios, pair by pair, which is to be below 1.5. The ONNX file, a chain of convolutions and dense layers with
all their weights, once random and once all zero (which a mask could be, so they are read to the end), is read in a
process of its own: its wall time, below 2 s, and the most memory that it had, below 300 MB, start of Python included
(as Linux tells it). The process fails where a bound is broken.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "importing"))
from protobuf import field, model, node, tensors

RATIO, SECONDS, MEGABYTES = 1.5, 2.0, 300
WIDTH, DENSE = 512, 4096
READ = """
import re, sys
from archcalc.importing.references import imported
text = imported(sys.argv[1]).text
assert text.count("{conv: 512") == 5 and text.count("f2: {linear: ") == 1, text
print(re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())[1])
"""


def seconds(run: Callable[[], Any]) -> float:
    """Wall time of a call."""
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def against_export(runs: int) -> float:
    """The median ratio of an import's time to that of torch.export."""
    import torch
    from torchvision.models import resnet50

    from archcalc import from_torch

    module, x = resnet50(weights=None).eval(), torch.zeros(2, 3, 224, 224)
    ours, theirs = (lambda: from_torch(module, x)), (lambda: torch.export.export(module, (x,)))
    ours(), theirs()
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(runs)]
    a, b = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(m / n for m, n in pairs)
    print(f"ResNet-50: import {a:.2f} s, torch.export {b:.2f} s, ratio {ratio:.2f} (median of {runs} pairs)")
    return ratio


def weights(name: str, *dims: int, zero: bool = False) -> bytes:
    """An initializer of random bits, as no two weights are alike, or of zeros."""
    noise = bytes(4 * prod(dims)) if zero else random.Random(name).randbytes(4 * prod(dims))
    return b"".join(field(1, n) for n in dims) + field(2, 1) + field(8, name) + field(9, noise)


def large(path: Path, zero: bool) -> int:
    """Write a file of more than 100 MB; its bytes."""
    sizes = [(WIDTH, 3, 3, 3), *[(WIDTH, WIDTH, 3, 3)] * 4, (WIDTH, DENSE), (DENSE, DENSE), (DENSE, 1000)]
    names = [*(f"c{i}" for i in range(5)), *(f"f{i}" for i in range(3))]
    arrays = [weights(name, *dims, zero=zero) for name, dims in zip(names, sizes, strict=True)]
    nodes = [node("Conv", ["x" if not i else f"v{i - 1}", f"c{i}"], [f"v{i}"], f"/c{i}/Conv", kernel_shape=[3, 3],
                  pads=[1, 1, 1, 1]) for i in range(5)]
    nodes += [node("GlobalAveragePool", ["v4"], ["p"]), node("Flatten", ["p"], ["d0"])]
    nodes += [node("MatMul", [f"d{i}", f"f{i}"], [f"d{i + 1}"], f"/f{i}/MatMul") for i in range(3)]
    data = model(nodes, [tensors("x", ["N", 3, 64, 64])], [tensors("d3", ["N", 1000])], arrays)
    path.write_bytes(data)
    return len(data)


def onnx(zero: bool) -> tuple[float, float]:
    """Wall time and most memory of a process that reads the large file, in seconds and megabytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.onnx"
        size = large(path, zero)
        begin = time.perf_counter()
        found = subprocess.run([sys.executable, "-c", READ, str(path)], check=True, stdout=subprocess.PIPE, text=True)
        wall, most = time.perf_counter() - begin, int(found.stdout) * 1024 / 1e6
    print(f"ONNX file of {size / 1e6:.0f} MB, {'zeros' if zero else 'random'}: {wall:.2f} s, {most:.0f} MB at its most")
    return wall, most


def main(runs: int) -> None:
    wall, most = map(max, zip(onnx(zero=False), onnx(zero=True), strict=True))
    ratio = against_export(runs)
    if ratio >= RATIO or wall >= SECONDS or most >= MEGABYTES:
        raise SystemExit(f"an import is to take less than {RATIO} times torch.export, {SECONDS:g} s and {MEGABYTES} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
