"""Torch modules by reference: `torch:package.module:factory`, and torchvision's models by name.

The code of a reference is run: name only code that you trust.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archcalc.errors import Unavailable, UsageError
from archcalc.factory import named_function
from archcalc.importing.imported import Imported, Input, written
from archcalc.words import describe, suggest

try:
    import torch
    from torch import nn
except ImportError as error:
    raise Unavailable(f"importing from torch needs torch: pip install 'archcalc[torch]' ({error})") from None

from archcalc.importing.torch.numbers import Followed
from archcalc.importing.torch.reading import sketched_and_noted

IMAGE = (3, 224, 224)
_SIZES = {"inception_v3": 299}


def factory(rest: str, inputs: Sequence[Input]) -> Imported:
    """The spec of what a function of the user's gives."""
    where, colon, what = rest.partition(":")
    if not colon or not where or not what:
        raise UsageError(f"a module of torch is named torch:package.module:factory, found {describe('torch:' + rest)}")
    if not inputs:
        raise UsageError(f"torch:{rest}: say the shape of its input per sample: --input 3x224x224, "
                         f"or torch:{rest}@3x224x224")
    make = named_function(where, what, f"torch:{where}:{what}", _line)
    made, numbers = (make, None) if isinstance(make, nn.Module) else _built(make, f"torch:{rest}")
    return _imported(made, inputs, what, f"torch:{rest}", numbers)


def torchvision(name: str, inputs: Sequence[Input]) -> Imported:
    """The spec of a model of torchvision, with fresh weights."""
    try:
        from torchvision import models
    except ImportError:
        raise Unavailable("torchvision is not installed: pip install 'archcalc[torch]'") from None
    if name not in models.list_models():
        raise UsageError(f"torchvision has no model '{name[:80]}'{suggest(name, models.list_models())}")
    accepted = inspect.signature(models.get_model_builder(name)).parameters
    options: dict[str, Any] = {"weights_backbone": None} if "weights_backbone" in accepted else {}
    if name in ("googlenet", "inception_v3"):
        options["init_weights"] = False
    size = _SIZES.get(name, 224)
    given = inputs or [Input(None, (3, size, size))]
    if name.startswith("vit"):
        options["image_size"] = given[0].sizes[-1]
    made, numbers = _built(lambda: models.get_model(name, weights=None, **options), f"torchvision:{name}")
    return _imported(made, given, name, f"torchvision:{name}", numbers)


def _built(make: Callable[[], Any], reference: str) -> tuple[nn.Module, dict[str, Any] | None]:
    """What a function makes, with the numbers of its buffers: on the meta device, where nothing is initialised, and
    only what comes from numbers alone is computed; else on the CPU (None)."""
    follower, on_meta = Followed(), True
    try:
        with torch.device("meta"), follower:
            made = make()
    except Exception:
        try:
            made, on_meta = make(), False
        except Exception as error:
            raise UsageError(f"{reference}: the factory raised {type(error).__name__}: {error}{_line(error)}") from None
    if not isinstance(made, nn.Module):
        raise UsageError(f"{reference}: gave {type(made).__name__}, not a torch.nn.Module")
    if not on_meta:
        return made, None
    known = {name: follower.numbers.of(b) for name, b in made.named_buffers()}
    return made, {name: numbers for name, numbers in known.items() if numbers is not None}


def _line(error: BaseException) -> str:
    """Where a user's code raised, if it did."""
    frames = [f for f in traceback.extract_tb(error.__traceback__)
              if not any(part in f.filename for part in ("/torch/", "archcalc", "importlib", "<frozen"))]
    return f" ({frames[-1].filename}:{frames[-1].lineno}: {frames[-1].line})" if frames else ""


def _imported(module: nn.Module, inputs: Sequence[Input], title: str, reference: str,
              numbers: Mapping[str, Any] | None) -> Imported:
    names = [n for n, p in inspect.signature(module.forward).parameters.items() if p.kind in (0, 1)]
    given = {}
    for number, one in enumerate(inputs):
        own = names[number] if number < len(names) else f"input_{number + 1}"
        name = one.name or ("input" if len(inputs) == 1 else own)
        kind = getattr(torch, one.dtype) if one.dtype else torch.float32
        given[name] = torch.zeros(1, *one.sizes, dtype=kind, device="meta")
    keywords = [one.name for one in inputs if one.name is not None]
    sketch, notes = sketched_and_noted(module, given, title, keywords, numbers)
    return written(sketch, [f"Imported from {reference}."], notes)
