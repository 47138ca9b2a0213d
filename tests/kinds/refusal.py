"""What kinds refuse, as a table: a layer, its inputs, the field at fault, and a part of the message."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from archcalc.errors import RuleError
from archcalc.layers.base import Layer
from archcalc.tensor import Tensor

image = Tensor.of(6, 8, 8)
last = Tensor.of(8, 8, 6, axes=("space", "space", "channel"))
tokens = Tensor.of(4, 6, axes=("sequence", "channel"))
vector = Tensor.of(6)
no_channel = Tensor.of(4, 5, axes=("sequence", "sequence"))


def messages(rows: list[tuple[Layer, tuple[Tensor, ...], str | None, str]]) -> Callable[..., None]:
    """A test of each row's message."""

    @pytest.mark.parametrize(("layer", "inputs", "field", "message"), rows)
    def test(layer: Layer, inputs: tuple[Tensor, ...], field: str | None, message: str) -> None:
        with pytest.raises(RuleError) as error:
            layer.out(*inputs)
        assert message in str(error.value)
        assert error.value.field == field

    return test
