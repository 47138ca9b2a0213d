"""Every network of the zoo is exported: the source compiles and is tidy."""

from __future__ import annotations

import ast

import pytest

import archcalc
from archcalc import zoo
from archcalc.exporting.onnx.model import written
from archcalc.exporting.torch_source import torch_source

pytestmark = pytest.mark.zoo


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


@pytest.mark.parametrize("name", zoo.names())
def test_onnx_graph(name: str) -> None:
    graph, outputs = written(archcalc.load(name))
    given = {n for operator in graph.operators for n in operator.outputs}
    assert len(given) == sum(len(operator.outputs) for operator in graph.operators)
    assert {v.name for v in outputs} <= given
