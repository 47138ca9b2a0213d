"""The cross-check against torch: the only package that imports it."""

from __future__ import annotations

from archcalc.crosscheck.facade import Torch

__all__ = ["Torch"]
