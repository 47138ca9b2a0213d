"""Scaled dot-product attention, and what its kinds share. MACs count causal attention in full, and masks as free."""

from typing import Any, ClassVar

from archcalc.dims import Dim, equal, product, require
from archcalc.fields import Like, Size, divides
from archcalc.layers.base import Layer
from archcalc.layers.embedding import tokens
from archcalc.reach import Sight, aligned, all_of
from archcalc.tensor import Kept, Products, Tensor, Weights, bias, weight


def dense(name: str, inputs: Dim, outputs: Dim, biased: bool) -> Weights:
    """A dense layer's tensors under torch's names."""
    tensors = {f"{name}.weight": weight(out_features=outputs, in_features=inputs)}
    return tensors | ({f"{name}.bias": bias(outputs, "out_features")} if biased else {})


def attends(out: Tensor, x: Tensor, *more: Tensor) -> list[Sight]:
    """Every token sees itself and all tokens of every input, within its window."""
    hidden = (len(out.dims) - 2, len(out.dims) - 1)
    return [aligned(0, x, out), *(all_of(t, out, hidden, which) for which, t in enumerate((x, *more)))]


class _Heads(Layer):
    """Softmax attention of heads.

    ``kv_heads`` fewer heads of keys and values are each shared by heads / kv_heads heads (grouped-query
    attention).  ``position`` names a layer whose output, heads×T×S or windows×heads×T×S, is added to the scores (a
    bias, or a mask of 0 and −∞; axes of 1 are repeated), which are divided by √d while ``scaled`` (T5 does not).
    """

    main: ClassVar = "heads"
    family: ClassVar = "fc"

    heads: Size
    kv_heads: Size | None = None
    causal: bool = False
    scaled: bool = True
    position: Like = False

    def channel_groups(self, *x: Tensor) -> Dim:
        return 1

    def shared(self) -> Dim:
        """Heads of keys and values."""
        kv_heads = self.heads if self.kv_heads is None else self.kv_heads
        divides(self.heads, kv_heads, "heads", "kv_heads")
        return kv_heads

    def split(self, more: tuple[Tensor, ...], what: str, *counts: int) -> tuple[tuple[Tensor, ...], Tensor | None]:
        """Further inputs without the score bias, which comes last, and the score bias."""
        require(len(more) - self.position in counts, "takes {}{}, found {} inputs", what, " and a `position`" if
                self.position else "; give a score bias as `position`", len(more) + 1)
        return (more[:-1], more[-1]) if self.position else (more, None)

    def scores(self, x: Tensor, memory: Tensor, place: Tensor | None) -> Dim:
        """Number of scores, heads × T × S in each window; checks that the inputs belong together."""
        *windows, length, _ = tokens(x).dims
        *others, span, _ = tokens(memory).dims
        require(len(windows) == len(others), "queries {} and keys {} differ in their windows", x, memory)
        for a, b in zip(windows, others, strict=True):
            require(equal(a, b), "queries {} and keys {} differ in their windows", x, memory)
        wanted = (self.heads, length, span)
        if place is not None:
            whole = wanted if len(place.dims) == 3 else (*windows, *wanted)
            require(len(place.dims) == len(whole), "position is {}, not {}heads×queries×keys", place,
                    "windows×" * len(windows), field="position")
            for i, (a, b) in enumerate(zip(place.dims, whole, strict=True), 2 - len(whole)):
                require(equal(a, b) if i >= 0 else equal((a - b) * (a - 1), 0),
                        "position is {}, not {}{} heads × {} queries × {} keys",
                        place, "".join(f"{n} × " for n in whole[:-3]), *wanted, field="position")
        return product(windows) * product(wanted)

    def per_score(self) -> int:
        """Operations for each score."""
        return 5 + self.scaled + self.position

    def fused(self, x: Tensor) -> bool:
        """Whether torch's fused kernel serves: not with a score bias, which is learned, nor with windows.

        (Nor where values differ from keys in size, which is left out of account.)
        """
        return not self.position and len(x.dims) == 2

    def within(self, x: Tensor, scores: Dim) -> dict[str, Kept]:
        """What torch keeps between the two products: a number for each row of scores, or the softmax's result."""
        return {"logarithms of sums": Kept(self.heads * product(x.dims[:-1]))} if self.fused(x) else {
            "weights": Kept(scores)}

    def scale(self) -> float | None:
        """The factor of the scores; None is torch's, 1/√d of a head's features d."""
        return None if self.scaled else 1.0

    def attend(self, t: Any, x: Tensor, q: Any, k: Any, v: Any, place: Any, bias: Tensor | None) -> Any:
        """torch's attention of …×heads×tokens×features, heads side by side again; ``x`` are the queries.

        ``place`` is the score bias, of the shape of ``bias``.
        """
        if bias is not None:
            if len(x.dims) > len(bias.dims) - 1:
                place = place.unflatten(0, (-1, *[1] * (len(x.dims) - 2)))
            if self.causal:
                late = t.torch.full((q.shape[-2], k.shape[-2]), float("-inf"), device=q.device).triu(1)
                place = place + late.to(place.dtype)
        out = t.F.scaled_dot_product_attention(q, k, v, attn_mask=place, is_causal=self.causal and place is None,
                                               scale=self.scale(),
                                               enable_gqa=self.kv_heads is not None)
        return out.transpose(-2, -3).flatten(-2)


