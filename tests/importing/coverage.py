"""What is measured of an imported network: the module of torch against the spec that import writes of it.

Tensors, MACs and output shapes are of the meta device. Outputs are of float64 on the CPU, with the module's tensors
in the module that is built from the spec, for networks of at most `LARGEST` MACs.
"""

from __future__ import annotations

from collections import Counter
from math import prod
from typing import Any, NamedTuple

import archcalc
from archcalc.analysis.shapes import calls
from archcalc.net import Net
from tests.importing import networks

LARGEST = 10**12
"""MACs of a network whose outputs are computed."""
MOST = 35 * 10**7
"""Parameters of a network whose outputs are computed."""
ROUNDED = 1e-5
"""Tolerance of outputs of a module that itself rounds to float32 on the way; else it is that of `verify`."""
CHECKS = ("parameters", "MACs", "shapes", "outputs")
EQUAL, NOT_RUN, UNFIT = "equal", "not run", "the tensors do not fit one by one"


class Coverage(NamedTuple):
    """Lines of the spec, its layers, how many are opaque and why, the module's parameters and MACs, and per check
    `EQUAL`, how it differs, or why it was not run."""

    lines: int
    layers: int
    opaque: int
    why: list[str]
    parameters: int
    macs: int
    checks: dict[str, str]


def covered(key: str, values: bool = True) -> Coverage:
    """Import a network of a key and measure it; ``values`` whether outputs too."""
    from archcalc.importing.references import imported

    found = imported(networks.reference(key))
    return measured(key, archcalc.loads(found.text, name=key), found.text, found.notes, values)


def measured(key: str, net: Net, text: str, notes: tuple[str, ...], values: bool) -> Coverage:
    """A network that was imported against the module that it is of."""
    import torch

    from archcalc.importing.torch.reference import _built

    module = _built(getattr(networks, key), key)[0].eval().to("meta")
    x = torch.zeros(1, *networks.shape(key), device="meta")
    macs, outputs = run(module, x)
    opaque, total = [n for n in net.layers if n.layer.unknown], sum(p.numel() for p in module.parameters())
    pairs = matched(net, module, x)
    checks = {"parameters": _parameters(net, module), "MACs": _same(archcalc.report(net).totals.macs, macs),
              "shapes": _shapes(net, outputs, pairs) if pairs else UNFIT}
    checks["outputs"] = f"{NOT_RUN}: opaque layers" if opaque else \
        f"{NOT_RUN}: too large" if macs > LARGEST or total > MOST else \
        UNFIT if not pairs else _outputs(key, net) if values else NOT_RUN
    return Coverage(len(text.splitlines()), len(net.layers), len(opaque), list(notes), total, macs, checks)


def _same(ours: int, theirs: int) -> str:
    return EQUAL if ours == theirs else f"{ours:,} against {theirs:,}"


def _parameters(net: Net, module: Any) -> str:
    """Elements of all parameters, those of training too, and the shapes of the tensors, without axes of 1."""
    trained = net.in_mode("train")
    found = _same(archcalc.report(trained).totals.params, sum(p.numel() for p in module.parameters()))
    ours = Counter(_squeezed(w.shape) for node, call in zip(trained.nodes, calls(trained), strict=True)
                   for name, w in call.params.items() if name not in node.share)
    theirs = Counter(_squeezed(p.shape) for p in module.parameters())
    return found if found != EQUAL or ours == theirs else \
        f"tensors of {_some(ours - theirs)} against {_some(theirs - ours)}"


def _squeezed(shape: Any) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)


def _some(shapes: Counter[tuple[int, ...]]) -> str:
    return ", ".join(map(_times, sorted(shapes)[:3])) or "none"


Pair = tuple[int, str, str]
"""A tensor: the index of the layer that owns it, its name there, and the module's name of it."""


def matched(net: Net, module: Any, x: Any) -> list[Pair]:
    """Tensors one by one, in the order of registration, of execution or of names; none if they do not fit so."""
    from archcalc.crosscheck.outputs import alike, held
    from archcalc.crosscheck.reference import by_name, execution, tensors

    trained = net.in_mode("train")
    rows = list(enumerate(zip(trained.nodes, calls(trained), strict=True)))
    ours = [(i, name, w) for what in ("params", "buffers") for i, (node, call) in rows
            for name, w in getattr(call, what).items() if name not in node.share]
    names = [(f"{trained.nodes[i].name}.{name}", trained.nodes[i].name) for i, name, _ in ours]
    for order in (lambda: tensors(module), lambda: tensors(module, execution(module, x)),
                  lambda: by_name(tensors(module), names)):
        found = held(order(), [w.shape for _, _, w in ours])
        if len(ours) == len(found) and all(alike(w.shape, tuple(t.shape), w.role)
                                           for (_, _, w), (_, t) in zip(ours, found, strict=True)):
            return [(i, name, other) for (i, name, _), (other, _) in zip(ours, found, strict=True)]
    return []


