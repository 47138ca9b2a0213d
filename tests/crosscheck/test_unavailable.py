"""Without torch, the cross-check says what to install."""

from __future__ import annotations

import subprocess
import sys

WITHOUT = """
import sys
sys.modules["torch"] = None
try:
    import archcalc.crosscheck
except Exception as error:
    print(type(error).__name__, error.exit_code, error)
"""


def test_without_torch() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Unavailable 3 the cross-check needs torch: pip install 'archcalc[torch]'")