class ScaledDotProduct(_Heads):
    """softmax(q·kᵀ / √d)·v without projections: T×heads·d, S×kv_heads·d, S×kv_heads·e → T×heads·e.

    Operations per score: 1 for the scale unless off, 5 for the softmax, 1 for a `position`.
    MACs are scores × (d + e) (Vaswani et al. 2017, §3.2).  ``root_of`` is a number to take the root of
    in place of d.
    """

    inputs: ClassVar = (3, 4)
    signal: ClassVar = "attend"

    root_of: Size | None = None

    def scale(self) -> float | None:
        return self.root_of ** -0.5 if self.scaled and self.root_of else super().scale()

    def out(self, q: Tensor, *more: Tensor) -> Tensor:
        (k, v), place = self.split(more, "queries, keys and values", 2)
        self.scores(q, k, place), self.scores(q, v, None)
        require(equal(k.dims[-2], v.dims[-2]), "keys {} and values {} differ in number", k, v)
        divides(q.channels, self.heads, "query channels", "heads")
        divides(v.channels, self.shared(), "value channels", "kv_heads")
        require(equal(q.channels * self.shared(), k.channels * self.heads),
                "{} heads of queries {} and {} of keys {} differ in size",
                self.heads, q, self.shared(), k, field="heads")
        return q.floating().put(q.channel, v.channels // self.shared() * self.heads)

    def sees(self, q: Tensor, *more: Tensor) -> list[Sight]:
        return attends(self.out(q, *more), q, *more)

    def products(self, q: Tensor, *more: Tensor) -> Products:
        (k, v), place = self.split(more, "queries, keys and values", 2)
        scores = self.scores(q, k, place)
        return {"scores": ((scores, "scores"), (q.channels // self.heads, "features")),
                "values": ((scores, "scores"), (v.channels // self.shared(), "features"))}

    def ops(self, q: Tensor, *more: Tensor) -> Dim:
        (k, _), place = self.split(more, "queries, keys and values", 2)
        return self.per_score() * self.scores(q, k, place)

    def saved(self, q: Tensor, *more: Tensor) -> str:
        return "xy" if self.fused(q) else ""

    def keeps(self, q: Tensor, *more: Tensor) -> dict[str, Kept]:
        """Not fused, copies of queries, keys and values are kept, shared ones for each head.

        (In a batch of one sample that is one window, torch takes a view of the values instead.)
        """
        (k, v), place = self.split(more, "queries, keys and values", 2)
        times = self.heads // self.shared()
        copies = {} if self.fused(q) else {"queries": q.size, "keys": times * k.size, "values": times * v.size}
        return {name: Kept(size) for name, size in copies.items()} | self.within(q, self.scores(q, k, place))

    def torch(self, t: Any, q: Tensor, *more: Tensor) -> Any:
        def apart(v: Any, heads: int) -> Any:
            return v.unflatten(-1, (heads, -1)).transpose(-2, -3)

        x, (_, bias) = q, self.split(more, "queries, keys and values", 2)
        return t.function(lambda q, k, v, place=None: self.attend(
            t, x, apart(q, self.heads), apart(k, self.shared()), apart(v, self.shared()), place, bias))
