"""Specs made to exhaust time or memory: one clear error each, quickly, in little memory."""

import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bad_input.bombs import BOMBS

MEMORY = 500_000_000
SLOW = {"empty repetitions": 15, "a pattern": 20, "many values": 15}
"""What is refused only after a long look, on its allowance of seconds."""


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


@pytest.mark.parametrize("title", BOMBS)
def test_bomb(title: str, tmp_path: Path) -> None:
    make, message = BOMBS[title]
    (tmp_path / "spec.yaml").write_text(make())
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "archcalc", "report", "spec.yaml"], cwd=tmp_path, text=True,
                          capture_output=True, timeout=60, preexec_fn=limited)
    # Twice the promised two seconds, for a machine that is busy with other tests.
    assert time.monotonic() - started < SLOW.get(title, 4)
    first = done.stderr.splitlines()[0]
    assert first.startswith("Error: spec.yaml")
    assert message in first
    assert len(done.stderr.splitlines()) <= 3
    assert len(done.stderr) < 800
    assert (done.returncode, done.stdout) == (2, "")
