"""What a kind's `torch` rule is handed: torch's modules, and wrappers for what has no module."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import nn

from archcalc.errors import Unavailable
from archcalc.layers._facade import Facade

Module: TypeAlias = Any


class Function(nn.Module):
    """A function of batched tensors as a module without parameters."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *x: torch.Tensor) -> Any:
        return self.function(*x)


class Around(nn.Module):
    """A module with something done before and after it; its parameters are under ``inner``."""

    def __init__(self, inner: Module, before: Callable[..., Any], after: Callable[..., Any]) -> None:
        super().__init__()
        self.inner, self.before, self.after = inner, before, after

    def forward(self, *x: torch.Tensor) -> Any:
        return self.after(self.inner(self.before(*x)))


class Composed(nn.Module):
    """A function of named parameters, buffers and modules, reached through its first argument, and of tensors."""

    def __init__(self, function: Callable[..., Any], parts: dict[str, Any]) -> None:
        super().__init__()
        self.function = function
        for name, part in parts.items():
            if isinstance(part, torch.Tensor) and not isinstance(part, nn.Parameter):
                self.register_buffer(name, part)
            else:
                setattr(self, name, part)

    def forward(self, *x: torch.Tensor) -> Any:
        return self.function(self, *x)


class Torch(Facade):
    """torch as kinds see it. Axis numbers of kinds are per sample; the batch axis comes first."""

    torch = torch
    nn = nn
    F = nn.functional

    @staticmethod
    def function(function: Callable[..., Any]) -> Module:
        """A function of batched tensors as a module."""
        return Function(function)

    def around(self, inner: Module, before: Callable[..., Any], after: Callable[..., Any]) -> Module:
        """``after(inner(before(*x)))`` as a module."""
        return Around(inner, before, after)

    @staticmethod
    def module(function: Callable[..., Any], **parts: Any) -> Module:
        """``function(module, *x)`` as a module with the parameters, buffers (plain tensors) and modules given."""
        return Composed(function, parts)

    @staticmethod
    def parameter(*shape: int) -> Module:
        """A trainable tensor of ones."""
        return nn.Parameter(torch.ones(shape))

    @staticmethod
    def torchvision(module: str) -> Any:
        """A module of torchvision, for kinds whose equivalent is there."""
        try:
            return importlib.import_module(f"torchvision.{module}")
        except ImportError as error:
            raise Unavailable(f"this layer's equivalent needs torchvision: pip install torchvision ({error})") from None
