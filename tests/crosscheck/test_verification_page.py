"""The page of verification: a table for a card where a run on one is recorded, and a word where none is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from docs._pages import verification

ROOT = Path(__file__).parents[2]


def line(check: str, verdict: str, ours: str = "", theirs: str = "", remark: str = "") -> dict[str, str]:
    return {"check": check, "verdict": verdict, "ours": ours, "theirs": theirs, "remark": remark}


LINES = [
    line("parameters", "equal", "60 in 2", "60 in 2"),
    line(verification.INFERENCE, "equal", "3,664", "3,664", "live tensors; max_memory_allocated is 4,608: 920 more"),
    line(verification.TRAINING, "within", "42,928…48,640", "46,000", "an estimate, of which this is 95%; max_memory"),
    line(verification.TIME, "within", "0.41 ms", "1.3 ms", "3.2 times the roofline"),
    line("outputs on the card, float32", "equal", "largest 1", "largest 1"),
    line("outputs on the card, float16", "differs", "largest 1", "largest 2", "they differ by 0.5"),
    line("outputs on the card, bfloat16", "not run", remark="not applicable: the card has no such type"),
]


def page(tmp_path: Path, specs: list[dict[str, Any]] | None) -> str:
    facts = tmp_path / "tests" / "facts"
    facts.mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "facts" / "verification.json", facts)
    if specs is not None:
        (facts / "verification-cuda.json").write_text(json.dumps(
            {"schema": "verification/1", "versions": {"torch": "2.14.1", "torchvision": "0.29.1"}, "specs": specs}))
    (text,) = verification.pages(tmp_path).values()
    return text


def spec(card: str | None, lines: list[dict[str, str]] = LINES, name: str = "torchvision/resnet18") -> dict[str, Any]:
    return {"spec": name, "against": "", "agrees": True, "lines": lines} | ({"card": card} if card else {})


def test_without_a_run(tmp_path: Path) -> None:
    assert "## On a CUDA device\n\nThese lines were not run" in page(tmp_path, None)


def test_a_run_without_a_card(tmp_path: Path) -> None:
    assert "These lines were not run" in page(tmp_path, [spec(None)])


def test_a_table_for_each_card(tmp_path: Path) -> None:
    text = page(tmp_path, [spec("H100, 80 GiB"), spec("T4, 15 GiB", LINES[:1], "lenet5")])
    _, first, second = text.split("\n## On ")
    assert first.startswith("H100, 80 GiB\n\nWith torch 2.14.1 and torchvision 0.29.1, ")
    assert "| torchvision/resnet18 | 3,664 = | 4,608 | 46,000 | 95% | 1.3 ms | 0.41 ms | = | ≠ | – |\n" in first
    assert first.endswith("\nWhat differs:\n\n- torchvision/resnet18: outputs on the card, float16, largest 1 against "
                          "largest 2: they differ by 0.5\n")
    assert second.startswith("T4, 15 GiB\n")
    assert "| lenet5 | – | – | – | – | – | – | – | – | – |\n\nNothing differs.\n" in second


def test_the_page_is_of_the_recorded_runs() -> None:
    (path, text), = verification.pages(ROOT).items()
    assert path.read_text("utf-8") == text
