"""A torch module as a spec."""

from __future__ import annotations

import copy
import inspect
import traceback
from collections.abc import Container, Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.errors import Unavailable, UsageError

try:
    import torch
    from torch import nn
except ImportError as error:
    raise Unavailable(f"importing from torch needs torch: pip install 'archcalc[torch]' ({error})") from None

from archcalc.importing.imported import written
from archcalc.importing.sketch import Sketch
from archcalc.importing.torch.tape import Tape, flat
from archcalc.importing.torch.trace import Recorder
from archcalc.importing.views.batched import BATCH, Value
from archcalc.layers.registry import kinds
from archcalc.net import Net
from archcalc.tensor import Role
from archcalc.words import describe, listed

DTYPES = {torch.int64: "int64", torch.int32: "int32", torch.int8: "int8", torch.uint8: "uint8"}


def from_torch(module: nn.Module, example_inputs: Any, *, title: str | None = None) -> Net:
    """The network of a torch module, read by running it once without numbers.

    ``example_inputs`` is a tensor, a sequence of them or a mapping of names, each with a batch axis first; only
    shapes and types count. What has no kind is an opaque layer. The spec's text is
    ``net.document.root.source.lines``. Raises `UsageError` where the module does not run on the meta device.
    """
    from archcalc.api import loads

    if not isinstance(module, nn.Module):
        raise UsageError(f"from_torch takes a torch.nn.Module, found {type(module).__name__}")
    given = _named(module, example_inputs)
    keywords = list(given) if isinstance(example_inputs, Mapping) else []
    sketch, notes = sketched_and_noted(module, given, title or type(module).__name__, keywords)
    return loads(written(sketch, [f"Imported from {type(module).__name__}."], notes).text, name=sketch.title)


def _named(module: nn.Module, inputs: Any) -> dict[str, Any]:
    """Example inputs by name: those of `forward`."""
    if isinstance(inputs, Mapping):
        found = dict(inputs)
    else:
        values = [inputs] if isinstance(inputs, torch.Tensor) else list(inputs)
        names = [n for n, p in inspect.signature(module.forward).parameters.items() if p.kind in (0, 1)]
        names = ["input"] if len(values) == 1 else [*names, *(f"input_{i}" for i in range(len(values)))]
        found = dict(zip(names, values, strict=False))
    for name, value in found.items():
        if not isinstance(value, torch.Tensor) or value.ndim < 2:
            raise UsageError(f"the example input '{name}' must be a tensor with a batch axis first, "
                             f"found {describe(value) if not isinstance(value, torch.Tensor) else tuple(value.shape)}")
    return found


def sketched_and_noted(module: nn.Module, inputs: Mapping[str, Any], title: str, keywords: Sequence[str] = (),
                       numbers: Mapping[str, Any] | None = None) -> tuple[Sketch, list[str]]:
    """What a module does with inputs (tensors with a batch, of any device) as layers, and what is to be said of it.

    ``numbers`` are those of its buffers by name, where it is on the meta device and they are known.
    """
    given = {name: b for name, b in module.named_buffers() if b.device.type == "cpu"} if numbers is None else numbers
    run = _Run(without_numbers(module), inputs, title, keywords, given)
    sketch, tape = run.traced()
    axes = {d.name: asked for i, d in enumerate(sketch.drafts[:len(inputs)]) if (asked := _asked(sketch, i))}
    if axes or sketch.read_spares():
        run = run._replace(axes=axes, fuses=not sketch.read_spares())
        sketch, tape = run.traced()
    if tape.trainable - tape.owners.keys():
        sketch, tape = _with_training(sketch, tape, run)
    sketch.arranged(_ranks(tape, tape.trainable), _ranks(tape, tape.owners))
    unused = [tape.names[i] for i in tape.trainable - tape.owners.keys()]
    notes = [f"{len(unused)} tensors of parameters are not used and not counted: {listed(sorted(unused), 3)}"] \
        if unused else []
    return sketch, notes


def _asked(sketch: Sketch, index: int) -> tuple[Role, ...] | None:
    """Roles of an input's axes that the first layer which reads it asks for: tokens are no image."""
    first = next((d for d in sketch.drafts if index in d.inputs and not kinds()[d.kind].batch_only
                  and d not in sketch.spare), None)
    if first is None or first.kind != "reshape" or first.out.dims != sketch.shaped(index).dims:
        return None
    return first.out.axes


