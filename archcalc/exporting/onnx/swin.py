"""torchvision's attention within shifted windows (Liu et al. 2021 and 2022) as operators of ONNX."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from archcalc.exporting.onnx.functions import Functional
from archcalc.exporting.onnx.graph import FLOAT, Graph
from archcalc.exporting.onnx.modules import Module
from archcalc.exporting.onnx.value import Value
from archcalc.layers._facade import Facade
from archcalc.layers.embedding import relative_index


class Swin:
    """``torchvision.models.swin_transformer``."""

    def __init__(self, facade: Facade, graph: Graph) -> None:
        self.facade, self.graph = facade, graph

    def ShiftedWindowAttention(self, *given: Any) -> Module:
        return Module(self.graph, _Attention(self.facade, False, *given))

    def ShiftedWindowAttentionV2(self, *given: Any) -> Module:
        return Module(self.graph, _Attention(self.facade, True, *given))


class _Attention:
    def __init__(self, facade: Facade, cosine: bool, features: int, window: Sequence[int], shift: Sequence[int],
                 heads: int, bias: bool, _: bool) -> None:
        self.facade, self.cosine, self.features, self.heads, self.bias = facade, cosine, features, heads, bias
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
                kept = m.graph.constant([1.0] * size + [0.0] * size + [1.0] * size, (3 * size,), FLOAT)
                bias = bias * Value(m.graph, kept, (3 * size,))
            rows = rows + bias
        q, k, v = (rows.narrow(-1, i * size, size).unflatten(-1, (self.heads, -1)).transpose(-2, -3) for i in range(3))
        if self.cosine:
            scale = m.tensor("logit_scale", self.heads, 1, 1).clamp(max=math.log(100)).exp()
            scores = Functional.normalize(q, -1) @ Functional.normalize(k, -1).transpose(-2, -1) * scale
        else:
            scores = (q * (size // self.heads) ** -0.5) @ k.transpose(-2, -1)
        index = self.facade.call(relative_index, *self.window)
        return scores + self._table(m)[index].view(places, places, self.heads).permute(2, 0, 1), v

    def _table(self, m: Module) -> Value:
        sides = [2 * n - 1 for n in self.window]
        if not self.cosine:
            return m.tensor("relative_position_bias_table", math.prod(sides), self.heads)
        steps = [[(i - n + 1) / (n - 1) * 8 for i in range(2 * n - 1)] for n in self.window]
        places = [math.copysign(math.log2(abs(v) + 1) / 3, v) for a in steps[0] for b in steps[1] for v in (a, b)]
        table = Value(m.graph, m.graph.constant(places, (math.prod(sides), 2), FLOAT), (math.prod(sides), 2))
        hidden = table @ m.tensor("cpb_mlp.0.weight", 512, 2).transpose(0, 1) + m.tensor("cpb_mlp.0.bias", 512)
        return (hidden.op("Relu") @ m.tensor("cpb_mlp.2.weight", self.heads, 512).transpose(0, 1)).op("Sigmoid") * 16

    def _mask(self, m: Module, windows: Sequence[int], shift: Sequence[int]) -> Value:
        """−100 for pairs of tokens that the shift has brought together."""
        regions = [[(i >= n * side - side) + (i >= n * side - s) if s else 0 for i in range(n * side)]
                   for n, side, s in zip(windows, self.window, shift, strict=True)]
        high, wide = self.window
        parts = [[3 * regions[0][a * high + i] + regions[1][b * wide + j] for i in range(high) for j in range(wide)]
                 for a in range(windows[0]) for b in range(windows[1])]
        values = [-100.0 * (p != q) for part in parts for p in part for q in part]
        shape = (len(parts), 1, high * wide, high * wide)
        return Value(m.graph, m.graph.constant(values, shape, FLOAT), shape)
