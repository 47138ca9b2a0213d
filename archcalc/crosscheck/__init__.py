"""The cross-check against torch: the only package that imports it."""

from __future__ import annotations

from archcalc.errors import Unavailable

try:
    import torch as _torch  # noqa: F401 - asked for here, so that its absence has one message
except ImportError as error:
    raise Unavailable(f"the cross-check needs torch: pip install 'archcalc[torch]' ({error})") from None

from archcalc.crosscheck.build import Built, build
from archcalc.crosscheck.facade import Torch

__all__ = ["Built", "Torch", "build"]
