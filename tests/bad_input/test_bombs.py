"""Specs made to exhaust time or memory: one clear error each, quickly, in little memory."""

import resource
from pathlib import Path

import pytest

from tests.bad_input.bombs import BOMBS
from tests.forked import forked, memory

MEMORY = 500_000_000
SECONDS = 4
"""Of processor time: twice the promised two seconds, for a slow machine."""


def limited() -> None:
    memory(MEMORY)
    resource.setrlimit(resource.RLIMIT_CPU, (30, 30))


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="measures memory as Linux tells it")
@pytest.mark.parametrize("title", BOMBS)
def test_bomb(title: str, tmp_path: Path) -> None:
    make, message = BOMBS[title]
    (tmp_path / "spec.yaml").write_text(make())
    done = forked(["report", "spec.yaml"], tmp_path, limit=limited)
    assert done.seconds < SECONDS
    first = done.err.splitlines()[0]
    assert first.startswith("Error: spec.yaml")
    assert message in first
    assert len(done.err.splitlines()) <= 3
    assert len(done.err) < 800
    assert (done.code, done.out) == (2, "")
