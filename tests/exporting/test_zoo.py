"""Every network of the zoo is exported: the source compiles and is tidy."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import archcalc
from archcalc import zoo
from archcalc.exporting.onnx.model import written
from archcalc.exporting.torch_source import torch_source

pytestmark = pytest.mark.zoo
LONGEST = {"torchvision/densenet121": 100, "torchvision/densenet201": 100, "t5-base": 200, "wavenet": 100,
           "resnet1202": 100, "gpt2-xl": 80, "resnet152": 100}
"""Lines of source, which do not grow with the depth of a network that repeats its blocks."""


@pytest.mark.parametrize("name", zoo.names())
@pytest.mark.parametrize("mode", ["eval", "train"])
def test_source(name: str, mode: str) -> None:
    text = torch_source(archcalc.load(name, mode=mode))
    tree = ast.parse(text)
    compile(tree, name, "exec")
    assert max(map(len, text.splitlines())) <= 100
    assert {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names} \
        | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)} \
        <= {"torch", "torch.nn.functional"}
    names = [node.name for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
    assert len(set(names)) == len(names)


def test_source_is_formatted_typed_and_short(tmp_path: Path) -> None:
    """Nothing for ruff or mypy to say, and no more than a person would write."""
    for name in zoo.names():
        text = torch_source(archcalc.load(name))
        assert text.count("\n") < LONGEST.get(name, 250), name
        (tmp_path / f"{re.sub(r'[^a-z0-9]', '_', name)}.py").write_text(text, "utf-8")
    ruff = ["--isolated", "--line-length", "100", "."]
    for command in (["ruff", "format", "--check", *ruff], ["ruff", "check", "--select", "E,F,W,I,B,PLW", *ruff],
                    ["mypy", "--config-file", "", "."]):
        done = subprocess.run([sys.executable, "-m", *command], cwd=tmp_path, capture_output=True, text=True,
                              check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.mark.parametrize("name", zoo.names())
def test_onnx_graph(name: str) -> None:
    graph, outputs = written(archcalc.load(name))
    given = {n for operator in graph.operators for n in operator.outputs}
    assert len(given) == sum(len(operator.outputs) for operator in graph.operators)
    assert {v.name for v in outputs} <= given
