"""What every facade of torch that kinds are handed has in common: built modules, source text, ONNX operators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from archcalc.tensor import Tensor


class Operators:
    """What ``torch`` has for kinds that note what they would compute: functions that are operators."""

    @staticmethod
    def add(a: Any, b: Any) -> Any:
        """a + b."""
        return a + b

    @staticmethod
    def mul(a: Any, b: Any) -> Any:
        """a · b."""
        return a * b

    @staticmethod
    def is_grad_enabled() -> bool:
        """As in a module that can be trained."""
        return True


class Facade:
    """torch as kinds see it. Axis numbers of kinds are per sample; the batch axis comes first."""

    F: Any
    "torch.nn.functional."

    def call(self, function: Callable[..., Any], *given: Any) -> Any:
        """``function(self, *given)``: a function of tensors that has a name, written down once where source is made."""
        return function(self, *given)

    def around(self, inner: Any, before: Callable[..., Any], after: Callable[..., Any]) -> Any:
        """``after(inner(before(*x)))`` as a module."""
        raise NotImplementedError

    def channel_first(self, x: Tensor, module: Any) -> Any:
        """The module with the input's channel axis moved to where torch wants it, and back."""
        axis = x.channel + 1
        if axis == 1:
            return module
        return self.around(module, lambda v: v.movedim(axis, 1), lambda v: v.movedim(1, axis))

    def channel_last(self, x: Tensor, module: Any) -> Any:
        """The module with the input's channel axis moved to the end, and back."""
        axis = x.channel + 1
        if axis == len(x.dims):
            return module
        return self.around(module, lambda v: v.movedim(axis, -1), lambda v: v.movedim(-1, axis))

    def padded(self, module: Any, pads: Sequence[tuple[int, int]], value: float = 0.0) -> Any:
        """The module behind a padding of the last axes, given as (before, after) per axis."""
        flat = [p for pair in reversed(pads) for p in pair]
        filled = {"value": value} if value else {}
        return self.around(module, lambda v: self.F.pad(v, flat, **filled), lambda v: v)
