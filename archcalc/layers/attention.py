"""Multi-head attention over tokens. MACs count causal attention in full, and masks as free."""

import math
from typing import Any, ClassVar

from archcalc.dims import Dim, equal, product, require
from archcalc.fields import Size, divides
from archcalc.layers.dot_product import _Heads, attends, dense
from archcalc.layers.embedding import Theta, rotate
from archcalc.reach import Sight
from archcalc.tensor import Kept, Products, Tensor, Weights, bias, weight


class Attention(_Heads):
    """Multi-head attention: T×C → T×features, over its own tokens or those of a second input, S×C'.

    MACs: the projections of queries (T), keys and values (S) and output (T), and 2·T·S·heads·head_dim.
    Operations: 1 per output of a projection with bias; per score 1 for the scale unless off, 5 for the
    softmax, 1 for a `position`; with `rotary` (whose `theta` is as in the kind `rotary`) 3 per element of
    queries and keys; with `cosine` (Swin v2) 3 per element of queries and keys to normalize them, and 2 per
    head for its learned scale.

    Tensors are `torch.nn.MultiheadAttention`'s while ``packed`` and nothing asks for more than it has
    (kv_heads, head_dim, features, rotary, cosine, no scale, another out_bias); else a dense layer for each
    projection: q_proj, k_proj, v_proj, out_proj.
    """

    inputs: ClassVar = (1, 3)
    signal: ClassVar = "attend"

    head_dim: Size | None = None
    features: Size | None = None
    bias: bool = True
    out_bias: bool | None = None
    rotary: bool = False
    theta: Theta = 10_000.0
    cosine: bool = False
    packed: bool = True

    def given(self, x: Tensor, more: tuple[Tensor, ...]) -> tuple[Tensor, Tensor | None]:
        """Where keys and values come from, and the score bias."""
        memory, place = self.split(more, "queries, and keys and values if they differ", 0, 1)
        return (memory[0] if memory else x), place

    def in_one(self) -> bool:
        """Whether the tensors are those of `torch.nn.MultiheadAttention`."""
        plain = self.kv_heads is self.head_dim is self.features is None and not self.rotary and not self.cosine
        return self.packed and plain and self.scaled and self.out_bias in (None, self.bias)

    def widths(self, x: Tensor) -> tuple[Dim, Dim, Dim]:
        """Features of queries, of keys (and of values), and of the output."""
        if self.head_dim is None:
            divides(x.channels, self.heads, "channels", "heads")
        head = x.channels // self.heads if self.head_dim is None else self.head_dim
        return self.heads * head, self.shared() * head, x.channels if self.features is None else self.features

    def out(self, x: Tensor, *more: Tensor) -> Tensor:
        memory, place = self.given(x, more)
        self.scores(x, memory, place)
        inner, _, features = self.widths(x)
        require(equal(inner // self.heads % (1 + self.rotary), 0), "rotary turns pairs, but a head has {} features",
                inner // self.heads, field="rotary")
        if self.in_one():
            require(equal(memory.channels, x.channels), "one tensor projects queries {} and keys {}, which differ in "
                    "channels: set `packed: false`", x, memory, field="packed")
        return x.floating().put(x.channel, features)

    def params(self, x: Tensor, *more: Tensor) -> Weights:
        memory, _ = self.given(x, more)
        inner, keys, features = self.widths(x)
        last = dense("out_proj", inner, features, self.bias if self.out_bias is None else self.out_bias)
        if self.in_one():
            first = {"in_proj_weight": weight(query_key_value_features=3 * inner, in_features=x.channels)}
            return first | ({"in_proj_bias": bias(3 * inner, "query_key_value_features")} if self.bias else {}) | last
        scale = {"logit_scale": weight(heads=self.heads, queries=1, keys=1)} if self.cosine else {}
        first = dense("q_proj", x.channels, inner, self.bias) | dense("k_proj", memory.channels, keys, self.bias)
        return scale | first | dense("v_proj", memory.channels, keys, self.bias) | last

    def sees(self, x: Tensor, *more: Tensor) -> list[Sight]:
        return attends(self.out(x, *more), x, *more)

    def products(self, x: Tensor, *more: Tensor) -> Products:
        memory, place = self.given(x, more)
        inner, keys, features = self.widths(x)
        queries, others = (product(x.dims[:-1]), "tokens"), (product(memory.dims[:-1]), "tokens")
        scores = (self.scores(x, memory, place), "scores")
        return {"queries": (queries, (x.channels, ""), (inner, "")),
                "keys and values": ((2, ""), others, (memory.channels, ""), (keys, "")),
                "scores and values": ((2, ""), scores, (inner // self.heads, "features of a head")),
                "output": (queries, (inner, ""), (features, ""))}

    def ops(self, x: Tensor, *more: Tensor) -> Dim:
        memory, place = self.given(x, more)
        inner, keys, features = self.widths(x)
        queries, others = product(x.dims[:-1]), product(memory.dims[:-1])
        per_element = 3 * self.rotary + 3 * self.cosine
        biases = int(self.bias) * (queries * inner + 2 * others * keys)
        last = int(self.bias if self.out_bias is None else self.out_bias) * queries * features
        return (biases + last + per_element * (queries * inner + others * keys) + 2 * self.cosine * self.heads
                + self.per_score() * self.scores(x, memory, place))

    def fused(self, x: Tensor) -> bool:
        """`torch.nn.MultiheadAttention` knows no windows: they are samples to it."""
        return not self.position if self.in_one() else super().fused(x)

    def saved(self, x: Tensor, *more: Tensor) -> str:
        """The inputs that are projected, by number: not the score bias."""
        return "01" if len(more) > self.position else "0"

    def keeps(self, x: Tensor, *more: Tensor) -> dict[str, Kept]:
        """Queries, keys and values, what the kernel keeps, and the heads' results side by side."""
        memory, place = self.given(x, more)
        inner, keys, _ = self.widths(x)
        queries, others = product(x.dims[:-1]) * inner, product(memory.dims[:-1]) * keys
        found = {"queries": Kept(queries), "keys": Kept(others), "values": Kept(others),
                 **self.within(x, self.scores(x, memory, place)), "result": Kept(queries), **self._turned(x, memory)}
        if self.fused(x):
            pairs = x.dims[-2] * memory.dims[-2]
            return found | ({"mask": Kept(pairs, needed=0, per_batch=True)} if self.causal and self.in_one() else {})
        if self.in_one():  # scaled copies; queries are in one piece with keys and values if all come from one input
            scaled = {"scaled queries": Kept(queries, needed=0), "scaled keys": Kept(others, needed=0)}
            return found | scaled | ({"queries": Kept(0)} if len(more) > self.position else {})
        times = self.heads // self.shared()
        return found | {"keys": Kept(times * others), "values": Kept(times * others)}

    def _turned(self, x: Tensor, memory: Tensor) -> dict[str, Kept]:
        """What rotary positions and cosine attention keep of their own."""
        found = {}
        inner, keys, _ = self.widths(x)
        rows, others = product(x.dims[:-1]), product(memory.dims[:-1])
        if self.rotary:
            found["angles"] = Kept((x.dims[-2] + memory.dims[-2]) * (inner // self.heads), per_batch=True)
            if self.fused(x):
                found["heads side by side"] = Kept(rows * inner, needed=0)
        if self.cosine:
            lengths = self.heads * rows + self.shared() * others
            found |= {"projections": Kept(rows * inner + others * keys), "lengths": Kept(lengths),
                      "clamped lengths": Kept(lengths, needed=0), "factors": Kept(self.heads, per_batch=True),
                      "normalized queries": Kept(rows * inner, needed=0)}
        return found

    def label(self) -> str:
        return f"{self.heads} heads"

    def torch(self, t: Any, x: Tensor, *more: Tensor) -> Any:
        memory, bias = self.given(x, more)
        return self._packed(t, x, bias) if self.in_one() else self._apart(t, x, memory, bias)

    def _inputs(self, x: Any, more: Any) -> tuple[Any, Any]:
        """Keys' tokens and score bias among the tensors of a call."""
        place = more[-1] if self.position else None
        return (more[0] if len(more) > self.position else x), place

    def _packed(self, t: Any, x: Tensor, bias: Tensor | None) -> Any:
        windows = x.dims[:-2]

        def run(m: Any, x: Any, *more: Any) -> Any:
            memory, mask = self._inputs(x, more)
            if self.causal:
                late = t.torch.full((x.shape[-2], memory.shape[-2]), float("-inf"), device=x.device).triu(1).to(x.dtype)
                mask = late if mask is None else mask + late
            if bias is not None:
                mask = self._each(mask, bias, windows)
            if windows:
                x, memory = (x.flatten(0, -3),) * 2 if memory is x else (x.flatten(0, -3), memory.flatten(0, -3))
            out = m.inner(x, memory, memory, need_weights=False, attn_mask=mask)[0]
            return out.unflatten(0, (-1, *windows)) if windows else out

        return t.module(run, inner=t.nn.MultiheadAttention(x.channels, self.heads, bias=self.bias, batch_first=True))

    def _each(self, mask: Any, bias: Tensor, windows: tuple[Dim, ...]) -> Any:
        """The score bias once for each sample, window and head, one after another."""
        if len(bias.dims) == 3 and bias.dims[0] == self.heads:
            return (mask.repeat_interleave(product(windows), 0) if windows else mask).flatten(0, 1)
        if len(bias.dims) == 3:
            mask = mask.unflatten(0, (-1, *[1] * len(windows))) if windows else mask
        return mask.expand(-1, *windows, self.heads, -1, -1).flatten(0, len(windows) + 1)

    def _apart(self, t: Any, x: Tensor, memory: Tensor, bias: Tensor | None) -> Any:
        tokens = x

        def run(m: Any, x: Any, *more: Any) -> Any:
            source, place = self._inputs(x, more)
            q, k, v = (part.unflatten(-1, (heads, -1)).transpose(-2, -3) for part, heads in (
                (m.q_proj(x), self.heads), (m.k_proj(source), self.shared()), (m.v_proj(source), self.shared())))
            if self.rotary:
                q, k = t.call(rotate, q, self.theta), t.call(rotate, k, self.theta)
            if self.cosine:
                undo = q.shape[-1] ** 0.5 if self.scaled else 1.0
                q = t.F.normalize(q, dim=-1) * m.logit_scale.clamp(max=math.log(100)).exp() * undo
                k = t.F.normalize(k, dim=-1)
            return m.out_proj(self.attend(t, tokens, q, k, v, place, bias))

        shapes = {name: w.shape for name, w in self.params(x, memory, *([bias] if bias else [])).items()}
        parts = {"logit_scale": t.parameter(*shapes["logit_scale"])} if self.cosine else {}
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            outputs, inputs = shapes[f"{name}.weight"]
            parts[name] = t.nn.Linear(inputs, outputs, f"{name}.bias" in shapes)
        return t.module(run, **parts)
