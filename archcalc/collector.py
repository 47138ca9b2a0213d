"""Python's cyclic garbage collector, paused while many objects are made that all stay.

Else it walks them again and again, and the cost per layer grows with the number of layers.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Within the block, or the function so decorated, the collector does not run by itself."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
