"""Functions that a user names: they are looked for in the working directory too, and their module's code is run."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

from archcalc.errors import UsageError
from archcalc.words import suggest


def named_function(module: str, name: str, said: str, place: Callable[[BaseException], str] = lambda error: "") -> Any:
    """A function or class of a Python module; ``said`` is how the user wrote it, ``place`` where an error arose.

    Raises `UsageError` for a module that cannot be imported, and for a name that it does not have.
    """
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        found = importlib.import_module(module)
    except Exception as error:
        raise UsageError(f"{said}: {module} cannot be imported: {type(error).__name__}: {error}"
                         f"{place(error)}") from None
    made = getattr(found, name, None)
    if not callable(made):
        names = [n for n, value in vars(found).items() if callable(value) and not n.startswith("_")]
        raise UsageError(f"{said}: {module} has no function '{name}'{suggest(name, names)}")
    return made
