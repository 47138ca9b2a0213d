"""Slices and chunks against Python's own slices, over every small combination."""

from __future__ import annotations

from itertools import product

import pytest

from archcalc.errors import RuleError
from archcalc.layers.base import Layer
from archcalc.layers.shape import Chunk, Slice
from archcalc.tensor import Tensor


def length(layer: Layer, n: int) -> int:
    """What the layer leaves of n elements, 0 where it refuses."""
    try:
        return int(layer.out(Tensor.of(n)).dims[0])
    except RuleError:
        return 0


@pytest.mark.parametrize("n", [1, 2, 5])
def test_slices_are_pythons(n: int) -> None:
    for start, stop, step in product(range(-n - 2, n + 3), [None, *range(-n - 2, n + 3)], (1, 2, 3)):
        layer = Slice(axis=0, start=start, stop=stop, step=step)
        assert length(layer, n) == len(range(n)[start:stop:step]), layer


@pytest.mark.parametrize("n", [1, 6, 7, 10])
def test_chunks_make_up_the_whole(n: int) -> None:
    for chunks in range(1, n + 3):
        size = -(-n // chunks)
        parts = [length(Chunk(chunks=chunks, part=part), n) for part in range(chunks)]
        assert parts == [len(range(n)[part * size:(part + 1) * size]) for part in range(chunks)]
        assert sum(parts) == n
