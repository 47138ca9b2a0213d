"""torchvision's attention within shifted windows (Liu et al. 2021 and 2022) as operators of ONNX."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from archcalc.exporting.onnx.functions import Functional, Functions
from archcalc.exporting.onnx.graph import FLOAT, INT, Graph
from archcalc.exporting.onnx.modules import Module
from archcalc.exporting.onnx.value import Value
from archcalc.layers.embedding import distances
from archcalc.layers.window import coordinates, regions


class Swin:
    """``torchvision.models.swin_transformer``."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def ShiftedWindowAttention(self, *given: Any) -> Module:
        return Module(self.graph, _Attention(False, *given))

    def ShiftedWindowAttentionV2(self, *given: Any) -> Module:
        return Module(self.graph, _Attention(True, *given))


class _Attention:
    def __init__(self, cosine: bool, features: int, window: Sequence[int], shift: Sequence[int], heads: int, bias: bool,
                 _: bool) -> None:
        self.cosine, self.features, self.heads, self.bias = cosine, features, heads, bias
        self.window, self.shift = window, shift

    def __call__(self, m: Module, x: Value) -> Value:
        height, width = x.shape[1:3]
        assert isinstance(height, int)
        assert isinstance(width, int)
        high, wide = self.window
        if height % high or width % wide:
            x = Functional.pad(x, (0, 0, 0, -width % wide, 0, -height % high))
        down, across = -(-height // high), -(-width // wide)
        shift = [s if n > 1 else 0 for s, n in zip(self.shift, (down, across), strict=True)]
        x = x.roll([-s for s in shift], (1, 2)).unflatten(2, (-1, wide)).unflatten(1, (-1, high)).transpose(2, 3)
        scores, v = self._scores(m, x.flatten(3, 4).flatten(1, 2))
        if any(shift):
            scores = scores + self._mask(m, (down, across), shift)
        x = (scores.op("Softmax", axis=-1) @ v).transpose(-3, -2).flatten(-2) @ m.tensor(
            "proj.weight", self.features, self.features).transpose(0, 1)
        x = x + m.tensor("proj.bias", self.features) if self.bias else x
        x = x.unflatten(2, (high, wide)).unflatten(1, (down, across)).transpose(2, 3).flatten(3, 4).flatten(1, 2)
        return x.roll(shift, (1, 2))[:, :height, :width]

    def _scores(self, m: Module, x: Value) -> tuple[Value, Value]:
        """The scores of windows×heads×tokens×tokens with their bias, and the values."""
        size, places = self.features, self.window[0] * self.window[1]
        rows = x @ m.tensor("qkv.weight", 3 * size, size).transpose(0, 1)
        if self.bias:
            bias = m.tensor("qkv.bias", 3 * size)
            if self.cosine:     # keys have none
                none = Value(m.graph, m.graph.constant([0.0] * size, (size,), FLOAT), (size,))
                bias = Functions.cat([bias.narrow(0, 0, size), none, bias.narrow(0, 2 * size, size)], 0)
            rows = rows + bias
        q, k, v = (rows.narrow(-1, i * size, size).unflatten(-1, (self.heads, -1)).transpose(-2, -3) for i in range(3))
        if self.cosine:
            scale = m.tensor("logit_scale", self.heads, 1, 1).clamp(max=math.log(100)).exp()
            scores = Functional.normalize(q, -1) @ Functional.normalize(k, -1).transpose(-2, -1) * scale
        else:
            scores = (q * (size // self.heads) ** -0.5) @ k.transpose(-2, -1)
        pairs = distances(*self.window)
        index = Value(m.graph, m.graph.constant(pairs, (len(pairs),), INT), (len(pairs),), INT)
        biases = self._table(m)[index]
        biases = biases.op("Sigmoid") * 16 if self.cosine else biases
        return scores + biases.view(places, places, self.heads).permute(2, 0, 1), v

    def _table(self, m: Module) -> Value:
        sides = [2 * n - 1 for n in self.window]
        if not self.cosine:
            return m.tensor("relative_position_bias_table", math.prod(sides), self.heads)
        shape = (math.prod(sides), 2)
        table = Value(m.graph, m.graph.constant(coordinates(self.window), shape, FLOAT), shape)
        hidden = table @ m.tensor("cpb_mlp.0.weight", 512, 2).transpose(0, 1) + m.tensor("cpb_mlp.0.bias", 512)
        return hidden.op("Relu") @ m.tensor("cpb_mlp.2.weight", self.heads, 512).transpose(0, 1)

    def _mask(self, m: Module, windows: Sequence[int], shift: Sequence[int]) -> Value:
        """−100 for pairs of tokens that the shift has brought together."""
        values = [-100.0 * (p != q) for part in regions(windows, self.window, shift) for p in part for q in part]
        places = math.prod(self.window)
        shape = (math.prod(windows), 1, places, places)
        return Value(m.graph, m.graph.constant(values, shape, FLOAT), shape)
