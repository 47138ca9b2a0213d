"""A notebook, run by a kernel of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.docs

CELLS = ["import archcalc\nnet = archcalc.load('alexnet')\nnet", "archcalc.report(net)",
         "archcalc.diagram(net, heat='macs')", "archcalc.audit('alexnet')", "archcalc.compare('alexnet', 'vgg16')",
         "archcalc.diff('alexnet', 'zfnet')"]
TABLE = {"text/plain", "text/markdown", "text/html"}
PICTURE = {"text/plain", "image/svg+xml", "text/html"}


@pytest.mark.filterwarnings("default")      # of the kernel's own packages
def test_every_cell_shows_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nbformat
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    manager = AsyncKernelManager()
    manager._kernel_spec = KernelSpec(argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                                      display_name="this Python", language="python")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS])
    NotebookClient(notebook, km=manager, timeout=60).execute()
    shown = [cell.outputs[-1]["data"] for cell in notebook.cells]
    assert [set(data) for data in shown] == [PICTURE, TABLE, PICTURE, TABLE, TABLE, TABLE]
    assert shown[0]["text/plain"] == "<Net alexnet: 21 layers>"
    assert "60,965,224" in shown[1]["text/html"]
    assert shown[2]["image/svg+xml"].startswith("<svg ")
    assert "3 differ" in shown[3]["text/markdown"]
