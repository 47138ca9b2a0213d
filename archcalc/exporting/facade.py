"""The facade that kinds see when their torch equivalent is written down: what they build is recorded as source.

The twin of `archcalc.crosscheck.facade.Torch`; it needs no torch.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from archcalc.errors import RuleError
from archcalc.exporting.code import Code, code, name
from archcalc.exporting.signatures import bound
from archcalc.layers._facade import Facade, Operators
from archcalc.layers.embedding import relative_index

Recorded = Any
"""What a kind's `torch` gives: a `Made`, or a function of expressions."""


class Made:
    """A module, parameter or buffer that a layer has: the expression that makes it, and its name if it has one."""

    def __init__(self, how: Code, role: str = "module") -> None:
        self.how, self.role, self.attribute = how, role, ""

    def __call__(self, *x: Any, **named: Any) -> Code:
        return Code("own", self)(*x, **named)

    def register_parameter(self, parameter: str, value: None) -> None:
        """Leave a parameter out, as `torch.nn.Module.register_parameter` does."""
        self.how = name("without")(self.how, parameter)


class Helper(NamedTuple):
    """A function at the top of the file: its name, its arguments and their types, what it returns of them, its purpose.

    The arguments are ``var`` by number.
    """

    name: str
    arguments: dict[str, str]
    output: Code
    about: str


def _hint(annotation: Any) -> str:
    """A type of a kind's function, where Any is a tensor, as source has it."""
    word: str = getattr(annotation, "__name__", str(annotation))
    return "Tensor" if word == "Any" else word


class Function:
    """A function of expressions, with the parts that it names."""

    def __init__(self, function: Callable[..., Any], parts: dict[str, Made] | None = None) -> None:
        self.function, self.parts = function, parts or {}

    def __call__(self, *x: Any) -> Any:
        return self.function(*x)


class _Parts:
    """A module as its own function sees it: its parts by name."""

    def __init__(self, parts: dict[str, Made]) -> None:
        for word, part in parts.items():
            part.attribute = word
            setattr(self, word, part if part.role == "module" else Code("own", part))


class _Modules:
    def __getattr__(self, word: str) -> Callable[..., Made]:
        def make(*args: Any, **named: Any) -> Made:
            fields = bound(f"nn.{word}", args, named)
            if fields is None:
                return Made(name(f"nn.{word}")(*args, **named))
            return Made(Code("call", name(f"nn.{word}"), (), {k: code(v, k) for k, v in fields.items()}))
        return make


class _Functions(Operators):
    """``torch`` itself: functions by name, those with an operator as that."""

    def __getattr__(self, word: str) -> Code:
        return name(f"torch.{word}")


class _Functional:
    @staticmethod
    def pad(of: Code, pads: Sequence[int], mode: str = "constant", value: float | None = None) -> Code:
        return name("F.pad")(of, list(pads), mode=mode, value=value or None)    # 0 is torch's default

    def __getattr__(self, word: str) -> Code:
        return name(f"F.{word}")


class _Swin:
    """``torchvision.models.swin_transformer``: classes of `helpers.py.txt`."""

    def __getattr__(self, word: str) -> Callable[..., Made]:
        def make(features: int, window: list[int], shift: list[int], heads: int, bias: bool, _: bool) -> Made:
            given = {"features": features, "window": window, "shift": shift, "heads": heads, "bias": bias}
            return Made(Code("call", name(word), (), {k: code(v, k) for k, v in given.items()}))
        return make


class Source(Facade):
    """torch as kinds see it, written down."""

    torch = _Functions()
    nn = _Modules()
    F = _Functional()

    def __init__(self) -> None:
        self.helpers: dict[str, Helper] = {}

    def call(self, function: Callable[..., Any], *given: Any) -> Code:
        """A call of a function that stands once at the top of the file."""
        word = function.__name__
        if word not in self.helpers:
            parameters = [*inspect.signature(function).parameters.values()][1:]
            arguments = {p.name: _hint(p.annotation) for p in parameters}
            output = code(function(self, *(Code("var", i) for i in range(len(arguments)))))
            self.helpers[word] = Helper(word, arguments, output, inspect.getdoc(function) or "")
        return name(word)(*given)

    @staticmethod
    def function(function: Callable[..., Any]) -> Recorded:
        return Function(function)

    def around(self, inner: Recorded, before: Callable[..., Any], after: Callable[..., Any]) -> Recorded:
        return Function(lambda *x: after(inner(before(*x))), inner.parts if isinstance(inner, Function) else None)

    @staticmethod
    def module(function: Callable[..., Any], **parts: Any) -> Recorded:
        held = {word: part if isinstance(part, Made) else Made(part, "buffer") for word, part in parts.items()}
        return Function(lambda *x: function(_Parts(held), *x), held)

    @staticmethod
    def parameter(*shape: int) -> Made:
        size = code(shape[0], "features") if len(shape) == 1 else code(shape, "shape")
        return Made(name("nn.Parameter")(name("torch.ones")(size)), "parameter")

    def torchvision(self, module: str) -> Any:
        """Its modules that exported source can bring along."""
        if module != "models.swin_transformer":
            raise RuleError("its equivalent is a module of torchvision, and exported source imports torch alone")
        self.call(relative_index, 7, 7)     # which they use
        return _Swin()
