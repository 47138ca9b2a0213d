"""The module that a spec is verified against: torchvision's of a name, or what a user's function returns."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from archcalc.errors import Unavailable, UsageError
from archcalc.factory import named_function
from archcalc.net import Net
from archcalc.words import describe, suggest

FORM = "torchvision:NAME or package.module:factory"


def reference(against: str, net: Net) -> nn.Module:
    """A freshly initialised module, in float32 on the CPU.

    ``against`` is ``torchvision:resnet50`` or ``package.module:factory``, whose code is run; the factory is
    called without arguments. Raises `UsageError` for what cannot be found or called.
    """
    where, colon, what = against.partition(":")
    if not colon or not where or not what:
        raise UsageError(f"--against takes {FORM}, found {describe(against)}")
    made = _torchvision(what, net) if where == "torchvision" else _called(where, what)
    if not isinstance(made, nn.Module):
        raise UsageError(f"--against {against}: gave {type(made).__name__}, not a torch.nn.Module")
    return made


def _torchvision(name: str, net: Net) -> Any:
    try:
        from torchvision import models
    except ImportError:
        raise Unavailable("torchvision is not installed: pip install 'archcalc[torch]'") from None
    known = models.list_models(module=models)
    if name not in known:
        raise UsageError(f"torchvision has no classification model '{name[:80]}'{suggest(name, known)}")
    accepted = inspect.signature(models.get_model_builder(name)).parameters
    # Initialisation by truncated normals takes a minute and is of no use here; vit_h_14 is published at 518.
    options: dict[str, Any] = {}
    if name in ("googlenet", "inception_v3"):
        options["init_weights"] = False
    if name.startswith("vit") and "kwargs" in accepted:
        options["image_size"] = net.nodes[0].layer.out().spatial[0]
    return models.get_model(name, weights=None, **options)


def _called(module: str, name: str) -> Any:
    make = named_function(module, name, f"--against {module}:{name}")
    try:
        return make()
    except Exception as error:
        raise UsageError(f"--against {module}:{name}: the factory raised "
                         f"{type(error).__name__}: {error}") from None


def tensors(module: nn.Module, order: dict[str, int] | None = None) -> list[tuple[str, torch.Tensor]]:
    """Parameters, then buffers, by name; in the order of registration, or of their modules' execution."""
    named = [*module.named_parameters()]
    kept = [(name, t) for name, t in module.named_buffers() if not name.endswith("num_batches_tracked")]
    if order is None:
        return [*named, *kept]
    place = {name: _first_run(name, order) for name, _ in (*named, *kept)}
    return [*sorted(named, key=lambda t: place[t[0]]), *sorted(kept, key=lambda t: place[t[0]])]


def by_name(found: list[tuple[str, torch.Tensor]], names: Sequence[tuple[str, ...]]) -> list[tuple[str, torch.Tensor]]:
    """Tensors in the order of names, each of which may be said in several ways.

    Only names without numbers count, as these may begin elsewhere; between them the others keep their own order.
    """
    known = {name: tensor for name, tensor in found if not any(c.isdigit() for c in name)}
    wanted = [next((name for name in ways if name in known), None) for ways in names]
    rest = iter([pair for pair in found if pair[0] not in wanted])
    ordered = [(name, known[name]) if name is not None else next(rest, None) for name in wanted]
    return [*(pair for pair in ordered if pair is not None), *rest]


def varied(module: nn.Module) -> nn.Module:
    """The module with its constant tensors moved apart, in place.

    Where a head or a scale begins as zeros, outputs would be 0 whatever the layers before it do; where a
    normalization begins as the identity, it could be left out unseen.
    """
    noise = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, tensor in (*module.named_parameters(), *module.named_buffers()):
            if tensor.is_floating_point() and tensor.numel() > 1 and bool((tensor == tensor.flatten()[0]).all()):
                apart = torch.rand(tensor.shape, generator=noise, dtype=torch.float64) * 0.2
                tensor.add_(apart if name.endswith("running_var") else apart - 0.1)
    return module


def _first_run(tensor: str, order: dict[str, int]) -> int:
    """When the module of a tensor first ran, or the nearest module around it that did."""
    path = tensor.rpartition(".")[0]
    while path not in order and path:
        path = path.rpartition(".")[0]
    return order.get(path, 0)


def execution(module: nn.Module, *inputs: torch.Tensor) -> dict[str, int]:
    """The order in which modules first run, by name."""
    order: dict[str, int] = {}
    names = {m: name for name, m in module.named_modules()}

    def note(m: nn.Module, given: Any) -> None:
        order.setdefault(names[m], len(order))

    _run(module, inputs, [m.register_forward_pre_hook(note) for m in names])
    return order


def leaf_shapes(module: nn.Module, *inputs: torch.Tensor) -> list[tuple[str, tuple[int, ...], int]]:
    """Name, output shape per sample and parameters of each module that has some and no parts, as they run."""
    found: list[tuple[str, tuple[int, ...], int]] = []
    names = {m: name for name, m in module.named_modules()
             if [*m.parameters(recurse=False)] and not [*m.children()]}

    def note(m: nn.Module, given: Any, out: Any) -> None:
        found.append((names[m], tuple(out.shape[1:]), sum(p.numel() for p in m.parameters())))

    _run(module, inputs, [m.register_forward_hook(note) for m in names])
    return found


def _run(module: nn.Module, inputs: tuple[torch.Tensor, ...], hooks: list[Any]) -> None:
    """Run a module once without gradients, and take its hooks off again."""
    try:
        with torch.no_grad():
            module(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
