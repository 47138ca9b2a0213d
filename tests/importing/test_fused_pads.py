"""Padding before a layer that has none is the layer's, with the same outputs; any other padding stays a layer."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest

from tests.importing.test_fused_views import made, module, one, words

pytestmark = pytest.mark.torch
PADS = [1, 2, 0, 1]     # left, right, above, below


def padded(part: Any, value: float = 0.0, mode: str = "constant") -> Any:
    import torch

    pads = torch.nn.functional.pad
    more = {"value": value} if mode == "constant" else {}
    return module(lambda m, x: m.part(pads(x, PADS, mode, **more)), part=part)


def image(*dims: int) -> Any:
    import torch

    return torch.rand(2, *(dims or (4, 9, 8)), dtype=torch.float64) - 0.7


def test_zeros_before_a_convolution_or_an_average() -> None:
    from torch import nn

    for part in (nn.Conv2d(4, 6, 3, 2, bias=False), nn.AvgPool2d(3, 2)):
        net = made(padded(part), image())
        assert words(net) == ["conv" if isinstance(part, nn.Conv2d) else "avgpool"]
        assert next(iter(net.layers)).layer.padding == ((0, 1), (1, 2))


def test_what_is_no_maximum_before_max_pooling() -> None:
    from torch import nn

    assert one(made(padded(nn.MaxPool2d(3, 2), -inf), image()), "maxpool").padding == ((0, 1), (1, 2))


def test_causal_convolution() -> None:
    import torch
    from torch import nn

    causal = module(lambda m, x: m.part(torch.nn.functional.pad(x, [4, 0])), part=nn.Conv1d(4, 6, 3, dilation=2))
    assert one(made(causal, image(4, 12)), "conv1d").padding == ((4, 0),)


def test_other_padding_stays() -> None:
    """Zeros before a maximum, infinities before a sum, reflections, and padding before a layer with its own."""
    from torch import nn

    for made_of in (padded(nn.MaxPool2d(3, 2)), padded(nn.Conv2d(4, 6, 3), 1.0), padded(nn.Conv2d(4, 6, 3, padding=1)),
                    padded(nn.Conv2d(4, 6, 3), mode="replicate"), padded(nn.AvgPool2d(3, 2, padding=1))):
        assert words(made(made_of, image()))[0] == "pad"


def test_padding_that_something_else_reads_stays() -> None:
    import torch
    from torch import nn

    def forward(m: Any, x: Any) -> Any:
        x = torch.nn.functional.pad(x, [1, 1, 1, 1])
        return m.part(x) + x[:, :, 1:-1, 1:-1]

    assert words(made(module(forward, part=nn.Conv2d(4, 4, 3)), image()))[0] == "pad"


def test_less_than_no_padding_cuts_off() -> None:
    import torch

    cut = module(lambda m, x: torch.nn.functional.pad(x, [-1, 2, 0, -3]))
    assert words(made(cut, image())) == ["crop", "pad"]


def test_layers_that_patterns_end_with_are_first() -> None:
    """A roll, a slice, a product of the input: there is nothing before them."""
    import torch

    for function in (lambda x: torch.roll(x, 1, 2), lambda x: x[:, :, 1:], lambda x: x * x, lambda x: x.flatten(1),
                     lambda x: x.permute(0, 2, 3, 1)):
        assert len(words(made(module(lambda m, x, function=function: function(x)), image()))) == 1
