"""The closed form of what adaptive windows see, against the windows written out."""

import pytest

from archcalc.layers.pooling import AdaptiveAvgpool, AdaptiveMaxpool
from archcalc.tensor import Tensor


@pytest.mark.parametrize("n", range(1, 15))
@pytest.mark.parametrize("size", range(1, 15))
def test_elements_seen(n: int, size: int) -> None:
    seen = sum(-(-(i + 1) * n // size) - i * n // size for i in range(size))
    assert AdaptiveAvgpool(size=size).ops(Tensor.of(1, n)) == seen
    assert AdaptiveMaxpool(size=size).ops(Tensor.of(1, n)) == seen - size
