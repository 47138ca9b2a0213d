"""A torch module run once on tensors without numbers, each call of torch's API written down as layers of a sketch.

Nothing is computed: tensors are on the meta device. Python runs as it does in the module, so that sizes, loops and
branches on them need no tracing; a branch on numbers cannot run there, and is an error that names its source line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from archcalc.importing.sketch import Refused, Sketch
from archcalc.importing.torch.attention import KEEPING
from archcalc.importing.torch.call import FAILURES, Call
from archcalc.importing.torch.modules import module_rule
from archcalc.importing.torch.numbers import LIKE, Followed
from archcalc.importing.torch.operators import rule_for
from archcalc.importing.torch.state import Final
from archcalc.importing.torch.tape import Held, Missing, Origin, Tape, flat, size_of
from archcalc.importing.views.batched import BATCH, Value, batch_of


class Recorder(Followed):
    """Writes down what runs while it is active. ``numbers`` are those of buffers, by name, where they are known."""

    def __init__(self, sketch: Sketch, module: nn.Module, numbers: Mapping[str, Any], fuses: bool = True) -> None:
        super().__init__()
        self.tape = Tape(sketch, fuses)
        self.stack: list[tuple[str, bool]] = []
        self.quiet = 0
        for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
            self.tape.names.setdefault(id(tensor), name)
            self.numbers.note(tensor, numbers[name].clone() if name in numbers else None)
            self.tape.keep(tensor, Held(tuple(tensor.shape), (id(tensor),), True, self.numbers.of(tensor)))
        self.tape.trainable.update(id(p) for p in module.parameters())
        sketch.classes.update({name: type(part).__name__ for name, part in module.named_modules()})

    def called(self, func: Any, args: Any, kwargs: Any, out: Any) -> None:
        """Layers for a call, unless it is within one that is a layer as a whole."""
        if not self.quiet:
            with torch.device("cpu"):   # what rules make of numbers is real
                self.record(func, args, kwargs, out)

    def record(self, func: Any, args: Any, kwargs: Any, out: Any) -> None:
        """Layers for one call of a function or method."""
        name, rule = rule_for(func)
        results = [t for t in flat(out) if isinstance(t, torch.Tensor)]
        if name in IGNORED or not results:
            return None
        operands, named = self.standing(args), {k: self.standing(v) for k, v in kwargs.items()}
        values = [v for v in flat((operands, list(named.values()))) if isinstance(v, (Value, Missing, Final))]
        if not values:
            return self._without_batch(name, rule, operands, named, results)
        call = Call(self.tape, *self._place(), tuple(results[0].shape))
        self.write(call, name, rule, operands, named, results)
        return None

    def _without_batch(self, name: str, rule: Any, operands: Any, named: Any, results: Sequence[Any]) -> None:
        """Results of weights and constants alone: no layers, until something reads them."""
        held = [v for v in flat((operands, list(named.values()))) if isinstance(v, Held)] if name not in LIKE else []
        sources = tuple(dict.fromkeys(s for h in held for s in h.sources))
        views = name in VIEWS and len(held) == 1 and held[0].exact
        for which, result in enumerate(results):
            same = views and result.numel() in (n := size_of(held[0].shape), BATCH * n)
            origin = None if rule is None else Origin(rule, operands, named, *self._place(), which, name not in KEEPING,
                                                      len(self.tape.sketch.drafts))
            self.tape.keep(result, Held(tuple(result.shape), sources, same, self.numbers.of(result), origin))

    def write(self, call: Call, name: str, rule: Any, operands: Any, named: Any, results: Sequence[Any]) -> None:
        """Apply a rule; where it refuses, or there is none, an opaque layer."""
        tape = self.tape
        mark, owners = len(tape.sketch.drafts), dict(tape.owners)
        try:
            if rule is None:
                raise Refused("has no kind")
            operands = [call.value(x) if isinstance(x, Missing) or (isinstance(x, Final) and name not in PARTS) else x
                        for x in operands]
            made = rule(call, *operands, **named)
            made = list(made) if isinstance(made, (list, tuple)) and not isinstance(made, (Value, Missing)) else [made]
            for value, result in zip(made, results, strict=False):
                if value.shape != tuple(result.shape):
                    raise Refused(f"gives {value.shape}, not {tuple(result.shape)}")
        except FAILURES as error:
            tape.sketch.undo(mark)
            tape.owners.clear()
            tape.owners.update(owners)
            made = call.opaque(name, operands, named, results, str(error) if isinstance(error, Refused) else "")
        for result, value in zip(results, made, strict=False):
            tape.keep(result, value)
        inputs = tuple(v for v in flat(operands) if isinstance(v, Value))
        for result in results[len(made):]:
            shape = tuple(result.shape)     # without a batch it is a number for all samples, which no layer can give
            tape.keep(result, Held(shape) if batch_of(shape) is None else Missing(call.name, inputs, shape, name))

    def standing(self, value: Any) -> Any:
        """Arguments with values in the place of tensors."""
        if isinstance(value, torch.Tensor):
            found = self.tape.known.get(id(value))
            return Held(tuple(value.shape), numbers=self.numbers.of(value)) if found is None else found
        if isinstance(value, (list, tuple)):
            items = [self.standing(v) for v in value]
            return items if isinstance(value, list) else tuple(items)
        return value

    def _place(self) -> tuple[str, bool]:
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
        call = Call(self.tape, path, True, tuple(results[0].shape), held)
        self.write(call, type(module).__name__, lambda c, *a, **k: rule(c, module, *a, **k), operands, named, results)


IGNORED = frozenset(["size", "dim", "numel", "is_floating_point", "_assert", "__get__", "__set__", "stride",
                     "ndimension"])
PARTS = frozenset(["__getitem__", "select"])
"""Calls that may read one of several final states."""

VIEWS = frozenset(["view", "reshape", "flatten", "unsqueeze", "squeeze", "expand", "to", "type", "contiguous", "float",
                   "detach", "clone", "expand_as", "repeat", "type_as", "__getitem__", "view_as", "reshape_as",
                   "unflatten"])
"""Calls that keep elements in their order, if they keep all of them."""
