"""Tests are of this checkout, in this process and in those that it starts, whatever is installed."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = str(Path(__file__).resolve().parent)
sys.path[:0] = [ROOT]
os.environ["PYTHONPATH"] = os.pathsep.join([ROOT, *filter(None, [os.environ.get("PYTHONPATH")])])

# What needs Sphinx or torch can only be imported, and searched for doctests, where these are installed.
collect_ignore = [] if find_spec("sphinx") else ["archcalc/integrations/sphinx.py", "archcalc/integrations/docnodes.py"]
collect_ignore_glob = [] if find_spec("torch") else ["archcalc/importing/torch/*.py"]


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave helpers of tests to those that import them: they hold no doctests, and some need torch."""
    helper = collection_path.is_relative_to(Path(ROOT, "tests")) and collection_path.suffix == ".py" \
        and not collection_path.name.startswith(("test_", "__init__"))
    return True if helper else None