def _ranks(tape: Tape, among: Container[int]) -> dict[int, int]:
    """The number of each layer's first tensor of those given, in the order of registration."""
    found: dict[int, int] = {}
    for rank, source in enumerate(tape.names):
        if source in tape.owners and source in among:
            found.setdefault(tape.owners[source][0], rank)
    return found


def _with_training(sketch: Sketch, tape: Tape, run: _Run) -> tuple[Sketch, Tape]:
    """The sketch with what runs in training only, where that is the same and more (auxiliary heads)."""
    try:
        trained, more = run.traced(True)
    except UsageError:
        return sketch, tape
    own = {draft.name: draft.kind for draft in sketch.drafts}
    known = {draft.name: i for i, draft in enumerate(trained.drafts)}
    if any(name not in known or trained.drafts[known[name]].kind != kind for name, kind in own.items()):
        return sketch, tape
    for draft in trained.drafts:
        draft.train = draft.name not in own
    outputs = [known[sketch.drafts[i].name] for i in sketch.outputs]
    trained.outputs = [*outputs, *(i for i in trained.outputs if trained.drafts[i].train)]
    return trained, more


def without_numbers(module: nn.Module) -> nn.Module:
    """A copy whose parameters and buffers are on the meta device."""
    memo: dict[int, Any] = {}
    for p in module.parameters():
        memo[id(p)] = nn.Parameter(p.detach().to("meta"), p.requires_grad)
    for b in module.buffers():
        memo[id(b)] = b.detach().to("meta")
    return copy.deepcopy(module, memo)


class _Run(NamedTuple):
    """A module without numbers and what it is given."""

    module: nn.Module
    inputs: Mapping[str, Any]
    title: str
    keywords: Sequence[str]
    numbers: Mapping[str, Any]
    fuses: bool = True
    axes: Mapping[str, tuple[Role, ...]] = {}

    def traced(self, training: bool = False) -> tuple[Sketch, Tape]:
        """Run the module on the meta device and write down its layers."""
        sketch, module = Sketch(self.title), self.module.train(training)
        recorder = Recorder(sketch, module, self.numbers, self.fuses)
        own = next((p.dtype for p in module.parameters() if p.is_floating_point()), torch.float32)
        given = {name: torch.zeros(BATCH, *t.shape[1:], dtype=own if t.is_floating_point() else t.dtype, device="meta")
                 for name, t in self.inputs.items()}
        for name, tensor in given.items():
            index = sketch.input(name, tensor.shape[1:], DTYPES.get(tensor.dtype), self.axes.get(name))
            recorder.tape.keep(tensor, Value(index, tuple(tensor.shape)))
        hooks = _hooks(recorder, module)
        try:
            with torch.no_grad(), torch.device("meta"), recorder:
                out = module(*(t for n, t in given.items() if n not in self.keywords),
                             **{n: t for n, t in given.items() if n in self.keywords})
        except Exception as error:
            raise UsageError(_failed(self.title, recorder, error)) from None
        finally:
            for hook in hooks:
                hook.remove()
        sketch.outputs = [v.node for t in flat(out) if isinstance(v := recorder.tape.known.get(id(t)), Value)]
        return sketch, recorder.tape


def _hooks(recorder: Recorder, module: nn.Module) -> list[Any]:
    """Hooks that tell the recorder which module runs."""
    hooks = []
    for path, part in module.named_modules():
        hooks.append(part.register_forward_pre_hook(
            lambda m, args, kwargs, path=path: recorder.enter(path, m), with_kwargs=True, prepend=True))
        hooks.append(part.register_forward_hook(
            lambda m, args, kwargs, out, path=path: recorder.leave(path, m, args, kwargs, out), with_kwargs=True))
    return hooks


def _failed(title: str, recorder: Recorder, error: Exception) -> str:
    """Why a module did not run: where in it, and in which line."""
    path = next((path for path, _ in reversed(recorder.stack) if path), "")
    text = str(error).strip().splitlines() or [""]
    hint = ": a branch or a size that depends on numbers cannot be imported; move it out of `forward`" \
        if "meta" in text[0] or isinstance(error, NotImplementedError) else ""
    return (f"{title}: {f'{path} does' if path else 'the module does'} not run with these inputs on the meta device: "
            f"{type(error).__name__}: {text[0]}{hint}{_where(error)}")


def _where(error: Exception) -> str:
    """The line of the module that raised."""
    frames = [f for f in traceback.extract_tb(error.__traceback__)
              if "/torch/" not in f.filename and "archcalc" not in f.filename]
    return f" ({frames[-1].filename}:{frames[-1].lineno}: {frames[-1].line})" if frames else ""
