"""Measure every case of `tests.signal.matrix` with torch and write tests/facts/signal.json.

``python -m tests.signal.record FOLDER [WORDS...]`` keeps what each seed gives in the folder, so that a run that was
stopped goes on where it was; WORDS choose cases whose titles have them all.  Weights are drawn with `torch.nn.init`,
float32, on the CPU, one thread.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from archcalc.files import write_file
from tests.signal.matrix import CASES, FACTS, SEEDS, Case
from tests.signal.measure import Bench, over

DIGITS = 4


def main(folder: Path, words: list[str]) -> None:
    """Measure what is missing, case by case, and write the figures after each."""
    import torch

    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    for case in CASES:
        if all(word in case.title for word in words):
            measure(folder / f"{case.title}.json", case)
            write_file(str(FACTS), facts(folder, torch.__version__))
            print(case.title, flush=True)


def measure(path: Path, case: Case) -> None:
    """Seeds that a case still lacks, one after the other."""
    seeds = json.loads(path.read_text("utf-8")) if path.is_file() else []
    if len(seeds) < SEEDS:
        bench = Bench(case.net(), case.init, case.batch)
        for seed in range(len(seeds), SEEDS):
            seeds.append(bench.run(seed))
            write_file(str(path), json.dumps(seeds))


def facts(folder: Path, version: str) -> str:
    """The figures of all cases that are complete, a list a line."""
    what = "mean over seeds of E x² and E (∂L/∂x)² per element of each layer, and standard errors relative to them"
    return (f'{{"torch": {json.dumps(version)},\n"what": {json.dumps(what, ensure_ascii=False)},\n'
            f'"cases": [\n{_joined(_cases(folder))}\n]}}\n')


def _joined(parts: Iterator[str]) -> str:
    return ",\n".join(parts)


def _cases(folder: Path) -> Iterator[str]:
    for case in CASES:
        path = folder / f"{case.title}.json"
        seeds = json.loads(path.read_text("utf-8")) if path.is_file() else []
        if len(seeds) == SEEDS:
            yield _case(case, seeds)


def _case(case: Case, seeds: list[Any]) -> str:
    head = {"network": case.network, "init": case.init, "activation": case.activation,
            "image": case.parameters.get("image"), "batch": case.batch, "width": case.width, "seeds": len(seeds),
            "layers": [node.name for node in case.net().layers]}
    lists = []
    for name, column in (("second_moment", 0), ("gradient", 1)):
        found = [over(values) for values in zip(*(seed[column] for seed in seeds), strict=True)]
        lists += [f'"{name}": {_numbers(m.mean for m in found)}', f'"{name}_error": {_numbers(m.error for m in found)}']
    return json.dumps(head)[:-1] + ",\n " + ",\n ".join(lists) + "}"


def _numbers(values: Iterator[float]) -> str:
    return f"[{', '.join(f'{v:.{DIGITS}g}' for v in values)}]"


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
