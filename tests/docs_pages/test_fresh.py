"""The installation commands of the README and of contributing.md, in a copy of the tree without an environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import archcalc
from tests.docs_pages.blocks import ROOT, blocks

LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "__pycache__", ".*_cache", ".hypothesis", ".benchmarks")


def run_blocks(page: str, folder: Path) -> list[str]:
    """The output of each shell block of a page, run in a copy of the tree by a Python with nothing installed."""
    tree = folder / "tree"
    shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
    tools = folder / "bin"
    tools.mkdir()
    (tools / "python3").symlink_to(Path(sys.executable).resolve())
    hidden = ("PYTHONPATH", "VIRTUAL_ENV", "PYTEST_CURRENT_TEST")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment |= {"PATH": f"{tools}:/usr/bin:/bin", "PYTHONIOENCODING": "utf-8"}
    outputs = []
    for block in blocks(ROOT / page, "sh"):
        done = subprocess.run(["sh", "-e", "-c", block.text], cwd=tree, env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, encoding="utf-8", check=False)
        assert done.returncode == 0, f"$ {block.text}\n{done.stdout[-5000:]}"
        outputs.append(done.stdout)
    return outputs


@pytest.mark.fresh
def test_readme_on_a_fresh_machine(tmp_path: Path) -> None:
    report, tests = run_blocks("README.md", tmp_path)
    assert report.endswith(archcalc.report("alexnet").to_table())
    assert " passed" in tests


@pytest.mark.fresh
def test_contributing_on_a_fresh_machine(tmp_path: Path) -> None:
    (output,) = run_blocks("docs/contributing.md", tmp_path)
    assert " passed" in output


def test_readme_has_two_commands_for_a_fresh_machine() -> None:
    first, second = (block.text.strip() for block in blocks(ROOT / "README.md", "sh"))
    assert first == "python3 -m venv .venv && .venv/bin/pip install --quiet . && .venv/bin/archcalc report alexnet"
    assert second == ".venv/bin/pip install --quiet '.[test]' && .venv/bin/python -m pytest"


def test_checkout_is_tested() -> None:
    assert Path(archcalc.__file__).parent.parent == ROOT
    found = subprocess.run([sys.executable, "-c", "import archcalc; print(archcalc.__file__)"], cwd="/",
                           capture_output=True, check=True, encoding="utf-8")
    assert Path(found.stdout.strip()).parent.parent == ROOT
