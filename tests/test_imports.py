"""What a plain report may load: nothing heavy, and no torch."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"networkx", "graphviz", "numpy", "sympy", "torch", "rich", "jinja2", "hypothesis"}

REPORT = """
import sys
from click.testing import CliRunner
from archcalc.cli import cli
before = set(sys.modules)
result = CliRunner().invoke(cli, ["report", "alexnet"])
assert result.exit_code == 0 and "60,965,224" in result.output
"""


def _loaded(code: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", code + "\nprint(*{m.split('.')[0] for m in sys.modules})"],
                          capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_report_loads_nothing_heavy() -> None:
    assert not _loaded(REPORT) & HEAVY


def test_the_check_can_fail() -> None:
    assert _loaded(REPORT + "\nimport archcalc; archcalc.load('alexnet').graph") & HEAVY == {"networkx"}
