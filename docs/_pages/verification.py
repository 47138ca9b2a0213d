"""The page of `archcalc verify` over torchvision's models, from the figures that a run left in tests/facts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

INTRO = """\
<!-- Written by docs/generate.py from tests/facts/verification.json. -->
# Proved against torchvision

`archcalc verify --all --device cpu` compares each spec with torchvision's model: tensors one by one, the output shape
of every layer, MACs with torch's own counter, receptive fields with gradients, bytes with live storages and
saved-tensor hooks, and outputs on the same weights and input in float64 (tensors that begin as constants are moved
apart first). This is what a run with torch {torch} and torchvision {torchvision} said of {count} networks, in order of
MACs; `=` is equal, `–` does not apply. MACs are per sample, bytes for a batch of 2. The CUDA lines were not run.

| network | params | MACs | peak bytes | saved bytes | field | outputs |
|:--|--:|--:|--:|--:|:--:|:--:|
"""
COLUMNS = ("parameters", "MACs", "peak of inference, bytes", "saved for backward, bytes", "receptive field", "outputs")


def pages(root: Path) -> dict[Path, str]:
    """The page, if there are figures."""
    facts = root / "tests" / "facts" / "verification.json"
    if not facts.is_file():
        return {}
    found = json.loads(facts.read_text("utf-8"))
    specs = sorted(found["specs"], key=lambda spec: _number(_lines(spec)["MACs"]["ours"]))
    text = INTRO.format(**found["versions"], count=len(specs)) + "".join(map(_row, specs))
    return {root / "docs" / "verification.md": text + _remarks(specs)}


def _lines(spec: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {line["check"]: line for line in spec["lines"]}


def _number(text: str) -> int:
    return int(text.split()[0].replace(",", ""))


def _row(spec: dict[str, Any]) -> str:
    lines = _lines(spec)
    cells = [_cell(lines[column], column not in COLUMNS[4:]) for column in COLUMNS]
    return f"| {spec['spec'].partition('/')[2]} | {' | '.join(cells)} |\n"


def _cell(line: dict[str, str], figures: bool) -> str:
    if line["verdict"] == "not run":
        return "–"
    figure = f"{line['ours'].split(' ')[0]} " if figures else ""
    return figure + ("=" if line["verdict"] == "equal" else f"≠ {line['theirs'].split(' ')[0]}")


def _remarks(specs: list[dict[str, Any]]) -> str:
    wrong = [spec["spec"] for spec in specs if not spec["agrees"]]
    return "\nEvery line of every network that applies is equal.\n" if not wrong else \
        f"\nNot all lines are equal for {', '.join(wrong)}.\n"
