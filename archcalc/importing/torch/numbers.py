"""Numbers of tensors that come from numbers alone, beside a run on the meta device, where tensors have none.

What a module computes without its inputs and parameters (masks, indices, tables of positions) is small: each call
of torch's API whose tensors all have numbers is made once more with them. So a mask is known to be causal by what
it is, not by how it was made.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from archcalc.importing.torch.tape import flat

LARGEST = 2**22
"""Elements of a tensor whose numbers are followed."""

MAKERS = frozenset(["arange", "zeros", "ones", "full", "eye", "linspace", "logspace", "tensor", "empty", "range",
                    "scalar_tensor", "triu_indices", "tril_indices"])
LIKE = frozenset(["zeros_like", "ones_like", "full_like", "new_zeros", "new_ones", "new_full"])
"""Calls that read no number of their first tensor, but its shape and type."""

READS = frozenset(["item", "tolist", "__bool__", "__int__", "__float__", "__index__", "__contains__", "equal"])
CHANCE = frozenset(["rand", "randn", "randint", "randperm", "rand_like", "randn_like", "bernoulli", "multinomial",
                    "normal", "uniform", "dropout", "bernoulli_", "normal_", "uniform_", "random_", "exponential_",
                    "empty_like", "new_empty", "empty_strided"])


class Numbers:
    """Real tensors for tensors on the meta device, by identity."""

    def __init__(self) -> None:
        self._of: dict[int, tuple[Any, Any]] = {}

    def of(self, tensor: Any) -> Any:
        """A tensor's numbers, or None."""
        found = self._of.get(id(tensor))
        if found is not None:
            return found[1]
        return tensor if isinstance(tensor, torch.Tensor) and tensor.device.type == "cpu" else None

    def note(self, tensor: Any, numbers: Any) -> None:
        """A tensor's numbers, as far as they are few enough."""
        if numbers is not None and numbers.numel() <= LARGEST:
            self._of[id(tensor)] = tensor, numbers

    def reads(self, func: Any, args: Any) -> Any:
        """What a call that asks for numbers gets, in a tuple; None if it does not, or they are not known."""
        given = [t for t in flat(args) if isinstance(t, torch.Tensor)]
        if getattr(func, "__name__", "") not in READS or not given or all(t.device.type == "cpu" for t in given):
            return None
        real = [self.of(t) for t in given]
        return None if any(n is None for n in real) else (func(*self._real(args)),)

    def follow(self, func: Any, args: Any, kwargs: Any, out: Any) -> None:
        """Make a call of the run once more with numbers, if all its tensors have them."""
        name = getattr(func, "__name__", "")
        given = [t for t in flat((args, kwargs)) if isinstance(t, torch.Tensor)]
        results = [t for t in flat(out) if isinstance(t, torch.Tensor)]
        if not any(t.device.type == "meta" for t in (*given, *results)) or any(t.numel() > LARGEST for t in results):
            return
        if name in LIKE and args and self.of(args[0]) is None:
            args = (torch.empty(args[0].shape, dtype=args[0].dtype, device="cpu"), *args[1:])
            given = [t for t in flat((args, kwargs)) if isinstance(t, torch.Tensor)]
        if (not given and name not in MAKERS) or name in CHANCE or any(self.of(t) is None for t in given):
            self._forget(name, given)
            return
        try:
            with torch.no_grad(), torch.device("cpu"):
                real = func(*self._real(args), **self._real({k: v for k, v in kwargs.items() if k != "device"}))
        except Exception:     # what does not run with numbers has none
            self._forget(name, given)
            return
        if name == "empty":
            real.fill_(float("nan") if real.is_floating_point() else 0 if real.dtype == torch.bool else 97)
        for tensor, numbers in zip(results, (t for t in flat(real) if isinstance(t, torch.Tensor)), strict=False):
            if tensor.shape == numbers.shape and tensor.device.type == "meta":
                self._of[id(tensor)] = tensor, numbers

    def _forget(self, name: str, given: list[Any]) -> None:
        """What a call in place has changed in a way that is not known, with all that shares its storage."""
        changed = self.of(given[0]) if given and (name.endswith("_") or name == "__setitem__") else None
        if changed is not None and given[0].device.type == "meta":
            storage = changed.untyped_storage().data_ptr()
            self._of = {k: v for k, v in self._of.items() if v[1].untyped_storage().data_ptr() != storage}

    def _real(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return self.of(value)
        if isinstance(value, dict):
            return {k: self._real(v) for k, v in value.items()}
        if isinstance(value, torch.device) or value == "meta":
            return torch.device("cpu")
        return type(value)(map(self._real, value)) if type(value) in (list, tuple) else value


class Followed(TorchFunctionMode):  # type: ignore[misc]  # Any where torch is not installed
    """Follows numbers while a module is built, or runs, on the meta device."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = Numbers()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        read = self.numbers.reads(func, args)
        if read is not None:
            return read[0]
        out = func(*args, **kwargs)
        self.numbers.follow(func, args, kwargs, out)
        self.called(func, args, kwargs, out)
        return out

    def called(self, func: Any, args: Any, kwargs: Any, out: Any) -> None:
        """What else is to be done with a call."""
