"""A notebook, run by a kernel of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.docs

CELLS = ["import archcalc\nnet = archcalc.load('alexnet')\nnet", "archcalc.report(net)",
         "archcalc.diagram(net, heat='macs')", "archcalc.audit('alexnet')", "archcalc.compare('alexnet', 'vgg16')",
         "archcalc.diff('alexnet', 'zfnet')"]
TABLE = {"text/plain", "text/markdown", "text/html"}
PICTURE = {"text/plain", "image/svg+xml", "text/html"}
EXECUTE = """
import json, sys
import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

manager = AsyncKernelManager()
manager._kernel_spec = KernelSpec(argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"])
cells = [nbformat.v4.new_code_cell(text) for text in json.loads(sys.argv[1])]
notebook = NotebookClient(nbformat.v4.new_notebook(cells=cells), km=manager, timeout=60).execute()
print(json.dumps([cell.outputs[-1]["data"] for cell in notebook.cells]))
"""


def test_every_cell_shows_itself(tmp_path: Path) -> None:
    folders = dict.fromkeys(("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR"), str(tmp_path))
    done = subprocess.run([sys.executable, "-c", EXECUTE, json.dumps(CELLS)], capture_output=True, encoding="utf-8",
                          check=False, env={**os.environ, **folders})
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert [set(data) for data in shown] == [PICTURE, TABLE, PICTURE, TABLE, TABLE, TABLE]
    assert shown[0]["text/plain"] == "<Net alexnet: 21 layers>"
    assert "60,965,224" in shown[1]["text/html"]
    assert shown[2]["image/svg+xml"].startswith("<svg ")
    assert "3 differ" in shown[3]["text/markdown"]
