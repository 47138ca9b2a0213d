"""The facade that kinds see when their torch equivalent is written as ONNX operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archcalc.errors import RuleError
from archcalc.exporting.onnx.functions import Functional, Functions
from archcalc.exporting.onnx.graph import FLOAT, Graph
from archcalc.exporting.onnx.modules import Module, Modules
from archcalc.exporting.onnx.swin import Swin
from archcalc.exporting.onnx.value import Value
from archcalc.layers._facade import Facade


class _Parts:
    """A module as its own function sees it: its parts by name."""


class OnnxTorch(Facade):
    """torch as kinds see it, for one graph."""

    F = Functional()

    def __init__(self, graph: Graph) -> None:
        self.graph, self.nn, self.torch = graph, Modules(graph), Functions(graph)

    @staticmethod
    def function(function: Callable[..., Any]) -> Any:
        return function

    def around(self, inner: Any, before: Callable[..., Any], after: Callable[..., Any]) -> Any:
        return lambda *x: after(inner(before(*x)))

    def module(self, function: Callable[..., Any], **parts: Any) -> Any:
        held = _Parts()
        for word, part in parts.items():
            if isinstance(part, Module):
                part.word = word
            elif isinstance(part, tuple):
                part = Value(self.graph, self.graph.tensor(word, part), part)
            else:  # a buffer: its values are the graph's, if it is not one that is learnt
                part = self._buffer(word, part)
            setattr(held, word, part)
        return lambda *x: function(held, *x)

    def _buffer(self, word: str, value: Value) -> Value:
        if value.name in self.graph.constants:
            role = "weight" if value.dtype == FLOAT else "index"
            name = self.graph.tensor(word, value.shape, role, value.dtype)  # type: ignore[arg-type]
            return Value(self.graph, name, value.shape, value.dtype)
        return value

    @staticmethod
    def parameter(*shape: int) -> tuple[int, ...]:
        return shape

    def torchvision(self, module: str) -> Any:
        if module != "models.swin_transformer":
            raise RuleError("its equivalent is a module of torchvision, which has none in ONNX here")
        return Swin(self.graph)
