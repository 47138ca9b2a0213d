"""Trained weights for a network: a state dict of any naming, fitted to the network's own tensors."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

import torch

from archcalc.crosscheck.build import Built
from archcalc.errors import Unavailable, UsageError

SAFETENSORS = ".safetensors"


def load_weights(model: Built, path: str) -> str:
    """Copy the tensors of a file into a model; how they were told apart, in words.

    Tensors go by name where the file has the network's names, such as ``conv1.weight``; else in the order of the
    file, where all shapes agree; else those of one shape and last name in the natural order of their names. Raises
    `UsageError` for a file that cannot be read or does not fit, `Unavailable` without safetensors for its files.
    """
    theirs = {name: tensor for name, tensor in _read(path).items() if not name.endswith("num_batches_tracked")}
    ours = dict(_tensors(model))
    for fit, words in _FITS:
        found = fit(ours, theirs, path)
        if found is not None:
            with torch.no_grad():
                for name, tensor in ours.items():
                    tensor.copy_(theirs[found[name]])
            return f"weights of {os.path.basename(path)}: {len(ours)} tensors {words}"
    raise UsageError(f"{path}: does not fit {model.net.name}: {_misfit(ours, theirs)}")


def _tensors(model: Built) -> Iterator[tuple[str, torch.Tensor]]:
    """Parameters and buffers by layer and name, shared ones once."""
    seen: set[int] = set()
    for node in model.net.layers:
        for name, tensor in model.tensors(node.name).items():
            if id(tensor) not in seen and not name.endswith("num_batches_tracked"):
                seen.add(id(tensor))
                yield f"{node.name}.{name}", tensor


def _read(path: str) -> dict[str, torch.Tensor]:
    try:
        found = _safetensors(path) if path.lower().endswith(SAFETENSORS) else \
            torch.load(path, map_location="cpu", weights_only=True)
    except Unavailable:
        raise
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"{path}: cannot be read as weights: {reason[:200]}") from None
    for key in ("state_dict", "model"):
        found = found[key] if isinstance(found, Mapping) and isinstance(found.get(key), Mapping) else found
    if not isinstance(found, Mapping) or not all(isinstance(value, torch.Tensor) for value in found.values()):
        raise UsageError(f"{path}: holds no state dict, a mapping of names to tensors")
    return {name.removeprefix("module."): tensor for name, tensor in found.items()}


def _safetensors(path: str) -> Any:
    try:
        load_file = import_module("safetensors.torch").load_file
    except ImportError as error:
        raise Unavailable(f"{SAFETENSORS} files need safetensors: pip install safetensors ({error})") from None
    return load_file(path)


Tensors = Mapping[str, torch.Tensor]


def _by_name(ours: Tensors, theirs: Tensors, path: str) -> dict[str, str] | None:
    fits = all(name in theirs and theirs[name].shape == tensor.shape for name, tensor in ours.items())
    return {name: name for name in ours} if fits else None


def _by_order(ours: Tensors, theirs: Tensors, path: str) -> dict[str, str] | None:
    """Files of safetensors have no order of their own."""
    fits = len(ours) == len(theirs) and not path.lower().endswith(SAFETENSORS) and all(
        a.shape == b.shape for a, b in zip(ours.values(), theirs.values(), strict=True))
    return dict(zip(ours, theirs, strict=True)) if fits else None


def _by_shape(ours: Tensors, theirs: Tensors, path: str) -> dict[str, str] | None:
    mine, other = _classes(ours), _classes({name: theirs[name] for name in sorted(theirs, key=_natural)})
    if {key: len(names) for key, names in mine.items()} != {key: len(names) for key, names in other.items()}:
        return None
    return {a: b for key, names in mine.items() for a, b in zip(names, other[key], strict=True)}


_FITS: tuple[tuple[Callable[[Tensors, Tensors, str], dict[str, str] | None], str], ...] = (
    (_by_name, "by name"), (_by_order, "in the order of the file"),
    (_by_shape, "by shape, those of one shape in the order of their names: a guess"))


def _classes(tensors: Tensors) -> dict[tuple[str, torch.Size], list[str]]:
    found: dict[tuple[str, torch.Size], list[str]] = {}
    for name, tensor in tensors.items():
        found.setdefault((name.rpartition(".")[2], tensor.shape), []).append(name)
    return found


def _natural(name: str) -> list[tuple[int, str]]:
    """Numbers in a name by their size."""
    return [(int(word), "") if word.isdigit() else (-1, word) for word in re.split(r"(\d+)", name)]


def _misfit(ours: Tensors, theirs: Tensors) -> str:
    """What is in the way, in words."""
    if len(ours) != len(theirs):
        return f"it has {len(theirs)} tensors, the network {len(ours)}"
    for (name, tensor), (other, given) in zip(ours.items(), theirs.items(), strict=True):
        if tensor.shape != given.shape:
            sizes = ("×".join(map(str, shape)) for shape in (given.shape, tensor.shape))
            return f"its '{other}' is {next(sizes)}, where the network's '{name}' is {next(sizes)}"
    return "its tensors have other names"
