"""A torch module run once on tensors without numbers, each call of torch's API written down as layers of a sketch.

Nothing is computed: tensors are on the meta device. Python runs as it does in the module, so that sizes, loops and
branches on them need no tracing; a branch on numbers cannot run there, and is an error that names its source line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from archcalc.importing.batched import BATCH, Value, Views, batch_of
from archcalc.importing.sketch import Refused, Sketch
from archcalc.importing.torch_call import Call, Held, Missing, flat, size_of
from archcalc.importing.torch_modules import module_rule
from archcalc.importing.torch_operators import rule_for


class Recorder(TorchFunctionMode):  # type: ignore[misc]  # Any where torch is not installed
    """Writes down what runs while it is active. ``tensors`` names parameters and buffers by identity."""

    def __init__(self, sketch: Sketch, module: nn.Module) -> None:
        super().__init__()
        self.sketch, self.views = sketch, Views(sketch)
        self.known: dict[int, Any] = {}
        self.alive: list[Any] = []
        self.names: dict[int, str] = {}
        self.trainable: set[int] = set()
        self.owners: dict[int, tuple[int, str]] = {}
        self.stack: list[tuple[str, bool]] = []
        self.quiet = 0
        for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
            self.names.setdefault(id(tensor), name)
            self.keep(tensor, Held(tuple(tensor.shape), (id(tensor),), True))
        self.trainable.update(id(p) for p in module.parameters())
        sketch.classes.update({name: type(part).__name__ for name, part in module.named_modules()})

    def keep(self, tensor: Any, what: Any) -> None:
        """What a tensor of the module's run stands for."""
        self.known[id(tensor)] = what
        self.alive.append(tensor)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        if not self.quiet:
            self.record(func, args, kwargs, out)
        return out

    def record(self, func: Any, args: Any, kwargs: Any, out: Any) -> None:
        """Layers for one call of a function or method."""
        name, rule = rule_for(func)
        results = [t for t in flat(out) if isinstance(t, torch.Tensor)]
        if name in IGNORED or not results:
            return None
        operands, named = self.standing(args), {k: self.standing(v) for k, v in kwargs.items()}
        values = [v for v in flat((operands, list(named.values()))) if isinstance(v, (Value, Missing))]
        if not values:
            return self._without_batch(name, operands, results)
        call = Call(self, *self._place(name), tuple(results[0].shape))
        self.write(call, name, rule, operands, named, results)
        return None

    def _without_batch(self, name: str, operands: Any, results: Sequence[Any]) -> None:
        """Results of weights and constants alone."""
        held = [v for v in flat(operands) if isinstance(v, Held)]
        sources = tuple(dict.fromkeys(s for h in held for s in h.sources))
        views = name in VIEWS and len(held) == 1 and held[0].exact
        for result in results:
            same = views and result.numel() in (n := size_of(held[0].shape), BATCH * n)
            self.keep(result, Held(tuple(result.shape), sources, same))

    def write(self, call: Call, name: str, rule: Any, operands: Any, named: Any, results: Sequence[Any]) -> None:
        """Apply a rule; where it refuses, or there is none, an opaque layer."""
        mark, owners = len(self.sketch.drafts), dict(self.owners)
        try:
            if rule is None:
                raise Refused("has no kind")
            made = rule(call, *operands, **named)
            made = list(made) if isinstance(made, (list, tuple)) and not isinstance(made, Value) else [made]
            for value, result in zip(made, results, strict=False):
                if value.shape != tuple(result.shape):
                    raise Refused(f"gives {value.shape}, not {tuple(result.shape)}")
        except (Refused, TypeError, KeyError, IndexError, AttributeError) as error:
            self.sketch.undo(mark)
            self.owners = owners
            made = call.opaque(name, operands, named, results, str(error) if isinstance(error, Refused) else "")
        for result, value in zip(results, made, strict=False):
            self.keep(result, value)
        inputs = tuple(v for v in flat(operands) if isinstance(v, Value))
        for result in results[len(made):]:
            shape = tuple(result.shape)     # without a batch it is a number for all samples, which no layer can give
            self.keep(result, Held(shape) if batch_of(shape) is None else Missing(call.name, inputs, shape, name))

    def standing(self, value: Any) -> Any:
        """Arguments with values in the place of tensors."""
        if isinstance(value, torch.Tensor):
            found = self.known.get(id(value))
            return Held(tuple(value.shape)) if found is None else found
        if isinstance(value, (list, tuple)):
            items = [self.standing(v) for v in value]
            return items if isinstance(value, list) else tuple(items)
        return value

    def _place(self, name: str) -> tuple[str, bool]:
        """The path of the module that runs, and whether the call stands for the module itself."""
        return self.stack[-1] if self.stack else ("", False)

    def enter(self, path: str, module: nn.Module) -> None:
        """A module begins to run."""
        self.stack.append((path, not any(True for _ in module.children())))
        self.quiet += module_rule(module) is not None

    def leave(self, path: str, module: nn.Module, args: Any, kwargs: Any, out: Any) -> None:
        """A module has run."""
        rule = module_rule(module)
        if rule is not None:
            self.quiet -= 1
            if not self.quiet:
                self._module(path, rule, module, args, kwargs, out)
        self.stack.pop()

    def _module(self, path: str, rule: Any, module: nn.Module, args: Any, kwargs: Any, out: Any) -> None:
        results = [t for t in flat(out) if isinstance(t, torch.Tensor)]
        operands, named = self.standing(args), {k: self.standing(v) for k, v in kwargs.items()}
        held = {name: self.standing(p) for name, p in [*module.named_parameters(), *module.named_buffers()]}
        call = Call(self, path, True, tuple(results[0].shape), held)
        self.write(call, type(module).__name__, lambda c, *a, **k: rule(c, module, *a, **k), operands, named, results)


IGNORED = frozenset(["size", "dim", "numel", "is_floating_point", "_assert", "__get__", "__set__", "stride",
                     "ndimension"])
VIEWS = frozenset(["view", "reshape", "flatten", "unsqueeze", "squeeze", "expand", "to", "type", "contiguous", "float",
                   "detach", "clone", "expand_as", "repeat", "transpose", "permute", "type_as",
                   "__getitem__", "view_as", "reshape_as", "unflatten"])
