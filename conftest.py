"""Tests are of this checkout, in this process and in those that it starts, whatever is installed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parent)
sys.path[:0] = [ROOT]
os.environ["PYTHONPATH"] = os.pathsep.join([ROOT, *filter(None, [os.environ.get("PYTHONPATH")])])
