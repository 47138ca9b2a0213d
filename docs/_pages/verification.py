"""The page of `archcalc verify` over torchvision's models, from the figures that runs left in tests/facts.

`archcalc verify --all --device cuda --format json -o tests/facts/verification-cuda.json` writes those of a card.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

INTRO = """\
<!-- Written by docs/generate.py from tests/facts/verification.json and, if it is there, verification-cuda.json. -->
# Proved against torchvision

`archcalc verify --all --device cpu` compares each spec with torchvision's model: tensors one by one, the output shape
of every layer, MACs with torch's own counter, receptive fields with gradients, bytes with live storages and
saved-tensor hooks, and outputs on the same weights and input in float64 (tensors that begin as constants are moved
apart first). This is what a run with torch {torch} and torchvision {torchvision} said of {count} networks, in order of
MACs; `=` is equal, `–` does not apply. MACs are per sample, bytes for a batch of 2.

| network | params | MACs | peak bytes | saved bytes | field | outputs |
|:--|--:|--:|--:|--:|:--:|:--:|
"""
COLUMNS = ("parameters", "MACs", "peak of inference, bytes", "saved for backward, bytes", "receptive field", "outputs")

CARD = """
## On {card}

With torch {torch} and torchvision {torchvision}, by `archcalc verify --all --device cuda`; [what is compared, and what
is an estimate](analyses.md#on-a-cuda-device). Bytes for a batch of 2, times for a batch of 16 in float32.

| network | peak of inference | allocated | training step | of the estimate | time | roofline | {types} |
|:--|--:|--:|--:|--:|--:|--:|:--:|:--:|:--:|
"""
NO_CARD = """
## On a CUDA device

These lines were not run: no run on a card is recorded yet. [What they compare](analyses.md#on-a-cuda-device).
"""
INFERENCE, TRAINING, TIME = ("peak of inference on the card, bytes", "a training step on the card, bytes",
                             "time on the card")
TYPES = ("float32", "float16", "bfloat16")
NOTHING = {"verdict": "not run", "ours": "", "theirs": "", "remark": ""}


def pages(root: Path) -> dict[Path, str]:
    """The page, if there are figures."""
    facts = root / "tests" / "facts"
    if not (facts / "verification.json").is_file():
        return {}
    found = json.loads((facts / "verification.json").read_text("utf-8"))
    specs = sorted(found["specs"], key=lambda spec: _number(_lines(spec)["MACs"]["ours"]))
    text = INTRO.format(**found["versions"], count=len(specs)) + "".join(map(_row, specs)) + _remarks(specs)
    return {root / "docs" / "verification.md": text + _on_cards(facts / "verification-cuda.json")}


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
    if not figures:
        return "≠" if line["verdict"] == "differs" else "="
    sign = "≠ " + line["theirs"].split(" ")[0] if line["verdict"] == "differs" else "="
    return f"{line['ours'].split(' ')[0]} {sign}"


def _remarks(specs: list[dict[str, Any]]) -> str:
    wrong = [spec["spec"] for spec in specs if not spec["agrees"]]
    return "\nEvery line of every network that applies is equal.\n" if not wrong else \
        f"\nNot all lines are equal for {', '.join(wrong)}.\n"


def _on_cards(facts: Path) -> str:
    """A table for each card of a run, or that there was none."""
    found = json.loads(facts.read_text("utf-8")) if facts.is_file() else {"specs": []}
    cards = dict.fromkeys(spec["card"] for spec in found["specs"] if "card" in spec)
    if not cards:
        return NO_CARD
    text = ""
    for card in cards:
        specs = [spec for spec in found["specs"] if spec.get("card") == card]
        wrong = [f"{spec['spec']}: {line['check']}, {line['ours']} against {line['theirs']}: {line['remark']}"
                 for spec in specs for line in spec["lines"] if line["verdict"] == "differs"]
        text += CARD.format(card=card, types=" | ".join(TYPES), **found["versions"]) + "".join(map(_on_card, specs))
        text += "\nWhat differs:\n\n" + "".join(f"- {line}\n" for line in wrong) if wrong else "\nNothing differs.\n"
    return text


def _on_card(spec: dict[str, Any]) -> str:
    lines = _lines(spec)
    inference, training, time = (lines.get(check, NOTHING) for check in (INFERENCE, TRAINING, TIME))
    cells = [_cell(inference, True), _said(r"max_memory_allocated is ([\d,]+)", inference), _theirs(training),
             _said(r"of which this is (\d+%)", training), _theirs(time), time["ours"] or "–",
             *(_cell(lines.get(f"outputs on the card, {name}", NOTHING), False) for name in TYPES)]
    return f"| {spec['spec']} | {' | '.join(cells)} |\n"


def _said(pattern: str, line: dict[str, str]) -> str:
    found = re.search(pattern, line["remark"])
    return found[1] if found else "–"


def _theirs(line: dict[str, str]) -> str:
    return (line["theirs"] or "–") + " ≠" * (line["verdict"] == "differs")