class Output(NamedTuple):
    """What a module gave: its path, the output's shape, and whether it has no parts."""

    path: str
    dims: tuple[int, ...]
    leaf: bool


def run(module: Any, x: Any) -> tuple[int, list[Output]]:
    """MACs by torch's counter, and the output of each module as it ends, those apart that do nothing in evaluation or
    only rearrange elements, which may be one layer with the views around them."""
    import torch

    from archcalc.crosscheck.measure import macs

    found: list[Output] = []
    names = {m: name for name, m in module.named_modules()}

    def note(m: Any, given: Any, out: Any) -> None:
        if not isinstance(out, torch.Tensor) or type(m).__name__.startswith(("Identity", "Drop", "Stochastic")):
            return
        first = given[0] if given else None
        views = isinstance(first, torch.Tensor) and first.numel() == out.numel() and first.shape != out.shape
        if not views or [*m.parameters()]:
            found.append(Output(names[m], tuple(out.shape), not [*m.children()]))
    hooks = [m.register_forward_hook(note) for m in names]
    try:
        return macs(module, x), found
    finally:
        for hook in hooks:
            hook.remove()


def _shapes(net: Net, outputs: list[Output], pairs: list[Pair]) -> str:
    """Output shapes of the modules without parts: those with tensors against the layers that have these, the others
    against layers of that shape, each of which stands for one. A layer with tensors of several modules (attention
    with its projections) is held against the module around them, whose output may be in windows; a normalization of
    channels against a module that has these as its last axis."""
    trained = net.in_mode("train")
    ours = [call.out.dims for call in calls(trained)]
    turned = {i for i, node in enumerate(trained.nodes) if node.layer.family == "norm"}
    tensors: dict[int, set[str]] = {}
    for i, _, theirs in pairs:
        tensors.setdefault(i, set()).add(theirs.rpartition(".")[0])
    owners = {_around(paths): i for i, paths in tensors.items()}
    joined = {_around(paths) for paths in tensors.values() if len(paths) > 1}
    rest = Counter(ours)
    for path, dims, leaf in outputs:
        here = (dims[1:], dims)
        made = ours[owners[path]] if path in owners else dims
        if owners.get(path) in turned and (*made[1:], made[0]) == dims[1:]:
            rest[made] -= 1
            continue
        if (leaf or path in joined) and made not in here and not (path in joined and prod(made) == prod(dims)):
            return f"{path}: {_times(made)} against {_times(dims)}"
        if not leaf or any(path == j or path.startswith(f"{j}.") for j in joined):
            continue
        shape = next((d for d in here if rest[d] > 0), None)
        if shape is None:
            return f"{path}: no layer of {_times(dims)}"
        rest[shape] -= 1
    return EQUAL


def _around(paths: set[str]) -> str:
    """The module that all paths are in."""
    parts = [path.split(".") for path in sorted(paths)]
    same = [names[0] for names in zip(*parts, strict=False) if len(set(names)) == 1]
    return ".".join(same)


def _times(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def _outputs(key: str, net: Net) -> str:
    """All outputs of the module built from the spec, with the module's tensors, against the module's."""
    import torch

    from archcalc.crosscheck.outputs import TOLERANCE, Pair
    from archcalc.crosscheck.subject import Subject
    from archcalc.importing.torch.tape import flat

    pair = Pair(Subject(net, getattr(networks, key)()))
    if not pair.fits or pair.theirs is None:
        return UNFIT
    ends = {net.nodes[i].name for i in net.outputs}
    with torch.no_grad():
        found = pair.ours(*pair.x)
    out, rounded = _watched(pair.theirs, pair.x)
    if isinstance(found, dict):     # without the heads of training
        found = [t for name, t in found.items() if name in ends]
    ours, theirs = ([t for t in flat(value) if isinstance(t, torch.Tensor)] for value in (found, out))
    if [t.shape for t in ours] != [t.shape for t in theirs]:
        return f"{len(ours)} outputs against {len(theirs)}, or of other shapes"
    if not all(bool(t.any()) for t in theirs):
        return f"{NOT_RUN}: an output is all 0"
    apart = max(float((a - b).abs().max() / max(1.0, float(b.abs().max()))) for a, b in zip(ours, theirs, strict=True))
    return EQUAL if apart <= (ROUNDED if rounded else TOLERANCE) else f"up to {apart:.2g} apart"


def _watched(module: Any, x: list[Any]) -> tuple[Any, bool]:
    """Outputs, and whether anything was computed in float32."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    seen: set[Any] = set()

    class Types(TorchDispatchMode):
        def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            out = function(*args, **(kwargs or {}))
            seen.add(getattr(out, "dtype", None))
            return out

    with torch.no_grad(), Types():
        out = module(*x)
    return out, torch.float32 in seen
